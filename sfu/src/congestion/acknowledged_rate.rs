//! The rate at which packets arrive at the receiver, smoothed by how surprising each sample is
//! (libwebrtc, `bitrate_estimator.cc`, the window form).

use crate::{DataRate, DataSize, Time};

/// The first sample spans half a second, each later one 150 ms (libwebrtc).
const FIRST_WINDOW_NANOS: u64 = 500_000_000;
const WINDOW_NANOS: u64 = 150_000_000;
/// How little a sample is trusted for its distance from the estimate; less while application-limited,
/// where samples say nothing on the path (libwebrtc).
const UNCERTAINTY: f64 = 10.0;
const UNCERTAINTY_IN_ALR: f64 = 20.0;
/// Variance of the estimate at the start, and its growth per sample (libwebrtc).
const INITIAL_VARIANCE: f64 = 50.0;
const VARIANCE_GROWTH: f64 = 5.0;
/// Added when a change is expected, at the end of an application-limited region (libwebrtc).
const FAST_CHANGE_VARIANCE: f64 = 200.0;

/// A Bayesian estimate over samples of 150 ms.
#[derive(Clone, Debug)]
pub struct AcknowledgedRate {
    bytes: u64,
    window_nanos: u64,
    last: Option<Time>,
    kbps: Option<f64>,
    variance: f64,
}

impl Default for AcknowledgedRate {
    fn default() -> Self {
        AcknowledgedRate { bytes: 0, window_nanos: 0, last: None, kbps: None, variance: INITIAL_VARIANCE }
    }
}

impl AcknowledgedRate {
    /// A packet arrived at `arrival` on the remote clock. Packets come in order of arrival; one that doesn't
    /// counts as arrived with the latest.
    pub fn on_packet(&mut self, arrival: Time, size: DataSize, in_alr: bool) {
        let window = if self.kbps.is_none() { FIRST_WINDOW_NANOS } else { WINDOW_NANOS };
        if let Some(last) = self.last {
            let gap = u64::try_from(arrival.since(last).as_nanos()).unwrap_or(u64::MAX);
            self.window_nanos = self.window_nanos.saturating_add(gap);
            if gap > window {
                self.bytes = 0;
                self.window_nanos %= window;
            }
        }
        self.last = self.last.max(Some(arrival));
        if self.window_nanos >= window {
            let sample = self.bytes as f64 * 8e6 / window as f64;
            self.window_nanos -= window;
            self.bytes = 0;
            self.update(sample, in_alr);
        }
        self.bytes = self.bytes.saturating_add(size.as_bytes());
    }

    /// The application-limited region ended: trust the next samples more.
    pub fn expect_fast_change(&mut self) {
        self.variance += FAST_CHANGE_VARIANCE;
    }

    /// The rate, once half a second of packets was seen.
    pub fn rate(&self) -> Option<DataRate> {
        self.kbps.map(|kbps| DataRate::from_bps((kbps * 1e3) as u64))
    }

    fn update(&mut self, sample: f64, in_alr: bool) {
        let Some(kbps) = self.kbps else {
            self.kbps = Some(sample);
            return;
        };
        let scale = if in_alr { UNCERTAINTY_IN_ALR } else { UNCERTAINTY };
        let uncertainty = if kbps > 0.0 { scale * (kbps - sample).abs() / kbps } else { 0.0 };
        let sample_variance = uncertainty * uncertainty;
        let predicted = self.variance + VARIANCE_GROWTH;
        let total = sample_variance + predicted;
        self.kbps = Some(((sample_variance * kbps + predicted * sample) / total).max(0.0));
        self.variance = sample_variance * predicted / total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// str0m's rows on the first window, T8.044, T8.045. The rows on libwebrtc's "robust throughput estimator" don't apply:
    /// that is another algorithm, which needs the packets of a whole second.
    #[test]
    fn the_first_estimate_takes_half_a_second() {
        let mut rate = AcknowledgedRate::default();
        for (millis, bytes) in [(0, 950), (250, 381), (499, 1_110)] {
            rate.on_packet(Time::from_millis(millis), DataSize::from_bytes(bytes), false);
            assert_eq!(rate.rate(), None);
        }
        rate.on_packet(Time::from_millis(501), DataSize::from_bytes(1_110), false);
        assert_eq!(rate.rate(), Some(DataRate::from_bps(39_056)));
    }

    /// A steady stream of one rate, then of another: within 10 % of the new one after four seconds.
    #[test]
    fn follows_the_stream() {
        for (before, after) in [(500, 1_000), (1_000, 500), (2_000, 100), (50, 60)] {
            let mut rate = AcknowledgedRate::default();
            let mut now = Time::from_secs(100);
            for kbps in [before, after] {
                for _ in 0..400 {
                    now += std::time::Duration::from_millis(10);
                    rate.on_packet(now, DataSize::from_bytes(kbps * 10 / 8), false);
                }
                let got = rate.rate().expect("four seconds").as_kbps();
                assert!(got * 10 >= kbps * 9 && got * 10 <= kbps * 11, "{got} for {kbps}");
            }
        }
    }

    #[test]
    fn old_and_far_arrivals_are_harmless() {
        let mut rate = AcknowledgedRate::default();
        for at in [Time::from_secs(5), Time::ZERO, Time::NEVER, Time::ZERO, Time::NEVER] {
            rate.on_packet(at, DataSize::from_bytes(u64::MAX), false);
        }
        assert!(rate.rate().is_none_or(|rate| rate < DataRate::INFINITE));
    }
}
