//! Which layer of which source a receiver gets, and why: pure functions from the estimate, the layers' rates
//! and the receiver's wishes to one [`Decision`] per source.
//!
//! Nothing is remembered in here. What hysteresis needs to know of the past goes out with each decision
//! ([`Memory`]) and of the line as a whole ([`LineMemory`]), and comes in again with the next [`Source`]. Equal inputs give equal outputs, in whatever
//! order the sources come: priority orders them, and ids break ties.
//!
//! A [`Policy`] orders the steps by which layers are granted; candidates, budgets, hysteresis and reasons are
//! common to all.

mod candidates;
mod config;
mod explain;
mod fill;
mod last_n;
mod memory;
mod reason;
mod steps;
mod work;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::DataRate;

pub use config::{AllocationConfig, Policy};
pub use explain::{Candidate, Explanation};
pub use fill::allocate;
pub use last_n::apply_last_n;
pub use memory::{LineMemory, Memory};
pub use reason::Reason;
pub use work::Workspace;

/// Layers beyond so many per source are not considered: three encodings, or three spatial layers, of four temporal
/// layers, and some.
pub const MAX_LAYERS: usize = 16;

/// One encoding up to one of its spatial and temporal layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Layer {
    /// Index of the simulcast encoding.
    pub encoding: u8,
    /// The highest spatial layer of the encoding that is forwarded.
    pub spatial: u8,
    /// The highest temporal layer that is forwarded.
    pub temporal: u8,
}

/// What a source offers in one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerOffer {
    /// Which.
    pub layer: Layer,
    /// Lines of the picture.
    pub height: u16,
    /// Frames per second, with all temporal layers up to this one.
    pub fps: f64,
    /// Rate with all temporal layers up to this one: measured over a second or more, or declared.
    pub rate: DataRate,
    /// Packets come, or are known to come soon. A layer of rate zero isn't active either.
    pub active: bool,
}

/// One source as one receiver wishes to see it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a, Id> {
    /// Comes back in the decision, and breaks ties of priority: lower first.
    pub id: Id,
    /// Higher first: a screen share above cameras.
    pub priority: i32,
    /// It is the one that is looked at; matters to [`Policy::Stage`] and to last-N.
    pub on_stage: bool,
    /// Sharp text counts for more than motion: a screen share.
    pub detail: bool,
    /// How many have spoken since its publisher did; breaks ties of priority in [`Policy::Stage`] and in last-N.
    pub recency: u16,
    /// Lines of the tile that it is shown in; 0: isn't shown.
    pub max_height: u16,
    /// Frames per second that are wanted at most.
    pub max_fps: u8,
    /// Last-N leaves it out, of so many; then the height is 0 as well.
    pub beyond_last_n: Option<u16>,
    /// The layers, in any order; the first [`MAX_LAYERS`] count.
    pub layers: &'a [LayerOffer],
    /// The layer that the receiver gets now.
    pub current: Option<Layer>,
    /// From the decision before.
    pub memory: Memory,
}

impl<'a, Id> Source<'a, Id> {
    /// A camera without any preference, not shown so far.
    pub fn new(id: Id, max_height: u16, layers: &'a [LayerOffer]) -> Self {
        Source {
            id,
            priority: 0,
            on_stage: false,
            detail: false,
            recency: u16::MAX,
            max_height,
            max_fps: u8::MAX,
            beyond_last_n: None,
            layers,
            current: None,
            memory: Memory::default(),
        }
    }
}

/// What a source is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Decision<Id> {
    /// Of the source.
    pub id: Id,
    /// The layer; `None`: no video.
    pub layer: Option<Layer>,
    /// Its rate.
    #[serde(serialize_with = "reason::bps")]
    pub rate: DataRate,
    /// Why this layer and none higher.
    pub reason: Reason,
    /// To be given back next time.
    #[serde(skip)]
    pub memory: Memory,
}

/// The budget of one receiver, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// What the path carries.
    #[serde(serialize_with = "reason::bps")]
    pub estimate: DataRate,
    /// What it has been estimated at of late, the estimate's teeth evened out; see [`LineMemory::steady`]. Layers are
    /// raised within the lesser of both.
    #[serde(serialize_with = "reason::bps")]
    pub steady: DataRate,
    /// Kept back for audio, repairs and data.
    #[serde(serialize_with = "reason::bps")]
    pub audio: DataRate,
}

impl Budget {
    /// Of an estimate that has been the same for long.
    pub fn new(estimate: DataRate, audio: DataRate) -> Self {
        Budget { estimate, steady: estimate, audio }
    }

    /// What is left for video.
    pub fn video(&self) -> DataRate {
        self.part_for_video(1.0)
    }

    /// What video may take when layers are raised to a part of what is dependable.
    pub fn to_raise(&self, part: f64) -> DataRate {
        self.estimate.min(self.steady).scale(part).saturating_sub(self.audio)
    }

    /// What is left of a part of the estimate. The parts are of the whole, since that is what the estimate's error
    /// is a part of: of a line that is half voices, the video gets twice the sawtooth.
    pub fn part_for_video(&self, part: f64) -> DataRate {
        self.estimate.scale(part).saturating_sub(self.audio)
    }
}
