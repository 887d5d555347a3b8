//! Which sequence numbers arrived, how, and which of them are accounted for.

use reports::observation::FlowCounters;

/// Packets remembered: at 300 packets per second, 6.8 s.
pub(super) const CAPACITY: u64 = 2_048;
const FIRST: u8 = 1;
const REPAIR: u8 = 2;

/// How a packet arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// On the media SSRC.
    First,
    /// By RTX, or from FEC.
    Repair,
}

/// What a packet's arrival means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    /// It was missing until now.
    New,
    /// It is here already.
    Duplicate,
    /// The stream went on without it.
    Late,
}

/// A ring of arrivals between the oldest number remembered and the highest seen.
#[derive(Clone, Debug)]
pub(super) struct PacketHistory {
    arrivals: Box<[u8; CAPACITY as usize]>,
    first: u64,
    highest: u64,
    /// Every number below is accounted for: its frame was released or given up.
    settled: u64,
}

impl PacketHistory {
    /// A history that begins at `first`.
    pub(super) fn new(first: u64) -> Self {
        PacketHistory { arrivals: Box::new([0; CAPACITY as usize]), first, highest: first, settled: first }
    }

    /// Begins anew at `first`, after everything so far was settled.
    pub(super) fn restart(&mut self, first: u64) {
        self.arrivals.fill(0);
        (self.first, self.highest, self.settled) = (first, first, first);
    }

    pub(super) const fn highest(&self) -> u64 {
        self.highest
    }

    /// How many numbers the stream has used so far.
    pub(super) const fn expected(&self) -> u64 {
        self.highest - self.first + 1
    }

    pub(super) const fn contains(&self, sequence: u64) -> bool {
        sequence <= self.highest
            && sequence + CAPACITY > self.highest
            && self.arrivals[(sequence % CAPACITY) as usize] != 0
    }

    /// Whether every number of the range arrived.
    pub(super) fn contains_all(&self, range: std::ops::Range<u64>) -> bool {
        range.end.saturating_sub(range.start) <= CAPACITY && range.into_iter().all(|n| self.contains(n))
    }

    /// Takes note of an arrival. Numbers that fall out of the ring are settled into `counters`.
    pub(super) fn insert(&mut self, sequence: u64, origin: Origin, counters: &mut FlowCounters) -> Novelty {
        if sequence > self.highest {
            let floor = (sequence + 1).saturating_sub(CAPACITY);
            self.settle(floor, counters);
            if self.settled < floor {
                // The step was larger than the ring: what lies between was never in it.
                counters.lost_before_repair += floor - self.settled;
                counters.lost_after_repair += floor - self.settled;
                self.settled = floor;
            }
            let fresh = (self.highest + 1).max(floor);
            for passed in fresh..=sequence {
                self.arrivals[(passed % CAPACITY) as usize] = 0;
            }
            self.highest = sequence;
        }
        if sequence + CAPACITY <= self.highest {
            return Novelty::Late;
        }
        let slot = &mut self.arrivals[(sequence % CAPACITY) as usize];
        let before = *slot;
        *slot |= if origin == Origin::First { FIRST } else { REPAIR };
        match before {
            0 if sequence < self.settled => Novelty::Late,
            0 => Novelty::New,
            _ => Novelty::Duplicate,
        }
    }

    /// Accounts for all numbers below `end`: what has not arrived by now is lost.
    pub(super) fn settle(&mut self, end: u64, counters: &mut FlowCounters) {
        let end = end.min(self.highest + 1);
        for sequence in self.settled..end {
            let arrived = self.arrivals[(sequence % CAPACITY) as usize];
            counters.lost_before_repair += u64::from(arrived & FIRST == 0);
            counters.lost_after_repair += u64::from(arrived == 0);
        }
        self.settled = self.settled.max(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_new_from_duplicate_from_late() {
        let mut counters = FlowCounters::default();
        let mut history = PacketHistory::new(100);
        // sequence, origin, verdict
        let rows = [
            (100, Origin::First, Novelty::New),
            (103, Origin::First, Novelty::New),
            (101, Origin::Repair, Novelty::New),
            (101, Origin::Repair, Novelty::Duplicate),
            (101, Origin::First, Novelty::Duplicate),
            (99, Origin::First, Novelty::Late),
        ];
        for (n, (sequence, origin, verdict)) in rows.into_iter().enumerate() {
            assert_eq!(history.insert(sequence, origin, &mut counters), verdict, "row {n}");
        }
        assert!(history.contains_all(100..102) && !history.contains_all(100..103));
        history.settle(104, &mut counters);
        // 102 never came; 101 came both ways.
        assert_eq!((counters.lost_before_repair, counters.lost_after_repair), (1, 1));
        assert_eq!(history.insert(102, Origin::Repair, &mut counters), Novelty::Late);
        assert_eq!(history.expected(), 4);
    }

    #[test]
    fn a_repair_counts_as_lost_before_repair_only() {
        let mut counters = FlowCounters::default();
        let mut history = PacketHistory::new(0);
        for (sequence, origin) in [(0, Origin::First), (1, Origin::Repair), (2, Origin::First)] {
            history.insert(sequence, origin, &mut counters);
        }
        history.settle(u64::MAX, &mut counters);
        assert_eq!((counters.lost_before_repair, counters.lost_after_repair), (1, 0));
    }

    #[test]
    fn what_leaves_the_ring_is_settled() {
        let mut counters = FlowCounters::default();
        let mut history = PacketHistory::new(5);
        history.insert(5, Origin::First, &mut counters);
        history.insert(5 + 2 * CAPACITY, Origin::First, &mut counters);
        // Of 5 and the numbers up to 5 + CAPACITY, only 5 came; the ring still holds CAPACITY numbers.
        assert_eq!(counters.lost_after_repair, CAPACITY);
        assert_eq!(history.settled, 5 + CAPACITY + 1);
        history.settle(u64::MAX, &mut counters);
        assert_eq!(counters.lost_after_repair, 2 * CAPACITY - 1);
    }
}
