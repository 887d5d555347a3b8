//! Which frames go out where each says its layers: VP8, VP9 and whatever has a frame marking.

use super::segment::Segment;
use crate::codec::FrameDescription;
use crate::forward::frames::Frame;
use crate::forward::ingress::IngressVideo;
use crate::forward::limit::Limit;

/// What is known of a stream's spatial layers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layers {
    /// Spatial layers of which frames were left out since the key picture: bit 0 is layer 0.
    left_out: u8,
    /// The highest spatial layer since the key picture.
    top: u8,
    /// Only key pictures have inter-layer dependencies.
    independent: bool,
    /// The highest spatial layer of the newest picture, and of the one before.
    pictures: (u8, u8),
    /// How many pictures in a row have ended below the layer that goes out.
    short: u8,
}

/// So many pictures without the layer that goes out say that it was turned off. (Fewer may be loss.)
const TURNED_OFF: u8 = 3;

impl Layers {
    /// Whether nothing of a spatial layer has been left out since the key picture.
    pub(super) const fn is_whole(&self, spatial: u8) -> bool {
        self.left_out & bit(spatial) == 0
    }

    /// Takes note of a new frame.
    pub(super) fn on_frame(&mut self, frame: &FrameDescription, new_picture: bool, limit: &Limit) {
        let (newest, before) = self.pictures;
        if new_picture {
            let is_short = self.independent && newest < limit.spatial.min(self.top);
            self.short = if is_short { self.short.saturating_add(1) } else { 0 };
        }
        self.pictures =
            if new_picture { (frame.spatial, newest) } else { (newest.max(frame.spatial), before) };
    }

    /// Whether the layer that goes out was turned off, and those below were not sent that it would fall back on.
    pub(super) const fn is_turned_off(&self) -> bool {
        self.short >= TURNED_OFF
    }

    /// Whether the layer above `spatial` wasn't there in the picture before the newest.
    pub(super) const fn may_begin_above(&self, spatial: u8) -> bool {
        self.pictures.1 <= spatial
    }

    pub(super) fn on_key_picture(&mut self) {
        (self.left_out, self.top, self.short) = (0, 0, 0);
    }

    /// Takes note of a frame's kind, and tells whether nothing that goes out under `limit` needs it.
    pub(super) fn is_needless(&mut self, frame: &FrameDescription, limit: &Limit) -> bool {
        if !frame.inter_picture {
            self.top = self.top.max(frame.spatial);
        } else if frame.spatial > 0 {
            self.independent = !frame.inter_layer;
        }
        if frame.dependency.is_some() {
            return false;
        }
        let below = frame.spatial < limit.spatial.min(self.top);
        let needless = below && self.independent && frame.inter_picture && !frame.used_above;
        if needless && limit.admits(frame) {
            self.left_out |= bit(frame.spatial);
        }
        needless
    }
}

const fn bit(spatial: u8) -> u8 {
    if spatial < 8 { 1 << spatial } else { 0 }
}

impl Segment {
    /// Decides whether a frame newer than all before is forwarded, moving the limit towards `desired`.
    pub(super) fn admit_layers(&mut self, packet: &IngressVideo, desired: Limit, newest: &Frame) -> bool {
        let frame = &packet.frame;
        let limit = &mut self.limit;
        limit.temporal = limit.temporal.min(desired.temporal);
        if frame.key_frame_start {
            *limit = desired;
            self.layers.on_key_picture();
            return true;
        }
        let new_picture = packet.timestamp != newest.timestamp;
        if new_picture && desired.spatial < limit.spatial && self.layers.is_whole(desired.spatial) {
            limit.spatial = desired.spatial;
        }
        // A frame that needs nothing but the layer below begins its own layer.
        let begins =
            frame.layered && !frame.inter_picture && frame.temporal == 0 && newest.lets_begin(packet);
        if begins && frame.spatial <= desired.spatial && frame.spatial == limit.spatial + 1 {
            limit.spatial = frame.spatial;
        }
        // One layer at a time: a frame of a layer may depend on all layers below it.
        if frame.temporal <= desired.temporal
            && frame.temporal == limit.temporal + 1
            && frame.layer_sync
            && new_picture
        {
            limit.temporal = frame.temporal;
        }
        let needless = self.layers.is_needless(frame, limit);
        if !limit.admits(frame) || needless {
            return false;
        }
        if frame.switching_up {
            limit.temporal = limit.temporal.max(desired.temporal);
        }
        true
    }
}
