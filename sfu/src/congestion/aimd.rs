//! The rate that the delay allows: up while it is flat, down when it grows
//! (draft-ietf-rmcat-gcc-02, section 5.5; libwebrtc, `aimd_rate_control.cc`).

use std::time::Duration;

use super::link_capacity::LinkCapacity;
use super::trendline::Usage;
use crate::{DataRate, DataSize, Time};

/// On overuse the rate falls to this part of what was acknowledged (draft-ietf-rmcat-gcc-02, section 5.5).
const BACK_OFF: f64 = 0.85;
/// … and by this much more, so that small rates get below the capacity too (libwebrtc).
const BACK_OFF_EXTRA: DataRate = DataRate::from_kbps(5);
/// Growth per second far from a known capacity (draft-ietf-rmcat-gcc-02, section 5.5: 8 %).
const GROWTH_PER_SECOND: f64 = 1.08;
/// The least step of that growth (libwebrtc).
const MIN_GROWTH: DataRate = DataRate::from_bps(1_000);
/// The rate rises to so much of the acknowledged rate, plus 10 kbps, and no further
/// (draft-ietf-rmcat-gcc-02, section 5.5: 1.5).
const ACKNOWLEDGED_FACTOR: f64 = 1.5;
const ACKNOWLEDGED_EXTRA: DataRate = DataRate::from_kbps(10);
/// A sender whose packets arrive at less than this part of the rate doesn't show that the line carries more than a
/// queue, or a probe that was faster than the line, has shown of it before; another probe may (ours). Between probes
/// the rate would otherwise grow by half, and whoever raised layers by it fill the queue.
const FILLS: f64 = 0.9;
/// The least growth per second near a known capacity (libwebrtc).
const MIN_NEAR_GROWTH_BPS: f64 = 4_000.0;
/// Before an RTT is measured (libwebrtc).
const DEFAULT_RTT: Duration = Duration::from_millis(200);
/// Growth near the capacity: one packet of 1,200 bytes' share of a 30th of a second, per response time of
/// twice (RTT + 100 ms) (libwebrtc).
const FRAMES_PER_SECOND: f64 = 30.0;
const PACKET_BITS: f64 = 1_200.0 * 8.0;
const DETECTION: Duration = Duration::from_millis(100);
/// The period of the sawtooth, if none was seen yet, and its bounds (libwebrtc).
const DEFAULT_PERIOD: Duration = Duration::from_secs(3);
const PERIOD_RANGE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(50));
/// In overuse the rate is reduced once per RTT, within these bounds (libwebrtc).
const REDUCTION_INTERVAL: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Hold,
    Increase,
}

/// Additive or multiplicative increase, multiplicative decrease.
#[derive(Clone, Debug)]
pub struct Aimd {
    rate: DataRate,
    min: DataRate,
    max: DataRate,
    phase: Phase,
    capacity: LinkCapacity,
    rtt: Duration,
    acknowledged: Option<DataRate>,
    changed: Option<Time>,
    last_decrease: Option<DataRate>,
    /// What the line carried of a probe that was faster.
    limit: Option<DataRate>,
}

impl Aimd {
    /// A control that starts at `start` and keeps within `min` and `max`.
    pub fn new(min: DataRate, start: DataRate, max: DataRate) -> Self {
        Aimd {
            rate: start.clamp(min, max),
            min,
            max,
            phase: Phase::Hold,
            capacity: LinkCapacity::default(),
            rtt: DEFAULT_RTT,
            acknowledged: None,
            changed: None,
            last_decrease: None,
            limit: None,
        }
    }

    /// The rate.
    pub fn rate(&self) -> DataRate {
        self.rate
    }

    /// A round-trip time was measured.
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.rtt = rtt;
    }

    /// A probe showed that the path carries `rate`.
    pub fn set_rate(&mut self, now: Time, rate: DataRate) {
        self.rate = rate.clamp(self.min, self.max);
        self.changed = Some(now);
    }

    /// A probe got through at `rate`; `is_limit`: it came faster than that, so the line carries no more.
    pub fn set_probed(&mut self, rate: DataRate, is_limit: bool) {
        self.limit = if is_limit { Some(rate) } else { self.limit.filter(|limit| rate < *limit) };
    }

    /// Takes what the delay says. `acknowledged`: what the receiver got lately, if known. `may_grow`: false
    /// while the sender is application-limited, since then nothing shows that more would get through.
    pub fn update(&mut self, now: Time, usage: Usage, acknowledged: Option<DataRate>, may_grow: bool) {
        self.acknowledged = acknowledged.or(self.acknowledged);
        match usage {
            Usage::Overuse => self.decrease(now),
            Usage::Underuse => self.hold(),
            Usage::Normal => {
                if self.phase == Phase::Hold {
                    self.phase = Phase::Increase;
                    self.changed = Some(now);
                }
                self.increase(now, may_grow);
            }
        }
    }

    /// Neither raises nor lowers the rate; growth begins anew after it.
    pub fn hold(&mut self) {
        self.phase = Phase::Hold;
    }

    /// May the rate be reduced again, in one and the same overuse?
    pub fn may_reduce_further(&self, now: Time, acknowledged: Option<DataRate>) -> bool {
        let interval = self.rtt.clamp(REDUCTION_INTERVAL.0, REDUCTION_INTERVAL.1);
        let waited = self.changed.is_none_or(|changed| now.since(changed) >= interval);
        waited || acknowledged.is_some_and(|acknowledged| acknowledged < self.rate.scale(0.5))
    }

    /// Growth per second near a known capacity.
    pub fn near_growth(&self) -> DataRate {
        let frame_bits = self.rate.as_bps() as f64 / FRAMES_PER_SECOND;
        let packets = (frame_bits / PACKET_BITS).ceil().max(1.0);
        let response = 2.0 * (self.rtt + DETECTION).as_nanos() as f64 / 1e9;
        DataRate::from_bps((frame_bits / packets / response).max(MIN_NEAR_GROWTH_BPS) as u64)
    }

    /// The time from one overuse to the next that the sawtooth should take.
    pub fn expected_period(&self) -> Duration {
        let Some(decrease) = self.last_decrease else { return DEFAULT_PERIOD };
        self.near_growth()
            .time_for(DataSize::from_bytes(decrease.as_bps() / 8))
            .clamp(PERIOD_RANGE.0, PERIOD_RANGE.1)
    }

    fn increase(&mut self, now: Time, may_grow: bool) {
        let acknowledged = self.acknowledged.unwrap_or(self.rate);
        if acknowledged > self.capacity.upper_bound() {
            self.capacity.reset();
        }
        let since = now.since(self.changed.unwrap_or(now));
        self.changed = Some(now);
        let mut limit = acknowledged.scale(ACKNOWLEDGED_FACTOR) + ACKNOWLEDGED_EXTRA;
        if acknowledged < self.rate.scale(FILLS) {
            limit = limit.min(self.capacity.upper_bound()).min(self.limit.unwrap_or(DataRate::INFINITE));
        }
        if !may_grow || self.rate >= limit {
            return;
        }
        let step = match self.capacity.estimate() {
            Some(_) => DataRate::from_bps((self.near_growth().size_in(since)).as_bytes() * 8),
            None => {
                let seconds = (since.as_nanos() as f64 / 1e9).min(1.0);
                self.rate.scale(libm::pow(GROWTH_PER_SECOND, seconds) - 1.0).max(MIN_GROWTH)
            }
        };
        self.rate = (self.rate + step).min(limit).clamp(self.min, self.max);
    }

    fn decrease(&mut self, now: Time) {
        let acknowledged = self.acknowledged.unwrap_or(self.rate);
        let below = |rate: DataRate| {
            let backed = rate.scale(BACK_OFF);
            if backed > BACK_OFF_EXTRA { backed.saturating_sub(BACK_OFF_EXTRA) } else { backed }
        };
        let mut reduced = below(acknowledged);
        if reduced > self.rate {
            // What arrived was more than is sent now: a queue that drains. Only the capacity can tell.
            reduced = self.capacity.estimate().map_or(reduced, below);
        }
        if reduced < self.rate {
            if acknowledged < self.rate {
                self.last_decrease = Some(self.rate.saturating_sub(reduced));
            }
            self.rate = reduced.clamp(self.min, self.max);
        }
        if acknowledged < self.capacity.lower_bound() {
            self.capacity.reset();
        }
        self.capacity.on_overuse(acknowledged);
        self.phase = Phase::Hold;
        self.changed = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aimd(bps: u64) -> Aimd {
        Aimd::new(DataRate::from_bps(5_000), DataRate::from_bps(bps), DataRate::INFINITE)
    }

    fn acked(bps: f64) -> Option<DataRate> {
        Some(DataRate::from_bps(bps as u64))
    }

    /// libwebrtc's `aimd_rate_control_unittest.cc`, T8.017, T8.018: (estimate, growth per second near the capacity).
    #[test]
    fn near_growth_is_a_packet_per_response_time() {
        for (bps, growth) in [(30_000, 4_000), (90_000, 5_000)] {
            assert_eq!(aimd(bps).near_growth(), DataRate::from_bps(growth), "at {bps}");
        }
    }

    /// Ibid., T8.024 to T8.026: (estimate, acknowledged in overuse, period in seconds).
    #[test]
    fn the_period_follows_from_the_decrease_and_keeps_its_bounds() {
        let rows = [(264_000, 221_000.0 / 0.85, 4), (10_000, 9_999.0, 2), (10_010_000, 10_000.0 / 0.85, 50)];
        for (estimate, acknowledged, seconds) in rows {
            let mut aimd = aimd(estimate);
            aimd.update(Time::from_millis(100), Usage::Overuse, acked(acknowledged), true);
            let period = aimd.expected_period().as_secs_f64();
            assert!((period - f64::from(seconds)).abs() < 0.01, "{estimate}: {period}");
        }
        assert_eq!(aimd(100_000).expected_period(), DEFAULT_PERIOD);
    }

    #[test]
    fn overuse_falls_to_85_percent_of_the_acknowledged_rate() {
        let mut aimd = aimd(264_000);
        aimd.update(Time::from_millis(100), Usage::Overuse, acked(221_000.0 / 0.85), true);
        assert!(aimd.rate().as_bps().abs_diff(216_000) <= 1);
        assert!(aimd.near_growth().as_bps().abs_diff(12_000) <= 1);
    }

    /// Ibid., T8.027: without new acknowledged rates, the last one limits the growth.
    #[test]
    fn growth_ends_at_one_and_a_half_times_the_acknowledged_rate() {
        let mut aimd = aimd(100_000);
        aimd.update(Time::ZERO, Usage::Normal, acked(123_000.0), true);
        aimd.update(Time::from_millis(5_001), Usage::Normal, acked(123_000.0), true);
        for step in 1..=100 {
            aimd.update(Time::from_millis(5_001 + step * 100), Usage::Normal, None, true);
        }
        assert!(aimd.rate() <= DataRate::from_bps(194_500));
        assert!(aimd.rate() > DataRate::from_bps(180_000), "it did grow: {}", aimd.rate());
    }

    /// str0m's rows on growth and holding, T8.040, T8.041. Its rows on decreases differ: it leaves out the 5 kbps by which
    /// libwebrtc goes lower, which the rows above want.
    #[test]
    fn grows_by_8_percent_a_second_and_holds_in_underuse() {
        let begin = [(0, Usage::Normal, 85_000.0, 101_000), (500, Usage::Normal, 95_000.0, 104_963)];
        let grow = [(1_000, Usage::Normal, 97_000.0, 109_081)];
        let hold = [(1_000, Usage::Underuse, 97_000.0, 104_963), (2_000, Usage::Underuse, 97_000.0, 104_963)];
        for then in [&grow[..], &hold[..]] {
            let mut aimd = aimd(100_000);
            for (millis, usage, acknowledged, expected) in begin.iter().chain(then) {
                aimd.update(Time::from_millis(*millis), *usage, acked(*acknowledged), true);
                assert!(aimd.rate().as_bps().abs_diff(*expected) <= 2, "{millis} ms: {}", aimd.rate());
            }
        }
    }

    /// 100 kbps arrive of 120, and a probe of 240 got through at 125: no more than that until another one tells.
    #[test]
    fn who_does_not_fill_the_rate_grows_no_further_than_a_probe_got() {
        let grown = |limit: Option<(u64, bool)>, arriving: f64| {
            let mut aimd = aimd(120_000);
            limit.into_iter().for_each(|(rate, is_limit)| {
                aimd.set_probed(DataRate::from_bps(125_000), true);
                aimd.set_probed(DataRate::from_bps(rate), is_limit);
            });
            for step in 0..100 {
                aimd.update(Time::from_millis(step * 100), Usage::Normal, acked(arriving), true);
            }
            aimd.rate().as_bps()
        };
        assert_eq!(grown(None, 100_000.0), 160_000, "1.5 times what arrives, and 10 kbps");
        assert_eq!(grown(Some((125_000, true)), 100_000.0), 125_000);
        assert_eq!(grown(Some((124_000, false)), 100_000.0), 125_000, "a slower probe tells nothing new");
        assert_eq!(grown(Some((126_000, false)), 100_000.0), 160_000, "a faster one does");
        assert!(grown(Some((125_000, true)), 124_000.0) > 130_000, "what arrives does as well");
    }

    #[test]
    fn an_application_limited_sender_neither_grows_nor_loses_the_rate() {
        let mut aimd = aimd(1_000_000);
        for step in 0..600 {
            aimd.update(Time::from_millis(step * 100), Usage::Normal, acked(100_000.0), false);
        }
        assert_eq!(aimd.rate(), DataRate::from_bps(1_000_000));
    }
}
