//! One peer's transport: ICE-lite, DTLS as server, and SRTP once there are keys.

use std::sync::Arc;

use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;

use super::egress::Egress;
use crate::conference::CommandError;
use crate::config::{Config, MediaCrypto};
use crate::drop_reason::DropReason;
use crate::signalling::IceCredentials;
use crate::sink::{DisconnectReason, PacketClass};
use crate::time::Time;
use crate::transport::Remote;
use crate::transport::certificate::{Certificate, Fingerprint};
use crate::transport::dtls::{Dtls, DtlsConfig, DtlsEvent, KeyingMaterial, Role};
use crate::transport::ice_lite::{Credentials, IceLite};
use crate::transport::srtp::{self, Inbound, MasterKey, Outbound, Profile, SrtpError, Transform};

/// Characters of our user name fragment: 48 bits, twice what RFC 8445 section 5.3 asks for.
const UFRAG_LEN: usize = 8;
/// Characters of our password: 144 bits, where RFC 8445 section 5.3 asks for 128.
const PWD_LEN: usize = 24;

/// A DTLS record of application data (RFC 5246 section 6.2.1).
const APPLICATION_DATA: u8 = 23;

/// Transport state of one peer.
pub(crate) struct PeerTransport {
    pub(crate) ice: IceLite,
    dtls: Dtls,
    keys: Option<Keys>,
    transform: Transform,
    max_streams: usize,
    /// SCTP packets that came in.
    data: Vec<BytesMut>,
}

struct Keys {
    inbound: Inbound,
    outbound: Outbound,
}

/// What became of the transport through DTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransportChange {
    None,
    Connected,
    Ended(DisconnectReason),
}

/// ICE credentials of ours, just drawn.
struct Drawn {
    told: IceCredentials,
    local: Credentials,
}

impl Drawn {
    fn new(provider: &dyn RTCCryptoProvider) -> Result<Self, CommandError> {
        let (ufrag, pwd) = (random_text(provider, UFRAG_LEN)?, random_text(provider, PWD_LEN)?);
        let local = Credentials::new(&ufrag, &pwd).expect("drawn from the ICE alphabet, long enough");
        Ok(Drawn { told: IceCredentials { ufrag, pwd }, local })
    }
}

impl PeerTransport {
    /// A transport, with what the peer is to be told of ours.
    pub(crate) fn new(
        config: &Config,
        provider: &Arc<dyn RTCCryptoProvider>,
        certificate: &Certificate,
        remote_ufrag: &str,
        fingerprint: Fingerprint,
    ) -> Result<(Self, IceCredentials), CommandError> {
        let Drawn { told, local } = Drawn::new(&**provider)?;
        let dtls = Dtls::new(DtlsConfig {
            role: Role::Server,
            certificate: certificate.clone(),
            remote_fingerprint: fingerprint,
            provider: Arc::clone(provider),
            rtt: None,
        });
        let transport = PeerTransport {
            ice: IceLite::new(local, Some(remote_ufrag)),
            dtls,
            keys: None,
            transform: match config.crypto {
                MediaCrypto::Real => Transform::Cipher,
                MediaCrypto::Null => Transform::Null,
            },
            max_streams: config.limits.streams,
            data: Vec::new(),
        };
        Ok((transport, told))
    }

    /// Begins an ICE restart with the peer's new user name fragment, and gives what the peer is to be told of ours.
    pub(crate) fn restart(
        &mut self,
        provider: &dyn RTCCryptoProvider,
        remote_ufrag: &str,
    ) -> Result<IceCredentials, CommandError> {
        let Drawn { told, local } = Drawn::new(provider)?;
        self.ice.restart(local, Some(remote_ufrag));
        Ok(told)
    }

    /// The peer's nominated address.
    pub(crate) fn address(&self) -> Option<Remote> {
        self.ice.path().map(|path| path.remote)
    }

    /// Whether media may flow.
    pub(crate) fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    /// Takes a DTLS datagram from the nominated address.
    pub(crate) fn dtls(
        &mut self,
        now: Time,
        datagram: &[u8],
        egress: &mut Egress,
    ) -> Result<TransportChange, DropReason> {
        // Nobody has a reason to send data before our last flight, and that goes out connected.
        if !self.dtls.is_connected() && datagram.first() == Some(&APPLICATION_DATA) {
            return Err(DropReason::UnexpectedDtls);
        }
        let result = self.dtls.handle(now, datagram);
        let change = self.drain_dtls(egress);
        match result {
            Err(_) if change == TransportChange::None => Err(DropReason::MalformedDtls),
            _ => Ok(change),
        }
    }

    /// The SCTP packets that came with the last datagram.
    pub(crate) fn take_data(&mut self) -> Vec<BytesMut> {
        std::mem::take(&mut self.data)
    }

    /// Encrypts and queues an SCTP packet.
    pub(crate) fn send_data(&mut self, now: Time, packet: &[u8], egress: &mut Egress) {
        // Refused only before and after the connection, when nobody waits for data either.
        if self.dtls.send(now, packet).is_ok() {
            while let Some(datagram) = self.dtls.poll_transmit() {
                egress.push(PacketClass::Data, &datagram);
            }
        }
    }

    /// Repeats DTLS flights, or gives up.
    pub(crate) fn timeout(&mut self, now: Time, egress: &mut Egress) -> TransportChange {
        self.dtls.handle_timeout(now);
        self.drain_dtls(egress)
    }

    /// When [`PeerTransport::timeout`] has something to do.
    pub(crate) fn deadline(&self) -> Time {
        self.dtls.deadline().unwrap_or(Time::NEVER)
    }

    /// Says good-bye.
    pub(crate) fn close(&mut self, now: Time, egress: &mut Egress) {
        self.dtls.close(now);
        self.drain_dtls(egress);
    }

    /// Decrypts an RTP packet in place.
    pub(crate) fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<srtp::Unprotected, DropReason> {
        let keys = self.keys.as_mut().ok_or(DropReason::NoKeys)?;
        keys.inbound.unprotect_rtp(packet).map_err(|error| drop_reason(error, DropReason::MalformedRtp))
    }

    /// Decrypts an RTCP compound in place and gives its plain length.
    pub(crate) fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, DropReason> {
        let keys = self.keys.as_mut().ok_or(DropReason::NoKeys)?;
        keys.inbound.unprotect_rtcp(packet).map_err(|error| drop_reason(error, DropReason::MalformedRtcp))
    }

    /// Forgets an SSRC that the peer no longer uses, so that its place is free.
    pub(crate) fn forget(&mut self, ssrc: u32) {
        if let Some(keys) = &mut self.keys {
            keys.inbound.forget(ssrc);
        }
    }

    /// The protecting side, once there are keys.
    pub(crate) fn outbound(&self) -> Option<&Outbound> {
        self.keys.as_ref().map(|keys| &keys.outbound)
    }

    /// Protects an RTCP compound; `false` without keys.
    pub(crate) fn protect_rtcp(&mut self, compound: &mut Vec<u8>) -> bool {
        self.keys.as_mut().is_some_and(|keys| keys.outbound.protect_rtcp(compound).is_ok())
    }

    fn drain_dtls(&mut self, egress: &mut Egress) -> TransportChange {
        while let Some(datagram) = self.dtls.poll_transmit() {
            egress.push(PacketClass::Connectivity, &datagram);
        }
        let mut change = TransportChange::None;
        while let Some(event) = self.dtls.poll_event() {
            change = match event {
                DtlsEvent::Connected(material) => self.install(&material),
                DtlsEvent::ApplicationData(packet) => {
                    self.data.push(packet);
                    continue;
                }
                DtlsEvent::Closed => TransportChange::Ended(DisconnectReason::Closed),
                DtlsEvent::Failed(_) => TransportChange::Ended(DisconnectReason::DtlsFailed),
            };
        }
        change
    }

    fn install(&mut self, material: &KeyingMaterial) -> TransportChange {
        let profile = Profile::from_id(material.profile.wire()).expect("both rooms know the same profiles");
        let master = |(key, salt)| {
            MasterKey::new(profile, key, salt).expect("the exporter gave as many bytes as the profile wants")
        };
        self.keys = Some(Keys {
            inbound: Inbound::new(&master(material.client()), self.transform, self.max_streams),
            outbound: Outbound::new(&master(material.server()), self.transform),
        });
        TransportChange::Connected
    }
}

fn drop_reason(error: SrtpError, malformed: DropReason) -> DropReason {
    match error {
        SrtpError::Authentication => DropReason::SrtpAuthentication,
        SrtpError::Replayed => DropReason::SrtpReplay,
        SrtpError::TooManyStreams => DropReason::TooManyStreams,
        _ => malformed,
    }
}

/// `len` characters of the ICE alphabet, six random bits each.
fn random_text(provider: &dyn RTCCryptoProvider, len: usize) -> Result<String, CommandError> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; len];
    provider.random().fill(&mut bytes).map_err(|error| CommandError::Transport(error.to_string()))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 0x3f)])).collect())
}
