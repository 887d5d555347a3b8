//! The connection itself.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::BytesMut;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_shared::TransportProtocol;
use rtc_shared::error::Error;

use super::admission::Admission;
use super::client_hello::{FirstHello, Hello};
use super::library_config::{PEER, handshake_config, is_expected};
use super::record::{Record, records};
use super::retransmission::Retransmission;
use super::{
    DtlsConfig, DtlsError, DtlsEvent, Failure, HANDSHAKE_TIMEOUT, KeyingMaterial, Role, SrtpProfile,
    opaque_instant,
};
use crate::Time;

/// RFC 5764 section 4.2
const EXPORTER_LABEL: &str = "EXTRACTOR-dtls_srtp";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A client before `start`, a server before the first whole ClientHello.
    Idle,
    Handshake,
    Connected,
    /// Closed or failed; nothing happens any more.
    Over,
}

/// One DTLS connection.
///
/// After every call that takes `now`, drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event), and ask [`deadline`](Self::deadline) again.
pub struct Dtls {
    config: DtlsConfig,
    phase: Phase,
    endpoint: Endpoint,
    first_hello: FirstHello,
    admission: Admission,
    retransmission: Retransmission,
    /// When the library's own timer was set: it changes when a new flight goes out.
    library_timer: Option<Instant>,
    handshake_deadline: Option<Time>,
    transmits: VecDeque<BytesMut>,
    events: VecDeque<DtlsEvent>,
}

impl Dtls {
    /// A connection that has sent nothing yet.
    pub fn new(config: DtlsConfig) -> Self {
        Dtls {
            phase: Phase::Idle,
            endpoint: Endpoint::new(PEER, TransportProtocol::UDP, None),
            first_hello: FirstHello::default(),
            admission: Admission::new(config.role),
            retransmission: Retransmission::new(config.rtt),
            library_timer: None,
            handshake_deadline: None,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.config.role
    }

    /// Whether the handshake is complete and the connection is open.
    pub fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }

    /// Sends the first flight of a client; a server has nothing to send yet. Later calls do nothing.
    ///
    /// # Errors
    /// `Library` when the provider lacks an algorithm or its random source fails.
    pub fn start(&mut self, now: Time) -> Result<(), DtlsError> {
        if self.phase != Phase::Idle || self.config.role == Role::Server {
            return Ok(());
        }
        let config = handshake_config(&self.config, &SrtpProfile::BY_PREFERENCE)?;
        let connected = self.endpoint.connect(opaque_instant(now), PEER, config, None);
        connected.map_err(|error| DtlsError::Library(error.to_string()))?;
        self.enter_handshake(now);
        self.after_call(now);
        Ok(())
    }

    /// Takes a datagram that the demultiplexer holds for DTLS (first byte 20 to 63, RFC 7983 section 7).
    ///
    /// # Errors
    /// When the datagram had no effect; the connection goes on unless an event says otherwise.
    pub fn handle(&mut self, now: Time, datagram: &[u8]) -> Result<(), DtlsError> {
        match self.phase {
            Phase::Over => Err(DtlsError::NotOpen),
            Phase::Idle if self.config.role == Role::Client => Err(DtlsError::Ignored),
            Phase::Idle => self.handle_first_hello(now, datagram),
            Phase::Handshake | Phase::Connected => {
                let admitted = self.admit(datagram)?;
                self.read(now, admitted);
                Ok(())
            }
        }
    }

    /// Encrypts `data` and queues it.
    ///
    /// # Errors
    /// `NotOpen` unless connected, `Library` when the record layer refuses it.
    pub fn send(&mut self, now: Time, data: &[u8]) -> Result<(), DtlsError> {
        if self.phase != Phase::Connected {
            return Err(DtlsError::NotOpen);
        }
        let written = self.endpoint.write(opaque_instant(now), PEER, data);
        written.map_err(|error| DtlsError::Library(error.to_string()))?;
        self.drain_transmits();
        Ok(())
    }

    /// Says good-bye (close_notify, RFC 5246 section 7.2.1); nothing comes after it.
    pub fn close(&mut self, now: Time) {
        if matches!(self.phase, Phase::Handshake | Phase::Connected) {
            // The library's result is that of its own state alone: nothing in it can fail.
            let _ = self.endpoint.close(opaque_instant(now));
            self.drain_transmits();
        }
        self.end();
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn deadline(&self) -> Option<Time> {
        [self.retransmission.deadline(), self.handshake_deadline].into_iter().flatten().min()
    }

    /// Repeats a flight, or gives up, when its time has come; does nothing before.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.handshake_deadline.is_some_and(|deadline| now >= deadline) {
            return self.fail(Failure::Timeout);
        }
        if self.retransmission.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.endpoint.handle_timeout(PEER, opaque_instant(now)) {
            Ok(()) => {
                self.library_timer = self.endpoint.poll_timeout(&PEER);
                self.retransmission.flight_repeated(now);
                self.drain_transmits();
            }
            Err(_) => self.fail(Failure::Timeout),
        }
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<BytesMut> {
        self.transmits.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<DtlsEvent> {
        self.events.pop_front()
    }

    fn enter_handshake(&mut self, now: Time) {
        self.phase = Phase::Handshake;
        self.handshake_deadline = Some(now + HANDSHAKE_TIMEOUT);
    }

    fn handle_first_hello(&mut self, now: Time, datagram: &[u8]) -> Result<(), DtlsError> {
        let mut whole = None;
        for record in records(datagram) {
            let record = record.map_err(|_| DtlsError::Malformed)?;
            whole = whole.or_else(|| self.first_hello.push(&record));
        }
        let Some(Hello { record, profile }) = whole else { return Err(DtlsError::Ignored) };
        // With nothing in common the library has the alert to say so.
        let profiles = profile.as_ref().map_or(&SrtpProfile::BY_PREFERENCE[..], std::slice::from_ref);
        self.endpoint.set_server_config(Some(handshake_config(&self.config, profiles)?));
        self.enter_handshake(now);
        let admitted = self.admit(&record)?;
        self.read(now, admitted);
        Ok(())
    }

    /// The records of `datagram` that may reach the library.
    fn admit(&mut self, datagram: &[u8]) -> Result<BytesMut, DtlsError> {
        if records(datagram).any(|record| record.is_err()) {
            return Err(DtlsError::Malformed);
        }
        let mut admitted = BytesMut::with_capacity(datagram.len());
        let mut refusal = DtlsError::Malformed;
        for record in records(datagram).map_while(Result::ok) {
            let Record { bytes, .. } = record;
            match self.admission.admit(&record) {
                Ok(()) => admitted.extend_from_slice(bytes),
                Err(error) => refusal = error,
            }
        }
        if admitted.is_empty() { Err(refusal) } else { Ok(admitted) }
    }

    fn read(&mut self, now: Time, datagram: BytesMut) {
        match self.endpoint.read(opaque_instant(now), PEER, None, datagram) {
            Ok(events) => {
                for event in events {
                    self.on_library_event(event);
                }
                self.after_call(now);
            }
            // Once connected, only an authenticated fatal alert ends the connection.
            Err(Error::ErrAlertFatalOrClose) => self.fail(Failure::PeerAlert),
            Err(_) if self.phase == Phase::Connected => self.after_call(now),
            Err(error) => {
                let failure = self.failure_of(&error);
                self.drain_transmits();
                self.fail(failure);
            }
        }
    }

    fn on_library_event(&mut self, event: EndpointEvent) {
        match event {
            EndpointEvent::HandshakeComplete => self.on_complete(),
            EndpointEvent::ApplicationData(data) if self.phase == Phase::Connected => {
                self.events.push_back(DtlsEvent::ApplicationData(data));
            }
            EndpointEvent::PeerClosed if self.phase == Phase::Connected => {
                self.drain_transmits();
                self.events.push_back(DtlsEvent::Closed);
                self.end();
            }
            EndpointEvent::PeerClosed => self.fail(Failure::PeerAlert),
            _ => {}
        }
    }

    /// The library has called the verifier below by now; no key is exported on its word alone.
    fn on_complete(&mut self) {
        if !self.peer_is_expected() {
            return self.fail(Failure::FingerprintMismatch);
        }
        match self.export() {
            Ok(material) => {
                self.phase = Phase::Connected;
                self.admission.set_connected();
                self.handshake_deadline = None;
                self.events.push_back(DtlsEvent::Connected(material));
            }
            Err(failure) => self.fail(failure),
        }
    }

    fn export(&self) -> Result<KeyingMaterial, Failure> {
        let state = self.endpoint.get_connection_state(PEER).ok_or(Failure::PeerAlert)?;
        let profile = SrtpProfile::from_rtc(state.srtp_protection_profile()).ok_or(Failure::NoSrtpProfile)?;
        let bytes = state
            .export_keying_material(EXPORTER_LABEL, &[], profile.keying_len())
            .map_err(|error| Failure::Handshake(error.to_string()))?;
        Ok(KeyingMaterial { profile, bytes: bytes.into_bytes() })
    }

    fn peer_is_expected(&self) -> bool {
        self.endpoint.get_connection_state(PEER).is_some_and(|state| {
            is_expected(
                &state.peer_certificates,
                self.config.remote_fingerprint,
                self.config.provider.crypto(),
            )
        })
    }

    fn failure_of(&self, error: &Error) -> Failure {
        let certificates =
            self.endpoint.get_connection_state(PEER).map_or(&[][..], |state| &state.peer_certificates);
        match error {
            Error::ErrServerNoMatchingSrtpProfile
            | Error::ErrClientNoMatchingSrtpProfile
            | Error::ErrRequestedButNoSrtpExtension => Failure::NoSrtpProfile,
            _ if !certificates.is_empty() && !self.peer_is_expected() => Failure::FingerprintMismatch,
            other => Failure::Handshake(other.to_string()),
        }
    }

    /// Collects what a call into the library left behind.
    fn after_call(&mut self, now: Time) {
        if self.phase == Phase::Over {
            return;
        }
        let timer = self.endpoint.poll_timeout(&PEER);
        match timer {
            None => self.retransmission.stop(),
            Some(_) if timer != self.library_timer => self.retransmission.flight_sent(now),
            Some(_) => {}
        }
        self.library_timer = timer;
        self.drain_transmits();
    }

    fn drain_transmits(&mut self) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            self.admission.sent(&transmit.message);
            self.transmits.push_back(transmit.message);
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.events.push_back(DtlsEvent::Failed(failure));
        self.end();
    }

    /// Forgets the library's state; what is queued may still be drained.
    fn end(&mut self) {
        self.phase = Phase::Over;
        self.endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
        self.handshake_deadline = None;
        self.retransmission.stop();
    }
}
