//! From transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) to what came of each
//! packet: a ring of the packets sent, looked up by their 16-bit sequence number.

mod by_stream;

use std::time::Duration;

use serde::Serialize;

use super::{PacketResult, SentPacket};
use crate::Time;
use crate::rtcp::Ecn;

/// One tick of the feedback's arrival times.
const TICK_NANOS: i64 = 250_000;
/// One unit of the feedback's 24-bit reference time: 64 ms.
const REFERENCE_NANOS: i64 = 64_000_000;
/// The reference time wraps after 2²⁴ units, about 12 days.
const REFERENCE_MODULUS: i64 = 1 << 24;

/// What the feedback so far amounted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedbackCounters {
    /// Packets reported as received, each counted once.
    pub received: u64,
    /// Packets reported as not received, each counted once; some are received later.
    pub lost: u64,
    /// Packets reported as received after a report had called them lost.
    pub after_lost: u64,
    /// Reports that repeat what was known.
    pub duplicate: u64,
    /// Reports on packets that were never sent or that the ring has forgotten: repeated ones too, when the ring had
    /// to make room.
    pub unknown: u64,
    /// Packets that the ring forgot before any report on them.
    pub unreported: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    InFlight,
    Lost,
    Received,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    packet: SentPacket,
    fate: Fate,
}

impl Slot {
    /// Whether a report at `now` or later may still have news of the packet.
    fn matters(&self, now: Time) -> bool {
        self.fate != Fate::Received && now.since(self.packet.at) <= LATE
    }
}

/// How many packets there is room for at first.
const FIRST_CAPACITY: usize = 256;
/// How long a report may still come on a packet, or one that was reported as lost turn out to be late: a second of
/// queue, four times over. Reports get lost as well, so a packet that none speaks of mustn't hold its place for good.
const LATE: Duration = Duration::from_secs(4);

/// The packets sent last, and what feedback said of them.
///
/// The ring grows to its capacity only as packets have to be remembered that it has no room for. Every packet goes
/// to the next slot, so a ring that is too large is memory that no cache holds, in every packet's way.
#[derive(Clone, Debug)]
pub struct SentHistory {
    slots: Box<[Option<Slot>]>,
    capacity: usize,
    counters: FeedbackCounters,
    /// The last reference time, unwrapped; starts one wrap up so that reordered feedback stays positive.
    reference: Option<i64>,
    /// The last timestamp of feedback by stream, unwrapped.
    made: Option<u64>,
}

impl SentHistory {
    /// Room for 4,096 packets: 1.5 s of 2,700 packets/s (nine videos of 300), some times a long round trip
    /// plus the feedback interval.
    pub const DEFAULT_CAPACITY: usize = 4_096;

    /// A ring of `capacity` packets, rounded up to a power of two and at most 32,768 so that a sequence
    /// number is never ambiguous.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(2, 1 << 15).next_power_of_two();
        SentHistory {
            slots: vec![None; capacity.min(FIRST_CAPACITY)].into_boxed_slice(),
            capacity,
            counters: FeedbackCounters::default(),
            reference: None,
            made: None,
        }
    }

    /// Notes a packet; it displaces the one sent a ring's length before, if that needn't be remembered or the ring
    /// has its full capacity.
    // Inlined, the packet goes from registers into the ring. As an argument it is written in pieces and read as a
    // whole at once, which processors wait for.
    #[inline]
    pub fn on_sent(&mut self, packet: SentPacket) {
        let mut index = self.index(packet.sequence);
        while self.slots.len() < self.capacity
            && self.slots[index].as_ref().is_some_and(|old| old.matters(packet.at))
        {
            self.grow();
            index = self.index(packet.sequence);
        }
        let slot = &mut self.slots[index];
        let displaced = slot.as_ref().is_some_and(|old| old.fate == Fate::InFlight);
        self.counters.unreported += u64::from(displaced);
        *slot = Some(Slot { packet, fate: Fate::InFlight });
    }

    /// Takes one feedback message that came at `now`. `reference` is its 24-bit reference time (the low 24
    /// bits count, so signed and unsigned readings do alike); `entries` are its packets in sequence order
    /// with the ticks of 250 µs between that reference and their arrival.
    ///
    /// Appends what is news to `results` and returns the round-trip time of the last sent packet among those
    /// newly received. It includes the time that the receiver waited before reporting.
    pub fn on_feedback(
        &mut self,
        now: Time,
        reference: i32,
        entries: impl IntoIterator<Item = (u16, Option<i64>)>,
        results: &mut Vec<PacketResult>,
    ) -> Option<Duration> {
        let base = self.unwrap_reference(reference).saturating_mul(REFERENCE_NANOS);
        let mut newest = None;
        for (sequence, ticks) in entries {
            let arrival = ticks.map(|ticks| {
                let nanos = base.saturating_add(ticks.saturating_mul(TICK_NANOS)).max(0);
                Time::from_nanos(nanos.unsigned_abs())
            });
            let Some(result) = self.take(sequence, arrival, Ecn::NotEct) else { continue };
            if arrival.is_some() {
                newest = newest.max(Some(result.sent.at));
            }
            results.push(result);
        }
        newest.map(|sent| now.since(sent))
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![None; 2 * self.slots.len()].into_boxed_slice();
        for slot in std::mem::replace(&mut self.slots, larger).into_iter().flatten() {
            let index = self.index(slot.packet.sequence);
            self.slots[index] = Some(slot);
        }
    }

    /// The totals since the start.
    pub fn counters(&self) -> FeedbackCounters {
        self.counters
    }

    fn take(&mut self, sequence: u16, received: Option<Time>, ecn: Ecn) -> Option<PacketResult> {
        let index = self.index(sequence);
        let Some(slot) = self.slots[index].as_mut().filter(|slot| slot.packet.sequence == sequence) else {
            self.counters.unknown += 1;
            return None;
        };
        let was_lost = slot.fate == Fate::Lost;
        match (slot.fate, received) {
            (Fate::Received, _) | (Fate::Lost, None) => {
                self.counters.duplicate += 1;
                return None;
            }
            (Fate::InFlight, None) => {
                slot.fate = Fate::Lost;
                self.counters.lost += 1;
            }
            (Fate::InFlight | Fate::Lost, Some(_)) => {
                slot.fate = Fate::Received;
                self.counters.received += 1;
                self.counters.after_lost += u64::from(was_lost);
            }
        }
        Some(PacketResult { sent: slot.packet, received, was_lost, ecn })
    }

    fn unwrap_reference(&mut self, reference: i32) -> i64 {
        let wrapped = i64::from(reference).rem_euclid(REFERENCE_MODULUS);
        let unwrapped = match self.reference {
            None => REFERENCE_MODULUS + wrapped,
            Some(last) => {
                let ahead = (wrapped - last).rem_euclid(REFERENCE_MODULUS);
                let step = if ahead < REFERENCE_MODULUS / 2 { ahead } else { ahead - REFERENCE_MODULUS };
                last + step
            }
        };
        self.reference = Some(unwrapped);
        unwrapped
    }

    fn index(&self, sequence: u16) -> usize {
        usize::from(sequence) & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests;
