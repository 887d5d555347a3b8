//! What became of the last ingress sequence numbers: the slots that late packets land in.

use super::limit::Limit;
use super::video::LeftOut;

/// How many ingress numbers are remembered. At the 284 packets/s of a 2.5 Mbit/s encoding (1,100 bytes
/// each) that is 3.6 s: longer than any retransmission is worth waiting for.
pub(super) const HISTORY: u64 = 1024;

/// What became of one ingress number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It did not arrive yet. Its outgoing number is kept free; this is what was let through when the gap showed.
    Missing {
        /// The highest layers.
        limit: Limit,
        /// Spatial layers of which frames had been left out before the gap.
        left_out: LeftOut,
    },
    /// It was sent.
    Forwarded,
    /// It was left out, and has no outgoing number.
    Dropped,
    /// It was left out when its place had been kept free already: the hole stays.
    DroppedLate,
}

/// One ingress number's outgoing number and fate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// The outgoing number; of a dropped slot, the number that the next one takes.
    pub(super) out: u64,
    pub(super) fate: Fate,
}

/// The last [`HISTORY`] slots. The owner knows which range of numbers is valid.
#[derive(Clone, Debug)]
pub(super) struct History(Box<[Slot]>);

impl History {
    pub(super) fn new() -> Self {
        History(vec![Slot { out: 0, fate: Fate::Dropped }; HISTORY as usize].into_boxed_slice())
    }

    pub(super) fn get(&self, sequence: u64) -> Slot {
        self.0[(sequence % HISTORY) as usize]
    }

    pub(super) fn set(&mut self, sequence: u64, slot: Slot) {
        self.0[(sequence % HISTORY) as usize] = slot;
    }

    /// Which of the numbers `oldest..=newest` (at most [`HISTORY`] of them) is missing and was given `out`.
    pub(super) fn missing_at(&self, out: u64, oldest: u64, newest: u64) -> Option<u64> {
        // Outgoing numbers never fall, and dropped slots come before the one that took their number.
        let (mut low, mut high) = (oldest, newest + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).out <= out {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let found = low.checked_sub(1).filter(|found| *found >= oldest)?;
        let slot = self.get(found);
        (slot.out == out && matches!(slot.fate, Fate::Missing { .. })).then_some(found)
    }
}
