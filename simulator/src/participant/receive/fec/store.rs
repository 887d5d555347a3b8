//! The last packets of a stream, as they came.

use std::collections::VecDeque;

use sfu::Time;

use super::KEPT;

/// Packets kept: 1.7 Mbit/s, which is 190 packets a second, for longer than they are of use.
const MAX_PACKETS: usize = 512;
/// Bytes kept.
const MAX_BYTES: usize = 640 << 10;

#[derive(Clone, Debug)]
struct Kept {
    at: Time,
    sequence: u16,
    bytes: Vec<u8>,
}

/// Packets by number, the oldest arrival first; bounded in number, bytes and age.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    packets: VecDeque<Kept>,
    bytes: usize,
    /// Buffers of packets that have gone.
    spare: Vec<Vec<u8>>,
}

impl Store {
    /// Keeps a packet, and lets go of what is too old or too much; one that is here already stays as it is.
    pub(super) fn insert(&mut self, now: Time, sequence: u16, packet: &[u8]) {
        while let Some(oldest) = self.packets.front() {
            let full = self.packets.len() >= MAX_PACKETS || self.bytes + packet.len() > MAX_BYTES;
            if !full && now.since(oldest.at) < KEPT {
                break;
            }
            let gone = self.packets.pop_front().expect("just looked at");
            self.bytes -= gone.bytes.len();
            self.spare.push(gone.bytes);
        }
        if self.contains(sequence) {
            return;
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.extend_from_slice(packet);
        self.bytes += bytes.len();
        self.packets.push_back(Kept { at: now, sequence, bytes });
    }

    pub(super) fn contains(&self, sequence: u16) -> bool {
        self.get(sequence).is_some()
    }

    /// The packet with this number.
    pub(super) fn get(&self, sequence: u16) -> Option<&[u8]> {
        // Those that are asked for came lately.
        let found = self.packets.iter().rev().find(|kept| kept.sequence == sequence);
        found.map(|kept| &kept.bytes[..])
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.packets.len(), self.bytes)
    }
}
