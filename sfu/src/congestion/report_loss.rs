//! The estimate from receiver reports alone, when nothing tells of single packets
//! (libwebrtc, `send_side_bandwidth_estimation.cc`; draft-ietf-rmcat-gcc-02, section 6).

use std::collections::VecDeque;
use std::time::Duration;

use super::LossReport;
use crate::{DataRate, Time};

/// The loss is judged over this many packets at least (libwebrtc, `kLimitNumPackets`).
const PACKETS: u64 = 20;
/// Up to this loss, 2 %, the rate grows … (gcc section 6, libwebrtc)
const LOW_LOSS: f64 = 0.02;
/// … and beyond this one, 10 %, it falls.
const HIGH_LOSS: f64 = 0.1;
/// Growth a second, on the least rate of the second before (libwebrtc) …
const GROWTH: f64 = 1.08;
/// … and by this much more, so that tiny rates grow too (libwebrtc).
const EXTRA_GROWTH: DataRate = DataRate::from_kbps(1);
/// The time that the least rate is taken of (libwebrtc, `kBweIncreaseInterval`).
const HISTORY: Duration = Duration::from_secs(1);
/// Between reductions, besides a round trip (libwebrtc, `kBweDecreaseInterval`).
const REDUCTION: Duration = Duration::from_millis(300);
/// A report counts for so long (libwebrtc: 1.2 times `kMaxRtcpFeedbackInterval` of 5 s).
const VALIDITY: Duration = Duration::from_secs(6);
/// Updates are as many as ticks, so that a second of them is some ten; a bound all the same.
const UPDATES: usize = 64;

/// Grows without loss, holds with some, shrinks with much.
#[derive(Clone, Debug)]
pub struct ReportLoss {
    rate: DataRate,
    min: DataRate,
    max: DataRate,
    lost: i64,
    expected: u64,
    fraction: f64,
    reported: Option<Time>,
    /// A reduction since the last report would be for what was judged already.
    reduced_since_report: bool,
    reduced: Option<Time>,
    rtt: Duration,
    /// Rates of the last second that may be the least of it, rising.
    least: VecDeque<(Time, DataRate)>,
}

impl ReportLoss {
    /// An estimate that starts at `start` and keeps within `min` and `max`.
    pub fn new(min: DataRate, start: DataRate, max: DataRate) -> Self {
        ReportLoss {
            rate: start.clamp(min, max),
            min,
            max,
            lost: 0,
            expected: 0,
            fraction: 0.0,
            reported: None,
            reduced_since_report: false,
            reduced: None,
            rtt: Duration::ZERO,
            least: VecDeque::with_capacity(UPDATES),
        }
    }

    /// A report came.
    pub fn on_report(&mut self, now: Time, report: &LossReport) {
        self.lost = self.lost.saturating_add(report.lost);
        self.expected = self.expected.saturating_add(report.expected);
        if self.expected < PACKETS {
            return;
        }
        // More may have come than was expected: late ones, and repetitions.
        self.fraction = (self.lost.max(0) as f64 / self.expected as f64).min(1.0);
        (self.lost, self.expected) = (0, 0);
        self.reported = Some(now);
        self.reduced_since_report = false;
        self.update(now);
    }

    /// A round-trip time was measured.
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.rtt = rtt;
    }

    /// Time passed.
    pub fn update(&mut self, now: Time) {
        self.remember(now);
        if self.reported.is_none_or(|at| now.since(at) >= VALIDITY) {
            return;
        }
        let rate = if self.fraction <= LOW_LOSS {
            let least = self.least.front().map_or(self.rate, |(_, rate)| *rate);
            self.rate.max(least.scale(GROWTH) + EXTRA_GROWTH)
        } else if self.fraction > HIGH_LOSS && self.may_reduce(now) {
            self.reduced = Some(now);
            self.reduced_since_report = true;
            self.rate.scale(1.0 - self.fraction / 2.0)
        } else {
            self.rate
        };
        self.rate = rate.clamp(self.min, self.max);
    }

    fn may_reduce(&self, now: Time) -> bool {
        let wait = REDUCTION.saturating_add(self.rtt);
        !self.reduced_since_report && self.reduced.is_none_or(|at| now.since(at) >= wait)
    }

    fn remember(&mut self, now: Time) {
        while self.least.front().is_some_and(|(at, _)| now.since(*at) > HISTORY) {
            self.least.pop_front();
        }
        while self.least.back().is_some_and(|(_, rate)| *rate >= self.rate) || self.least.len() == UPDATES {
            self.least.pop_back();
        }
        self.least.push_back((now, self.rate));
    }

    /// The rate.
    pub fn rate(&self) -> DataRate {
        self.rate
    }

    /// The part of the packets that the last reports called lost.
    pub fn fraction(&self) -> f64 {
        self.fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lost: i64, expected: u64) -> LossReport {
        LossReport { lost, expected }
    }

    fn estimate() -> ReportLoss {
        let kbps = DataRate::from_kbps;
        let mut estimate = ReportLoss::new(kbps(100), kbps(1_000), DataRate::INFINITE);
        estimate.update(Time::from_secs(1));
        estimate.set_rtt(Duration::from_millis(50));
        estimate
    }

    /// T8.093 and T8.094: half is lost, which lowers the rate once.
    #[test]
    fn a_report_of_much_loss_counts_once() {
        let mut e = estimate();
        e.on_report(Time::from_secs(11), &report(50, 100));
        e.update(Time::from_secs(12));
        let after = e.rate();
        assert!(after < DataRate::from_kbps(1_000) && after > DataRate::from_kbps(100), "{after}");
        assert_eq!(e.fraction(), 128.0 / 256.0);
        e.update(Time::from_secs(13));
        assert_eq!((e.rate(), e.fraction()), (after, 128.0 / 256.0));
    }

    /// T8.096.
    #[test]
    fn less_than_nothing_lost_is_nothing_lost() {
        let mut e = estimate();
        e.on_report(Time::from_secs(2), &report(-1, 100));
        assert_eq!(e.fraction(), 0.0);
        assert!(e.rate() > DataRate::from_kbps(1_000));
    }

    /// (loss in per cent, the rate after a minute of reports every second, least and most, kbps)
    #[test]
    fn grows_holds_and_shrinks_by_the_loss() {
        for (percent, least, most) in
            [(0, 60_000, 110_000), (2, 60_000, 110_000), (5, 1_000, 1_000), (15, 100, 100)]
        {
            let mut e = estimate();
            for tick in 0..600 {
                let now = Time::from_millis(1_000 + tick * 100);
                e.update(now);
                if tick % 10 == 0 {
                    e.on_report(now, &report(percent, 100));
                }
            }
            let got = e.rate().as_kbps();
            assert!((least..=most).contains(&got), "{percent} %: {got} kbps");
        }
    }

    #[test]
    fn few_packets_and_old_reports_say_nothing() {
        let mut e = estimate();
        e.on_report(Time::from_secs(2), &report(10, 19));
        assert_eq!(e.fraction(), 0.0);
        e.on_report(Time::from_secs(3), &report(0, 1_000));
        let grown = e.rate();
        e.update(Time::from_secs(9));
        assert_eq!(e.rate(), grown, "the report is six seconds old");
        e.on_report(Time::from_secs(10), &report(i64::MAX, u64::MAX));
        e.on_report(Time::from_secs(11), &report(i64::MIN, 1));
        assert!(e.rate() >= DataRate::from_kbps(100));
    }
}
