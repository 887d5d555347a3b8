//! A microphone's redundancy (RFC 2198), as libwebrtc's `AudioEncoderCopyRed` makes it.

use std::collections::VecDeque;

use sfu::codec::red::{Block, Blocks, HEADER_LEN, MAX_BLOCK, MAX_OFFSET, PRIMARY_HEADER_LEN, Red};

use crate::participant::media::packetizer::MAX_PAYLOAD;

/// The packets before, to be sent once more.
#[derive(Debug)]
pub(super) struct Redundancy {
    opus: u8,
    distance: usize,
    /// Timestamp and payload, the oldest first.
    previous: VecDeque<(u32, Vec<u8>)>,
}

impl Redundancy {
    /// Redundancy of `distance` packets of the payload type `opus`.
    pub(super) fn new(opus: u8, distance: u8) -> Self {
        let distance = usize::from(distance);
        Redundancy { opus, distance, previous: VecDeque::with_capacity(distance + 1) }
    }

    /// Appends `payload` with those before it.
    pub(super) fn wrap(&mut self, timestamp: u32, payload: &[u8], out: &mut Vec<u8>) {
        let mut redundant = Blocks::default();
        let mut len = PRIMARY_HEADER_LEN + payload.len();
        for (before, payload) in self.previous.iter().rev() {
            let offset = timestamp.wrapping_sub(*before);
            len += HEADER_LEN + payload.len();
            if offset > u32::from(MAX_OFFSET) || payload.len() > MAX_BLOCK || len > MAX_PAYLOAD {
                break;
            }
            let block = Block { payload_type: self.opus, offset: offset as u16, payload };
            assert!(redundant.push(block), "the distance is bounded");
        }
        redundant.reverse();
        let red = Red { redundant, payload_type: self.opus, primary: payload };
        red.write(out).expect("every block was bounded");
        let full = self.previous.len() >= self.distance;
        let mut kept = full.then(|| self.previous.pop_front()).flatten().unwrap_or_default();
        kept.0 = timestamp;
        kept.1.clear();
        kept.1.extend_from_slice(payload);
        self.previous.push_back(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_grows_no_larger_than_a_path_carries() {
        let mut redundancy = Redundancy::new(111, 2);
        for (n, blocks) in [0, 1, 1, 1].into_iter().enumerate() {
            let mut out = Vec::new();
            redundancy.wrap(960 * n as u32, &[7; 500], &mut out);
            assert!(out.len() <= MAX_PAYLOAD);
            assert_eq!(Red::parse(&out).expect("well-formed").redundant.len(), blocks, "packet {n}");
        }
    }

    #[test]
    fn the_packets_before_go_along_as_far_as_the_header_reaches() {
        let mut redundancy = Redundancy::new(111, 2);
        // timestamp, payload; offsets and first bytes of the blocks
        type Row<'a> = (u32, u8, &'a [(u16, u8)]);
        let rows: [Row<'_>; 6] = [
            (u32::MAX - 959, 1, &[]),
            (0, 2, &[(960, 1)]),
            (960, 3, &[(1_920, 1), (960, 2)]),
            (1_920, 4, &[(1_920, 2), (960, 3)]),
            // 400 ms later.
            (21_120, 5, &[]),
            (22_080, 6, &[(960, 5)]),
        ];
        for (n, (timestamp, byte, expected)) in rows.into_iter().enumerate() {
            let mut out = Vec::new();
            redundancy.wrap(timestamp, &[byte; 80], &mut out);
            let red = Red::parse(&out).expect("well-formed");
            assert_eq!((red.payload_type, red.primary), (111, [byte; 80].as_slice()));
            let blocks: Vec<_> = red.redundant.as_slice().iter().map(|b| (b.offset, b.payload[0])).collect();
            assert_eq!(blocks, expected, "row {n}");
        }
    }
}
