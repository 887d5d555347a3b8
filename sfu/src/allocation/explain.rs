//! The answer to "why does this receiver get this layer?".

use serde::{Serialize, Serializer};
use smallvec::SmallVec;

use super::{Budget, Layer, LayerOffer, Policy, Reason, Workspace, reason};
use crate::{DataRate, Time};

/// A layer that could have been given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Which.
    pub layer: Layer,
    /// Lines of the picture.
    pub height: u16,
    /// Frames per second.
    pub fps: f64,
    /// Its rate, bit/s.
    #[serde(serialize_with = "reason::bps")]
    pub rate: DataRate,
}

impl From<&LayerOffer> for Candidate {
    fn from(offer: &LayerOffer) -> Self {
        let LayerOffer { layer, height, fps, rate, .. } = *offer;
        Candidate { layer, height, fps, rate }
    }
}

/// One decision with all that it was made from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// When the decision was made, nanoseconds.
    #[serde(serialize_with = "nanos")]
    pub at: Time,
    /// By which policy.
    pub policy: Policy,
    /// The receiver's estimate, and what of it audio takes.
    #[serde(flatten)]
    pub budget: Budget,
    /// What the policy lets all video of the receiver take when layers are raised …
    #[serde(serialize_with = "reason::bps")]
    pub to_raise: DataRate,
    /// … and what it may take before layers are lowered.
    #[serde(serialize_with = "reason::bps")]
    pub to_keep: DataRate,
    /// What could have been given, from low to high.
    #[serde(serialize_with = "in_order")]
    pub candidates: SmallVec<[Candidate; 12]>,
    /// The choice; `None`: no video.
    pub layer: Option<Layer>,
    /// Its rate, bit/s.
    #[serde(serialize_with = "reason::bps")]
    pub rate: DataRate,
    /// Why this layer and none higher.
    pub reason: Reason,
}

impl Workspace {
    /// What could have been given to the source at `index` of the last call, whose layers were `layers`.
    pub fn candidates<'a>(
        &'a self,
        index: usize,
        layers: &'a [LayerOffer],
    ) -> impl Iterator<Item = Candidate> + 'a {
        self.work[index].candidates.offers().iter().map(|offer| (&layers[usize::from(*offer)]).into())
    }
}

fn in_order<S: Serializer>(candidates: &[Candidate], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(candidates)
}

fn nanos<S: Serializer>(at: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(at.as_nanos())
}
