//! Which packets to ask for again, and when (RFC 4585 section 6.2.1).

use std::time::Duration;

use sfu::Time;

/// Packets asked for at one time. At 300 packets per second this is 0.8 s of complete loss: more is cheaper
/// to replace by a key frame than to repair.
const CAPACITY: usize = 256;
/// A packet is asked for at once when this many newer ones are here: neighbours swap on real paths.
const REORDER_PACKETS: u64 = 2;
/// Or when it is this late, if nothing newer comes.
const REORDER_WAIT: Duration = Duration::from_millis(5);
/// How long a packet may be late where nothing is asked for again.
const WAIT_WITHOUT_ASKING: Duration = Duration::from_millis(100);
/// Round trip assumed until one is measured (libwebrtc's `NackRequester` assumes the same).
const DEFAULT_RTT: Duration = Duration::from_millis(100);
/// Asks per packet, as libwebrtc's `NackRequester`.
const MAX_ASKS: u8 = 10;
/// Never ask more often than this, as libwebrtc's processing interval.
const MIN_RETRY: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    due: Time,
    asks: u8,
}

/// What one round of asking came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Round {
    /// How many of the sequence numbers had been asked for before.
    pub(super) repeats: u64,
    /// Whether some packet was asked for often enough and is given up.
    pub(super) gave_up: bool,
}

/// The missing packets of one stream, in order.
#[derive(Clone, Debug)]
pub(super) struct NackGenerator {
    missing: Vec<Missing>,
    /// Highest number seen.
    newest: Option<u64>,
    retry: Duration,
    /// How long something may be late before it is asked for.
    patience: Duration,
    /// Whether packets are asked for at all; if not, they are only waited for.
    asks: bool,
    /// The earliest `due` of all.
    due: Time,
}

impl NackGenerator {
    pub(super) fn new(asks: bool) -> Self {
        let mut generator = NackGenerator {
            missing: Vec::with_capacity(CAPACITY),
            newest: None,
            retry: Duration::ZERO,
            patience: if asks { REORDER_WAIT } else { WAIT_WITHOUT_ASKING },
            asks,
            due: Time::NEVER,
        };
        generator.set_rtt(DEFAULT_RTT);
        generator
    }

    /// A quarter above the round trip, so that jitter does not ask twice for what is on its way.
    pub(super) fn set_rtt(&mut self, rtt: Duration) {
        self.retry = (rtt + rtt / 4).max(MIN_RETRY);
    }

    /// What is missing may come by itself, if not at once: asking waits for so long, whatever newer comes.
    pub(super) const fn set_patience(&mut self, patience: Duration) {
        self.patience = if self.asks || patience.as_nanos() > WAIT_WITHOUT_ASKING.as_nanos() {
            patience
        } else {
            WAIT_WITHOUT_ASKING
        };
    }

    /// Takes note of a packet; `false` when so much is missing that repair makes no sense.
    pub(super) fn on_packet(&mut self, now: Time, sequence: u64) -> bool {
        let Some(newest) = self.newest else {
            self.newest = Some(sequence);
            return true;
        };
        if sequence <= newest {
            self.remove(sequence);
            return true;
        }
        self.newest = Some(sequence);
        let gap = sequence - newest - 1;
        if self.missing.len() as u64 + gap > CAPACITY as u64 {
            self.clear();
            return false;
        }
        let patience = now + self.patience;
        self.missing.extend((newest + 1..sequence).map(|sequence| Missing {
            sequence,
            due: patience,
            asks: 0,
        }));
        if self.asks && self.patience <= REORDER_WAIT && !self.missing.is_empty() {
            let ripe = |m: &&mut Missing| m.asks == 0 && m.sequence + REORDER_PACKETS <= sequence;
            self.missing.iter_mut().filter(ripe).for_each(|m| m.due = m.due.min(now));
        }
        self.update_due();
        true
    }

    /// Begins anew: the next packet is the first.
    pub(super) fn restart(&mut self) {
        self.clear();
        self.newest = None;
    }

    /// Gives up all packets below `end`.
    pub(super) fn forget_before(&mut self, end: u64) {
        if self.missing.first().is_some_and(|m| m.sequence < end) {
            self.missing.retain(|m| m.sequence >= end);
            self.update_due();
        }
    }

    /// Whether a packet below `end` may still come.
    pub(super) fn waits_below(&self, end: u64) -> bool {
        self.missing.first().is_some_and(|m| m.sequence < end)
    }

    /// When the next packet is to be asked for.
    pub(super) const fn due(&self) -> Time {
        self.due
    }

    /// Writes what is to be asked for now to `sequences`, which is cleared first.
    pub(super) fn collect(&mut self, now: Time, sequences: &mut Vec<u16>) -> Round {
        sequences.clear();
        let mut round = Round::default();
        let (next, may_ask) = (now + self.retry, self.asks);
        self.missing.retain_mut(|m| {
            if m.due > now {
                return true;
            }
            if m.asks >= MAX_ASKS || !may_ask {
                round.gave_up = true;
                return false;
            }
            round.repeats += u64::from(m.asks > 0);
            m.asks += 1;
            m.due = next;
            sequences.push(m.sequence as u16);
            true
        });
        self.update_due();
        round
    }

    fn remove(&mut self, sequence: u64) {
        if let Ok(at) = self.missing.binary_search_by_key(&sequence, |m| m.sequence) {
            self.missing.remove(at);
            self.update_due();
        }
    }

    fn clear(&mut self) {
        self.missing.clear();
        self.due = Time::NEVER;
    }

    fn update_due(&mut self) {
        self.due = self.missing.iter().map(|m| m.due).min().unwrap_or(Time::NEVER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn asked(generator: &mut NackGenerator, now: Time) -> (Vec<u16>, Round) {
        let mut sequences = Vec::new();
        let round = generator.collect(now, &mut sequences);
        (sequences, round)
    }

    #[test]
    fn waits_for_neighbours_that_swapped() {
        let mut generator = NackGenerator::new(true);
        generator.on_packet(ms(0), 65_534);
        generator.on_packet(ms(1), 65_536);
        assert_eq!(generator.due(), ms(6), "one newer packet may be reordering");
        generator.on_packet(ms(2), 65_535);
        assert_eq!(generator.due(), Time::NEVER);
        generator.on_packet(ms(3), 65_538);
        generator.on_packet(ms(4), 65_539);
        assert_eq!(generator.due(), ms(4), "two newer packets are loss");
        assert_eq!(asked(&mut generator, ms(4)), (vec![1], Round::default()), "wrapped to 16 bits");
    }

    #[test]
    fn asks_again_after_a_round_trip_and_gives_up_after_ten() {
        let mut generator = NackGenerator::new(true);
        generator.set_rtt(ms(40) - Time::ZERO);
        generator.on_packet(ms(0), 10);
        generator.on_packet(ms(0), 12);
        assert_eq!(generator.due(), ms(5));
        for ask in 0..10u64 {
            let now = ms(5 + 50 * ask);
            assert_eq!(generator.due(), now, "ask {ask}");
            let expected = Round { repeats: u64::from(ask > 0), gave_up: false };
            assert_eq!(asked(&mut generator, now), (vec![11], expected));
        }
        assert!(generator.waits_below(12));
        assert_eq!(asked(&mut generator, ms(505)), (vec![], Round { repeats: 0, gave_up: true }));
        assert!(!generator.waits_below(12));
        assert_eq!(generator.due(), Time::NEVER);
    }

    #[test]
    fn without_asking_it_only_waits() {
        let mut generator = NackGenerator::new(false);
        generator.on_packet(ms(0), 10);
        generator.on_packet(ms(0), 15);
        generator.on_packet(ms(1), 12);
        assert_eq!(generator.due(), ms(100));
        assert_eq!(asked(&mut generator, ms(100)), (vec![], Round { repeats: 0, gave_up: true }));
        assert!(!generator.waits_below(u64::MAX));
    }

    #[test]
    fn what_may_be_recovered_is_not_asked_for_at_once() {
        let mut generator = NackGenerator::new(true);
        generator.set_patience(Duration::from_millis(150));
        for sequence in [10, 12, 14, 15, 16] {
            generator.on_packet(ms(0), sequence);
        }
        assert_eq!(generator.due(), ms(150));
        generator.on_packet(ms(60), 11);
        assert_eq!(asked(&mut generator, ms(150)).0, [13]);
        generator.set_patience(REORDER_WAIT);
        generator.on_packet(ms(151), 19);
        assert_eq!(asked(&mut generator, ms(151)).0, [17]);
    }

    #[test]
    fn too_large_a_gap_is_not_repaired() {
        let mut generator = NackGenerator::new(true);
        assert!(generator.on_packet(ms(0), 0));
        assert!(generator.on_packet(ms(0), CAPACITY as u64 + 1));
        assert!(!generator.on_packet(ms(0), CAPACITY as u64 + 3));
        assert_eq!(generator.due(), Time::NEVER);
    }

    #[test]
    fn forgets_what_the_stream_went_past() {
        let mut generator = NackGenerator::new(true);
        for sequence in [0, 3, 6] {
            generator.on_packet(ms(0), sequence);
        }
        generator.forget_before(4);
        assert_eq!(asked(&mut generator, ms(9)).0, [4, 5]);
        assert!(!generator.waits_below(4) && generator.waits_below(5));
    }
}
