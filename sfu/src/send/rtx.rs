//! The RTX payload format (RFC 4588 section 4): the original sequence number, then the original payload.

use crate::planted::{self, Planted};
/// Length of the original sequence number before the payload, bytes.
pub const OSN_LEN: usize = 2;

/// Writes the RTX payload for packet `osn` to the start of `out` and returns its length; none when it
/// doesn't fit.
pub fn wrap(osn: u16, payload: &[u8], out: &mut [u8]) -> Option<usize> {
    let len = OSN_LEN + payload.len();
    let out = out.get_mut(..len)?;
    out[..OSN_LEN].copy_from_slice(&osn.to_be_bytes());
    out[OSN_LEN..].copy_from_slice(payload);
    Some(len)
}

/// The original sequence number and payload; none when there is no room for a number (padding-only probes
/// on the RTX stream are empty).
pub fn unwrap(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (osn, original) = payload.split_first_chunk::<OSN_LEN>()?;
    Some((u16::from_be_bytes(*osn), original))
}

/// The sequence numbers of one RTX stream, which count on their own (RFC 4588 section 4).
#[derive(Clone, Debug)]
pub struct RtxSequence {
    next: u64,
}

impl RtxSequence {
    /// Counts from `first` (a random number, RFC 3550 section 5.1).
    pub const fn new(first: u16) -> Self {
        RtxSequence { next: (1 << 16) + first as u64 }
    }

    /// The next number, extended (its low 16 bits go on the wire).
    pub fn take(&mut self) -> u64 {
        let number = self.next;
        self.next += u64::from(!planted::is(Planted::RetransmissionNumberStuck));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_and_unwraps() {
        let mut out = [0; 16];
        assert_eq!(wrap(0xabcd, b"media", &mut out), Some(7));
        assert_eq!(&out[..7], b"\xab\xcdmedia");
        assert_eq!(unwrap(&out[..7]), Some((0xabcd, &b"media"[..])));
        assert_eq!(wrap(1, &[0; 15], &mut out), None);
        assert_eq!(unwrap(b"\x12\x34"), Some((0x1234, &b""[..])));
        assert_eq!((unwrap(b"\x12"), unwrap(b"")), (None, None));
    }

    #[test]
    fn numbers_run_over_the_edge() {
        let mut sequence = RtxSequence::new(65_535);
        let (a, b) = (sequence.take(), sequence.take());
        assert_eq!((a as u16, b as u16, b - a), (65_535, 0, 1));
    }
}
