//! The numbers in a payload that forwarding continues.

use super::FrameDescription;
use crate::codec::Codec;
use crate::codec::av1::Av1Descriptor;
use crate::codec::h264::H264Descriptor;
use crate::codec::vp8::Vp8Descriptor;
use crate::codec::vp9::Vp9Descriptor;

/// The descriptor at the start of a payload, as far as the codec has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadDescriptor {
    /// VP8.
    Vp8(Vp8Descriptor),
    /// VP9.
    Vp9(Vp9Descriptor),
    /// H.264, whose payload has no numbers.
    H264(H264Descriptor),
    /// AV1, whose numbers are in the dependency descriptor.
    Av1(Av1Descriptor),
    /// Nothing that can be read.
    None,
}

/// The fields of a payload to overwrite; none where the packet has no such field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureNumbers {
    /// Picture id, in the width of the packet's own.
    pub picture_id: Option<u16>,
    /// TL0PICIDX.
    pub tl0_picture_index: Option<u8>,
}

impl PayloadDescriptor {
    /// Reads the descriptor of a payload; none when the codec has none, or when this isn't one.
    pub fn parse(codec: Codec, payload: &[u8]) -> Self {
        let read = match codec {
            Codec::Vp8 => Vp8Descriptor::parse(payload).ok().map(PayloadDescriptor::Vp8),
            Codec::Vp9 => Vp9Descriptor::parse(payload).ok().map(PayloadDescriptor::Vp9),
            Codec::H264 | Codec::H264Mode0 => {
                H264Descriptor::parse(payload).ok().map(PayloadDescriptor::H264)
            }
            Codec::Av1 => Av1Descriptor::parse(payload).ok().map(PayloadDescriptor::Av1),
            Codec::Opus => None,
        };
        read.unwrap_or(PayloadDescriptor::None)
    }

    /// Whether it has layers and numbers of its own.
    pub const fn has_numbers(&self) -> bool {
        matches!(self, PayloadDescriptor::Vp8(_) | PayloadDescriptor::Vp9(_))
    }

    /// Whether it holds a parameter set that later pictures are decoded by.
    pub const fn has_parameter_set(&self) -> bool {
        matches!(self, PayloadDescriptor::H264(H264Descriptor { has_sps: true, .. }))
    }

    /// What the payload says of its frame, when it can be read. `sets_in_band`: parameter sets have come in the stream.
    #[inline(always)]
    pub fn describe(&self, spatial_layers: u8, marker: bool, sets_in_band: bool) -> Option<FrameDescription> {
        match self {
            PayloadDescriptor::Vp8(descriptor) => Some(FrameDescription::vp8(descriptor, marker)),
            PayloadDescriptor::Vp9(descriptor) => Some(FrameDescription::vp9(descriptor, spatial_layers)),
            PayloadDescriptor::H264(descriptor) => {
                Some(FrameDescription::h264(descriptor, marker, sets_in_band))
            }
            PayloadDescriptor::Av1(descriptor) => Some(FrameDescription::av1(descriptor, marker)),
            PayloadDescriptor::None => None,
        }
    }

    /// Overwrites `numbers` in `payload`, which this descriptor was read from. Absent fields stay absent.
    ///
    /// # Panics
    /// When a number doesn't fit the width of its field: projections give each packet numbers in its own.
    pub fn rewrite(&self, payload: &mut [u8], numbers: PictureNumbers) {
        const FITS: &str = "a number is projected in its packet's own width";
        let PictureNumbers { picture_id, tl0_picture_index } = numbers;
        match self {
            PayloadDescriptor::Vp8(descriptor) => {
                if let (Some(id), Some(_)) = (picture_id, descriptor.picture_id) {
                    descriptor.rewrite_picture_id(payload, id).expect(FITS);
                }
                if let (Some(index), Some(_)) = (tl0_picture_index, descriptor.tl0_picture_index) {
                    descriptor.rewrite_tl0_picture_index(payload, index).expect(FITS);
                }
            }
            PayloadDescriptor::Vp9(descriptor) => {
                if let (Some(id), Some(_)) = (picture_id, descriptor.picture_id) {
                    descriptor.rewrite_picture_id(payload, id).expect(FITS);
                }
                if let (Some(index), Some(_)) = (tl0_picture_index, descriptor.tl0_picture_index) {
                    descriptor.rewrite_tl0_picture_index(payload, index).expect(FITS);
                }
            }
            PayloadDescriptor::H264(_) | PayloadDescriptor::Av1(_) | PayloadDescriptor::None => {}
        }
    }
}
