//! From a stream's own sequence numbers, by which RFC 8888 feedback names packets, to transport-wide ones.

use rustc_hash::FxHashMap;

/// Packets of one stream that are remembered, a power of two: some seconds.
const PACKETS: usize = 1_024;

#[derive(Clone, Copy, Debug)]
struct Entry {
    sequence: u16,
    transport: u16,
}

/// Which transport-wide number the last packets of each stream had.
#[derive(Clone, Debug, Default)]
pub struct StreamIndex {
    /// Only ever looked up; one entry for each stream that the owner sends.
    streams: FxHashMap<u32, Box<[Option<Entry>]>>,
}

impl StreamIndex {
    /// A packet left.
    pub fn on_sent(&mut self, ssrc: u32, sequence: u16, transport: u16) {
        let ring = self.streams.entry(ssrc).or_insert_with(|| vec![None; PACKETS].into_boxed_slice());
        ring[usize::from(sequence) % PACKETS] = Some(Entry { sequence, transport });
    }

    /// The transport-wide number of a packet.
    pub fn find(&self, ssrc: u32, sequence: u16) -> Option<u16> {
        let entry = self.streams.get(&ssrc)?[usize::from(sequence) % PACKETS]?;
        (entry.sequence == sequence).then_some(entry.transport)
    }

    /// A stream ended.
    pub fn remove(&mut self, ssrc: u32) {
        self.streams.remove(&ssrc);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_sent_last() {
        let mut index = StreamIndex::default();
        for n in 0..3_000u16 {
            index.on_sent(7, n.wrapping_add(65_000), n);
            index.on_sent(8, n, n + 10_000);
        }
        assert_eq!(index.find(7, 65_000u16.wrapping_add(2_999)), Some(2_999));
        assert_eq!(index.find(8, 2_500), Some(12_500));
        assert_eq!(index.find(8, 1_000), None, "forgotten");
        assert_eq!(index.find(9, 0), None);
        index.remove(8);
        assert_eq!(index.find(8, 2_500), None);
    }
}
