//! A participant's end of the wire: full ICE, DTLS and SRTP, sans-IO.
//!
//! ICE and SRTP are those of the rtc crates on purpose: a second implementation next to the SFU's own, so that
//! a mistake that both directions of one implementation share still shows.

mod client;
mod ice;
pub(crate) mod null;
mod rtp_header;
pub(crate) mod srtp;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;
use sfu::transport::certificate::{Certificate, Fingerprint};
use sfu::transport::dtls;

pub use client::ClientTransport;

/// Whether media is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CryptoMode {
    /// SRTP as negotiated.
    #[default]
    Real,
    /// Packets of the same sizes without cipher and authentication. Everything else, the DTLS handshake
    /// included, stays as it is.
    Null,
}

/// ICE credentials: the user name fragment has at least 4 characters and the password 22 (RFC 8839
/// section 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCredentials {
    /// `a=ice-ufrag`
    pub ufrag: String,
    /// `a=ice-pwd`
    pub pwd: String,
}

/// What a transport needs from outside.
pub struct TransportConfig {
    /// The one host candidate.
    pub local: SocketAddr,
    /// Our ICE credentials.
    pub credentials: IceCredentials,
    /// The certificate shown in DTLS.
    pub certificate: Certificate,
    /// Cryptography and randomness of this transport alone.
    pub provider: Arc<dyn RTCCryptoProvider>,
    /// Whether media is encrypted.
    pub crypto: CryptoMode,
    /// Which end of the DTLS handshake this is.
    pub dtls_role: dtls::Role,
    /// Whether this end nominates (RFC 8445 section 6.1.1): always towards an ICE-lite server.
    pub is_controlling: bool,
}

/// What signalling says of the other end.
#[derive(Clone, Debug)]
pub struct RemoteTransport {
    /// Its one host candidate.
    pub candidate: SocketAddr,
    /// Its ICE credentials.
    pub credentials: IceCredentials,
    /// The fingerprint of its certificate.
    pub fingerprint: Fingerprint,
}

/// A local and a remote address between which packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// Our address.
    pub local: SocketAddr,
    /// Theirs.
    pub remote: SocketAddr,
}

/// A datagram to send: a connectivity check or a DTLS record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// From where to where.
    pub path: Path,
    /// Its payload.
    pub bytes: BytesMut,
}

/// What a datagram turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Meant for ICE or DTLS, and dealt with.
    Consumed,
    /// An RTP packet: this many bytes at the start of the buffer, in the clear.
    Rtp(usize),
    /// A compound RTCP packet: this many bytes at the start of the buffer, in the clear.
    Rtcp(usize),
}

/// What a transport reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportEvent {
    /// ICE has nominated a pair and the other end has confirmed it.
    IceConnected,
    /// Packets go between these addresses from now on.
    SelectedPairChanged(Path),
    /// The other end has answered no check for 5 s; checks go on.
    IceDisconnected,
    /// DTLS is complete and the certificate is the right one: media may flow.
    DtlsConnected(dtls::SrtpProfile),
    /// An SCTP packet came.
    Data(BytesMut),
    /// The other end has closed DTLS.
    Closed,
    /// Nothing more will come of this transport.
    Failed(TransportFailure),
}

/// Why a transport is of no more use.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TransportFailure {
    /// No answer to connectivity or consent checks for 30 s (RFC 7675 section 5.1).
    #[error("ICE: no answer for 30 s")]
    Ice,
    /// The DTLS connection failed.
    #[error("DTLS: {0}")]
    Dtls(#[from] dtls::Failure),
}

/// Why a datagram or a call had no effect. The transport itself goes on.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TransportError {
    /// Neither STUN, DTLS nor SRTP by its first bytes (RFC 7983).
    #[error("not a datagram of WebRTC")]
    Unknown,
    /// Not between our address and the peer's.
    #[error("a datagram between other addresses")]
    Path,
    /// DTLS isn't complete.
    #[error("no keys yet")]
    NotConnected,
    /// The packet's own lengths don't add up.
    #[error("malformed packet")]
    Malformed,
    /// The ICE agent refused it.
    #[error("ICE: {0}")]
    Ice(String),
    /// DTLS refused it.
    #[error("DTLS: {0}")]
    Dtls(#[from] dtls::DtlsError),
    /// Forged, replayed, or beyond the life of a key.
    #[error("SRTP: {0}")]
    Srtp(String),
}

#[cfg(test)]
mod tests;
