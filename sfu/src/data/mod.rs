//! Data channels: SCTP over DTLS (RFC 8831), sans-IO.
//!
//! From the wire inwards: [`Association`] is the seam over rtc-sctp (its [`admission`] decides what the library
//! sees), [`dcep`] opens channels, [`envelope`] says who sent a message and for whom it is, [`outbox`] holds
//! what a receiver has not taken yet, [`share`] gives data what media leaves of the line, and [`peer`] is all of
//! it for one participant. What becomes of a message is `core::data`'s; `PROTOCOL.md` tells it to those who
//! write clients.

mod admission;
mod association;
pub(crate) mod broker;
mod channel;
mod checksum;
pub mod dcep;
mod departure;
pub mod envelope;
mod intake;
mod library;
mod numbers;
mod outbox;
mod packet;
pub(crate) mod peer;
pub(crate) mod share;

use std::time::Duration;

use bytes::Bytes;

pub use association::Association;

/// The protocol of channels whose messages carry an [`envelope::Envelope`].
pub const PROTOCOL: &str = "plenum.v1";
/// The longest message, bytes: what browsers take unless told otherwise (RFC 8841 section 6.1 and Chrome's
/// `a=max-message-size:262144`).
pub const MAX_MESSAGE: usize = 256 * 1024;
/// The longest label, bytes.
pub const MAX_LABEL: usize = 64;
/// The longest name of a protocol, bytes.
pub const MAX_PROTOCOL: usize = 32;
/// The longest participant id in an envelope, bytes.
pub const MAX_NAME: usize = 64;
/// Channels that one participant may have: a few for the application, and room.
pub const MAX_CHANNELS: usize = 32;
/// Streams of an association. Browsers number channels from 0 or 1 upwards by twos.
pub const MAX_STREAMS: u16 = 256;
/// What waits for one receiver at most, bytes, its envelopes included.
pub const MAX_QUEUED: usize = 1 << 20;
/// How many messages wait for one receiver at most: an average of 256 bytes of a full queue.
pub const MAX_QUEUED_MESSAGES: usize = 4_096;
/// How long an opened association may be about to be (T1, RFC 9260 section 5.1).
pub const SETUP: Duration = Duration::from_secs(30);
/// The largest SCTP packet, bytes. A DTLS record adds 65 at most (header 13, CBC's vector 16, its padding 16 and
/// HMAC-SHA1 20), and the datagram stays below the 1,200 that pass every path (RFC 8261 section 5).
pub const MAX_PACKET: u32 = 1_132;

/// Which end of the association this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Waits for the peer's INIT.
    Accept,
    /// Sends it.
    Open,
}

/// The random part of an association.
#[derive(Clone, PartialEq, Eq)]
pub struct AssociationSeed {
    /// Our verification tag; not zero.
    pub tag: u32,
    /// Our first transmission sequence number.
    pub first: u32,
    /// What the peer has to give back to be answered (RFC 9260 section 5.1.3).
    pub cookie: [u8; 32],
}

impl AssociationSeed {
    /// How many random bytes a seed takes.
    pub const LEN: usize = 40;

    /// The seed made of random `bytes`.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let mut cookie = [0; 32];
        cookie.copy_from_slice(&bytes[8..]);
        let [tag, first] = [0, 4].map(|at| packet::u32_at(bytes, at));
        AssociationSeed { tag: tag.max(1), first, cookie }
    }
}

impl std::fmt::Debug for AssociationSeed {
    /// Never the cookie.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AssociationSeed").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// What a message is, by its payload protocol identifier (RFC 8831 section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payload {
    /// Of the channel establishment protocol.
    Control,
    /// Text in UTF-8.
    Text,
    /// Bytes.
    Binary,
    /// A text of no length, for which one byte stands.
    EmptyText,
    /// No bytes, for which one stands.
    EmptyBinary,
}

/// What an association reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssociationEvent {
    /// Messages may go both ways. Once.
    Established,
    /// A whole message came.
    Message {
        /// On which stream.
        stream: u16,
        /// What it is.
        payload: Payload,
        /// What it says.
        data: Bytes,
    },
    /// A message came that is longer than [`MAX_MESSAGE`], or of no known kind; it is gone.
    Unusable {
        /// On which stream.
        stream: u16,
        /// Its length, bytes.
        len: usize,
    },
    /// The peer has closed a stream, or confirmed that we have.
    Reset {
        /// Which.
        stream: u16,
    },
    /// Nothing more will come of the association. The last event.
    Closed,
}

/// Why an SCTP packet, or a part of it, had no effect.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    /// Its checksum or its lengths are wrong.
    #[error("not an SCTP packet")]
    Malformed,
    /// Its verification tag is not ours.
    #[error("another association's tag")]
    Tag,
    /// It has no place in the association's state.
    #[error("out of place")]
    Protocol,
    /// A stream beyond those that were negotiated.
    #[error("no such stream")]
    Stream,
    /// More than the window allows.
    #[error("outside the window")]
    Window,
    /// More of it than anybody needs.
    #[error("too many")]
    Flood,
    /// The peer has made the association hold all that it may; it was aborted.
    #[error("the association was aborted")]
    Exhausted,
    /// The association is over.
    #[error("the association is over")]
    Closed,
}

#[cfg(test)]
mod tests;
