//! A target without the sawtooth: what the path has been shown to carry for a while
//! (libwebrtc, `LinkCapacityTracker` in `send_side_bandwidth_estimation.cc`).

use std::time::Duration;

use crate::{DataRate, Time};

/// It rises towards what arrives with this time constant (libwebrtc, `tracking_rate`).
const RISES_IN: Duration = Duration::from_secs(10);

/// Falls with each reduction, and rises slowly.
#[derive(Clone, Debug)]
pub struct StableTarget {
    capacity: DataRate,
    delay_based: DataRate,
    updated: Option<Time>,
}

impl StableTarget {
    /// Begins at `start`.
    pub const fn new(start: DataRate) -> Self {
        StableTarget { capacity: start, delay_based: start, updated: None }
    }

    /// The delay-based rate may have changed, and so may what arrives; `target` is what may be sent.
    pub fn update(
        &mut self,
        now: Time,
        delay_based: DataRate,
        acknowledged: Option<DataRate>,
        target: DataRate,
    ) {
        if delay_based < self.delay_based {
            self.capacity = self.capacity.min(delay_based);
        }
        self.delay_based = delay_based;
        let span = now.since(self.updated.replace(now).unwrap_or(now));
        if let Some(carried) = acknowledged.map(|rate| rate.min(target)).filter(|rate| *rate > self.capacity)
        {
            let keep = libm::exp(-span.as_secs_f64() / RISES_IN.as_secs_f64());
            self.capacity = self.capacity.scale(keep) + carried.scale(1.0 - keep);
        }
    }

    /// What the path is known to carry.
    pub fn rate(&self) -> DataRate {
        self.capacity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_at_once_and_rises_by_its_time_constant() {
        let kbps = DataRate::from_kbps;
        let mut stable = StableTarget::new(kbps(1_000));
        stable.update(Time::from_secs(1), kbps(500), None, kbps(500));
        assert_eq!(stable.rate(), kbps(500));
        stable.update(Time::from_secs(11), kbps(900), Some(kbps(1_500)), kbps(900));
        assert_eq!(stable.rate().as_kbps(), 752, "500 / e + 900 (1 - 1 / e)");
        stable.update(Time::from_secs(12), kbps(900), Some(kbps(600)), kbps(900));
        assert_eq!(stable.rate().as_kbps(), 752, "less arrives than could");
    }
}
