//! The target that a queueing delay is held against, beside flows that fill the queue (RFC 8298, section 4.1.2.3; both
//! versions of SCReAM have it). In seconds.

use std::collections::VecDeque;

/// Samples of the delay for its variance and its mean.
const HISTORY: usize = 200;
const RECENT: usize = 50;
/// With more losses than this in round trips, somebody else fills the queue.
const LOSS_EVENTS: f64 = 0.002;
/// Weight of a round trip in that rate (RFC 8298, section 4.1.2.1 leaves it open; ours, a hundred of them).
const LOSS_EVENT: f64 = 0.01;
/// Below this variance the delay is another flow's rather than this one's change.
const STEADY: f64 = 0.2;

/// A target that gives way to competing flows.
#[derive(Clone, Debug)]
pub(super) struct CompetingFlows {
    least: f64,
    most: f64,
    target: f64,
    /// The delay in units of the least target, newest first.
    history: VecDeque<f64>,
    loss_events: f64,
    lost_in_round: bool,
}

impl CompetingFlows {
    /// A target between `least`, with which it begins, and `most`.
    pub(super) fn new((least, most): (f64, f64)) -> Self {
        CompetingFlows {
            least,
            most,
            target: least,
            history: VecDeque::with_capacity(HISTORY),
            loss_events: 0.0,
            lost_in_round: false,
        }
    }

    /// Whether something was lost.
    pub(super) fn on_losses(&mut self, lost: bool) {
        self.lost_in_round |= lost;
    }

    /// A round trip is over.
    pub(super) fn end_round(&mut self) {
        let event = if std::mem::take(&mut self.lost_in_round) { 1.0 } else { 0.0 };
        self.loss_events = (1.0 - LOSS_EVENT) * self.loss_events + LOSS_EVENT * event;
    }

    /// The delay is sampled, every 50 ms: beside flows that fill the queue, a fixed target would starve.
    pub(super) fn sample(&mut self, delay: f64) {
        if self.history.len() == HISTORY {
            self.history.pop_back();
        }
        self.history.push_front(delay / self.least);
        let mean_of = |count: usize| {
            let count = count.min(self.history.len());
            self.history.iter().take(count).sum::<f64>() / count as f64
        };
        let mean = mean_of(HISTORY);
        let squares = self.history.iter().map(|sample| (sample - mean) * (sample - mean));
        let variance = squares.sum::<f64>() / self.history.len() as f64;
        let wanted = (mean_of(RECENT) + variance.sqrt()) * self.least;
        self.target = if self.loss_events > LOSS_EVENTS {
            1.5 * wanted
        } else if variance < STEADY {
            wanted
        } else if wanted < self.least {
            wanted.max(0.5 * self.target)
        } else {
            0.9 * self.target
        }
        .clamp(self.least, self.most);
    }

    pub(super) fn target(&self) -> f64 {
        self.target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (delays in ms, taken in turns for 200 samples; whether every round trip loses; the target in ms after them)
    #[test]
    fn the_target_gives_way_to_a_delay_that_others_make() {
        let rows: [(&[f64], bool, f64); 5] = [
            (&[0.02], false, 0.1),
            // A steady delay is another flow's: the target follows it.
            (&[0.25], false, 0.25),
            (&[0.9], false, 0.4),
            // One that swings is this flow's own, unless there are losses.
            (&[0.0, 0.3], false, 0.1),
            (&[0.0, 0.3], true, 0.4),
        ];
        for (delays, loses, expected) in rows {
            let mut flows = CompetingFlows::new((0.1, 0.4));
            for sample in 0..HISTORY {
                flows.on_losses(loses);
                flows.end_round();
                flows.sample(delays[sample % delays.len()]);
            }
            assert!((flows.target() - expected).abs() < 1e-9, "{delays:?}, {loses}: {}", flows.target());
        }
    }
}
