//! Loss in bursts: a chain of two states, moved on once per packet (Gilbert 1960, Elliott 1963).

use crate::random::{Probability, Stream};

/// The chain's parameters. It starts in the good state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GilbertElliott {
    /// From good to bad, per packet.
    pub to_bad: Probability,
    /// From bad to good, per packet.
    pub to_good: Probability,
    /// A packet's loss in the good state.
    pub loss_in_good: Probability,
    /// A packet's loss in the bad state.
    pub loss_in_bad: Probability,
}

/// Where the chain is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Few losses.
    #[default]
    Good,
    /// Many losses.
    Bad,
}

impl GilbertElliott {
    /// Gilbert's chain, which loses everything in the bad state and nothing in the good one, so that a run of
    /// losses is a stay in the bad state: geometric with mean 1/r. With a share π of packets lost, the balance
    /// (1 − π)·p = π·r gives p.
    ///
    /// `None` unless `mean` is from 0 to below 1, `burst` (packets) at least 1 and p at most 1.
    pub fn simple(mean: f64, burst: f64) -> Option<Self> {
        if !((0.0..1.0).contains(&mean) && burst >= 1.0 && burst.is_finite()) {
            return None;
        }
        Some(GilbertElliott {
            to_bad: Probability::new(mean / ((1.0 - mean) * burst))?,
            to_good: Probability::new(1.0 / burst)?,
            loss_in_good: Probability::NEVER,
            loss_in_bad: Probability::ALWAYS,
        })
    }

    /// Moves the chain on, then says whether the next packet is lost: two draws.
    pub fn loses_next(&self, state: &mut State, stream: &mut Stream) -> bool {
        let (leave, other) = match *state {
            State::Good => (self.to_bad, State::Bad),
            State::Bad => (self.to_good, State::Good),
        };
        if stream.chance(leave) {
            *state = other;
        }
        stream.chance(match *state {
            State::Good => self.loss_in_good,
            State::Bad => self.loss_in_bad,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    fn losses(model: GilbertElliott, packets: usize) -> Vec<bool> {
        let (mut state, mut stream) = (State::Good, Seed(7).stream("loss"));
        (0..packets).map(|_| model.loses_next(&mut state, &mut stream)).collect()
    }

    /// Lengths of the runs of lost (or of arrived) packets.
    fn runs(losses: &[bool], of: bool) -> Vec<usize> {
        losses.chunk_by(|a, b| a == b).filter(|run| run[0] == of).map(<[bool]>::len).collect()
    }

    fn mean(values: &[usize]) -> f64 {
        values.iter().sum::<usize>() as f64 / values.len() as f64
    }

    /// A run of losses is geometric with mean `burst`, a run without geometric with mean 1/p.
    #[test]
    fn runs_are_as_long_as_the_chain_says() {
        for (share, burst) in [(0.01, 3.0), (0.05, 1.0), (0.1, 5.0), (0.3, 10.0)] {
            let model = GilbertElliott::simple(share, burst).expect("parameters");
            let losses = losses(model, 2_000_000);
            let lost = losses.iter().filter(|&&lost| lost).count() as f64 / losses.len() as f64;
            let (bad, good) = (runs(&losses, true), runs(&losses, false));
            let between = (1.0 - share) * burst / share;
            // Five standard errors of a geometric mean: std = mean · √(1 − 1/mean).
            let bound =
                |mean: f64, runs: usize| 5.0 * mean * (1.0 - 1.0 / mean).sqrt() / (runs as f64).sqrt();
            assert!((mean(&bad) - burst).abs() <= bound(burst, bad.len()), "{} lost in a row", mean(&bad));
            assert!((mean(&good) - between).abs() < bound(between, good.len()), "{} in a row", mean(&good));
            assert!((lost / share - 1.0).abs() < 0.05, "{lost} lost of {share}");
        }
    }

    /// P(run ≥ k) = (1 − 1/burst)^(k − 1), compared run length by run length.
    #[test]
    fn runs_of_losses_are_geometric() {
        let model = GilbertElliott::simple(0.1, 4.0).expect("parameters");
        let runs = runs(&losses(model, 2_000_000), true);
        let n = runs.len() as f64;
        let mut expected = 1.0;
        for least in 1..=12 {
            let share = runs.iter().filter(|&&run| run >= least).count() as f64 / n;
            let bound = 5.0 * (expected * (1.0 - expected) / n).sqrt();
            assert!((share - expected).abs() <= bound, "{share} of {n} runs reach {least}, not {expected}");
            expected *= 0.75;
        }
    }

    /// Elliott's addition: both states lose. Mean loss is the mean over the stationary states.
    #[test]
    fn both_states_lose_their_share() {
        let probability = |ratio| Probability::new(ratio).expect("a ratio");
        let model = GilbertElliott {
            to_bad: probability(0.02),
            to_good: probability(0.08),
            loss_in_good: probability(0.01),
            loss_in_bad: probability(0.5),
        };
        let lost = losses(model, 2_000_000).iter().filter(|&&lost| lost).count() as f64 / 2_000_000.0;
        let expected = 0.8 * 0.01 + 0.2 * 0.5;
        assert!((lost / expected - 1.0).abs() < 0.02, "{lost}, not {expected}");
    }

    #[test]
    fn impossible_parameters_make_no_chain() {
        for (mean, burst) in [(1.0, 3.0), (-0.1, 3.0), (0.1, 0.5), (0.9, 2.0), (f64::NAN, 2.0)] {
            assert_eq!(GilbertElliott::simple(mean, burst), None, "{mean}, {burst}");
        }
        let none = GilbertElliott::simple(0.0, 3.0).expect("no loss at all");
        assert!(losses(none, 1_000).iter().all(|&lost| !lost));
    }
}
