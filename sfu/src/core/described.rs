//! What one video packet is to projections.

use std::sync::Arc;

use super::ingest::Media;
use crate::codec::FrameDescription;
use crate::codec::dependency_descriptor::{DependencyDescriptor, MAX_LEN, Structure};
use crate::codec::frame::{FrameExtension, PayloadDescriptor};
use crate::drop_reason::DropReason;
use crate::forward::IngressVideo;
use crate::participant::MediaParameters;
use crate::participant::source::Source;
use crate::rtp::FrameMarking;
use crate::time::Time;

/// A video packet, described once for all receivers.
///
/// There are two ways to see it: by its payload, for receivers that read that; and, where it has one, by its
/// dependency descriptor alone, for receivers that get it too. A stream to one receiver is seen in one way, as long
/// as the publisher writes descriptors.
pub(super) struct Described {
    /// What can be rewritten in the payload.
    pub(super) payload: PayloadDescriptor,
    pub(super) padding_only: bool,
    by_payload: Option<IngressVideo>,
    by_descriptor: Option<IngressVideo>,
    descriptor: Option<(DependencyDescriptor, Arc<Structure>)>,
    /// It has a dependency descriptor that can't be read, for want of the structure that it refers to.
    pub(super) lacks_structure: bool,
    /// It brought another structure than the packets before it: what came before may be read only now.
    pub(super) brings_structure: bool,
}

impl Described {
    /// A packet that has just come.
    pub(super) fn of(media: &Media<'_>, source: &mut Source, now: Time) -> Self {
        let mut brings_structure = false;
        if let FrameExtension::Dependency(bytes) = media.extension {
            let encoding = &mut source.encodings[usize::from(media.encoding)];
            brings_structure = encoding.structures.learn(media.sequence, bytes);
        }
        let payload = PayloadDescriptor::parse(source.description.codec, media.payload);
        source.sets_in_band |= payload.has_parameter_set();
        let mut described = Described::by(payload, media, source, now);
        described.brings_structure = brings_structure;
        described
    }

    /// A packet of the cache.
    pub(super) fn again(media: &Media<'_>, source: &Source, arrived: Time) -> Self {
        let payload = PayloadDescriptor::parse(source.description.codec, media.payload);
        Described::by(payload, media, source, arrived)
    }

    // Inlined with all that it calls, the frame's description is written where it stays: it is large, as there is room
    // in it for a dependency descriptor.
    #[inline(always)]
    fn by(payload: PayloadDescriptor, media: &Media<'_>, source: &Source, arrived: Time) -> Self {
        let at = usize::from(media.encoding);
        let layers = source.description.encodings.get(at).map_or(1, |e| e.spatial_layers);
        let encoding = &source.encodings[at];
        let mut described = Described {
            payload,
            padding_only: false,
            by_payload: None,
            by_descriptor: None,
            descriptor: None,
            lacks_structure: false,
            brings_structure: false,
        };
        // Payloads without layers have nothing to add to a descriptor.
        let is_described = matches!(media.extension, FrameExtension::Dependency(_));
        if !is_described || described.payload.has_numbers() {
            let plain = described.payload.describe(layers, media.marker, source.sets_in_band);
            described.by_payload = plain.map(|frame| media.ingress(frame, arrived, false));
            if let FrameExtension::Marking(bytes) = media.extension {
                let plain = described.by_payload.map(|ingress| ingress.frame);
                let frame = marked(&described.payload, plain, bytes);
                described.by_payload = frame.map(|frame| media.ingress(frame, arrived, false));
            }
        }
        if let FrameExtension::Dependency(bytes) = media.extension {
            let read = encoding.structures.read(media.sequence, bytes);
            described.lacks_structure = read.is_none();
            if let Some((descriptor, known)) = read {
                let frame = FrameDescription::described(&descriptor, known.targets, known.active, layers);
                described.by_descriptor = Some(media.ingress(frame, arrived, false));
                described.descriptor = Some((descriptor, Arc::clone(&known.structure)));
            }
        }
        described
    }

    /// A packet with nothing but padding.
    pub(super) fn padding(media: &Media<'_>, now: Time) -> Self {
        let frame = FrameDescription::plain(false, false, false);
        Described {
            payload: PayloadDescriptor::None,
            padding_only: true,
            by_payload: Some(media.ingress(frame, now, true)),
            by_descriptor: None,
            descriptor: None,
            lacks_structure: false,
            brings_structure: false,
        }
    }

    /// Whether a key frame starts with it.
    pub(super) fn starts_key_frame(&self) -> bool {
        self.frame().is_some_and(|frame| frame.key_frame_start)
    }

    /// What the publisher's stream is measured by; none when nothing can be read.
    pub(super) fn frame(&self) -> Option<&FrameDescription> {
        self.by_descriptor.as_ref().or(self.by_payload.as_ref()).map(|ingress| &ingress.frame)
    }

    /// Why it can't go out to anybody, if so.
    pub(super) fn refusal(&self) -> Option<DropReason> {
        self.frame().is_none().then(|| self.unread())
    }

    /// What the projection for a receiver takes.
    pub(super) fn for_receiver(&self, receiver: &MediaParameters) -> Result<&IngressVideo, DropReason> {
        let gets_descriptors = receiver.extensions.dependency_descriptor != 0;
        let (first, second) = match gets_descriptors {
            true if self.lacks_structure => (&None, &None),
            true => (&self.by_descriptor, &self.by_payload),
            false => (&self.by_payload, &self.by_descriptor),
        };
        first.as_ref().or(second.as_ref()).ok_or(self.unread())
    }

    /// Whether the projection for a receiver gets to see the packet, if anybody's does.
    pub(super) const fn is_readable_by(&self, receiver: &MediaParameters) -> bool {
        !self.lacks_structure || receiver.extensions.dependency_descriptor == 0
    }

    const fn unread(&self) -> DropReason {
        if self.lacks_structure { DropReason::UnknownStructure } else { DropReason::MalformedPayload }
    }

    /// The packet's dependency descriptor as it goes out: the bytes that came, unless other decode targets are to be
    /// named as active.
    pub(super) fn outgoing_descriptor<'a>(
        &self,
        bytes: FrameExtension<'a>,
        active_targets: Option<u32>,
        room: &'a mut [u8; MAX_LEN],
    ) -> Option<&'a [u8]> {
        let FrameExtension::Dependency(bytes) = bytes else { return None };
        let (descriptor, structure) = self.descriptor.as_ref()?;
        outgoing_descriptor(bytes, descriptor, structure, active_targets, room)
    }
}

/// The frame by its marking, where the payload knows no layers: H.264's, or one that can't be read. Where a key frame
/// starts is in the payload, if it can be read.
fn marked(
    payload: &PayloadDescriptor,
    plain: Option<FrameDescription>,
    bytes: &[u8],
) -> Option<FrameDescription> {
    let Ok(marking) = FrameMarking::parse(bytes) else { return plain };
    let by_marking = FrameDescription::marking(&marking);
    match (payload, plain) {
        (PayloadDescriptor::H264(_), Some(plain)) => {
            Some(FrameDescription { key_frame_start: plain.key_frame_start, ..by_marking })
        }
        (_, Some(plain)) => Some(plain),
        (_, None) => Some(by_marking),
    }
}

/// A dependency descriptor as it goes out, with the decode targets that are to be named as active.
pub(super) fn outgoing_descriptor<'a>(
    bytes: &'a [u8],
    descriptor: &DependencyDescriptor,
    structure: &Structure,
    active_targets: Option<u32>,
    room: &'a mut [u8; MAX_LEN],
) -> Option<&'a [u8]> {
    let Some(mask) = active_targets else { return Some(bytes) };
    let masked = descriptor.with_active_decode_targets(mask & structure.all_decode_targets());
    // One that grows beyond what an element holds goes out as it came.
    match masked.write(structure, room) {
        Ok(len) => Some(&room[..len]),
        Err(_) => Some(bytes),
    }
}

impl Media<'_> {
    #[inline(always)]
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
