//! Application-limited detection: does the sender use markedly less than the estimate?
//!
//! Such a sender can't show what the path carries: its acknowledged rate says nothing about capacity, so the
//! estimate must be neither raised nor doubted on its account, only probed.

use super::interval_budget::IntervalBudget;
use crate::{DataRate, DataSize, Time};

/// Use below this part of the estimate counts as application-limited (libwebrtc, `alr_detector.cc`).
const USAGE_RATIO: f64 = 0.65;
/// The saved-up part of the budget at which the region starts, and at which it ends (ibid.).
const START_RATIO: f64 = 0.80;
const STOP_RATIO: f64 = 0.50;

/// Follows what is sent against what was estimated.
#[derive(Clone, Debug)]
pub struct AlrDetector {
    budget: IntervalBudget,
    last_sent: Option<Time>,
    since: Option<Time>,
    last_end: Option<Time>,
}

impl AlrDetector {
    /// A detector for an estimate of `estimate`, not application-limited at first.
    pub fn new(estimate: DataRate) -> Self {
        AlrDetector {
            budget: IntervalBudget::new(estimate.scale(USAGE_RATIO), true),
            last_sent: None,
            since: None,
            last_end: None,
        }
    }

    /// The estimate changed.
    pub fn set_estimate(&mut self, estimate: DataRate) {
        self.budget.set_rate(estimate.scale(USAGE_RATIO));
    }

    /// `size` left at `now`; zero bytes just let time pass.
    pub fn on_sent(&mut self, now: Time, size: DataSize) {
        let Some(last) = self.last_sent.replace(now) else { return };
        self.budget.consume(size);
        self.budget.increase(now.since(last));
        let ratio = self.budget.ratio();
        if ratio > START_RATIO && self.since.is_none() {
            self.since = Some(now);
        } else if ratio < STOP_RATIO && self.since.is_some() {
            self.since = None;
            self.last_end = Some(now);
        }
    }

    /// Since when the sender has been application-limited, if it is.
    pub fn since(&self) -> Option<Time> {
        self.since
    }

    /// When the sender last stopped being application-limited.
    pub fn last_end(&self) -> Option<Time> {
        self.last_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of libwebrtc's `alr_detector_unittest.cc`, T8.074.
    #[test]
    fn a_short_burst_does_not_end_the_region_and_full_use_does() {
        let estimate = DataRate::from_kbps(300);
        let mut alr = AlrDetector::new(estimate);
        let mut now = Time::ZERO;
        for (percent, millis, limited) in [(20, 1_000, true), (150, 100, true), (100, 3_000, false)] {
            for _ in 0..millis / 10 {
                now += std::time::Duration::from_millis(10);
                let bytes = estimate.as_bps() * percent / 100 / 8 / 100;
                alr.on_sent(now, DataSize::from_bytes(bytes));
            }
            assert_eq!(alr.since().is_some(), limited, "after {millis} ms at {percent} %");
        }
        assert!(alr.last_end().is_some());
    }
}
