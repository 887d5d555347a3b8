//! The trend of queueing delay, and from it whether the path is over- or underused
//! (libwebrtc, `trendline_estimator.cc`; the adaptive threshold: draft-ietf-rmcat-gcc-02, section 5.4).

use serde::Serialize;

use super::arrival_group::GroupDelta;
use crate::Time;

/// Points that the line is fitted to (libwebrtc).
const WINDOW: usize = 20;
/// Weight of the past in the smoothed delay (libwebrtc).
const SMOOTHING: f64 = 0.9;
/// Factor between the slope and what is compared with the threshold (libwebrtc).
const GAIN: f64 = 4.0;
/// The slope counts in full from so many deltas on (libwebrtc).
const FULL_WEIGHT_DELTAS: u32 = 60;
/// Overuse is told after more than this much time in it, in milliseconds (libwebrtc).
const OVERUSE_MILLIS: f64 = 10.0;
/// The threshold at the start, and its bounds (libwebrtc; draft-ietf-rmcat-gcc-02: 12.5 and 6 to 600).
const INITIAL_THRESHOLD: f64 = 12.5;
const THRESHOLD_RANGE: (f64, f64) = (6.0, 600.0);
/// How fast the threshold follows upward and downward, per millisecond (ibid.).
const THRESHOLD_UP: f64 = 0.0087;
const THRESHOLD_DOWN: f64 = 0.039;
/// Spikes that exceed the threshold by more than this don't move it (ibid.).
const SPIKE: f64 = 15.0;
/// The threshold adapts by so many milliseconds at once at most (libwebrtc).
const MAX_ADAPT_MILLIS: f64 = 100.0;

/// What the delay says of the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// The queue neither grows nor shrinks.
    #[default]
    Normal,
    /// The queue grows.
    Overuse,
    /// The queue drains.
    Underuse,
}

/// Fits a line through the accumulated delay and judges its slope.
#[derive(Clone, Debug)]
pub struct Trendline {
    points: [(f64, f64); WINDOW],
    filled: usize,
    next: usize,
    first_arrival: Option<Time>,
    accumulated: f64,
    smoothed: f64,
    deltas: u32,
    trend: f64,
    previous_trend: f64,
    modified_trend: f64,
    threshold: f64,
    threshold_updated: Option<Time>,
    over_millis: Option<f64>,
    over_count: u32,
    usage: Usage,
}

impl Default for Trendline {
    fn default() -> Self {
        Trendline {
            points: [(0.0, 0.0); WINDOW],
            filled: 0,
            next: 0,
            first_arrival: None,
            accumulated: 0.0,
            smoothed: 0.0,
            deltas: 0,
            trend: 0.0,
            previous_trend: 0.0,
            modified_trend: 0.0,
            threshold: INITIAL_THRESHOLD,
            threshold_updated: None,
            over_millis: None,
            over_count: 0,
            usage: Usage::Normal,
        }
    }
}

impl Trendline {
    /// Takes the delta of a finished group; `arrival` is the remote time of the packet that finished it.
    pub fn on_delta(&mut self, delta: GroupDelta, arrival: Time) -> Usage {
        let arrival_millis = delta.arrival_nanos as f64 / 1e6;
        let send_millis = delta.send_nanos as f64 / 1e6;
        self.deltas = (self.deltas + 1).min(1_000);
        let first = *self.first_arrival.get_or_insert(arrival);
        self.accumulated += arrival_millis - send_millis;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        self.points[self.next] = (arrival.since(first).as_nanos() as f64 / 1e6, self.smoothed);
        self.next = (self.next + 1) % WINDOW;
        self.filled = (self.filled + 1).min(WINDOW);
        if self.filled == WINDOW {
            self.trend = self.slope().unwrap_or(self.trend);
        }
        self.detect(send_millis, arrival);
        self.usage
    }

    /// The judgement so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The slope times its gain, in the unit of [`Self::threshold`].
    pub fn modified_trend(&self) -> f64 {
        self.modified_trend
    }

    /// Beyond this the slope counts as over- or underuse.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Least squares; `None` if all points have the same time.
    fn slope(&self) -> Option<f64> {
        let count = self.points.len() as f64;
        let (sum_x, sum_y) = self.points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (mut numerator, mut denominator) = (0.0, 0.0);
        for &(x, y) in &self.points {
            numerator += (x - mean_x) * (y - mean_y);
            denominator += (x - mean_x) * (x - mean_x);
        }
        (denominator != 0.0).then(|| numerator / denominator)
    }

    fn detect(&mut self, send_millis: f64, arrival: Time) {
        if self.deltas < 2 {
            self.usage = Usage::Normal;
            return;
        }
        self.modified_trend = f64::from(self.deltas.min(FULL_WEIGHT_DELTAS)) * self.trend * GAIN;
        if self.modified_trend > self.threshold {
            // The first delta began somewhere between the group before and this one: count half of it.
            let over = self.over_millis.map_or(send_millis / 2.0, |millis| millis + send_millis);
            self.over_millis = Some(over);
            self.over_count += 1;
            if over > OVERUSE_MILLIS && self.over_count > 1 && self.trend >= self.previous_trend {
                self.over_millis = Some(0.0);
                self.over_count = 0;
                self.usage = Usage::Overuse;
            }
        } else {
            self.over_millis = None;
            self.over_count = 0;
            let under = self.modified_trend < -self.threshold;
            self.usage = if under { Usage::Underuse } else { Usage::Normal };
        }
        self.previous_trend = self.trend;
        self.adapt_threshold(arrival);
    }

    fn adapt_threshold(&mut self, arrival: Time) {
        let last = self.threshold_updated.replace(arrival).unwrap_or(arrival);
        let magnitude = self.modified_trend.abs();
        if magnitude > self.threshold + SPIKE {
            return;
        }
        let gain = if magnitude < self.threshold { THRESHOLD_DOWN } else { THRESHOLD_UP };
        let millis = (arrival.since(last).as_nanos() as f64 / 1e6).min(MAX_ADAPT_MILLIS);
        self.threshold += gain * (magnitude - self.threshold) * millis;
        self.threshold = self.threshold.clamp(THRESHOLD_RANGE.0, THRESHOLD_RANGE.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(arrival_micros: i64, send_micros: i64) -> GroupDelta {
        GroupDelta { send_nanos: send_micros * 1_000, arrival_nanos: arrival_micros * 1_000 }
    }

    /// libwebrtc's `trendline_estimator_unittest.cc`, T8.028: 25 packets sent every 20 ms; (factor by which they
    /// arrive more slowly, the usage at the end, whether another must not occur on the way).
    #[test]
    fn twenty_five_packets_at_a_steady_pace() {
        for (arrival_millis, expected) in [(20, Usage::Normal), (22, Usage::Overuse), (17, Usage::Underuse)] {
            let mut trendline = Trendline::default();
            let mut seen = Vec::new();
            for packet in 1..25 {
                let arrival = Time::from_millis(1_000 + packet * arrival_millis);
                seen.push(trendline.on_delta(delta(arrival_millis as i64 * 1_000, 20_000), arrival));
            }
            assert_eq!(seen.last(), Some(&expected), "arriving every {arrival_millis} ms");
            assert!(seen.iter().all(|usage| *usage == Usage::Normal || *usage == expected));
        }
    }

    /// str0m's row T8.033: steady batches, then three deltas that each grow the queue; only the third has been in
    /// overuse for more than 10 ms.
    #[test]
    fn overuse_takes_more_than_ten_milliseconds() {
        let mut trendline = Trendline::default();
        let mut arrival = Time::from_secs(1);
        for _batch in 0..5 {
            for _ in 0..5 {
                arrival += std::time::Duration::from_micros(40);
                assert_eq!(trendline.on_delta(delta(1_000, 1_000), arrival), Usage::Normal);
            }
            arrival += std::time::Duration::from_millis(5);
        }
        assert_eq!(trendline.on_delta(delta(17_000, 5_000), arrival), Usage::Normal);
        assert_eq!(trendline.on_delta(delta(18_000, 5_000), arrival), Usage::Normal);
        assert_eq!(trendline.on_delta(delta(22_000, 8_000), arrival), Usage::Overuse);
    }

    #[test]
    fn points_at_one_instant_have_no_slope() {
        let mut trendline = Trendline::default();
        for _ in 0..100 {
            trendline.on_delta(delta(0, 0), Time::from_secs(1));
        }
        assert_eq!(trendline.usage(), Usage::Normal);
        assert!(trendline.threshold().is_finite());
    }
}
