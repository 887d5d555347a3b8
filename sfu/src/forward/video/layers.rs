//! Which frames go out where each says its layers: VP8, VP9 and whatever has a frame marking.

use super::segment::Segment;
use crate::codec::FrameDescription;
use crate::forward::frames::Frame;
use crate::forward::ingress::IngressVideo;
use crate::forward::limit::Limit;
use crate::rtp::sequence::distance32;

/// What is known of a stream's spatial layers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layers {
    /// Spatial layers of which frames were left out since the key picture.
    left_out: LeftOut,
    /// The highest spatial layer since the key picture.
    top: u8,
    /// When the key picture was.
    key_timestamp: u32,
    /// Only key pictures have inter-layer dependencies.
    independent: bool,
    /// The highest spatial layer of the newest picture, and of the one before.
    pictures: (u8, u8),
    /// Packets are missing right before the newest picture: the one before may have had more layers than were seen.
    uncertain: bool,
    /// How many pictures in a row have ended below the layer that goes out.
    short: u8,
}

/// So many pictures without the layer that goes out say that it was turned off. (Fewer may be loss.)
const TURNED_OFF: u8 = 3;

impl Layers {
    /// Whether nothing of a spatial layer has been left out since the key picture.
    pub(super) const fn is_whole(&self, spatial: u8) -> bool {
        self.left_out.is_whole(spatial)
    }

    /// What has been left out since the key picture.
    pub(super) const fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Whether the layer that goes out under `limit` has been left out.
    pub(super) fn is_broken(&self, limit: &Limit) -> bool {
        !self.is_whole(limit.spatial.min(self.top))
    }

    /// Takes note of a new frame, and of whether packets are missing right before it.
    pub(super) fn on_frame(
        &mut self,
        frame: &FrameDescription,
        (new_picture, is_after_gap): (bool, bool),
        limit: &Limit,
    ) {
        let (newest, before) = self.pictures;
        if new_picture {
            self.uncertain = is_after_gap;
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

    /// Whether the layer above `spatial` wasn't there in the picture before the newest. If it was lost, it goes on instead
    /// of beginning, isn't let through, and the picture would go out without its end.
    pub(super) const fn may_begin_above(&self, spatial: u8) -> bool {
        self.pictures.1 <= spatial && !self.uncertain
    }

    pub(super) fn on_key_picture(&mut self, timestamp: u32) {
        (self.left_out, self.top, self.short) = (LeftOut::default(), 0, 0);
        self.key_timestamp = timestamp;
    }

    /// Takes note of a new frame's kind, and tells whether it is withheld though `limit` admits its layers: nothing
    /// that goes out needs it, or it needs what was left out.
    pub(super) fn withholds(&mut self, frame: &FrameDescription, limit: &Limit) -> bool {
        if !frame.inter_picture {
            self.top = self.top.max(frame.spatial);
        } else if frame.spatial > 0 {
            self.independent = !frame.inter_layer;
        }
        if frame.dependency.is_some() {
            return false;
        }
        let below = frame.spatial < limit.spatial.min(self.top);
        let is_needless = below && self.independent && frame.inter_picture && !frame.used_above;
        let withheld = is_needless || self.left_out.cuts_off(frame);
        if withheld && limit.admits(frame) {
            self.left_out.add(frame.spatial);
        }
        withheld
    }

    /// Takes note of a frame that comes after newer ones.
    pub(super) fn on_late_frame(&mut self, packet: &IngressVideo) {
        let frame = &packet.frame;
        if !frame.inter_picture && distance32(packet.timestamp, self.key_timestamp) >= 0 {
            self.top = self.top.max(frame.spatial);
        }
    }
}

/// Spatial layers of which frames were left out since a key picture: their next ones can't be decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::forward) struct LeftOut(u8);

impl LeftOut {
    const fn is_whole(self, spatial: u8) -> bool {
        self.0 & bit(spatial) == 0
    }

    const fn add(&mut self, spatial: u8) {
        self.0 |= bit(spatial);
    }

    /// Whether a frame needs what was left out: of its own layer, or of the one below.
    pub(super) const fn cuts_off(self, frame: &FrameDescription) -> bool {
        let below = frame.inter_layer && frame.spatial > 0 && !self.is_whole(frame.spatial - 1);
        frame.dependency.is_none() && frame.inter_picture && (below || !self.is_whole(frame.spatial))
    }
}

/// Layer 0 is bit 0.
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
            self.layers.on_key_picture(packet.timestamp);
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
        let withheld = self.layers.withholds(frame, limit);
        if !limit.admits(frame) || withheld {
            return false;
        }
        if frame.switching_up {
            limit.temporal = limit.temporal.max(desired.temporal);
        }
        true
    }
}
