//! Probes for controllers that learn only from what is sent: while the sender is application-limited, or the wishes
//! exceed the target, a probe now and then shows what more the path carries. Neither NADA nor SCReAM has one, as
//! their senders fill what they are given; an SFU's next layer is a step that needs room before it is taken (ours).

use super::ProbeCluster;
use super::controller::{ProbeConfig, ProbeController};
use super::estimator::ProbeEstimator;
use crate::congestion::alr::AlrDetector;
use crate::congestion::{PacketResult, SentPacket};
use crate::{DataRate, DataSize, Time};

/// Detector, schedule and measurement in one.
#[derive(Clone, Debug)]
pub struct LimitedProbing {
    alr: AlrDetector,
    schedule: ProbeController,
    results: ProbeEstimator,
    start: DataRate,
    begun: bool,
}

impl LimitedProbing {
    /// Nothing was sent yet.
    pub fn new(start: DataRate, max: DataRate) -> Self {
        LimitedProbing {
            alr: AlrDetector::new(start),
            schedule: ProbeController::new(ProbeConfig::default(), max),
            results: ProbeEstimator::default(),
            start,
            begun: false,
        }
    }

    /// A packet left.
    pub fn on_sent(&mut self, packet: &SentPacket) {
        self.pass(packet.at, packet.size);
    }

    /// Received packets; the rate that they showed, if they completed a probe.
    pub fn on_feedback(&mut self, results: &[PacketResult]) -> Option<DataRate> {
        results.iter().fold(None, |found, result| self.results.on_packet(result).or(found))
    }

    /// The target changed, or time passed. `blocked`: the path has a queue or loses packets, so no probe now.
    pub fn update(&mut self, now: Time, target: DataRate, blocked: bool) {
        self.pass(now, DataSize::ZERO);
        self.alr.set_estimate(target);
        self.schedule.on_estimate(now, target);
        self.schedule.process(now, blocked);
    }

    /// What is wished for, and what the receiver allows.
    pub fn set_wanted(&mut self, now: Time, wanted: DataRate) {
        self.schedule.set_wanted(now, wanted);
    }

    /// See [`ProbeController::set_allowed`].
    pub fn set_allowed(&mut self, allowed: DataRate) {
        self.schedule.set_allowed(allowed);
    }

    /// The next cluster to be sent.
    pub fn take(&mut self) -> Option<ProbeCluster> {
        let cluster = self.schedule.take()?;
        self.results.announce(cluster);
        Some(cluster)
    }

    /// The sender uses markedly less than the target.
    pub fn is_limited(&self) -> bool {
        self.alr.since().is_some()
    }

    fn pass(&mut self, now: Time, size: DataSize) {
        if !std::mem::replace(&mut self.begun, true) {
            self.schedule.start(now, self.start);
        }
        self.alr.on_sent(now, size);
        self.schedule.set_alr(self.alr.since(), self.alr.last_end());
    }
}
