//! A shared screen: little at rest, much while a page is scrolled.

use std::time::Duration;

use sfu::Time;

use crate::random::Stream;

/// What it takes at rest and in a burst, of the rate that it is set to: a share that declares 1.35 Mbit/s swings
/// between 0.9 and 3.7 (Jitsi Videobridge, pull request 2443).
const AT_REST: f64 = 0.9 / 1.35;
const IN_BURST: f64 = 3.7 / 1.35;
/// Mean length of a rest, and of a burst. Five to one make a mean of 1.01 of the rate that it is set to.
const REST: Duration = Duration::from_secs(5);
const BURST: Duration = Duration::from_secs(1);

/// Rests and bursts by turns, each from half to one and a half times its mean length.
#[derive(Clone, Debug)]
pub(super) struct Bursts {
    stream: Stream,
    bursting: bool,
    until: Time,
}

impl Bursts {
    /// Begins with a rest. Layers of one screen are given equal streams, and burst together.
    pub(super) fn new(stream: Stream) -> Self {
        Bursts { stream, bursting: true, until: Time::ZERO }
    }

    /// What the encoder takes of its rate for the picture of `now`.
    pub(super) fn factor(&mut self, now: Time) -> f64 {
        while self.until <= now {
            self.bursting = !self.bursting;
            let mean = if self.bursting { BURST } else { REST };
            let length = mean.as_nanos() as f64 * (0.5 + self.stream.unit());
            let from = if self.until == Time::ZERO { now } else { self.until };
            self.until = from + Duration::from_nanos(length as u64);
        }
        if self.bursting { IN_BURST } else { AT_REST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    #[test]
    fn it_takes_what_it_is_set_to_on_average() {
        let mut bursts = Bursts::new(Seed(7).stream("bursts"));
        let factors: Vec<f64> =
            (0..60_000).map(|n| bursts.factor(Time::from_millis(10_000 + n * 10))).collect();
        let mean = factors.iter().sum::<f64>() / factors.len() as f64;
        assert!((0.95..1.1).contains(&mean), "{mean}");
        let share = factors.iter().filter(|factor| **factor > 1.0).count() as f64 / factors.len() as f64;
        assert!((0.14..0.2).contains(&share), "{share}");
        let turns = factors.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((150..260).contains(&turns), "{turns} turns in ten minutes");
    }
}
