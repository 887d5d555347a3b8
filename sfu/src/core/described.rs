//! What one video packet is to projections.

use super::ingest::Media;
use crate::codec::FrameDescription;
use crate::codec::frame::PayloadDescriptor;
use crate::drop_reason::DropReason;
use crate::forward::IngressVideo;
use crate::participant::MediaParameters;
use crate::participant::source::Source;
use crate::time::Time;

/// A video packet, described once for all receivers.
pub(super) struct Described {
    /// What can be rewritten in the payload.
    pub(super) payload: PayloadDescriptor,
    pub(super) padding_only: bool,
    ingress: IngressVideo,
}

impl Described {
    /// A packet that has just come.
    pub(super) fn of(media: &Media<'_>, source: &mut Source, now: Time) -> Result<Self, DropReason> {
        Described::again(media, source, now)
    }

    /// A packet of the cache.
    pub(super) fn again(media: &Media<'_>, source: &Source, arrived: Time) -> Result<Self, DropReason> {
        let description = &source.description;
        let layers = description.encodings.get(usize::from(media.encoding)).map_or(1, |e| e.spatial_layers);
        let payload = PayloadDescriptor::parse(description.codec, media.payload);
        let frame = payload.describe(layers, media.marker).ok_or(DropReason::MalformedPayload)?;
        Ok(Described { payload, padding_only: false, ingress: media.ingress(frame, arrived, false) })
    }

    /// A packet with nothing but padding.
    pub(super) fn padding(media: &Media<'_>, now: Time) -> Self {
        let frame = FrameDescription::plain(false, false, false);
        let payload = PayloadDescriptor::None;
        Described { payload, padding_only: true, ingress: media.ingress(frame, now, true) }
    }

    /// Whether a key frame starts with it.
    pub(super) fn starts_key_frame(&self) -> bool {
        self.ingress.frame.key_frame_start
    }

    /// What the publisher's stream is measured by.
    pub(super) fn frame(&self) -> &FrameDescription {
        &self.ingress.frame
    }

    /// What the projection for a receiver takes.
    pub(super) fn for_receiver(&self, _receiver: &MediaParameters) -> Result<&IngressVideo, DropReason> {
        Ok(&self.ingress)
    }
}

impl Media<'_> {
    fn ingress(&self, frame: FrameDescription, arrived: Time, padding_only: bool) -> IngressVideo {
        IngressVideo {
            encoding: self.encoding,
            sequence: self.sequence,
            timestamp: self.timestamp,
            marker: self.marker,
            frame,
            arrived,
            padding_only,
        }
    }
}
