//! What a run amounts to: use of the line, queueing delay, loss.

use std::time::Duration;

use crate::{DataSize, Time};

/// What the link did to the media.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    pub(crate) sent: u64,
    pub(crate) arrived: u64,
    pub(crate) delivered: DataSize,
    /// Between sending and arrival, without the propagation: one packet's own time on the line included.
    queueing: Vec<Duration>,
    /// Delivered in each whole second.
    pub(crate) seconds: Vec<DataSize>,
    /// The longest that a packet waited in the pacer.
    pub(crate) pacer_wait: Duration,
}

impl Meter {
    pub(crate) fn on_arrival(&mut self, begun: Time, sent: Time, at: Time, delay: Duration, size: DataSize) {
        self.arrived += 1;
        self.delivered += size;
        self.queueing.push(at.since(sent).saturating_sub(delay));
        let second = at.since(begun).as_secs() as usize;
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, DataSize::ZERO);
        }
        self.seconds[second] += size;
    }

    /// The delay that so many per cent of the packets keep below.
    pub(crate) fn queueing(&self, percent: usize) -> Duration {
        let mut sorted = self.queueing.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).copied().unwrap_or_default()
    }

    /// Per thousand; packets still on their way count as lost.
    pub(crate) fn loss_permille(&self) -> u64 {
        (self.sent - self.arrived.min(self.sent)) * 1_000 / self.sent.max(1)
    }
}
