//! The queueing delay, its average and variation, and the target that it is held against
//! (draft-johansson-ccwg-rfc8298bis-screamv2, section 4.2.1.3). All in seconds.

use std::time::Duration;

use super::VIRTUAL_RTT;
use super::competing::CompetingFlows;
use crate::Time;
use crate::congestion::PacketResult;
use crate::congestion::base_delay::BaseDelay;

/// The average rises with this weight and falls at once (draft: `QDELAY_AVG_G`).
const AVERAGE: f64 = 1.0 / 4.0;
/// Weight of the variation's average (draft: `QDELAY_DEV_AVG_G`).
const DEVIATION: f64 = 1.0 / 64.0;
/// What a variation is measured in (draft: `QDELAY_DEV_NORM`).
const NORM: f64 = 0.025;
/// The target's range (draft: `QDELAY_TARGET_LO`, `QDELAY_TARGET_HI`).
const TARGET: (f64, f64) = (0.06, 0.4);
/// Between samples of the delay for competing flows (RFC 8298, section 4.1.2.3).
const SAMPLE: Duration = Duration::from_millis(50);
/// Weight of a round trip's least delay in the long-term mean (draft: `QDELAY_MIN_AVG_ALPHA`).
const DRIFT: f64 = 1.0 / 256.0;
/// The rate is halved so long when clocks are found to have drifted, or five round trips (draft).
const DRAIN: Duration = Duration::from_millis(200);

#[derive(Clone, Debug)]
pub(super) struct QueueDelay {
    base: BaseDelay,
    delay: f64,
    average: f64,
    deviation: f64,
    flows: CompetingFlows,
    updated: Option<Time>,
    sampled: Option<Time>,
    round: Option<Time>,
    least_in_round: f64,
    least_mean: f64,
    draining_until: Time,
    now: Time,
}

impl Default for QueueDelay {
    fn default() -> Self {
        QueueDelay {
            base: BaseDelay::default(),
            delay: 0.0,
            average: 0.0,
            deviation: 0.0,
            flows: CompetingFlows::new(TARGET),
            updated: None,
            sampled: None,
            round: None,
            least_in_round: f64::INFINITY,
            least_mean: 0.0,
            draining_until: Time::ZERO,
            now: Time::ZERO,
        }
    }
}

impl QueueDelay {
    pub(super) fn on_feedback(
        &mut self,
        now: Time,
        rtt: Duration,
        packet_part: f64,
        results: &[PacketResult],
        lost: bool,
    ) {
        self.now = now;
        // The least of a report: what a frame's own packets wait for each other is no queue.
        let delays = results.iter().filter_map(|result| {
            result.received.map(|arrival| self.base.on_packet(result.sent.at, arrival).as_secs_f64())
        });
        let least = delays.fold(f64::INFINITY, f64::min);
        if least.is_finite() {
            self.delay = least;
            self.least_in_round = self.least_in_round.min(least);
        }
        self.flows.on_losses(lost);
        if self.updated.is_none_or(|at| now.since(at) >= VIRTUAL_RTT.min(rtt)) {
            self.updated = Some(now);
            let risen = AVERAGE * self.delay + (1.0 - AVERAGE) * self.average;
            self.average = if self.delay < self.average { self.delay } else { risen };
            let most = 1.5 * threshold(packet_part);
            let sample = ((self.delay - NORM / 4.0) / NORM).clamp(0.0, most);
            self.deviation = (1.0 - DEVIATION) * self.deviation + DEVIATION * sample;
        }
        if self.round.is_none_or(|at| now.since(at) >= rtt) {
            self.end_round(now, rtt);
        }
        if self.sampled.is_none_or(|at| now.since(at) >= SAMPLE) {
            self.sampled = Some(now);
            self.flows.sample(self.delay);
        }
    }

    fn end_round(&mut self, now: Time, rtt: Duration) {
        self.round = Some(now);
        self.flows.end_round();
        let least = std::mem::replace(&mut self.least_in_round, f64::INFINITY);
        if least.is_finite() {
            self.least_mean = (1.0 - DRIFT) * self.least_mean + DRIFT * least;
        }
        if self.least_mean > self.target() / 4.0 {
            self.least_mean = 0.0;
            self.base = BaseDelay::default();
            self.draining_until = now + DRAIN.max(rtt * 5);
        }
    }

    /// The part of packets that an L4S queue would mark with such a delay, 0 to 1.
    pub(super) fn virtual_marks(&self) -> f64 {
        let half = self.target() / 2.0;
        ((self.average - half) / half).clamp(0.0, 1.0)
    }

    /// 1 for a steady delay, 0 and less for one that varies as much as the threshold; `packet_part` is the largest
    /// packet's part of the window.
    pub(super) fn deviation_scale(&self, packet_part: f64) -> f64 {
        let threshold = threshold(packet_part);
        (threshold - self.deviation) / threshold
    }

    /// Less than a quarter of the target.
    pub(super) fn is_short(&self) -> bool {
        self.delay < self.target() / 4.0
    }

    /// The base has just been forgotten: the queue has to empty for the next one to be right.
    pub(super) fn is_draining(&self) -> bool {
        self.now < self.draining_until
    }

    pub(super) fn average(&self) -> f64 {
        self.average
    }

    pub(super) fn target(&self) -> f64 {
        self.flows.target()
    }
}

fn threshold(packet_part: f64) -> f64 {
    (0.1 * (1.0 - packet_part / 0.1)).max(0.05)
}
