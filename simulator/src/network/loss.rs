//! Random loss after the serialiser: a lost packet has used the link.

use crate::random::{Probability, Stream};

/// Which packets are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loss {
    /// None.
    #[default]
    None,
    /// Each by itself with this probability (RFC 8868: the independent random loss that must be used).
    Bernoulli(Probability),
}

#[derive(Clone, Debug)]
pub(super) struct LossStage {
    pub(super) loss: Loss,
    stream: Stream,
}

impl LossStage {
    pub(super) fn new(loss: Loss, stream: Stream) -> Self {
        LossStage { loss, stream }
    }

    pub(super) fn loses_next(&mut self) -> bool {
        match self.loss {
            Loss::None => false,
            Loss::Bernoulli(probability) => self.stream.chance(probability),
        }
    }
}
