//! Spatial and temporal layers as encoders of VP9, AV1 and H.264 arrange them.
//!
//! The rules are those of libwebrtc's `ScalabilityStructureFullSvc` and `ScalabilityStructureKeySvc`: a frame of the
//! temporal base refers to the one before it in its spatial layer; one of the middle layer to the base; one of the top
//! layer to the newest of the two that is no older than the base. Besides, it refers to the spatial layer below it, in
//! every picture or in key pictures only.

use super::{Dependencies, MAX_SPATIAL, Place, Scalability};
use crate::participant::media::encoder::InterLayer;

/// Follows one stream's frames and derives their dependencies.
#[derive(Clone, Copy, Debug)]
pub struct ScalableStructure {
    scalability: Scalability,
    /// The newest base frame of each spatial layer, unless the layer has been off since.
    base: [Option<u32>; MAX_SPATIAL],
    /// The newest frame of the middle temporal layer since.
    middle: [Option<u32>; MAX_SPATIAL],
    /// Which spatial layers the last picture of the temporal base had.
    present: [bool; MAX_SPATIAL],
    key_picture: bool,
    /// The frame before, in the same picture.
    below: Option<u32>,
}

impl ScalableStructure {
    /// For a stream of these layers.
    pub const fn new(scalability: Scalability) -> Self {
        ScalableStructure {
            scalability,
            base: [None; MAX_SPATIAL],
            middle: [None; MAX_SPATIAL],
            present: [true; MAX_SPATIAL],
            key_picture: false,
            below: None,
        }
    }

    /// The dependencies of the frame at `place`; each picture's spatial layers come lowest first.
    pub fn next(&mut self, place: Place) -> Dependencies {
        let layer = usize::from(place.spatial).min(MAX_SPATIAL - 1);
        if layer == 0 {
            self.begin_picture(place);
        }
        let inter_layer = self.scalability.inter_layer == InterLayer::Always || self.key_picture;
        let below = self.below.replace(place.frame).filter(|_| inter_layer);
        let earlier = match place.temporal {
            0 | 1 => self.base[layer],
            _ => self.middle[layer].or(self.base[layer]),
        };
        match place.temporal {
            0 => {
                self.base[layer] = Some(place.frame);
                self.present[layer] = true;
            }
            1 => self.middle[layer] = Some(place.frame),
            _ => {}
        }
        let mut found = Dependencies {
            inter_picture: earlier.is_some(),
            inter_layer: below.is_some(),
            layer_sync: place.temporal > 0 && earlier == self.base[layer],
            non_reference: place.temporal > 0 && place.temporal + 1 >= self.scalability.temporal,
            ..Dependencies::default()
        };
        // A distance that does not fit would be a frame 256 frames back: no structure has that.
        let distance = |number: u32| u8::try_from(place.frame.wrapping_sub(number)).unwrap_or(u8::MAX);
        for (slot, number) in found.references.iter_mut().zip([earlier, below].into_iter().flatten()) {
            *slot = distance(number);
        }
        found
    }

    fn begin_picture(&mut self, place: Place) {
        self.below = None;
        self.key_picture = place.key;
        if place.temporal > 0 {
            return;
        }
        self.middle = [None; MAX_SPATIAL];
        for (base, present) in self.base.iter_mut().zip(&mut self.present) {
            // What was off must not refer to what may be long gone.
            if place.key || !std::mem::take(present) {
                *base = None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
