//! What each payload ends with: who sent it, its number, and when.

use crate::Time;
use crate::codec::MediaKind;

/// Bytes of a stamp.
pub(super) const LEN: usize = 16;

/// Marks a payload of ours.
const MARK: u8 = 0x5a;

/// The end of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) kind: MediaKind,
    /// Which person of the crowd.
    pub(super) publisher: u16,
    /// Counts the packets of one publisher and kind.
    pub(super) number: u32,
    pub(super) sent: Time,
}

impl Stamp {
    pub(super) fn to_bytes(self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        bytes[0] = MARK;
        bytes[1] = u8::from(self.kind == MediaKind::Video);
        bytes[2..4].copy_from_slice(&self.publisher.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..].copy_from_slice(&self.sent.as_nanos().to_be_bytes());
        bytes
    }

    /// The stamp at the end of `payload`, if there is one.
    pub(super) fn of(payload: &[u8]) -> Option<Self> {
        let [MARK, kind @ 0..=1, rest @ ..] = payload.last_chunk::<LEN>()? else { return None };
        let (publisher, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        Some(Stamp {
            kind: if *kind == 1 { MediaKind::Video } else { MediaKind::Audio },
            publisher: u16::from_be_bytes(*publisher),
            number: u32::from_be_bytes(*number),
            sent: Time::from_nanos(u64::from_be_bytes(*rest.first_chunk()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let stamp = Stamp {
            kind: MediaKind::Video,
            publisher: 700,
            number: 70_000,
            sent: Time::from_nanos(7_000_000_000),
        };
        let payload = [&[1, 2, 3], &stamp.to_bytes()[..]].concat();
        assert_eq!(Stamp::of(&payload), Some(stamp));
        assert_eq!(Stamp::of(&payload[..payload.len() - 1]), None);
        assert_eq!(Stamp::of(&payload[payload.len() - 15..]), None);
    }
}
