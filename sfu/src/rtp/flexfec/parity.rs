//! The exclusive or of packets (RFC 8627 section 6).

use thiserror::Error;

use super::header::{FecHeader, Recovery};
use super::mask::Mask;
use crate::rtp::packet::FIXED_HEADER_LEN;

/// The parity was not of the packets that it was said to be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("what is left of the parity is no packet")]
pub struct Unrecoverable;

/// The parity of a set of packets. Taking a packet in twice takes it out again: what a repair packet and all but one
/// of its protected packets come to is that one.
#[derive(Clone, Debug, Default)]
pub struct Parity {
    recovery: Recovery,
    bytes: Vec<u8>,
}

impl Parity {
    /// Forgets everything but its memory.
    pub fn clear(&mut self) {
        self.recovery = Recovery::default();
        self.bytes.clear();
    }

    /// The length of the longest packet behind its fixed header, bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no packet had anything behind its fixed header.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes a whole RTP packet in, as it is before SRTP; anything shorter than a fixed header changes nothing.
    pub fn toggle(&mut self, packet: &[u8]) {
        let Some((fixed, rest)) = packet.split_first_chunk::<FIXED_HEADER_LEN>() else { return };
        self.recovery.toggle(&Recovery {
            flags: fixed[0] & 0x3f,
            marker_type: fixed[1],
            length: rest.len() as u16,
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
        });
        self.toggle_bytes(rest);
    }

    /// Takes the parity of other packets in.
    pub fn merge(&mut self, other: &Parity) {
        self.recovery.toggle(&other.recovery);
        self.toggle_bytes(&other.bytes);
    }

    /// Becomes the parity that a repair packet carries: `payload` starts with the header that was read as `header`.
    pub fn load(&mut self, header: &FecHeader, payload: &[u8]) {
        self.clear();
        self.recovery = header.recovery;
        self.bytes.extend_from_slice(payload.get(header.len..).unwrap_or_default());
    }

    /// Appends the payload of a repair packet for the packets at `mask` from `base` on.
    pub fn write(&self, base: u16, mask: Mask, out: &mut Vec<u8>) {
        self.recovery.write(base, mask, out);
        out.extend_from_slice(&self.bytes);
    }

    /// Writes the one packet that is left, number `sequence` of stream `ssrc`, to `out`, which it clears.
    ///
    /// # Errors
    /// When what is left is longer than it says of itself, or shorter: packets were of another content than those
    /// that were protected.
    pub fn recover(&self, sequence: u16, ssrc: u32, out: &mut Vec<u8>) -> Result<(), Unrecoverable> {
        let length = usize::from(self.recovery.length);
        let (rest, behind) = self.bytes.split_at_checked(length).ok_or(Unrecoverable)?;
        if behind.iter().any(|byte| *byte != 0) {
            return Err(Unrecoverable);
        }
        out.clear();
        out.extend_from_slice(&[0x80 | self.recovery.flags, self.recovery.marker_type]);
        out.extend_from_slice(&sequence.to_be_bytes());
        out.extend_from_slice(&self.recovery.timestamp.to_be_bytes());
        out.extend_from_slice(&ssrc.to_be_bytes());
        out.extend_from_slice(rest);
        Ok(())
    }

    fn toggle_bytes(&mut self, other: &[u8]) {
        let common = self.bytes.len().min(other.len());
        self.bytes.iter_mut().zip(other).for_each(|(own, byte)| *own ^= byte);
        self.bytes.extend_from_slice(&other[common..]);
    }
}
