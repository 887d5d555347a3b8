//! Random loss after the serialiser: a lost packet has used the link.

pub mod gilbert_elliott;

use std::sync::Arc;

use self::gilbert_elliott::{GilbertElliott, State};
use crate::random::{Probability, Stream};

/// Which packets are lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Loss {
    /// None.
    #[default]
    None,
    /// Each by itself with this probability (RFC 8868: the independent random loss that must be used).
    Bernoulli(Probability),
    /// In bursts (RFC 8868 names the model and gives no parameters).
    GilbertElliott(GilbertElliott),
    /// Those with these numbers, in increasing order: the first packet that leaves the serialiser is 1.
    List(Arc<[u64]>),
}

#[derive(Clone, Debug)]
pub(super) struct LossStage {
    /// What is drawn from now on. The chain's state and the packets' numbers outlive a change.
    pub(super) loss: Loss,
    stream: Stream,
    state: State,
    seen: u64,
}

impl LossStage {
    pub(super) fn new(loss: Loss, stream: Stream) -> Self {
        LossStage { loss, stream, state: State::Good, seen: 0 }
    }

    pub(super) fn loses_next(&mut self) -> bool {
        self.seen += 1;
        match &self.loss {
            Loss::None => false,
            Loss::Bernoulli(probability) => self.stream.chance(*probability),
            Loss::GilbertElliott(model) => model.loses_next(&mut self.state, &mut self.stream),
            Loss::List(numbers) => numbers.binary_search(&self.seen).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    #[test]
    fn a_list_loses_exactly_its_packets() {
        let numbers: Arc<[u64]> = [1, 4, 5].into();
        let mut stage = LossStage::new(Loss::List(numbers), Seed(7).stream("loss"));
        let lost: Vec<u64> = (1..=10).filter(|_| stage.loses_next()).collect();
        assert_eq!(lost, [1, 4, 5]);
    }

    #[test]
    fn a_list_that_comes_later_counts_from_the_first_packet() {
        let mut stage = LossStage::new(Loss::None, Seed(7).stream("loss"));
        assert!((1..=3).all(|_| !stage.loses_next()));
        stage.loss = Loss::List([2, 5].into());
        let lost: Vec<u64> = (4..=10).filter(|_| stage.loses_next()).collect();
        assert_eq!(lost, [5]);
    }
}
