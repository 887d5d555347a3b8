//! The last few packets of one audio source: what redundancy towards receivers is made of, and where a publisher's
//! redundancy fills a hole.

use crate::codec::opus;
use crate::codec::red::{self, Block, Blocks, Red};
use crate::rtp::sequence::distance32;

/// Packets remembered: two of redundancy, one that is just coming, one for reordering.
const SLOTS: usize = 4;
/// How many numbers may be missing for redundancy to be placed among them: more than ten blocks reach over are a
/// restart or an outage.
const MAX_HOLE: u64 = 64;

#[derive(Clone, Debug, Default)]
struct Slot {
    sequence: u64,
    timestamp: u32,
    /// Empty: nothing is kept under this number. Grows to what one block can hold, and stays.
    payload: Vec<u8>,
}

/// A packet that came as redundancy of a later one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered<'a> {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) payload: &'a [u8],
}

/// What came of a packet's redundancy, the oldest first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recoveries<'a> {
    packets: [Recovered<'a>; red::MAX_BLOCKS],
    count: usize,
}

impl<'a> Recoveries<'a> {
    pub(crate) fn as_slice(&self) -> &[Recovered<'a>] {
        &self.packets[..self.count]
    }
}

/// The last few packets of one source.
#[derive(Clone, Debug, Default)]
pub(crate) struct AudioTail {
    slots: [Slot; SLOTS],
    /// The packet of the highest number: that number, extended, and its timestamp.
    newest: Option<(u64, u32)>,
    /// How many packets the publisher itself repeats.
    pub(crate) redundancy: u8,
}

impl AudioTail {
    /// Forgets everything: the source's numbers begin anew.
    pub(crate) fn clear(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.payload.clear());
        self.newest = None;
        self.redundancy = 0;
    }

    /// Takes a packet, sound or not: an empty `payload` says that its number holds none.
    pub(crate) fn insert(&mut self, sequence: u64, timestamp: u32, payload: &[u8]) {
        let newest = self.newest.map_or(0, |(newest, _)| newest);
        if sequence + SLOTS as u64 <= newest {
            return;
        }
        if self.newest.is_none() || sequence > newest {
            self.newest = Some((sequence, timestamp));
        }
        let slot = &mut self.slots[(sequence % SLOTS as u64) as usize];
        (slot.sequence, slot.timestamp) = (sequence, timestamp);
        slot.payload.clear();
        if payload.len() <= red::MAX_BLOCK {
            slot.payload.extend_from_slice(payload);
        }
    }

    fn get(&self, sequence: u64) -> Option<&Slot> {
        let slot = &self.slots[(sequence % SLOTS as u64) as usize];
        (slot.sequence == sequence && !slot.payload.is_empty()).then_some(slot)
    }

    /// Up to `wanted` packets right before the one with this number and timestamp, to be sent along with it as
    /// `payload_type`, in `room` bytes with their headers.
    ///
    /// Only an unbroken chain: each directly before the next in number and in time, sound and no comfort noise, and
    /// one that was `sent`. A receiver places redundancy by counting back, and must not get what it was not to hear.
    pub(crate) fn preceding(
        &self,
        (sequence, timestamp): (u64, u32),
        wanted: u8,
        payload_type: u8,
        mut room: usize,
        sent: impl Fn(u64) -> bool,
    ) -> Blocks<'_> {
        let mut blocks = Blocks::default();
        let mut after = timestamp;
        for back in 1..=u64::from(wanted) {
            let Some(number) = sequence.checked_sub(back).filter(|number| sent(*number)) else { break };
            let Some(slot) = self.get(number).filter(|slot| !opus::is_dtx(&slot.payload)) else { break };
            let step = after.wrapping_sub(slot.timestamp);
            let offset = timestamp.wrapping_sub(slot.timestamp);
            let Some(left) = room.checked_sub(red::HEADER_LEN + slot.payload.len()) else { break };
            if step == 0 || step > opus::MAX_PACKET_TICKS || offset > u32::from(red::MAX_OFFSET) {
                break;
            }
            let block = Block { payload_type, offset: offset as u16, payload: &slot.payload };
            if !blocks.push(block) {
                break;
            }
            (room, after) = (left, slot.timestamp);
        }
        blocks.reverse();
        blocks
    }

    /// The packets between the newest one and a later one that the later one's redundancy of `payload_type` holds.
    ///
    /// A block says a time and no number. The newest block is taken for the packet right before, and so on back,
    /// where that can't be wrong: when there are exactly as many blocks as numbers missing, or as long as the
    /// times lie on the even grid that the two packets' numbers and timestamps span.
    pub(crate) fn missing<'a>(
        &self,
        (sequence, timestamp): (u64, u32),
        red: &Red<'a>,
        payload_type: u8,
    ) -> Recoveries<'a> {
        let mut found = Recoveries::default();
        let Some((newest, before)) = self.newest.filter(|(newest, _)| *newest < sequence) else {
            return found;
        };
        let numbers = sequence - newest;
        let span = distance32(timestamp, before);
        if !(2..=MAX_HOLE).contains(&numbers) || span <= 0 {
            return found;
        }
        let span = u64::from(span.unsigned_abs());
        let usable = |block: &&Block<'_>| {
            let within = block.offset > 0 && u64::from(block.offset) < span;
            within && block.payload_type == payload_type && !block.payload.is_empty()
        };
        let newest_first = || red.redundant.as_slice().iter().rev().filter(usable);
        let inside = newest_first().count() as u64;
        if !newest_first().is_sorted_by(|a, b| a.offset < b.offset) {
            return found;
        }
        for (back, block) in (1..numbers).zip(newest_first()) {
            let even = u64::from(block.offset) * numbers == back * span;
            if !(even || inside == numbers - 1) {
                break;
            }
            let timestamp = timestamp.wrapping_sub(u32::from(block.offset));
            found.packets[found.count] =
                Recovered { sequence: sequence - back, timestamp, payload: block.payload };
            found.count += 1;
        }
        found.packets[..found.count].reverse();
        found
    }
}

#[cfg(test)]
mod tests;
