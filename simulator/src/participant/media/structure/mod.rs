//! Which frames a frame depends on, by its place among the layers.
//!
//! A frame here is one spatial layer of one picture: each has a number of its own within its stream.

mod described;
mod scalable;
mod temporal;

use super::encoder::InterLayer;
use super::stamp::MAX_REFERENCES;

pub use described::Describer;
pub use scalable::ScalableStructure;
pub use temporal::TemporalStructure;

/// Most spatial layers of a stream.
pub const MAX_SPATIAL: usize = 3;

/// The layers of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalability {
    /// Spatial layers, 1 to 3.
    pub spatial: u8,
    /// Temporal layers, 1 to 3.
    pub temporal: u8,
    /// When a spatial layer refers to the one below it.
    pub inter_layer: InterLayer,
}

impl Scalability {
    /// One spatial layer.
    pub const fn temporal(temporal: u8) -> Self {
        Scalability { spatial: 1, temporal, inter_layer: InterLayer::Always }
    }
}

/// A frame's place in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The frame's number in its stream.
    pub frame: u32,
    /// Whether it begins a key picture.
    pub key: bool,
    /// Spatial layer.
    pub spatial: u8,
    /// Temporal layer.
    pub temporal: u8,
}

/// What a frame depends on, and who may depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Distances back to the frames referred to; 0 stands for none.
    pub references: [u8; MAX_REFERENCES],
    /// Whether one of them belongs to an earlier picture.
    pub inter_picture: bool,
    /// Whether one of them is the spatial layer below, in the same picture.
    pub inter_layer: bool,
    /// Y: refers to the temporal base layer only.
    pub layer_sync: bool,
    /// N: no frame will refer to this one.
    pub non_reference: bool,
}

/// The structure of a stream.
#[derive(Clone, Copy, Debug)]
pub enum Structure {
    /// As VP8 encoders arrange temporal layers.
    Temporal(TemporalStructure),
    /// As encoders of the other codecs arrange all layers.
    Scalable(ScalableStructure),
}

impl Structure {
    /// The dependencies of the frame at `place`; frames come in the order of their numbers.
    pub fn next(&mut self, place: Place) -> Dependencies {
        match self {
            Structure::Temporal(structure) => structure.next(place.frame, place.key, place.temporal),
            Structure::Scalable(structure) => structure.next(place),
        }
    }
}
