//! VP8: libwebrtc's rules (`RtpVp8RefFinder`, and `RtpFrameIdOnlyRefFinder` and `RtpSeqNumOnlyRefFinder` where fields
//! are absent), applied in decode order.

use sfu::codec::Vp8Descriptor;
use sfu::codec::vp8::PictureId;

use super::Decoded;

/// Temporal layers that two bits can name.
const LAYERS: usize = 4;

/// What the descriptors of the frames decoded so far said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vp8State {
    /// Of the last frame decoded, which has the highest id, and how far ids go.
    picture_id: Option<(u16, u16)>,
    ids: Decoded,
    tl0: u8,
    /// The newest picture id decoded on each temporal layer since the key frame.
    layers: [Option<u16>; LAYERS],
}

/// The steps from `from` up to `to` where ids go up to `mask`; `None` when `to` is not ahead.
pub(super) fn ahead(to: u16, from: u16, mask: u16) -> Option<u32> {
    let step = to.wrapping_sub(from) & mask;
    (step != 0 && step <= mask / 2).then_some(u32::from(step))
}

impl Vp8State {
    /// Whether a frame may be decoded; `follows` says that its packets do so directly on those of the last one.
    pub(super) fn allows(&self, d: &Vp8Descriptor, follows: bool) -> bool {
        let (Some((last, _)), Some(id)) = (self.picture_id, d.picture_id) else {
            return follows;
        };
        let Some(step) = ahead(id.value(), last, id.mask()) else { return false };
        let (Some(temporal), Some(tl0)) = (d.temporal_id, d.tl0_picture_index) else {
            return step == 1;
        };
        if temporal == 0 {
            return tl0 == self.tl0.wrapping_add(1);
        }
        if tl0 != self.tl0 {
            return false;
        }
        // Nothing between a frame and the oldest frame that it may refer to must be missing. Where it refers
        // to the base only, the base is enough.
        d.layer_sync
            || self.layers[..=usize::from(temporal)].iter().all(|layer| {
                let oldest = layer.map(|layer| u32::from(last.wrapping_sub(layer) & id.mask()));
                oldest.is_some_and(|back| step == 1 && self.ids.contains_all(back))
            })
    }

    /// Takes note that the frame was decoded.
    pub(super) fn decoded(&mut self, d: &Vp8Descriptor) {
        if let (Some((last, _)), Some(id)) = (self.picture_id, d.picture_id) {
            self.ids.advance(u32::from(id.value().wrapping_sub(last) & id.mask()));
        }
        self.take(d);
        if let (Some(temporal), Some(id)) = (d.temporal_id, d.picture_id) {
            self.layers[usize::from(temporal)] = Some(id.value());
        }
    }

    fn take(&mut self, d: &Vp8Descriptor) {
        self.picture_id = d.picture_id.map(|id| (id.value(), id.mask()));
        if let Some(tl0) = d.tl0_picture_index {
            self.tl0 = tl0;
        }
    }

    /// Begins with a key frame.
    pub(super) fn key(d: &Vp8Descriptor) -> Vp8State {
        let mut layers = [None; LAYERS];
        layers[0] = d.picture_id.map(PictureId::value);
        let mut described = Vp8State { picture_id: None, ids: Decoded::ONE, tl0: 0, layers };
        described.take(d);
        described
    }
}
