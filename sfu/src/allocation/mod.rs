//! Which layer of which source a receiver gets, and why: pure functions from the estimate, the layers' rates
//! and the receiver's wishes to one [`Decision`] per source.
//!
//! Nothing is remembered in here. What hysteresis needs to know of the past goes out with each decision
//! ([`Memory`]) and comes in again with the next [`Source`]. Equal inputs give equal outputs, in whatever
//! order the sources come: priority orders them, and ids break ties.
//!
//! A [`Policy`] orders the steps by which layers are granted; candidates, budgets, hysteresis and reasons are
//! common to all.

mod candidates;
mod fill;
mod reason;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

use crate::{DataRate, Time};

pub use fill::{Workspace, allocate};
pub use reason::Reason;

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

/// What has to be known of the past of one source at one receiver. Starts as [`Default`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Since when the next higher layer has fitted without a break.
    #[serde(skip)]
    pub fits_since: Option<Time>,
    /// Since when the present layer has been beyond the budget to keep it, without a break.
    #[serde(skip)]
    pub over_since: Option<Time>,
    /// When the layer last went down for want of budget.
    #[serde(skip)]
    pub lowered: Option<Time>,
    /// It went up since.
    #[serde(skip)]
    pub raised: bool,
    /// For how long a higher layer must have fitted after that.
    #[serde(skip)]
    pub patience: Duration,
}

/// One source as one receiver wishes to see it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a, Id> {
    /// Comes back in the decision, and breaks ties of priority: lower first.
    pub id: Id,
    /// Higher first: a screen share above cameras.
    pub priority: i32,
    /// Lines of the tile that it is shown in; 0: isn't shown.
    pub max_height: u16,
    /// The layers, in any order; the first [`MAX_LAYERS`] count.
    pub layers: &'a [LayerOffer],
    /// The layer that the receiver gets now.
    pub current: Option<Layer>,
    /// From the decision before.
    pub memory: Memory,
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

/// In which order layers are granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Water-filling: everyone's base layer by priority, then always the step that leads to the lowest rate,
    /// by priority among equals.
    #[default]
    Grid,
}

/// Budgets and patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AllocationConfig {
    /// See [`Policy`].
    pub policy: Policy,
    /// Part of the estimate, audio included, within which a layer may be raised. 0.9: the estimate's sawtooth goes down to 0.85
    /// of the capacity (GCC's back-off), and 1.10 of that is more than 0.9 of the capacity, so that what was
    /// raised at the top of a tooth is kept at its foot.
    pub raise: f64,
    /// Part of the estimate within which a layer is kept.
    pub keep: f64,
    /// Part of the estimate that kept layers may use for [`Self::grace`]; the guard beyond which no allocation
    /// goes. 1.3 lets one of three sources double for a moment.
    pub guard: f64,
    /// How long that is borne: two windows of a rate measured over half a second.
    pub grace: Duration,
    /// A higher layer must have fitted for so long. A second passes over key frames of others.
    pub raise_hold: Duration,
    /// … and for so long if the source was lowered within that time: two of GCC's probe intervals.
    pub raise_hold_after_lowering: Duration,
    /// A source that was raised after a lowering and is lowered again within this time has to wait twice as long as
    /// the last time, and this long at most: its layer is what the line carries at its best moments only.
    pub raise_hold_limit: Duration,
}

impl Default for AllocationConfig {
    fn default() -> Self {
        AllocationConfig {
            policy: Policy::Grid,
            raise: 0.9,
            keep: 1.1,
            guard: 1.3,
            grace: Duration::from_secs(1),
            raise_hold: Duration::from_secs(1),
            raise_hold_after_lowering: Duration::from_secs(10),
            raise_hold_limit: Duration::from_secs(60),
        }
    }
}

impl AllocationConfig {
    /// Without hysteresis: every layer that fits the budget is given at once, and none beyond it.
    pub fn immediate() -> Self {
        AllocationConfig {
            raise: 1.0,
            keep: 1.0,
            guard: 1.0,
            grace: Duration::ZERO,
            raise_hold: Duration::ZERO,
            raise_hold_after_lowering: Duration::ZERO,
            raise_hold_limit: Duration::ZERO,
            ..Self::default()
        }
    }
}

/// The budget of one receiver, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// What the path carries.
    #[serde(serialize_with = "reason::bps")]
    pub estimate: DataRate,
    /// Kept back for audio and reports.
    #[serde(serialize_with = "reason::bps")]
    pub audio: DataRate,
}

impl Budget {
    /// What is left for video.
    pub fn video(&self) -> DataRate {
        self.part_for_video(1.0)
    }

    /// What is left of a part of the estimate. The parts are of the whole, since that is what the estimate's error
    /// is a part of: of a line that is half voices, the video gets twice the sawtooth.
    pub fn part_for_video(&self, part: f64) -> DataRate {
        self.estimate.scale(part).saturating_sub(self.audio)
    }
}
