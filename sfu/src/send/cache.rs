//! The last packets of one encoding, kept once for all its receivers.

use std::time::Duration;

use crate::Time;
use crate::codec::frame::FrameExtension;

/// Bounds of a [`PacketCache`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// Packets, rounded up to a power of two.
    pub packets: usize,
    /// Bytes of payload and of what is kept of header extensions.
    pub bytes: usize,
    /// Age.
    pub age: Duration,
}

impl Default for CacheLimits {
    /// For the largest encoding that browsers send by default, 2.5 Mbit/s:
    /// - 1 s, the age at which receivers stop asking ([`crate::receive::nack`]);
    /// - 512 KiB: 2.5 Mbit/s × 1 s / 8 = 305 KiB, and a key frame's burst on top;
    /// - 1024 packets: 2.5 Mbit/s / (8 × 1,100 bytes) = 284 packets/s, and small packets on top.
    fn default() -> Self {
        CacheLimits { packets: 1024, bytes: 512 << 10, age: Duration::from_secs(1) }
    }
}

/// A packet found in the cache: what is needed to project and send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachedPacket<'a> {
    /// The ingress sequence number, extended.
    pub sequence: u64,
    /// The ingress timestamp.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// When it arrived.
    pub arrived: Time,
    /// The header extension that its layers are read from; up to 255 bytes.
    pub extension: FrameExtension<'a>,
    /// The RTP payload, padding taken off.
    pub payload: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    sequence: u64,
    /// Where the payload was written, counted from the beginning of all writing.
    at: u64,
    arrived: Time,
    timestamp: u32,
    /// Length of the payload, …
    len: u16,
    /// … which lies behind the extension's value.
    extension_len: u8,
    /// The extension's kind, without its value.
    extension: FrameExtension<'static>,
    marker: bool,
    live: bool,
}

const EMPTY: Entry = Entry {
    sequence: 0,
    at: 0,
    arrived: Time::ZERO,
    timestamp: 0,
    len: 0,
    extension_len: 0,
    extension: FrameExtension::None,
    marker: false,
    live: false,
};

/// A ring of entries by ingress sequence number over a ring of bytes.
///
/// Payloads lie in the byte ring in the order of arrival, each in one piece; an entry whose bytes were
/// written over is dead, which its write position tells, so nothing is ever evicted or moved. All memory is
/// taken at the beginning.
#[derive(Clone, Debug)]
pub struct PacketCache {
    entries: Box<[Entry]>,
    bytes: Box<[u8]>,
    /// Bytes written since the beginning, those skipped at the ring's end included.
    written: u64,
    max_age: Duration,
}

impl Default for PacketCache {
    fn default() -> Self {
        PacketCache::new(CacheLimits::default())
    }
}

impl PacketCache {
    /// An empty cache within `limits`.
    pub fn new(limits: CacheLimits) -> Self {
        PacketCache {
            entries: vec![EMPTY; limits.packets.max(1).next_power_of_two()].into_boxed_slice(),
            bytes: vec![0; limits.bytes].into_boxed_slice(),
            written: 0,
            max_age: limits.age,
        }
    }

    /// Keeps a packet; tells whether it fits, and is not older than the packet in its place.
    pub fn insert(&mut self, packet: CachedPacket<'_>) -> bool {
        let capacity = self.bytes.len() as u64;
        let value = packet.extension.value();
        // Both fit for whatever comes in a datagram; what doesn't isn't kept.
        let (Ok(extension_len), Ok(payload_len)) =
            (u8::try_from(value.len()), u16::try_from(packet.payload.len()))
        else {
            return false;
        };
        let len = (value.len() + packet.payload.len()) as u64;
        let at_entry = self.slot(packet.sequence);
        let entry = &self.entries[at_entry];
        if len > capacity || (entry.live && entry.sequence > packet.sequence) {
            return false;
        }
        let room = if capacity == 0 { 0 } else { capacity - self.written % capacity };
        if len > room {
            self.written += room;
        }
        let at = self.written;
        let start = if capacity == 0 { 0 } else { (at % capacity) as usize };
        let (head, end) = (start + value.len(), start + len as usize);
        self.bytes[start..head].copy_from_slice(value);
        self.bytes[head..end].copy_from_slice(packet.payload);
        self.written += len;
        self.entries[at_entry] = Entry {
            sequence: packet.sequence,
            at,
            arrived: packet.arrived,
            timestamp: packet.timestamp,
            len: payload_len,
            extension_len,
            extension: packet.extension.of_same_kind(&[]),
            marker: packet.marker,
            live: true,
        };
        true
    }

    /// The packet with the ingress number `sequence`, unless it was never here, is too old or written over.
    pub fn get(&self, now: Time, sequence: u64) -> Option<CachedPacket<'_>> {
        let entry = &self.entries[self.slot(sequence)];
        let kept = entry.live
            && entry.sequence == sequence
            && now.since(entry.arrived) <= self.max_age
            && self.written - entry.at <= self.bytes.len() as u64;
        kept.then(|| {
            let start = if self.bytes.is_empty() { 0 } else { (entry.at % self.bytes.len() as u64) as usize };
            let head = start + usize::from(entry.extension_len);
            CachedPacket {
                sequence,
                timestamp: entry.timestamp,
                marker: entry.marker,
                arrived: entry.arrived,
                extension: entry.extension.of_same_kind(&self.bytes[start..head]),
                payload: &self.bytes[head..head + usize::from(entry.len)],
            }
        })
    }

    /// Packets that can still be had, and their bytes. It looks at every place: not for hot paths.
    pub fn held(&self, now: Time) -> (usize, usize) {
        let live = self.entries.iter().filter(|entry| entry.live);
        let kept = live.filter_map(|entry| self.get(now, entry.sequence));
        kept.fold((0, 0), |(packets, bytes), packet| (packets + 1, bytes + packet.payload.len()))
    }

    /// Forgets everything: the source was restarted, and its numbers may come again.
    pub fn flush(&mut self) {
        self.entries.fill(EMPTY);
    }

    fn slot(&self, sequence: u64) -> usize {
        sequence as usize & (self.entries.len() - 1)
    }
}

#[cfg(test)]
mod tests;
