//! What the projection reads of one video packet.

use crate::Time;
use crate::codec::vp8::{PictureId, Vp8Descriptor};

/// The codec's part of a packet, as far as forwarding depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoPayload {
    /// VP8 with its payload descriptor (RFC 7741 section 4.2).
    Vp8(Vp8Descriptor),
    /// A codec without temporal layers or numbers to rewrite in its payload.
    Opaque {
        /// The packet starts a frame.
        frame_start: bool,
        /// The packet starts a key frame.
        key_frame_start: bool,
    },
}

impl VideoPayload {
    /// Temporal layer, 0 when the sender names none.
    pub fn temporal(&self) -> u8 {
        self.vp8().and_then(|vp8| vp8.temporal_id).unwrap_or(0)
    }

    /// Whether the frame depends on the base layer only.
    pub fn layer_sync(&self) -> bool {
        self.vp8().is_some_and(|vp8| vp8.layer_sync)
    }

    /// Whether the packet starts a frame.
    pub fn frame_start(&self) -> bool {
        match self {
            VideoPayload::Vp8(vp8) => vp8.frame_start(),
            VideoPayload::Opaque { frame_start, key_frame_start } => *frame_start || *key_frame_start,
        }
    }

    /// Whether the packet starts a key frame.
    pub fn key_frame_start(&self) -> bool {
        match self {
            VideoPayload::Vp8(vp8) => vp8.key_frame_start,
            VideoPayload::Opaque { key_frame_start, .. } => *key_frame_start,
        }
    }

    /// The picture id, if there is one.
    pub fn picture_id(&self) -> Option<PictureId> {
        self.vp8().and_then(|vp8| vp8.picture_id)
    }

    /// TL0PICIDX, if there is one.
    pub fn tl0_picture_index(&self) -> Option<u8> {
        self.vp8().and_then(|vp8| vp8.tl0_picture_index)
    }

    fn vp8(&self) -> Option<&Vp8Descriptor> {
        match self {
            VideoPayload::Vp8(vp8) => Some(vp8),
            VideoPayload::Opaque { .. } => None,
        }
    }
}

/// One video packet as it came from the publisher (or was recovered later, or came out of the cache).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngressVideo {
    /// Which simulcast encoding, 0 the smallest; below [`super::MAX_ENCODINGS`].
    pub encoding: u8,
    /// Sequence number, extended to 64 bits over the life of the encoding.
    pub sequence: u64,
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// Marker bit: the last packet of a frame.
    pub marker: bool,
    /// The codec's part; ignored when the packet is padding only.
    pub payload: VideoPayload,
    /// When the packet arrived.
    pub arrived: Time,
    /// Nothing but padding follows the header.
    pub padding_only: bool,
}
