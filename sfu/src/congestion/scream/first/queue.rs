//! The queueing delay, whether it begins to rise, and the target that it is held against (RFC 8298, sections 4.1.1 and
//! 4.1.2.3). All in seconds.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::congestion::PacketResult;
use crate::congestion::base_delay::BaseDelay;
use crate::congestion::scream::competing::CompetingFlows;

/// The target's range (`QDELAY_TARGET_LO`, `QDELAY_TARGET_HI`).
const TARGET: (f64, f64) = (0.1, 0.4);
/// Weight of a sample in the averaged fraction (`QDELAY_WEIGHT`).
const WEIGHT: f64 = 0.1;
/// Between samples of the delay as a fraction of the target, and how many make a trend (section 4.1.1.2).
const SAMPLE: Duration = Duration::from_millis(50);
const TREND: usize = 20;
/// What a sample leaves of the greatest trend (section 4.1.1.2: `qdelay_trend_mem`).
const MEMORY: f64 = 0.99;

#[derive(Clone, Debug)]
pub(super) struct Queue {
    base: BaseDelay,
    delay: f64,
    flows: CompetingFlows,
    fraction: f64,
    fractions: VecDeque<f64>,
    trend: f64,
    memory: f64,
    sampled: Option<Time>,
    round: Option<Time>,
}

impl Default for Queue {
    fn default() -> Self {
        Queue {
            base: BaseDelay::default(),
            delay: 0.0,
            flows: CompetingFlows::new(TARGET),
            fraction: 0.0,
            fractions: VecDeque::with_capacity(TREND),
            trend: 0.0,
            memory: 0.0,
            sampled: None,
            round: None,
        }
    }
}

impl Queue {
    pub(super) fn on_feedback(&mut self, now: Time, rtt: Duration, results: &[PacketResult], lost: bool) {
        // The delay is that of the newest packet that arrived (section 4.1.2).
        for result in results {
            if let Some(arrival) = result.received {
                self.delay = self.base.on_packet(result.sent.at, arrival).as_secs_f64();
            }
        }
        self.flows.on_losses(lost);
        if self.round.is_none_or(|at| now.since(at) >= rtt) {
            self.round = Some(now);
            self.flows.end_round();
        }
        if self.sampled.is_none_or(|at| now.since(at) >= SAMPLE) {
            self.sampled = Some(now);
            self.sample();
        }
    }

    fn sample(&mut self) {
        let fraction = self.delay / self.target();
        self.fraction = (1.0 - WEIGHT) * self.fraction + WEIGHT * fraction;
        if self.fractions.len() == TREND {
            self.fractions.pop_back();
        }
        self.fractions.push_front(fraction);
        self.trend = (autocorrelation(&self.fractions) * self.fraction).clamp(0.0, 1.0);
        self.memory = (MEMORY * self.memory).max(self.trend);
        self.flows.sample(self.delay);
    }

    /// How far below its target the delay is, as a part of the target; negative above.
    pub(super) fn off_target(&self) -> f64 {
        (self.target() - self.delay) / self.target()
    }

    pub(super) fn delay(&self) -> f64 {
        self.delay
    }

    pub(super) fn target(&self) -> f64 {
        self.flows.target()
    }

    /// How much the delay rises, 0 to 1.
    pub(super) fn trend(&self) -> f64 {
        self.trend
    }

    /// The greatest trend of late, 0 to 1.
    pub(super) fn trend_memory(&self) -> f64 {
        self.memory
    }
}

/// R(1) over R(0) of the samples less their mean; 0 of samples that don't vary.
pub(super) fn autocorrelation(samples: &VecDeque<f64>) -> f64 {
    let mean = samples.iter().sum::<f64>() / samples.len().max(1) as f64;
    let (mut zero, mut one) = (0.0, 0.0);
    for (sample, next) in samples.iter().zip(samples.iter().skip(1)) {
        zero += (sample - mean) * (sample - mean);
        one += (sample - mean) * (next - mean);
    }
    if zero > 0.0 { one / zero } else { 0.0 }
}
