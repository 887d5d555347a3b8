//! ICE for a server with a public address: the lite agent of RFC 8445, without clock or socket.
//!
//! It answers the peer's connectivity checks and never sends any. The latest authenticated check with
//! USE-CANDIDATE decides where media goes; a peer whose checks stay away for 30 s has withdrawn its consent
//! (RFC 7675, seen from the answering side).
//!
//! Whoever can't write a valid MESSAGE-INTEGRITY gets no answer at all, and no answer is longer than its
//! request: the agent amplifies nothing.

mod agent;
mod credentials;
mod guard;
mod message;
#[cfg(feature = "server")]
mod request;
mod response;
mod xor_address;

#[cfg(test)]
mod tests;

pub use agent::{Answer, CONSENT_TIMEOUT, IceLite, Path};
pub use credentials::{Credentials, InvalidCredentials};
pub use message::{Message, ParseError, ufrag_of};
#[cfg(feature = "server")]
pub(crate) use request::write_check;
pub use xor_address::{decode_xor_address, encode_xor_address};

/// STUN message types (RFC 8489 section 5).
pub mod message_type {
    /// A connectivity check.
    pub const BINDING_REQUEST: u16 = 0x0001;
    /// A keep-alive that wants no answer.
    pub const BINDING_INDICATION: u16 = 0x0011;
    /// The answer to a check that succeeded.
    pub const BINDING_SUCCESS: u16 = 0x0101;
    /// The answer to a check that failed.
    pub const BINDING_ERROR: u16 = 0x0111;
}

/// STUN attributes (RFC 8489 section 18.3, RFC 8445 section 16.1).
mod attribute {
    pub(super) const USERNAME: u16 = 0x0006;
    pub(super) const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub(super) const ERROR_CODE: u16 = 0x0009;
    pub(super) const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub(super) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub(super) const PRIORITY: u16 = 0x0024;
    pub(super) const USE_CANDIDATE: u16 = 0x0025;
    pub(super) const FINGERPRINT: u16 = 0x8028;
    pub(super) const ICE_CONTROLLED: u16 = 0x8029;

    /// Whether a receiver that doesn't know `kind` has to reject the request (RFC 8489 section 14).
    pub(super) const fn must_be_understood(kind: u16) -> bool {
        kind < 0x8000 && !matches!(kind, USERNAME | MESSAGE_INTEGRITY | PRIORITY | USE_CANDIDATE)
    }
}

/// The magic cookie of every STUN message (RFC 8489 section 5).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// Bytes of a message's header.
const HEADER: usize = 20;
/// Bytes of MESSAGE-INTEGRITY with its own header.
const INTEGRITY_LEN: usize = 24;
/// Bytes of FINGERPRINT with its own header.
const FINGERPRINT_LEN: usize = 8;

/// The HMAC-SHA1 of MESSAGE-INTEGRITY over the bytes before it, as if the message ended after it
/// (RFC 8489 section 14.5).
fn integrity(key: &aws_lc_rs::hmac::Key, before: &[u8]) -> aws_lc_rs::hmac::Tag {
    let len = (before.len() - HEADER + INTEGRITY_LEN) as u16;
    let mut context = aws_lc_rs::hmac::Context::with_key(key);
    context.update(&before[..2]);
    context.update(&len.to_be_bytes());
    context.update(&before[4..]);
    context.sign()
}
