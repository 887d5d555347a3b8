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
const BURST_BYTES: u64 = 64 << 10;
/// Room for what of a payload is no filler: descriptors, a frame's head, the stamp, or parameter sets.
const WRITTEN: usize = 160;

#[derive(Clone, Debug, Default)]
struct Entry {
    sequence: u64,
    ordinal: u32,
    /// Bytes of its payload that aren't in the cache.
    filler: u16,
    /// How much had been sent before it, bytes.
    at: u64,
    /// Its dependency descriptor, which goes with each copy.
    descriptor: SmallVec<[u8; 16]>,
    /// When it was last sent again.
    repaired: Option<Time>,
    /// It waits to be sent again.
    pending: bool,
}

/// A packet to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    /// Its number within its encoding.
    pub(super) ordinal: u32,
    /// How much filler goes behind the payload.
    pub(super) filler: usize,
    pub(super) descriptor: &'a [u8],
    /// Its payload is what goes before the filler.
    pub(super) packet: CachedPacket<'a>,
}

/// The last packets of one encoding, without the filler at their ends: a copy of it is a thousand bytes of memory that
/// no cache holds, for each packet that is sent.
#[derive(Clone, Debug)]
pub(super) struct RepairStore {
    cache: PacketCache,
    entries: Box<[Entry]>,
    /// How much a sender would keep that has to store whole payloads in one ring, bytes; and how much has gone into it.
    room: u64,
    sent: u64,
}

impl RepairStore {
    /// Room for a second of an encoding of at most `max`.
    pub(super) fn new(max: DataRate) -> Self {
        let bytes = PACKETS * WRITTEN;
        RepairStore {
            cache: PacketCache::new(CacheLimits { packets: PACKETS, bytes, age: AGE }),
            entries: vec![Entry::default(); PACKETS].into_boxed_slice(),
            room: max.size_in(AGE).as_bytes() * 3 / 2 + BURST_BYTES,
            sent: 0,
        }
    }

    /// Keeps a packet that leaves for the first time with `filler` bytes behind its payload.
    pub(super) fn insert(
        &mut self,
        packet: CachedPacket<'_>,
        ordinal: u32,
        filler: usize,
        descriptor: &[u8],
    ) {
        let len = (packet.payload.len() + filler) as u64;
        let filler = u16::try_from(filler).expect("a payload is shorter than a datagram");
        let sequence = packet.sequence;
        // Each payload lies in one piece.
        let left = self.room - self.sent % self.room;
        let at = if len > left { self.sent + left } else { self.sent };
        self.sent = at + len;
        self.cache.insert(packet);
        let descriptor = SmallVec::from_slice(descriptor);
        *self.entry(sequence) =
            Entry { sequence, ordinal, filler, at, descriptor, repaired: None, pending: false };
    }

    /// The receiver misses a packet: its payload's size, if it is to be sent again. It is not when it is gone,
    /// waits already, or was sent again less than a round trip ago (libwebrtc, `RtpPacketHistory::VerifyRtt`).
    pub(super) fn request(&mut self, now: Time, sequence: u64, rtt: Duration) -> Option<DataSize> {
        let kept = self.cache.get(now, sequence)?.payload.len();
        let (sent, room) = (self.sent, self.room);
        let entry = self.entry(sequence);
        let too_early = entry.repaired.is_some_and(|at| now.since(at) < rtt);
        if entry.sequence != sequence || entry.pending || too_early || sent - entry.at > room {
            return None;
        }
        entry.pending = true;
        Some(DataSize::from_bytes((kept + usize::from(entry.filler)) as u64))
    }

    /// Takes a packet that waited, unless it is gone by now.
    pub(super) fn take(&mut self, now: Time, sequence: u64) -> Option<Kept<'_>> {
        let entry = &mut self.entries[sequence as usize % PACKETS];
        if entry.sequence != sequence {
            return None;
        }
        entry.pending = false;
        entry.repaired = Some(now);
        let Entry { ordinal, filler, descriptor, .. } = &*entry;
        let (ordinal, filler) = (*ordinal, usize::from(*filler));
        if self.sent - entry.at > self.room {
            return None;
        }
        self.cache.get(now, sequence).map(|packet| Kept { ordinal, filler, descriptor, packet })
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
    const SIZE: DataSize = DataSize::from_bytes(107);

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
        store.insert(packet(70_000, 0), 12, 100, b"dd");
        let at = Time::from_millis;
        assert_eq!(store.request(at(10), 70_001, RTT), None, "never sent");
        assert_eq!(store.request(at(10), 70_000, RTT), Some(SIZE));
        assert_eq!(store.request(at(11), 70_000, RTT), None, "waits already");
        let kept = Kept { ordinal: 12, filler: 100, descriptor: b"dd", packet: packet(70_000, 0) };
        assert_eq!(store.take(at(12), 70_000), Some(kept));
        assert_eq!(store.request(at(61), 70_000, RTT), None, "49 ms after the last copy");
        assert_eq!(store.request(at(62), 70_000, RTT), Some(SIZE));
        assert_eq!(store.take(at(1_500), 70_000), None, "too old by then");
        assert_eq!(store.request(at(1_600), 70_000, RTT), None);
    }

    #[test]
    fn a_newer_packet_takes_the_place() {
        let mut store = RepairStore::new(DataRate::from_kbps(500));
        store.insert(packet(65_536, 0), 0, 100, b"");
        assert_eq!(store.request(Time::ZERO, 65_536, RTT), Some(SIZE));
        store.insert(packet(65_536 + PACKETS as u64, 1), 1, 100, b"");
        assert_eq!(store.take(Time::ZERO, 65_536), None);
        let newer = store.request(Time::ZERO, 65_536 + PACKETS as u64, RTT);
        assert_eq!(newer, Some(SIZE), "nothing waits in its name");
    }
}
