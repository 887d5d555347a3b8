//! The loss-based estimate: which pair of bandwidth and inherent loss explains the losses best
//! (libwebrtc, `loss_based_bwe_v2.cc`).
//!
//! The first version of GCC's loss control takes every loss above 2 % as a reason not to grow and above 10 %
//! as one to shrink, so that a radio link with 3 % random loss never gets a video through. This one tells
//! loss that comes with the path from loss that comes with the rate: it fits a channel model to what was
//! sent and lost over a window of observations, and lowers the rate only if less would have lost less.

mod model;
mod observation;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

use super::PacketResult;
use crate::{DataRate, Time};
use model::Channel;
use observation::Observations;

/// The numbers of the estimator; [`Default`] is that of libwebrtc (`loss_based_bwe_v2.cc`, `CreateConfig`, as of branch
/// 7204, mid 2025) but for [`Self::delayed_increase`], and for what isn't here: loss counted in bytes, holding after a
/// reduction, and a lower bound by the acknowledged rate.
#[derive(Clone, Debug)]
pub struct LossBasedConfig {
    /// Candidate bandwidths as factors of the present one.
    pub candidate_factors: [f64; 3],
    /// Preference for more bandwidth, per kbps.
    pub bandwidth_bias: f64,
    /// Preference for more bandwidth, per natural logarithm of kbps.
    pub log_bandwidth_bias: f64,
    /// That preference fades as the loss nears this ratio, and turns beyond it.
    pub preference_loss_limit: f64,
    /// How smoothly it turns.
    pub preference_smoothing: f64,
    /// The inherent loss is never thought lower.
    pub min_inherent_loss: f64,
    /// The inherent loss that is assumed at first.
    pub initial_inherent_loss: f64,
    /// The inherent loss is never thought higher than this …
    pub max_inherent_loss_offset: f64,
    /// … plus this rate divided by the bandwidth.
    pub max_inherent_loss_balance: DataRate,
    /// Steps of Newton's method per update, and their length.
    pub newton_steps: u32,
    /// See [`Self::newton_steps`].
    pub newton_step: f64,
    /// An observation spans at least this much sending time.
    pub observation: Duration,
    /// Observations in the window, at most 32.
    pub window: usize,
    /// No estimate before so many observations.
    pub min_observations: u64,
    /// Weight of an observation relative to the one after it.
    pub temporal_weight: f64,
    /// Above this mean loss the estimate is bounded at once, by …
    pub instant_bound_offset: f64,
    /// … this rate divided by the excess.
    pub instant_bound_balance: DataRate,
    /// Weight of an observation relative to the one after it, in that mean.
    pub instant_temporal_weight: f64,
    /// How long growth is bounded after a loss-limited estimate, and by which factor. Ours is a second where libwebrtc
    /// has 300 ms (`DelayedIncreaseWindow`): with a report every 50 ms its window lets a rate that loss bounds grow by
    /// 2.4 times a second, and swing.
    pub delayed_increase: Duration,
    /// See [`Self::delayed_increase`].
    pub max_increase: f64,
    /// While loss-limited the estimate stays within this factor of the acknowledged rate.
    pub acknowledged_factor: f64,
}

impl Default for LossBasedConfig {
    fn default() -> Self {
        LossBasedConfig {
            candidate_factors: [1.02, 1.0, 0.95],
            bandwidth_bias: 0.0002,
            log_bandwidth_bias: 0.02,
            preference_loss_limit: 0.2,
            preference_smoothing: 0.002,
            min_inherent_loss: 1e-3,
            initial_inherent_loss: 0.01,
            max_inherent_loss_offset: 0.05,
            max_inherent_loss_balance: DataRate::from_kbps(100),
            newton_steps: 1,
            newton_step: 0.75,
            observation: Duration::from_millis(250),
            window: 15,
            min_observations: 3,
            temporal_weight: 0.9,
            instant_bound_offset: 0.05,
            instant_bound_balance: DataRate::from_kbps(100),
            instant_temporal_weight: 0.9,
            delayed_increase: Duration::from_secs(1),
            max_increase: 1.3,
            acknowledged_factor: 1.5,
        }
    }
}

/// Whether loss bounds the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossState {
    /// Loss asks for no less than the delay allows.
    DelayLimited,
    /// Loss bounds the rate, which grows.
    Increasing,
    /// Loss bounds the rate, which shrinks.
    Decreasing,
}

/// The estimator.
#[derive(Clone, Debug)]
pub struct LossBased {
    config: LossBasedConfig,
    min: DataRate,
    max: DataRate,
    observations: Observations,
    channel: Option<Channel>,
    state: LossState,
    recovering_since: Option<Time>,
    recovery_limit: DataRate,
    estimate: DataRate,
}

impl LossBased {
    /// An estimator that answers within `min` and `max`.
    pub fn new(config: LossBasedConfig, min: DataRate, max: DataRate) -> Self {
        let observations = Observations::new(&config);
        LossBased {
            config,
            min,
            max,
            observations,
            channel: None,
            state: LossState::DelayLimited,
            recovering_since: None,
            recovery_limit: DataRate::INFINITE,
            estimate: DataRate::INFINITE,
        }
    }

    /// Starts from `rate`, whatever was estimated before.
    pub fn set_estimate(&mut self, rate: DataRate) {
        let inherent_loss = self.channel.map_or(self.config.initial_inherent_loss, |c| c.inherent_loss);
        self.channel = Some(Channel { kbps: kbps(rate), inherent_loss });
        self.estimate = rate;
        self.state = LossState::DelayLimited;
    }

    /// Takes one feedback's results, the delay-based rate, and the acknowledged rate unless the sender is
    /// application-limited (what it sends then bounds nothing).
    pub fn update(
        &mut self,
        results: &[PacketResult],
        delay_based: DataRate,
        acknowledged: Option<DataRate>,
    ) -> DataRate {
        if !self.observations.push(results, &self.config) {
            self.estimate = if self.is_ready() { self.estimate.min(delay_based) } else { delay_based };
            return self.estimate;
        }
        let current = *self.channel.get_or_insert(Channel {
            kbps: kbps(delay_based.min(self.max)),
            inherent_loss: self.config.initial_inherent_loss,
        });
        let mut best = self.best_candidate(current, delay_based, acknowledged);
        // What arrives has been carried, however it compares with the estimate: no bound on growth holds below.
        let carried = acknowledged.map_or(0.0, kbps);
        if self.observations.mean_loss() > best.inherent_loss && best.kbps > current.kbps.max(carried) {
            best.kbps = current.kbps.max(carried);
        }
        if self.is_loss_limited() {
            self.bound_growth(&mut best, current, acknowledged);
        }
        self.conclude(best, current, delay_based);
        self.estimate
    }

    /// The estimate; infinite while there is none.
    pub fn estimate(&self) -> DataRate {
        if self.is_ready() { self.estimate } else { DataRate::INFINITE }
    }

    /// Enough was observed to say something.
    pub fn is_ready(&self) -> bool {
        self.channel.is_some() && self.observations.observed() >= self.config.min_observations
    }

    /// Whether loss bounds the rate, and in which direction it goes.
    pub fn state(&self) -> LossState {
        self.state
    }

    /// Loss bounds the rate.
    pub fn is_loss_limited(&self) -> bool {
        self.state != LossState::DelayLimited
    }

    /// The loss that is thought to come with the path.
    pub fn inherent_loss(&self) -> f64 {
        self.channel.map_or(self.config.initial_inherent_loss, |channel| channel.inherent_loss)
    }

    /// The mean loss over the window, later observations weighing more.
    pub fn mean_loss(&self) -> f64 {
        self.observations.mean_loss()
    }

    fn best_candidate(&self, current: Channel, delay: DataRate, acknowledged: Option<DataRate>) -> Channel {
        let in_recovery = self.is_loss_limited() && self.recovering_since.is_some();
        let upper = if in_recovery { kbps(self.recovery_limit) } else { kbps(self.max) };
        let upper = upper.max(current.kbps).max(acknowledged.map_or(0.0, kbps));
        let scaled = self.config.candidate_factors.map(|factor| Some(factor * current.kbps));
        let others = [acknowledged.map(kbps), Some(kbps(delay)).filter(|delay| *delay > current.kbps)];
        let mut best = (f64::NEG_INFINITY, current);
        for bandwidth in scaled.into_iter().chain(others).flatten() {
            let mut candidate = Channel { kbps: bandwidth.min(upper), ..current };
            candidate.fit(&self.observations, &self.config);
            let objective = candidate.objective(&self.observations, &self.config);
            if objective > best.0 {
                best = (objective, candidate);
            }
        }
        best.1
    }

    /// Loss was the limit: grow no faster than the receiver shows to get.
    fn bound_growth(&self, best: &mut Channel, current: Channel, acknowledged: Option<DataRate>) {
        let now = self.observations.last_sent();
        if self.recovering_since.is_some_and(|since| since + self.config.delayed_increase > now) {
            let carried = acknowledged.map_or(0.0, kbps);
            best.kbps = best.kbps.min(kbps(self.recovery_limit).max(carried));
        }
        if let Some(acknowledged) = acknowledged.filter(|_| best.kbps > current.kbps) {
            best.kbps = best.kbps.min(self.config.acknowledged_factor * kbps(acknowledged)).max(current.kbps);
        }
    }

    fn conclude(&mut self, mut best: Channel, current: Channel, delay_based: DataRate) {
        let instant = self.observations.instant_bound(&self.config).min(self.max).max(self.min);
        let bounded = rate(best.kbps).min(delay_based).min(instant).max(self.min);
        best.kbps = best.kbps.min(kbps(bounded).max(kbps(delay_based.min(instant))));
        let now = self.observations.last_sent();
        self.state = match bounded < delay_based.min(self.max) {
            false => LossState::DelayLimited,
            true if best.kbps < current.kbps || self.estimate > bounded => LossState::Decreasing,
            true => LossState::Increasing,
        };
        self.estimate = bounded;
        self.channel = Some(best);
        match self.state {
            LossState::DelayLimited => self.recovering_since = None,
            _ if self.recovering_since.is_none_or(|since| since + self.config.delayed_increase < now) => {
                self.recovery_limit = rate(best.kbps * self.config.max_increase).max(self.min);
                self.recovering_since = Some(now);
            }
            _ => {}
        }
    }
}

fn kbps(rate: DataRate) -> f64 {
    rate.as_bps() as f64 / 1e3
}

fn rate(kbps: f64) -> DataRate {
    DataRate::from_bps((kbps * 1e3) as u64)
}
