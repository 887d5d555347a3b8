//! DTLS 1.2 for one connection, sans-IO (RFC 6347; DTLS-SRTP in RFC 5764; WebRTC's rules in RFC 8827).
//!
//! A seam over rtc-dtls: it decides which records the library sees ([`admission`]), when flights go out
//! again ([`retransmission`]), which SRTP profile wins ([`client_hello`]), and that no key leaves before the
//! peer's certificate has the fingerprint that signalling promised. Addresses play no part, so the path
//! underneath may change at will.

mod admission;
mod client_hello;
mod connection;
mod keying;
mod library_config;
mod opaque_clock;
mod record;
mod retransmission;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;

use super::certificate::{Certificate, Fingerprint};

pub use connection::Dtls;
pub use keying::{KeyingMaterial, SrtpProfile};
pub use opaque_clock::opaque_instant;
pub use retransmission::{MAX_TIMEOUT, MIN_TIMEOUT};

/// How long a handshake may take before it fails, whatever still arrives. Longer than all repeats of two
/// flights at the slowest pace (about 24 s each).
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest datagram that a handshake sends: what passes every path (RFC 8261 section 5, and the
/// default of libwebrtc).
pub const MTU: usize = 1200;

/// Which end of the handshake this is: `a=setup:active` is the client (RFC 5763 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends the first ClientHello.
    Client,
    /// Waits for it.
    Server,
}

/// What a connection needs from outside.
pub struct DtlsConfig {
    /// Which end this is.
    pub role: Role,
    /// The certificate that this end shows.
    pub certificate: Certificate,
    /// The fingerprint that signalling gave for the peer.
    pub remote_fingerprint: Fingerprint,
    /// Cryptography and randomness; in a simulation one of its own per connection.
    pub provider: Arc<dyn RTCCryptoProvider>,
    /// The path's round-trip time as far as ICE knows it; sets the pace of repeats.
    pub rtt: Option<Duration>,
}

/// What a connection reports.
#[derive(Debug)]
pub enum DtlsEvent {
    /// The handshake is complete and the peer is who signalling said. Once per connection.
    Connected(KeyingMaterial),
    /// Decrypted application data: SCTP, in WebRTC.
    ApplicationData(BytesMut),
    /// The peer has closed the connection. The last event.
    Closed,
    /// The connection is of no more use. The last event.
    Failed(Failure),
}

/// Why a connection failed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Failure {
    /// The peer's certificate isn't the one that signalling announced. No keys were exported.
    #[error("the peer's certificate doesn't have the signalled fingerprint")]
    FingerprintMismatch,
    /// Neither of our SRTP profiles was agreed on.
    #[error("no SRTP profile in common")]
    NoSrtpProfile,
    /// The peer sent a fatal alert, or closed before the handshake was complete.
    #[error("the peer ended the handshake with an alert")]
    PeerAlert,
    /// A flight was repeated seven times without an answer, or the whole handshake took too long.
    #[error("the handshake timed out")]
    Timeout,
    /// The handshake broke down for another reason, as the library words it.
    #[error("the handshake failed: {0}")]
    Handshake(String),
}

/// Why a datagram or a call had no effect. The connection itself goes on.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DtlsError {
    /// The datagram doesn't divide into DTLS records.
    #[error("not a DTLS datagram")]
    Malformed,
    /// Repeated, out of place, or without the authentication that its place requires.
    #[error("no record of the datagram counts here")]
    Ignored,
    /// The peer has sent more handshake data than any handshake takes.
    #[error("more handshake data than a handshake takes")]
    Flood,
    /// The connection isn't open (any more).
    #[error("the connection isn't open")]
    NotOpen,
    /// The library refused the configuration or the data.
    #[error("DTLS library: {0}")]
    Library(String),
}

#[cfg(test)]
mod tests;
