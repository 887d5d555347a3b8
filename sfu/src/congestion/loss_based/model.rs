//! A channel that loses a part of all packets, and of those above its bandwidth everything.

use super::LossBasedConfig;
use super::observation::{Observation, Observations};

/// Loss probabilities keep off 0 and 1 by this much, where logarithms end.
const MARGIN: f64 = 1e-6;

/// The parameters that are fitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    pub(super) kbps: f64,
    pub(super) inherent_loss: f64,
}

impl Channel {
    /// Moves the inherent loss towards the most likely one for this bandwidth, by Newton's method.
    pub(super) fn fit(&mut self, observations: &Observations, config: &LossBasedConfig) {
        self.clamp_loss(config);
        for _ in 0..config.newton_steps {
            let (first, second) = self.derivatives(observations);
            self.inherent_loss -= config.newton_step * first / second;
            self.clamp_loss(config);
        }
    }

    /// The log-likelihood of what was observed, plus a preference for bandwidth.
    pub(super) fn objective(&self, observations: &Observations, config: &LossBasedConfig) -> f64 {
        let bias = self.bandwidth_bias(observations.mean_loss(), config);
        let likelihood = |(weight, o): (f64, &Observation)| {
            let loss = self.loss_of(o);
            let received = o.packets - o.lost;
            weight * (o.lost * libm::log(loss) + received * libm::log(1.0 - loss) + bias * o.packets)
        };
        observations.weighted().map(likelihood).sum()
    }

    /// The preference: it fades as the loss grows, so that heavy loss alone asks for less.
    fn bandwidth_bias(&self, mean_loss: f64, config: &LossBasedConfig) -> f64 {
        let below = config.preference_loss_limit - mean_loss;
        let factor = below / (config.preference_smoothing + below.abs());
        factor * (config.bandwidth_bias * self.kbps + config.log_bandwidth_bias * libm::log(1.0 + self.kbps))
    }

    fn loss_of(&self, observation: &Observation) -> f64 {
        let mut loss = self.inherent_loss;
        let sent = observation.sending_kbps;
        if sent > self.kbps {
            loss += (1.0 - self.inherent_loss) * (sent - self.kbps) / sent;
        }
        loss.clamp(MARGIN, 1.0 - MARGIN)
    }

    fn derivatives(&self, observations: &Observations) -> (f64, f64) {
        let (mut first, mut second) = (0.0, 0.0);
        for (weight, o) in observations.weighted() {
            let loss = self.loss_of(o);
            let (kept, received) = (1.0 - loss, o.packets - o.lost);
            first += weight * (o.lost / loss - received / kept);
            second -= weight * (o.lost / (loss * loss) + received / (kept * kept));
        }
        (first, if second == 0.0 { -MARGIN } else { second })
    }

    fn clamp_loss(&mut self, config: &LossBasedConfig) {
        let balance = config.max_inherent_loss_balance.as_bps() as f64 / 1e3;
        let upper = (config.max_inherent_loss_offset + balance / self.kbps.max(MARGIN)).min(1.0);
        self.inherent_loss = self.inherent_loss.clamp(config.min_inherent_loss, upper);
    }
}
