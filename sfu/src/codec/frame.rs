//! One description of what a packet carries, whatever the codec: enough to decide whether it goes out, and how.
//!
//! A *picture* is everything of one moment, that is of one RTP timestamp. A *frame* is one spatial layer of it;
//! codecs without spatial layers have one frame a picture. What no payload or extension says is described as the
//! harmless case: layer 0, which every receiver gets.

mod dependency;
mod payload;

pub use super::vp8::PictureId;
pub use dependency::{FrameDependency, Target, Targets};
pub use payload::{PayloadDescriptor, PictureNumbers};

use super::av1::Av1Descriptor;
use super::dependency_descriptor::DependencyDescriptor;
use super::h264::H264Descriptor;
use super::vp8::Vp8Descriptor;
use super::vp9::Vp9Descriptor;
use crate::rtp::FrameMarking;

/// The header extension that says where a packet belongs among the layers, unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameExtension<'a> {
    /// None.
    #[default]
    None,
    /// A dependency descriptor.
    Dependency(&'a [u8]),
    /// A frame marking; a sender that offers both is read by the descriptor.
    Marking(&'a [u8]),
}

impl<'a> FrameExtension<'a> {
    /// The extension's bytes; empty when there is none.
    pub const fn value(&self) -> &'a [u8] {
        match self {
            FrameExtension::None => &[],
            FrameExtension::Dependency(value) | FrameExtension::Marking(value) => value,
        }
    }

    /// The same kind of extension with other bytes.
    pub const fn of_same_kind<'b>(&self, value: &'b [u8]) -> FrameExtension<'b> {
        match self {
            FrameExtension::None => FrameExtension::None,
            FrameExtension::Dependency(_) => FrameExtension::Dependency(value),
            FrameExtension::Marking(_) => FrameExtension::Marking(value),
        }
    }
}

/// What one packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameDescription {
    /// Spatial layer within the encoding, 0 the lowest.
    pub spatial: u8,
    /// Temporal layer, 0 the lowest.
    pub temporal: u8,
    /// Other spatial layers may come in the same picture.
    pub layered: bool,
    /// The packet starts a frame.
    pub frame_start: bool,
    /// The packet ends a frame. (The marker bit ends the picture as sent.)
    pub frame_end: bool,
    /// The packet starts a frame that depends on no other, and that all which come later can be decoded from.
    pub key_frame_start: bool,
    /// The frame may depend on earlier pictures.
    pub inter_picture: bool,
    /// The frame may depend on the spatial layer below in its picture.
    pub inter_layer: bool,
    /// A higher spatial layer of the picture may depend on the frame.
    pub used_above: bool,
    /// No picture of this temporal layer before it is needed: a receiver of the layer below may take it up here.
    pub layer_sync: bool,
    /// No later picture needs one before it of a higher temporal layer: a receiver of this one may take up all.
    pub switching_up: bool,
    /// No other frame depends on it.
    pub discardable: bool,
    /// Picture id of the payload.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX of the payload, or of the frame marking.
    pub tl0_picture_index: Option<u8>,
    /// References count in picture ids, so that the distance between two may not change.
    pub ids_are_references: bool,
    /// What the dependency descriptor says; it then decides alone.
    pub dependency: Option<FrameDependency>,
}

impl FrameDescription {
    /// A packet of a codec, or of padding, that says no more than this. All of a frame end with the marker.
    #[inline(always)]
    pub const fn plain(frame_start: bool, key_frame_start: bool, marker: bool) -> Self {
        FrameDescription {
            spatial: 0,
            temporal: 0,
            layered: false,
            frame_start: frame_start || key_frame_start,
            frame_end: marker,
            key_frame_start,
            inter_picture: true,
            inter_layer: false,
            used_above: false,
            layer_sync: false,
            switching_up: false,
            discardable: false,
            picture_id: None,
            tl0_picture_index: None,
            ids_are_references: false,
            dependency: None,
        }
    }

    /// VP8 (RFC 7741 section 4.2): the marker bit ends the frame.
    #[inline(always)]
    pub fn vp8(descriptor: &Vp8Descriptor, marker: bool) -> Self {
        FrameDescription {
            temporal: descriptor.temporal_id.unwrap_or(0),
            layer_sync: descriptor.layer_sync,
            discardable: descriptor.non_reference,
            picture_id: descriptor.picture_id,
            tl0_picture_index: descriptor.tl0_picture_index,
            ..FrameDescription::plain(descriptor.frame_start(), descriptor.key_frame_start, marker)
        }
    }

    /// VP9 (RFC 9628 section 4.2) of an encoding with `spatial_layers`.
    ///
    /// In simulcast the RTP stream id says which encoding it is, and whatever spatial id the packets have besides
    /// means nothing: an encoding that was announced with one layer has one.
    pub fn vp9(descriptor: &Vp9Descriptor, spatial_layers: u8) -> Self {
        let layered = spatial_layers > 1;
        let spatial = if layered { descriptor.spatial_id() } else { 0 };
        let (first, inter_layer) = (spatial == 0, descriptor.inter_layer_predicted());
        let key = descriptor.frame_start && first && !descriptor.inter_picture_predicted && !inter_layer;
        FrameDescription {
            spatial,
            temporal: descriptor.temporal_id(),
            layered,
            frame_end: descriptor.frame_end,
            inter_picture: descriptor.inter_picture_predicted,
            inter_layer: layered && inter_layer,
            used_above: layered && descriptor.used_by_upper_layers(),
            // U speaks of later pictures; encoders set it where the picture itself needs nothing above the base
            // layer either.
            layer_sync: descriptor.switching_up(),
            switching_up: descriptor.switching_up(),
            picture_id: descriptor.picture_id,
            tl0_picture_index: descriptor.tl0_picture_index,
            ids_are_references: true,
            ..FrameDescription::plain(descriptor.frame_start, key, false)
        }
    }

    /// H.264 (RFC 6184): no layers, and the marker bit ends the frame. `sets_in_band`: parameter sets come in the
    /// stream, so that it can't be decoded from an IDR picture's slices on.
    pub fn h264(descriptor: &H264Descriptor, marker: bool, sets_in_band: bool) -> Self {
        let key = descriptor.key_frame_start && (descriptor.has_sps || !sets_in_band);
        FrameDescription {
            discardable: descriptor.discardable,
            ..FrameDescription::plain(descriptor.frame_start, key, marker)
        }
    }

    /// AV1 without a dependency descriptor: the payload tells but where a sequence starts.
    pub fn av1(descriptor: &Av1Descriptor, marker: bool) -> Self {
        FrameDescription::plain(!descriptor.aggregation.continues, descriptor.key_frame_start(), marker)
    }

    /// What a frame marking says, for a payload without layers of its own, or one that can't be read.
    ///
    /// Its layer id is in terms that differ by codec, and the RTP stream id decides anyway.
    pub const fn marking(marking: &FrameMarking) -> Self {
        let (start, key) = (marking.start_of_frame, marking.start_of_frame && marking.independent);
        FrameDescription {
            temporal: marking.temporal_id,
            inter_picture: !marking.independent,
            layer_sync: marking.base_layer_sync,
            discardable: marking.discardable,
            tl0_picture_index: marking.tl0_picture_index,
            ..FrameDescription::plain(start, key, marking.end_of_frame)
        }
    }

    /// Whatever carries a dependency descriptor: the payload may be encrypted, and isn't looked at. The RTP stream id
    /// decides here too over the layer in the packet: `spatial_layers` are what its encoding was announced with.
    pub fn described(
        descriptor: &DependencyDescriptor,
        targets: Targets,
        active: u32,
        spatial_layers: u8,
    ) -> Self {
        let frame = &descriptor.frame;
        let layered = spatial_layers > 1;
        let spatial = if layered { frame.spatial_id } else { 0 };
        let above = |(index, target): (u8, &Target)| target.spatial > spatial && frame.is_needed_for(index);
        FrameDescription {
            spatial,
            temporal: frame.temporal_id,
            layered,
            frame_end: descriptor.end_of_frame,
            inter_picture: frame.has_inter_picture_dependency(),
            inter_layer: layered && !frame.frame_diffs.is_empty(),
            used_above: layered && targets.iter().any(above),
            dependency: Some(FrameDependency::new(descriptor, targets, active)),
            ..FrameDescription::plain(descriptor.start_of_frame, descriptor.key_frame_start(), false)
        }
    }

    /// Which of a picture's frames it is: its number where it has one, else its spatial layer.
    pub const fn part(&self) -> u16 {
        match &self.dependency {
            Some(dependency) => dependency.number,
            None => self.spatial as u16,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
