//! SRTP and SRTCP in place on the caller's buffer (RFC 3711, RFC 7714), keyed by DTLS (RFC 5764).
//!
//! [`Outbound`] protects, [`Inbound`] unprotects; one of each per DTLS association. Neither allocates per
//! packet. A sender hands over the 48-bit index of each packet, because its sequence numbers are extended
//! already; a receiver works the index out, per SSRC, and remembers what it has seen.

mod cipher;
mod counter_mode;
mod gcm;
mod inbound;
mod keying;
mod null;
mod outbound;
mod packet;
mod profile;
mod replay;
mod streams;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::hex;

pub use inbound::{Inbound, Unprotected};
pub use keying::{KeyingMaterial, MasterKey};
pub use outbound::Outbound;
pub use profile::{Profile, Transform};
pub use replay::{ReplayWindow, estimate_index};
pub use streams::DEFAULT_MAX_STREAMS;

use crate::DropReason;

/// One past the highest SRTP packet index: roll-over counter and sequence number are 48 bits together.
pub const INDEX_LIMIT: u64 = 1 << 48;

/// One past the highest SRTCP index, which has 31 bits (RFC 3711 section 3.4).
pub const RTCP_INDEX_LIMIT: u32 = 1 << 31;

/// Why a packet was not protected or unprotected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    /// A key, salt or exporter block of the wrong length for the profile.
    #[error("{what} has {got} bytes where the profile wants {want}")]
    KeyLength {
        /// Which of the inputs.
        what: &'static str,
        /// Bytes given.
        got: usize,
        /// Bytes wanted.
        want: usize,
    },
    /// Shorter than header, tag and trailer, or not version 2, or the header's lengths don't add up.
    #[error("malformed packet")]
    Malformed,
    /// The index given to protect does not end in the sequence number of the header.
    #[error("packet index and sequence number disagree")]
    IndexMismatch,
    /// The key has protected as many packets as it may (2^48 RTP, 2^31 RTCP): re-key.
    #[error("packet index exhausted")]
    IndexExhausted,
    /// The tag is wrong: forged, damaged, of another key, or too far out of order.
    #[error("authentication failed")]
    Authentication,
    /// Seen before, or older than the replay window.
    #[error("replayed")]
    Replayed,
    /// One more SSRC than the limit.
    #[error("too many streams")]
    TooManyStreams,
}

impl SrtpError {
    /// The reason under which an incoming RTP packet with this error is counted.
    pub const fn rtp_drop_reason(self) -> DropReason {
        match self {
            SrtpError::Malformed => DropReason::MalformedRtp,
            SrtpError::Replayed => DropReason::SrtpReplay,
            SrtpError::TooManyStreams => DropReason::TooManyStreams,
            SrtpError::KeyLength { .. } => DropReason::NoKeys,
            SrtpError::Authentication | SrtpError::IndexMismatch | SrtpError::IndexExhausted => {
                DropReason::SrtpAuthentication
            }
        }
    }

    /// The reason under which an incoming RTCP packet with this error is counted.
    pub const fn rtcp_drop_reason(self) -> DropReason {
        match self {
            SrtpError::Malformed => DropReason::MalformedRtcp,
            other => other.rtp_drop_reason(),
        }
    }
}
