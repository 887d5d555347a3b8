//! Propagation: a base delay and jitter. It is a pipe, not a server: any number of bytes are in it at once.

use std::time::Duration;

use sfu::Time;

use crate::random::{Stream, nanos};

/// Random delay on top of the base delay, drawn per packet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Jitter {
    /// None.
    #[default]
    None,
    /// Uniform from 0 to `max`.
    Uniform {
        /// The most that is added.
        max: Duration,
    },
    /// RFC 8868's |max(min(N(0, std²), cut·std), −cut·std)|: a folded normal distribution. Its mean is not
    /// zero but about 0.798 std (for cut 3: 0.797 std).
    Gauss {
        /// Standard deviation before folding; RFC 8868 uses 5 ms.
        std: Duration,
        /// Where the tails are cut, in standard deviations (0 or more); RFC 8868 uses 3.
        cut: f64,
    },
}

/// The propagation of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Propagation {
    /// One-way delay of every packet.
    pub base: Duration,
    /// On top of it.
    pub jitter: Jitter,
    /// Whether jitter, or a base delay that falls, may let a packet overtake another.
    pub reorder: bool,
}

/// Delays packets one after the other.
///
/// Without reordering it follows RFC 8868's NR-RBPDV: a packet arrives no sooner than the one before it did
/// plus a serialisation time. The RFC suggests the time at the lowest bottleneck rate, "or another suitable
/// one": ours is the time that this packet itself took in the serialiser. The lowest rate of a schedule would
/// hold the link at that rate for as long as packets follow each other closely, also while it is faster.
/// Stated differently: jitter in excess of a packet's own draw decays only while the wire was idle.
#[derive(Clone, Debug)]
pub(super) struct PropagationStage {
    pub(super) config: Propagation,
    stream: Stream,
    /// In nanoseconds.
    jitter_before: u64,
    end_before: Time,
    last_arrival: Time,
}

impl PropagationStage {
    pub(super) fn new(config: Propagation, stream: Stream) -> Self {
        PropagationStage {
            config,
            stream,
            jitter_before: 0,
            end_before: Time::ZERO,
            last_arrival: Time::ZERO,
        }
    }

    /// When a packet arrives that was serialised from `start` to `end`; call in the order of the packets.
    pub(super) fn arrival(&mut self, start: Time, end: Time) -> Time {
        let drawn = self.config.jitter.draw(&mut self.stream);
        let least = end + self.config.base;
        let arrival = if self.config.reorder {
            least.as_nanos().saturating_add(drawn)
        } else {
            let idle = start.as_nanos().saturating_sub(self.end_before.as_nanos());
            let jitter = drawn.max(self.jitter_before.saturating_sub(idle));
            self.jitter_before = jitter;
            // Only a base delay that fell can make the last arrival later: those packets arrive with it.
            least.as_nanos().saturating_add(jitter).max(self.last_arrival.as_nanos())
        };
        let arrival = Time::from_nanos(arrival);
        self.end_before = end;
        self.last_arrival = self.last_arrival.max(arrival);
        arrival
    }
}

impl Jitter {
    /// In nanoseconds.
    fn draw(&self, stream: &mut Stream) -> u64 {
        match *self {
            Jitter::None => 0,
            Jitter::Uniform { max } => nanos(stream.duration_between(Duration::ZERO, max)),
            Jitter::Gauss { std, cut } => {
                let folded = stream.normal().abs().min(cut);
                (folded * nanos(std) as f64) as u64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    const STD: Duration = Duration::from_millis(5);
    const BASE: Duration = Duration::from_millis(25);
    const GAUSS: Jitter = Jitter::Gauss { std: STD, cut: 3.0 };

    /// Delays of `count` packets with `gap` between them and `serialise` of transmission each.
    fn delays(config: Propagation, count: u64, gap: u64, serialise: u64) -> Vec<(Time, Time)> {
        let mut stage = PropagationStage::new(config, Seed(7).stream("jitter"));
        let departure = |n: u64| (Time::from_micros(n * gap), Time::from_micros(n * gap + serialise));
        (1..=count).map(departure).map(|(start, end)| (end, stage.arrival(start, end))).collect()
    }

    fn mean_jitter_ms(delays: &[(Time, Time)]) -> f64 {
        let sum: f64 = delays.iter().map(|&(end, at)| (at.since(end) - BASE).as_secs_f64() * 1e3).sum();
        sum / delays.len() as f64
    }

    #[test]
    fn the_realised_mean_of_rfc8868s_jitter_is_that_of_a_folded_normal() {
        // Packets 100 ms apart never touch each other. E min(|z|, 3) = 0.7971, its variance is below 0.36.
        let config = Propagation { base: BASE, jitter: GAUSS, reorder: false };
        let delays = delays(config, 100_000, 100_000, 0);
        let bound = 5.0 * 5.0 * (0.36f64 / 100_000.0).sqrt();
        let mean = mean_jitter_ms(&delays);
        assert!((mean - 5.0 * 0.7971).abs() < bound, "mean {mean} ms");
        let most = delays.iter().map(|&(end, at)| at.since(end) - BASE).max();
        assert_eq!(most, Some(STD * 3), "the cut is reached in 100,000 draws and never passed");
    }

    #[test]
    fn uniform_jitter_fills_its_range() {
        let jitter = Jitter::Uniform { max: Duration::from_millis(10) };
        let delays = delays(Propagation { base: BASE, jitter, reorder: false }, 100_000, 100_000, 0);
        let mean = mean_jitter_ms(&delays);
        assert!((mean - 5.0).abs() < 5.0 * 10.0 / (12.0f64 * 100_000.0).sqrt(), "mean {mean} ms");
        assert!(delays.iter().all(|&(end, at)| at.since(end) <= BASE + Duration::from_millis(10)));
    }

    #[test]
    fn no_packet_overtakes_unless_asked() {
        let config = Propagation { base: BASE, jitter: GAUSS, reorder: false };
        let (gap, serialise) = (1_000, 600);
        let ordered = delays(config, 10_000, gap, serialise);
        let spaced = |pair: &[(Time, Time)]| pair[1].1.since(pair[0].1) >= Duration::from_micros(serialise);
        assert!(ordered.windows(2).all(spaced), "a serialisation time apart at least");
        let most = ordered.iter().map(|&(end, at)| at.since(end)).max().expect("packets");
        assert!(most <= BASE + STD * 3, "the rule moves jitter, it never adds beyond the cut");
        let shuffled = delays(Propagation { reorder: true, ..config }, 10_000, gap, serialise);
        assert!(shuffled.windows(2).any(|pair| pair[1].1 < pair[0].1));
    }

    #[test]
    fn packets_without_jitter_are_not_touched_by_the_rule() {
        // A small packet right behind a large one.
        let config = Propagation { base: BASE, ..Propagation::default() };
        let mut stage = PropagationStage::new(config, Seed(7).stream("jitter"));
        let ms = Time::from_millis;
        assert_eq!(stage.arrival(ms(0), ms(10)), ms(35));
        assert_eq!(stage.arrival(ms(10), ms(11)), ms(36));
        assert_eq!(stage.arrival(ms(11), ms(11)), ms(36));
    }
}
