//! What can be sent again, and when it was.

use std::time::Duration;

use sfu::send::cache::{CacheLimits, CachedPacket, PacketCache};
use sfu::{DataRate, DataSize, Time};
use smallvec::SmallVec;

/// How long packets are kept (libwebrtc, `RtpPacketHistory::kMinPacketDuration`): receivers stop asking by
/// then.
const AGE: Duration = Duration::from_secs(1);
/// Packets kept: 2.5 Mbit/s are 284 packets/s of 1,100 bytes, and small packets on top.
const PACKETS: usize = 1_024;
/// Room for key frames on top of the encoding's rate.
const BURST_BYTES: usize = 64 << 10;

#[derive(Clone, Debug, Default)]
struct Entry {
    sequence: u64,
    ordinal: u32,
    /// Its dependency descriptor, which goes with each copy.
    descriptor: SmallVec<[u8; 16]>,
    /// When it was last sent again.
    repaired: Option<Time>,
    /// It waits to be sent again.
    pending: bool,
}

/// The last packets of one encoding.
#[derive(Clone, Debug)]
pub(super) struct RepairStore {
    cache: PacketCache,
    entries: Box<[Entry]>,
}

impl RepairStore {
    /// Room for a second of an encoding of at most `max`.
    pub(super) fn new(max: DataRate) -> Self {
        let bytes = max.size_in(AGE).as_bytes() as usize * 3 / 2 + BURST_BYTES;
        RepairStore {
            cache: PacketCache::new(CacheLimits { packets: PACKETS, bytes, age: AGE }),
            entries: vec![Entry::default(); PACKETS].into_boxed_slice(),
        }
    }

    /// Keeps a packet that leaves for the first time.
    pub(super) fn insert(&mut self, packet: CachedPacket<'_>, ordinal: u32, descriptor: &[u8]) {
        let sequence = packet.sequence;
        self.cache.insert(packet);
        let descriptor = SmallVec::from_slice(descriptor);
        *self.entry(sequence) = Entry { sequence, ordinal, descriptor, repaired: None, pending: false };
    }

    /// The receiver misses a packet: its payload's size, if it is to be sent again. It is not when it is gone,
    /// waits already, or was sent again less than a round trip ago (libwebrtc, `RtpPacketHistory::VerifyRtt`).
    pub(super) fn request(&mut self, now: Time, sequence: u64, rtt: Duration) -> Option<DataSize> {
        let size = DataSize::from_bytes(self.cache.get(now, sequence)?.payload.len() as u64);
        let entry = self.entry(sequence);
        let too_early = entry.repaired.is_some_and(|at| now.since(at) < rtt);
        if entry.sequence != sequence || entry.pending || too_early {
            return None;
        }
        entry.pending = true;
        Some(size)
    }

    /// Takes a packet that waited: with its ordinal and dependency descriptor, unless it is gone by now.
    pub(super) fn take(&mut self, now: Time, sequence: u64) -> Option<(u32, &[u8], CachedPacket<'_>)> {
        let entry = &mut self.entries[sequence as usize % PACKETS];
        if entry.sequence != sequence {
            return None;
        }
        entry.pending = false;
        entry.repaired = Some(now);
        let (ordinal, descriptor) = (entry.ordinal, &entry.descriptor[..]);
        self.cache.get(now, sequence).map(|packet| (ordinal, descriptor, packet))
    }

    fn entry(&mut self, sequence: u64) -> &mut Entry {
        &mut self.entries[sequence as usize % PACKETS]
    }
}

#[cfg(test)]
mod tests {
    use sfu::codec::frame::FrameExtension;

    use super::*;

    const RTT: Duration = Duration::from_millis(50);
    const SIZE: DataSize = DataSize::from_bytes(7);

    fn packet(sequence: u64, millis: u64) -> CachedPacket<'static> {
        let arrived = Time::from_millis(millis);
        CachedPacket {
            sequence,
            timestamp: 9,
            marker: true,
            arrived,
            extension: FrameExtension::None,
            payload: b"payload",
        }
    }

    #[test]
    fn a_packet_goes_again_once_per_round_trip_while_it_is_kept() {
        let mut store = RepairStore::new(DataRate::from_kbps(500));
        store.insert(packet(70_000, 0), 12, b"dd");
        let at = Time::from_millis;
        assert_eq!(store.request(at(10), 70_001, RTT), None, "never sent");
        assert_eq!(store.request(at(10), 70_000, RTT), Some(SIZE));
        assert_eq!(store.request(at(11), 70_000, RTT), None, "waits already");
        assert_eq!(store.take(at(12), 70_000), Some((12, &b"dd"[..], packet(70_000, 0))));
        assert_eq!(store.request(at(61), 70_000, RTT), None, "49 ms after the last copy");
        assert_eq!(store.request(at(62), 70_000, RTT), Some(SIZE));
        assert_eq!(store.take(at(1_500), 70_000), None, "too old by then");
        assert_eq!(store.request(at(1_600), 70_000, RTT), None);
    }

    #[test]
    fn a_newer_packet_takes_the_place() {
        let mut store = RepairStore::new(DataRate::from_kbps(500));
        store.insert(packet(65_536, 0), 0, b"");
        assert_eq!(store.request(Time::ZERO, 65_536, RTT), Some(SIZE));
        store.insert(packet(65_536 + PACKETS as u64, 1), 1, b"");
        assert_eq!(store.take(Time::ZERO, 65_536), None);
        let newer = store.request(Time::ZERO, 65_536 + PACKETS as u64, RTT);
        assert_eq!(newer, Some(SIZE), "nothing waits in its name");
    }
}
