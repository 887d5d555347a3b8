//! The identity that each synthetic packet carries inside its encrypted payload.
//!
//! All simulated participants live in one virtual time, so a capture time in the payload makes every delay
//! exact without clock synchronisation. Layouts are fixed and big-endian; the last two bytes are a check, so
//! that a payload which the SFU damaged, or mixed with another, is not taken for sound.

mod audio;
mod video;

pub use audio::AudioStamp;
pub use video::{MAX_REFERENCES, VideoStamp};

use thiserror::Error;

/// Why bytes are not a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StampError {
    /// Fewer bytes than a stamp has.
    #[error("payload ends inside its stamp")]
    Truncated,
    /// The first byte is not this kind of stamp's.
    #[error("payload carries no stamp of this kind")]
    Kind,
    /// The bytes do not agree with their check.
    #[error("stamp is damaged")]
    Damaged,
}

/// Writes big-endian fields one after the other, of a stamp of `LEN` bytes: with all lengths known in advance, and all
/// inlined, that is one store a field.
struct Writer<'a, const LEN: usize> {
    out: &'a mut [u8; LEN],
    at: usize,
}

impl<const LEN: usize> Writer<'_, LEN> {
    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.out[self.at..self.at + N].copy_from_slice(&bytes);
        self.at += N;
    }
}

/// Reads big-endian fields one after the other; the caller has checked the length.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    #[inline(always)]
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, tail) = self.bytes.split_first_chunk().expect("the stamp's length was checked");
        self.bytes = tail;
        *head
    }
}

/// Fletcher-16 (RFC 1146, appendix): it sees swapped bytes, which a plain sum does not.
#[inline]
fn check<const N: usize>(bytes: &[u8; N]) -> u16 {
    let (mut low, mut high) = (0u32, 0u32);
    for &byte in bytes {
        low += u32::from(byte);
        high += low;
    }
    (((high % 255) << 8) | (low % 255)) as u16
}

#[cfg(test)]
mod tests;
