//! Which frames can be decoded: by what the VP8 descriptor says, and in truth.
//!
//! The descriptor's rules are libwebrtc's (`RtpVp8RefFinder`, and `RtpFrameIdOnlyRefFinder` and
//! `RtpSeqNumOnlyRefFinder` where fields are absent), applied in decode order. The truth is in the stamp.
//! Where the descriptor calls a frame decodable whose true references are missing, a real decoder would show
//! rubbish: the SFU rewrote the descriptor wrongly.

use sfu::codec::Vp8Descriptor;
use sfu::codec::vp8::PictureId;

use crate::participant::media::stamp::VideoStamp;

/// Temporal layers that two bits can name.
const LAYERS: usize = 4;

/// The newest numbers decoded, as bits below the highest.
#[derive(Clone, Copy, Debug, Default)]
struct Decoded {
    /// Bit n: the number `highest − n` was decoded.
    bits: u128,
}

impl Decoded {
    /// Begins with one number.
    const ONE: Decoded = Decoded { bits: 1 };

    /// The highest moves up by `step`, and is decoded.
    fn advance(&mut self, step: u32) {
        self.bits = self.bits.checked_shl(step).unwrap_or(0) | 1;
    }

    /// Whether the number `back` below the highest was decoded.
    fn contains(&self, back: u32) -> bool {
        back < u128::BITS && self.bits >> back & 1 == 1
    }

    /// Whether the highest and all down to `back` below it were decoded.
    fn contains_all(&self, back: u32) -> bool {
        back < u128::BITS && self.bits.trailing_ones() > back
    }
}

/// What the descriptors of the frames decoded so far said.
#[derive(Clone, Copy, Debug)]
struct Described {
    last_sequence: u64,
    /// Of the last frame decoded, which has the highest id, and how far ids go.
    picture_id: Option<(u16, u16)>,
    ids: Decoded,
    tl0: u8,
    /// The newest picture id decoded on each temporal layer since the key frame.
    layers: [Option<u16>; LAYERS],
}

/// What the frames decoded so far truly were.
#[derive(Clone, Copy, Debug)]
struct Truth {
    encoding: u8,
    frame: u32,
    frames: Decoded,
}

/// The decoder's state, as far as dependencies go. `Copy`, so that a caller may look one frame ahead.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct References {
    state: Option<(Described, Truth)>,
}

/// What there is to know of one complete frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameFacts<'a> {
    pub(super) first_sequence: u64,
    pub(super) last_sequence: u64,
    pub(super) descriptor: &'a Vp8Descriptor,
    pub(super) stamp: &'a VideoStamp,
}

/// The steps from `from` up to `to` where ids go up to `mask`; `None` when `to` is not ahead.
fn ahead(to: u16, from: u16, mask: u16) -> Option<u32> {
    let step = to.wrapping_sub(from) & mask;
    (step != 0 && step <= mask / 2).then_some(u32::from(step))
}

impl Described {
    fn allows(&self, frame: &FrameFacts<'_>) -> bool {
        let d = frame.descriptor;
        let (Some((last, _)), Some(id)) = (self.picture_id, d.picture_id) else {
            return frame.first_sequence == self.last_sequence + 1;
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

    fn decoded(&mut self, frame: &FrameFacts<'_>) {
        let d = frame.descriptor;
        if let (Some((last, _)), Some(id)) = (self.picture_id, d.picture_id) {
            self.ids.advance(u32::from(id.value().wrapping_sub(last) & id.mask()));
        }
        self.take(frame);
        if let (Some(temporal), Some(id)) = (d.temporal_id, d.picture_id) {
            self.layers[usize::from(temporal)] = Some(id.value());
        }
    }

    fn take(&mut self, frame: &FrameFacts<'_>) {
        self.last_sequence = frame.last_sequence;
        self.picture_id = frame.descriptor.picture_id.map(|id| (id.value(), id.mask()));
        if let Some(tl0) = frame.descriptor.tl0_picture_index {
            self.tl0 = tl0;
        }
    }

    fn key(frame: &FrameFacts<'_>) -> Described {
        let mut layers = [None; LAYERS];
        layers[0] = frame.descriptor.picture_id.map(PictureId::value);
        let mut described =
            Described { last_sequence: 0, picture_id: None, ids: Decoded::ONE, tl0: 0, layers };
        described.take(frame);
        described
    }
}

impl Truth {
    fn allows(&self, stamp: &VideoStamp) -> bool {
        let step = stamp.frame.wrapping_sub(self.frame);
        stamp.encoding == self.encoding
            && step != 0
            && step <= u32::MAX / 2
            && stamp.references.iter().filter(|&&distance| distance != 0).all(|&distance| {
                u32::from(distance).checked_sub(step).is_some_and(|back| self.frames.contains(back))
            })
    }
}

impl References {
    /// Whether the descriptor calls the frame decodable.
    pub(super) fn allow(&self, frame: &FrameFacts<'_>) -> bool {
        if frame.descriptor.key_frame_start {
            // libwebrtc drops a key frame that claims a higher temporal layer.
            return frame.descriptor.temporal_id.is_none_or(|temporal| temporal == 0);
        }
        self.state.as_ref().is_some_and(|(described, _)| described.allows(frame))
    }

    /// Whether all that the frame truly refers to was decoded.
    pub(super) fn truly_allow(&self, stamp: &VideoStamp) -> bool {
        stamp.key || self.state.as_ref().is_some_and(|(_, truth)| truth.allows(stamp))
    }

    /// Takes note that the frame was decoded.
    pub(super) fn decoded(&mut self, frame: &FrameFacts<'_>) {
        let stamp = frame.stamp;
        let fresh = Truth { encoding: stamp.encoding, frame: stamp.frame, frames: Decoded::ONE };
        match &mut self.state {
            Some((described, truth)) if !frame.descriptor.key_frame_start => {
                described.decoded(frame);
                if truth.encoding == stamp.encoding {
                    truth.frames.advance(stamp.frame.wrapping_sub(truth.frame));
                    truth.frame = stamp.frame;
                } else {
                    *truth = fresh;
                }
            }
            _ => self.state = Some((Described::key(frame), fresh)),
        }
    }

    /// The last sequence number of the last frame decoded.
    pub(super) fn last_sequence(&self) -> Option<u64> {
        self.state.as_ref().map(|(described, _)| described.last_sequence)
    }

    /// Nothing can be decoded but a key frame.
    pub(super) fn lose(&mut self) {
        self.state = None;
    }

    /// Whether only a key frame can be decoded.
    pub(super) const fn lost(&self) -> bool {
        self.state.is_none()
    }
}

#[cfg(test)]
mod tests;
