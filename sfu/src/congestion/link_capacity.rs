//! What the bottleneck seems to carry, from the rates acknowledged while it was overused
//! (libwebrtc, `link_capacity_estimator.cc`).

use crate::DataRate;

/// Weight of a rate acknowledged in overuse, and of a probe's result (libwebrtc).
const OVERUSE_WEIGHT: f64 = 0.05;
/// The variance, relative to the estimate in kbps, at the start and its bounds (libwebrtc).
const INITIAL_VARIANCE: f64 = 0.4;
const VARIANCE_RANGE: (f64, f64) = (0.4, 2.5);
/// Rates further away than so many standard deviations mean that the capacity changed (libwebrtc).
const DEVIATIONS: f64 = 3.0;

/// A running mean and variance of the capacity.
#[derive(Clone, Debug)]
pub struct LinkCapacity {
    kbps: Option<f64>,
    variance: f64,
}

impl Default for LinkCapacity {
    fn default() -> Self {
        LinkCapacity { kbps: None, variance: INITIAL_VARIANCE }
    }
}

impl LinkCapacity {
    /// Forgets the estimate.
    pub fn reset(&mut self) {
        self.kbps = None;
    }

    /// The path was overused while it delivered `acknowledged`.
    pub fn on_overuse(&mut self, acknowledged: DataRate) {
        let sample = acknowledged.as_bps() as f64 / 1e3;
        let kbps = self.kbps.map_or(sample, |old| (1.0 - OVERUSE_WEIGHT) * old + OVERUSE_WEIGHT * sample);
        let error = kbps - sample;
        self.variance =
            (1.0 - OVERUSE_WEIGHT) * self.variance + OVERUSE_WEIGHT * error * error / kbps.max(1.0);
        self.variance = self.variance.clamp(VARIANCE_RANGE.0, VARIANCE_RANGE.1);
        self.kbps = Some(kbps);
    }

    /// The capacity, if it is known.
    pub fn estimate(&self) -> Option<DataRate> {
        self.kbps.map(|kbps| DataRate::from_bps((kbps * 1e3) as u64))
    }

    /// More than this is a new capacity; infinite while none is known.
    pub fn upper_bound(&self) -> DataRate {
        self.bound(1.0).unwrap_or(DataRate::INFINITE)
    }

    /// Less than this is a new capacity; zero while none is known.
    pub fn lower_bound(&self) -> DataRate {
        self.bound(-1.0).unwrap_or(DataRate::ZERO)
    }

    fn bound(&self, sign: f64) -> Option<DataRate> {
        self.kbps.map(|kbps| {
            let deviation = (self.variance * kbps).sqrt();
            DataRate::from_bps(((kbps + sign * DEVIATIONS * deviation) * 1e3).max(0.0) as u64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_three_deviations_around_the_mean() {
        let mut capacity = LinkCapacity::default();
        assert_eq!((capacity.lower_bound(), capacity.upper_bound()), (DataRate::ZERO, DataRate::INFINITE));
        capacity.on_overuse(DataRate::from_kbps(1_000));
        // √(0.4 · 1000) = 20 kbps.
        assert_eq!(capacity.lower_bound(), DataRate::from_kbps(940));
        assert_eq!(capacity.upper_bound(), DataRate::from_kbps(1_060));
        capacity.reset();
        assert_eq!(capacity.estimate(), None);
    }
}
