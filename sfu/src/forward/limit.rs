//! How much of a source goes out at one moment.

use crate::codec::FrameDescription;

/// Stands for the decode target of a stream that has none.
pub(super) const NO_TARGET: u8 = u8::MAX;

/// The highest layers let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    /// The decode target that these two are the layers of, where a dependency descriptor decides.
    pub(super) target: u8,
}

impl Limit {
    pub(super) const fn of_layers(spatial: u8, temporal: u8) -> Self {
        Limit { spatial, temporal, target: NO_TARGET }
    }

    /// Whether a frame goes out under it.
    pub(super) fn admits(&self, frame: &FrameDescription) -> bool {
        match &frame.dependency {
            Some(dependency) => dependency.is_in(self.target),
            None => frame.spatial <= self.spatial && frame.temporal <= self.temporal,
        }
    }

    /// The limit for what is missing between two packets, the second of which moved it from `self` to `after`.
    ///
    /// What came before a step up still needs what was dropped before it. A temporal step down is immediate; a
    /// spatial one may not tear the picture before it, whose packets are marked by the limit that they met.
    pub(super) fn over_gap(self, after: Limit) -> Limit {
        let temporal =
            if self.target == NO_TARGET { self.temporal.min(after.temporal) } else { self.temporal };
        Limit { temporal, ..self }
    }
}
