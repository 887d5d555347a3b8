//! The spatial layers of one stream: which are on, and when they may come back.

use std::time::Duration;

use sfu::{DataRate, Time};

use super::layer::Layer;
use super::temporal::{Structure, TemporalLayers};
use super::{EncodedFrame, InterLayer};

/// Layers are taken as one picture each time: they have one temporal pattern and one capture.
///
/// A layer goes off at once. It comes back, as in libwebrtc (`ScalabilityStructureFullSvc` and
/// `ScalabilityStructureKeySvc`), with a key picture where layers refer to each other in those only; otherwise with the
/// next picture of the temporal base layer, predicted from the layer below it alone.
#[derive(Clone, Debug)]
pub(super) struct SpatialStream {
    inter_layer: InterLayer,
    structure: Structure,
    active: usize,
}

impl SpatialStream {
    pub(super) fn new(inter_layer: InterLayer, temporal: TemporalLayers) -> Self {
        SpatialStream { inter_layer, structure: Structure::new(temporal), active: 0 }
    }

    /// Encodes the picture with this number: a frame of each layer that is on, lowest first.
    pub(super) fn encode(
        &mut self,
        captured: Time,
        picture: u64,
        layers: &mut [Layer],
        frames: &mut Vec<EncodedFrame>,
    ) {
        let decimation = layers.first().map_or(1, |base| base.config().decimation);
        if !picture.is_multiple_of(u64::from(decimation)) {
            return;
        }
        let mut changed = 0u32;
        let mut requested = 0u32;
        for (n, layer) in layers.iter_mut().enumerate() {
            changed |= u32::from(layer.follow_request(captured)) << n;
            requested |= u32::from(layer.take_key_request()) << n;
        }
        let wanted = layers.iter().take_while(|layer| layer.target() != DataRate::ZERO).count();
        let before = std::mem::replace(&mut self.active, wanted);
        if wanted == 0 {
            return;
        }
        let key_for_more = self.inter_layer == InterLayer::KeyPictures && wanted > before;
        let key = before == 0 || requested & 1 != 0 || key_for_more;
        if !key && !self.structure.next_is_base() {
            self.active = wanted.min(before);
        }
        let temporal = self.structure.place(key);
        let mut spent = Duration::ZERO;
        for (n, layer) in layers[..self.active].iter_mut().enumerate() {
            let starts_transient = key || n >= before || changed >> n & 1 == 1;
            let frame = layer.frame(captured, (key && n == 0, temporal), starts_transient);
            frames.push(EncodedFrame {
                encoded_at: frame.encoded_at + spent,
                active_layers: self.active as u8,
                ends_picture: n + 1 == self.active,
                ..frame
            });
            spent += layer.encoding_time();
        }
    }
}

#[cfg(test)]
mod tests;
