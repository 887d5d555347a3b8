//! A controller that always answers the same rate: for comparisons, and for tests of everything around it.

use std::time::Duration;

use super::{CongestionController, ControllerState, PacketResult, ProbeCluster, SentPacket};
use crate::{DataRate, Time};

/// Always the same rate, whatever the path says.
#[derive(Clone, Debug)]
pub struct Fixed {
    rate: DataRate,
}

impl Fixed {
    /// A controller whose target and pacing rate are `rate`.
    pub const fn new(rate: DataRate) -> Self {
        Fixed { rate }
    }
}

impl CongestionController for Fixed {
    fn on_sent(&mut self, _packet: &SentPacket) {}
    fn on_feedback(&mut self, _now: Time, _results: &[PacketResult]) {}
    fn on_rtt(&mut self, _now: Time, _rtt: Duration) {}
    fn on_tick(&mut self, _now: Time) {}
    fn deadline(&self) -> Time {
        Time::NEVER
    }
    fn set_wanted(&mut self, _now: Time, _wanted: DataRate) {}
    fn probe(&mut self, _now: Time) -> Option<ProbeCluster> {
        None
    }
    fn target(&self) -> DataRate {
        self.rate
    }
    fn pacing_rate(&self) -> DataRate {
        self.rate
    }
    fn state(&self) -> ControllerState {
        ControllerState::Fixed { target_bps: self.rate.as_bps() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_its_rate_and_serialises() {
        let fixed = Fixed::new(DataRate::from_kbps(700));
        assert_eq!(fixed.target(), DataRate::from_kbps(700));
        assert_eq!(fixed.deadline(), Time::NEVER);
        let state = serde_json::to_string(&fixed.state()).expect("plain numbers");
        assert_eq!(state, r#"{"controller":"fixed","target_bps":700000}"#);
    }
}
