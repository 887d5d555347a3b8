//! Probes for controllers that learn only from what is sent: while the sender is application-limited, or the wishes
//! exceed the target, a probe now and then shows what more the path carries. Neither NADA nor SCReAM has one, as
//! their senders fill what they are given; an SFU's next layer is a step that needs room before it is taken (ours).

use std::time::Duration;

use super::ProbeCluster;
use super::controller::{ProbeConfig, ProbeController};
use super::estimator::ProbeEstimator;
use crate::congestion::alr::AlrDetector;
use crate::congestion::{PacketResult, SentPacket};
use crate::{DataRate, DataSize, Time};

/// What held a probe back was seen in feedback; without any for so long it may be over (libwebrtc's stream time-out).
const STALE: Duration = Duration::from_secs(2);

/// The rate is bounded by so much of what is wished for: who is to take another layer wants room to spare, as allocation's
/// own hysteresis does (ours).
pub(crate) const WISH_HEADROOM: f64 = 1.3;

/// Detector, schedule and measurement in one.
#[derive(Clone, Debug)]
pub struct LimitedProbing {
    alr: AlrDetector,
    schedule: ProbeController,
    results: ProbeEstimator,
    start: DataRate,
    begun: bool,
    heard: Option<Time>,
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
            heard: None,
        }
    }

    /// A packet left.
    pub fn on_sent(&mut self, packet: &SentPacket) {
        self.pass(packet.at, packet.size);
    }

    /// The results that tell of the path as it is: after a silence the first report brings what was lost before it, whose
    /// congestion is over if that of the packets after it is.
    pub fn recent<'a>(&self, now: Time, results: &'a [PacketResult]) -> &'a [PacketResult] {
        let old = |result: &PacketResult| self.is_stale(now) && now.since(result.sent.at) > STALE;
        &results[results.partition_point(old)..]
    }

    /// Received packets; the rate that they showed, if they completed a probe.
    pub fn on_feedback(&mut self, now: Time, results: &[PacketResult]) -> Option<DataRate> {
        self.heard = Some(now);
        let found = results.iter().fold(None, |found, result| self.results.on_packet(result).or(found));
        let found = found.map(|result| result.rate);
        if found.is_some() {
            self.schedule.on_result();
        }
        found
    }

    /// Nothing was heard for so long that what is known of the path may be over.
    pub fn is_stale(&self, now: Time) -> bool {
        self.heard.is_some_and(|heard| now.since(heard) > STALE)
    }

    /// The target changed, or time passed. `blocked`: the path had a queue or lost packets when something was heard of it
    /// last, so no probe unless that is [long ago](Self::is_stale).
    pub fn update(&mut self, now: Time, target: DataRate, blocked: bool) {
        self.pass(now, DataSize::ZERO);
        self.alr.set_estimate(target);
        self.schedule.on_estimate(now, target);
        self.schedule.process(now, blocked && !self.is_stale(now));
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
