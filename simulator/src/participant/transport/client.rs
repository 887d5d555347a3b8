//! ICE, then DTLS, then SRTP, in one object.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use sfu::Time;
use sfu::transport::certificate::Fingerprint;
use sfu::transport::dtls::{Dtls, DtlsConfig, DtlsEvent, Failure, KeyingMaterial, Role};

use super::ice::{Ice, IceEvent};
use super::srtp::Srtp;
use super::{
    Path, Received, RemoteTransport, Transmit, TransportConfig, TransportError, TransportEvent,
    TransportFailure,
};

/// One participant's transport to one SFU, or to the other end of a call.
///
/// After every call that takes `now`, drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event), and ask [`deadline`](Self::deadline) again.
pub struct ClientTransport {
    config: TransportConfig,
    session: Option<Session>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<TransportEvent>,
    failed: bool,
    /// When ICE or DTLS has something to do next.
    due: Option<Time>,
}

/// What exists once the other end is known.
struct Session {
    path: Path,
    fingerprint: Fingerprint,
    ice: Ice,
    /// From the first answered check on: DTLS doesn't wait for the nomination, as browsers don't.
    dtls: Option<Dtls>,
    srtp: Option<Srtp>,
}

impl ClientTransport {
    /// A transport that waits for the other end's parameters.
    pub fn new(config: TransportConfig) -> Self {
        ClientTransport {
            config,
            session: None,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            failed: false,
            due: None,
        }
    }

    /// Starts towards `remote`: the first check is ready to send at once.
    ///
    /// # Errors
    /// `Ice` when credentials are too short or an address family has no partner.
    pub fn set_remote(&mut self, now: Time, remote: RemoteTransport) -> Result<(), TransportError> {
        let path = Path { local: self.config.local, remote: remote.candidate };
        let provider = self.config.provider.clone();
        let config = &self.config;
        let role = config.is_controlling;
        let ice = Ice::new(now, path, role, &config.credentials, &remote.credentials, provider)?;
        self.session = Some(Session { path, fingerprint: remote.fingerprint, ice, dtls: None, srtp: None });
        self.collect(now);
        Ok(())
    }

    /// The addresses that media goes between, once the other end is known.
    pub fn path(&self) -> Option<Path> {
        self.session.as_ref().map(|session| session.path)
    }

    /// Whether media can be sent.
    pub fn is_connected(&self) -> bool {
        !self.failed && self.session.as_ref().is_some_and(|session| session.srtp.is_some())
    }

    /// Takes a datagram; media is decrypted where it lies.
    ///
    /// # Errors
    /// When the datagram had no effect; the transport goes on.
    pub fn handle(
        &mut self,
        now: Time,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &mut [u8],
    ) -> Result<Received, TransportError> {
        let session = self.session.as_mut().filter(|_| !self.failed).ok_or(TransportError::NotConnected)?;
        if session.path != (Path { local: to, remote: from }) {
            return Err(TransportError::Path);
        }
        // RFC 7983 section 7; RTCP by its packet type, RFC 5761 section 4.
        match datagram {
            [128..=191, 192..=223, ..] => {
                session.unprotect(|srtp| srtp.unprotect_rtcp(datagram)).map(Received::Rtcp)
            }
            [128..=191, _, ..] => session.unprotect(|srtp| srtp.unprotect_rtp(datagram)).map(Received::Rtp),
            [0..=3, ..] => {
                let writable = session.ice.handle(now, datagram)?;
                // The nomination first, then whatever the open path lets go.
                self.collect(now);
                if let Some(IceEvent::Writable(rtt)) = writable {
                    self.open_dtls(now, Some(rtt))?;
                }
                Ok(Received::Consumed)
            }
            [20..=63, ..] => {
                // A full agent's checks may be answered sooner than ours.
                if self.config.dtls_role == Role::Server {
                    self.open_dtls(now, None)?;
                }
                let session = self.session.as_mut().expect("it was just there");
                let dtls = session.dtls.as_mut().ok_or(TransportError::NotConnected)?;
                let handled = dtls.handle(now, datagram);
                self.collect(now);
                handled?;
                Ok(Received::Consumed)
            }
            _ => Err(TransportError::Unknown),
        }
    }

    /// Protects the RTP packet in `packet`, which grows by the tag. Send it along [`path`](Self::path).
    ///
    /// # Errors
    /// `NotConnected` before keys are there, `Malformed` when it is no RTP packet.
    pub fn send_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), TransportError> {
        self.srtp()?.protect_rtp(packet)
    }

    /// Protects the compound RTCP packet in `packet`, which grows by tag and index. Send it along
    /// [`path`](Self::path).
    ///
    /// # Errors
    /// `NotConnected` before keys are there, `Srtp` when it is no RTCP packet.
    pub fn send_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), TransportError> {
        self.srtp()?.protect_rtcp(packet)
    }

    /// Encrypts an SCTP packet; it is the next to be sent.
    ///
    /// # Errors
    /// `NotConnected` before DTLS is complete.
    pub fn send_data(&mut self, now: Time, packet: &[u8]) -> Result<(), TransportError> {
        let session = self.session.as_mut().filter(|_| !self.failed).ok_or(TransportError::NotConnected)?;
        session.dtls.as_mut().ok_or(TransportError::NotConnected)?.send(now, packet)?;
        self.collect(now);
        Ok(())
    }

    /// Closes DTLS with a good-bye; the transport is of no more use then.
    pub fn close(&mut self, now: Time) {
        if let Some(dtls) = self.session.as_mut().and_then(|session| session.dtls.as_mut()) {
            dtls.close(now);
            self.collect(now);
        }
        self.failed = true;
        self.due = None;
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn deadline(&self) -> Option<Time> {
        self.due
    }

    /// Sends what is due; does nothing before.
    pub fn handle_timeout(&mut self, now: Time) {
        let Some(session) = self.session.as_mut().filter(|_| !self.failed) else { return };
        session.ice.handle_timeout(now);
        if let Some(dtls) = &mut session.dtls {
            dtls.handle_timeout(now);
        }
        self.collect(now);
    }

    /// The next check or DTLS record to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<TransportEvent> {
        self.events.pop_front()
    }

    fn srtp(&mut self) -> Result<&mut Srtp, TransportError> {
        let session = self.session.as_mut().filter(|_| !self.failed);
        session.and_then(|session| session.srtp.as_mut()).ok_or(TransportError::NotConnected)
    }

    /// Begins with DTLS, unless it has begun.
    fn open_dtls(&mut self, now: Time, rtt: Option<Duration>) -> Result<(), TransportError> {
        let session = self.session.as_mut().expect("ICE runs in a session");
        if session.dtls.is_some() {
            return Ok(());
        }
        let mut dtls = Dtls::new(DtlsConfig {
            role: self.config.dtls_role,
            certificate: self.config.certificate.clone(),
            remote_fingerprint: session.fingerprint,
            provider: self.config.provider.clone(),
            rtt,
        });
        dtls.start(now)?;
        session.dtls = Some(dtls);
        self.collect(now);
        Ok(())
    }

    /// Moves what ICE and DTLS have to send and to say into our own queues; to be called whenever one of them
    /// did something.
    fn collect(&mut self, now: Time) {
        self.take_outputs(now);
        let session = self.session.as_ref().filter(|_| !self.failed);
        self.due = session.and_then(|session| {
            let dtls = session.dtls.as_ref().and_then(Dtls::deadline);
            [session.ice.deadline(), dtls].into_iter().flatten().min()
        });
    }

    fn take_outputs(&mut self, now: Time) {
        let Some(session) = &mut self.session else { return };
        while let Some(event) = session.ice.poll_event() {
            match event {
                IceEvent::Connected => self.events.push_back(TransportEvent::IceConnected),
                IceEvent::Disconnected => self.events.push_back(TransportEvent::IceDisconnected),
                IceEvent::SelectedPair(path) => {
                    session.path = path;
                    self.events.push_back(TransportEvent::SelectedPairChanged(path));
                }
                IceEvent::Failed => {
                    self.failed = true;
                    self.events.push_back(TransportEvent::Failed(TransportFailure::Ice));
                }
                IceEvent::Writable(_) => {}
            }
        }
        let path = session.path;
        while let Some(bytes) = session.ice.poll_transmit(now) {
            self.transmits.push_back(Transmit { path, bytes });
        }
        while let Some(bytes) = session.dtls.as_mut().and_then(Dtls::poll_transmit) {
            self.transmits.push_back(Transmit { path, bytes });
        }
        while let Some(event) = self.session.as_mut().and_then(Session::poll_dtls) {
            self.on_dtls(event);
        }
    }

    fn on_dtls(&mut self, event: DtlsEvent) {
        match event {
            DtlsEvent::Connected(material) => match self.install(&material) {
                Ok(()) => self.events.push_back(TransportEvent::DtlsConnected(material.profile)),
                Err(error) => self.fail(Failure::Handshake(error.to_string())),
            },
            DtlsEvent::ApplicationData(packet) => self.events.push_back(TransportEvent::Data(packet)),
            DtlsEvent::Closed => {
                self.failed = true;
                self.events.push_back(TransportEvent::Closed);
            }
            DtlsEvent::Failed(failure) => self.fail(failure),
        }
    }

    fn install(&mut self, material: &KeyingMaterial) -> Result<(), TransportError> {
        let config = &self.config;
        let srtp = Srtp::new(config.crypto, config.dtls_role, material, config.provider.crypto())?;
        self.session.as_mut().expect("DTLS runs in a session").srtp = Some(srtp);
        Ok(())
    }

    fn fail(&mut self, failure: Failure) {
        self.failed = true;
        self.events.push_back(TransportEvent::Failed(failure.into()));
    }
}

impl Session {
    fn poll_dtls(&mut self) -> Option<DtlsEvent> {
        self.dtls.as_mut().and_then(Dtls::poll_event)
    }

    fn unprotect(
        &mut self,
        open: impl FnOnce(&mut Srtp) -> Result<usize, TransportError>,
    ) -> Result<usize, TransportError> {
        open(self.srtp.as_mut().ok_or(TransportError::NotConnected)?)
    }
}
