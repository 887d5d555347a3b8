//! The estimator of the webrtc-rs family (crate `rtc-interceptor`), as a baseline to compare the others with.
//!
//! It is a port of the one in Pion: a delay-based and a loss-based rate, the lesser of which is the target. It neither
//! probes nor knows of application-limited senders. What it leaves to its owner, pacing, is as for our own
//! ([`super::gcc::Gcc`]), so that estimators are compared and nothing else.

use std::fmt;
use std::time::Duration;

use rtc_interceptor::{BandwidthEstimator, Gcc, PacketReport};

use super::{CongestionController, ControllerState, PacketResult, ProbeCluster, SentPacket};
use crate::transport::dtls::opaque_instant;
use crate::{DataRate, Time};

/// As [`super::gcc::Gcc`] does (libwebrtc, `pacing_factor`).
const PACING_FACTOR: f64 = 2.5;

/// The estimator behind our trait.
pub struct WebrtcRs {
    estimator: Gcc,
    /// What the receiver allows.
    allowed: DataRate,
    reported: u64,
    reports: Vec<PacketReport>,
}

impl WebrtcRs {
    /// An estimator that starts at `start` and keeps within `min` and `max`.
    pub fn new(min: DataRate, start: DataRate, max: DataRate) -> Self {
        let bps = |rate: DataRate| rate.as_bps() as f64;
        WebrtcRs {
            estimator: Gcc::new(bps(start), bps(min), bps(max)),
            allowed: DataRate::INFINITE,
            reported: 0,
            reports: Vec::new(),
        }
    }
}

impl fmt::Debug for WebrtcRs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebrtcRs").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl CongestionController for WebrtcRs {
    fn on_sent(&mut self, _packet: &SentPacket) {}

    fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        self.reports.clear();
        for PacketResult { sent, received, .. } in results {
            self.reports.push(PacketReport {
                ssrc: 0,
                id: self.reported,
                rtp_sequence_number: sent.sequence,
                is_twcc: true,
                twcc_sequence_number: sent.sequence,
                size: usize::try_from(sent.size.as_bytes()).unwrap_or(usize::MAX),
                arrived: received.is_some(),
                departure: opaque_instant(sent.at),
                arrival: received.map(|at| Duration::from_nanos(at.as_nanos())),
                ecn: Default::default(),
            });
            self.reported += 1;
        }
        self.estimator.on_reports(opaque_instant(now), &self.reports);
    }

    fn on_rtt(&mut self, _now: Time, _rtt: Duration) {}

    fn on_remb(&mut self, _now: Time, limit: DataRate) {
        self.allowed = limit;
    }

    fn on_tick(&mut self, _now: Time) {}

    fn deadline(&self) -> Time {
        Time::NEVER
    }

    fn set_wanted(&mut self, _now: Time, _wanted: DataRate) {}

    fn probe(&mut self, _now: Time) -> Option<ProbeCluster> {
        None
    }

    fn target(&self) -> DataRate {
        DataRate::from_bps(self.estimator.target_bitrate() as u64).min(self.allowed)
    }

    fn pacing_rate(&self) -> DataRate {
        self.target().scale(PACING_FACTOR)
    }

    fn state(&self) -> ControllerState {
        ControllerState::WebrtcRs {
            target_bps: self.target().as_bps(),
            delay_based_bps: self.estimator.delay_based_bitrate() as u64,
            loss_based_bps: self.estimator.loss_based_bitrate() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, Link};
    use super::*;

    #[test]
    fn losses_bound_it_and_it_obeys_the_receiver() {
        let kbps = DataRate::from_kbps;
        let controller = WebrtcRs::new(kbps(50), kbps(300), kbps(5_000));
        let mut b = Bench::new(controller, Link::new(1_000, 50).with_max_wait(300));
        b.run(40);
        // Its delay-based half needs a slope of 12.5 ms from one group of packets to the next: a queue of 300 ms fills
        // without one.
        assert!((400..=2_000).contains(&b.target_kbps()), "{:?}", b.controller);
        b.controller.on_remb(b.now, kbps(200));
        assert_eq!(b.controller.target(), kbps(200));
    }

    #[test]
    fn hostile_feedback_does_not_make_it_panic() {
        let mut controller =
            WebrtcRs::new(DataRate::from_kbps(50), DataRate::from_kbps(300), DataRate::from_kbps(900));
        for (step, received) in
            [Some(Time::ZERO), None, Some(Time::from_secs(900)), Some(Time::ZERO)].into_iter().enumerate()
        {
            let sent = SentPacket {
                sequence: step as u16,
                size: crate::DataSize::from_bytes(1_000),
                at: Time::from_millis(step as u64),
                class: super::super::PacketClass::Media,
                cluster: None,
            };
            let result = PacketResult { sent, received, was_lost: false, ecn: crate::rtcp::Ecn::NotEct };
            controller.on_feedback(Time::from_secs(1 + step as u64), &[result]);
            assert!((50..=900).contains(&controller.target().as_kbps()));
        }
    }
}
