//! A token bucket before the queue: what exceeds it is dropped, nothing is delayed.

use sfu::{DataRate, DataSize, Time};

use super::counters::StageCounters;

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicerConfig {
    /// Tokens that come in, for bytes on the wire.
    pub rate: DataRate,
    /// The most that the bucket holds; it is full at the start.
    pub burst: DataSize,
}

const NANOBITS_PER_BYTE: u128 = 8 * 1_000_000_000;

/// The bucket. Tokens are counted in nanobits (see [`RateSchedule`](super::RateSchedule)), so that no rounding
/// loses or makes any.
#[derive(Clone, Debug)]
pub struct Policer {
    config: PolicerConfig,
    tokens: u128,
    filled: Time,
    flow: StageCounters,
}

impl Policer {
    /// A full bucket at [`Time::ZERO`].
    pub fn new(config: PolicerConfig) -> Self {
        Policer { config, tokens: capacity(&config), filled: Time::ZERO, flow: StageCounters::default() }
    }

    /// Whether a packet of `size` may pass at `now`; if so, it takes its tokens.
    pub fn admits(&mut self, now: Time, size: DataSize) -> bool {
        let gained = u128::from(self.config.rate.as_bps()) * now.since(self.filled).as_nanos();
        self.tokens = self.tokens.saturating_add(gained).min(capacity(&self.config));
        self.filled = now;
        let needed = u128::from(size.as_bytes()) * NANOBITS_PER_BYTE;
        let admitted = self.tokens >= needed;
        self.flow.entered.add(size);
        if admitted {
            self.tokens -= needed;
            self.flow.left.add(size);
        } else {
            self.flow.dropped.add(size);
        }
        admitted
    }

    /// What came and went.
    pub fn flow(&self) -> StageCounters {
        self.flow
    }
}

fn capacity(config: &PolicerConfig) -> u128 {
    u128::from(config.burst.as_bytes()) * NANOBITS_PER_BYTE
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const SIZE: DataSize = DataSize::from_bytes(1_250);

    #[test]
    fn a_full_bucket_passes_its_burst_at_once_and_its_rate_for_ever() {
        let config = PolicerConfig { rate: DataRate::from_kbps(1_000), burst: DataSize::from_bytes(12_500) };
        let mut policer = Policer::new(config);
        let passed = |policer: &mut Policer, at| (0..100).filter(|_| policer.admits(at, SIZE)).count();
        assert_eq!(passed(&mut policer, Time::ZERO), 10);
        // 10 ms of 1 Mbit/s are 1250 bytes; a nanosecond before, they aren't there.
        assert!(!policer.admits(Time::from_nanos(9_999_999), SIZE));
        assert!(policer.admits(Time::from_millis(10), SIZE));
        // Overfull after 100 ms.
        assert_eq!(passed(&mut policer, Time::from_secs(1)), 10);
        let mut later = 0;
        for n in 1..=10_000 {
            later += passed(&mut policer, Time::from_secs(1) + Duration::from_millis(n));
        }
        assert_eq!(later, 1_000, "10 s of 1 Mbit/s");
    }

    proptest! {
        /// No interval carries more than burst + rate × interval.
        #[test]
        fn no_interval_exceeds_the_arrival_curve(arrivals in prop::collection::vec((0u64..20_000, 40u64..1500), 1..100)) {
            let config = PolicerConfig { rate: DataRate::from_kbps(800), burst: DataSize::from_bytes(3_000) };
            let mut policer = Policer::new(config);
            let (mut now, mut passed) = (Time::ZERO, Vec::new());
            for (gap, bytes) in arrivals {
                now += Duration::from_micros(gap);
                if policer.admits(now, DataSize::from_bytes(bytes)) {
                    passed.push((now, bytes));
                }
            }
            for (first, &(from, _)) in passed.iter().enumerate() {
                let mut sum = 0;
                for &(at, bytes) in &passed[first..] {
                    sum += bytes;
                    let most = 3_000.0 + 100_000.0 * at.since(from).as_secs_f64();
                    prop_assert!(sum as f64 <= most + 1.0, "{sum} bytes from {from} to {at}");
                }
            }
        }
    }
}
