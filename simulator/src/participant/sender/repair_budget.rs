//! What retransmissions take from the encoders.

use std::time::Duration;

use sfu::receive::RateMeter;
use sfu::{DataRate, DataSize, Time};

/// Encoders leave room for at most this part of the rate (libwebrtc, `kProtectionOverheadRateThreshold`).
const MOST: f64 = 0.5;
/// How often the room is set anew: libwebrtc does with each new rate, several times a second.
const INTERVAL: Duration = Duration::from_millis(200);

/// Measures retransmissions over the last second. Encoders that took the whole rate beside them would keep a queue full
/// for as long as it loses packets (libwebrtc's `FecControllerDefault::UpdateFecRates` keeps back what was sent again).
#[derive(Debug, Default)]
pub(super) struct RepairBudget {
    sent: RateMeter,
    rate: DataRate,
    due: Time,
}

impl RepairBudget {
    /// A repetition of this size left.
    pub(super) fn on_sent(&mut self, now: Time, size: DataSize) {
        self.sent.add(now, size);
    }

    /// What is kept back of `rate`.
    pub(super) fn of(&self, rate: DataRate) -> DataRate {
        self.rate.min(rate.scale(MOST))
    }

    /// Lets time pass; says whether what is kept back has changed.
    pub(super) fn update(&mut self, now: Time) -> bool {
        if now < self.due {
            return false;
        }
        self.due = now + INTERVAL;
        let rate = self.sent.rate(now);
        std::mem::replace(&mut self.rate, rate) != rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_are_kept_back_for_a_second_and_up_to_a_half() {
        let mut budget = RepairBudget::default();
        let at = Time::from_millis;
        for packet in 0..20 {
            budget.on_sent(at(1_000 + packet * 50), DataSize::from_bytes(1_250));
        }
        assert!(budget.update(at(1_999)) && !budget.update(at(2_000)), "not twice within 200 ms");
        let kept = budget.of(DataRate::from_kbps(1_000)).as_kbps();
        assert!((190..=210).contains(&kept), "20 packets of 10 kbit in a second: {kept}");
        assert_eq!(budget.of(DataRate::from_kbps(300)), DataRate::from_kbps(150));
        assert!(budget.update(at(3_100)));
        assert_eq!(budget.of(DataRate::from_kbps(1_000)), DataRate::ZERO);
    }
}
