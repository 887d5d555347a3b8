//! FlexFEC (RFC 8627): repair packets that are the exclusive or of the packets that they protect.
//!
//! What is protected is the whole RTP packet as it is before SRTP: the first eight bytes of its header but for version
//! and sequence number, and everything behind its twelfth byte (CSRCs, header extensions, payload, padding). The
//! sequence number follows from the repair packet's mask, the SSRC from its CSRC list.

mod header;
mod mask;
mod parity;

pub use header::{FecHeader, FlexFecError, MAX_HEADER_LEN, Protection, Recovery};
pub use mask::Mask;
pub use parity::{Parity, Unrecoverable};

#[cfg(test)]
mod tests;
