//! The packetizer of one video stream.

use std::sync::Arc;
use std::time::Duration;

use sfu::Time;
use sfu::codec::dependency_descriptor::{DependencyDescriptor, Structure as Declared};
use sfu::codec::h264::Mode;
use sfu::codec::vp8::PictureId;
use sfu::codec::vp9::{LayerIndices, References, Vp9Descriptor};
use sfu::codec::{Codec, Vp8Descriptor};

use super::av1::Av1Frame;
use super::h264::H264Frame;
use super::shape::{Part, Shape};
use super::vp9::{Announced, Vp9Frame};
use super::{FILLER, MAX_PAYLOAD, Payload, vp8};
use crate::participant::media::encoder::InterLayer;
use crate::participant::media::stamp::VideoStamp;
use crate::participant::media::structure::{
    Dependencies, Describer, MAX_SPATIAL, Place, Scalability, ScalableStructure, Structure, TemporalStructure,
};

/// What an encoder gives out: one spatial layer of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedFrame {
    /// Key frame or not.
    pub key: bool,
    /// Spatial layer within the stream.
    pub spatial: u8,
    /// Temporal layer; taken as 0 for a key frame.
    pub temporal: u8,
    /// Encoded size, bytes; a frame too small for its header and stamp grows to hold them.
    pub bytes: u32,
    /// Picture width, px.
    pub width: u16,
    /// Picture height, px.
    pub height: u16,
    /// When the picture was captured.
    pub captured: Time,
    /// Capture to the encoder's output.
    pub encode: Duration,
    /// How many spatial layers of the stream are on.
    pub active_layers: u8,
    /// Whether it is the last frame of its picture in the stream.
    pub ends_picture: bool,
}

/// Who publishes what: the constant part of a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoIdentity {
    /// The publisher's place in the cast.
    pub publisher: u16,
    /// The publisher's source.
    pub source: u8,
    /// The simulcast encoding, 0 the lowest.
    pub encoding: u8,
}

/// What a stream is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFormat {
    /// The codec and its packing.
    pub codec: Codec,
    /// The stream's layers.
    pub scalability: Scalability,
    /// The pictures' size in each spatial layer, lowest first.
    pub sizes: Vec<(u16, u16)>,
    /// Whether packets carry the dependency descriptor.
    pub described: bool,
    /// Whether nobody but the receiver can read payloads.
    pub encrypted: bool,
}

impl StreamFormat {
    /// VP8 of so many temporal layers, as it was before there was a dependency descriptor.
    pub fn vp8(temporal_layers: u8) -> Self {
        StreamFormat {
            codec: Codec::Vp8,
            scalability: Scalability::temporal(temporal_layers),
            sizes: vec![(320, 180)],
            described: false,
            encrypted: false,
        }
    }

    fn structure(&self) -> Structure {
        match self.codec {
            Codec::Vp8 => Structure::Temporal(TemporalStructure::new(self.scalability.temporal)),
            _ => Structure::Scalable(ScalableStructure::new(self.scalability)),
        }
    }
}

/// The packetizer of one stream, with counters of its own as Chrome keeps them.
#[derive(Clone, Debug)]
pub struct VideoPacketizer {
    identity: VideoIdentity,
    format: StreamFormat,
    structure: Structure,
    describer: Option<Describer>,
    declared: Option<Arc<Declared>>,
    max_payload: usize,
    picture_id: u16,
    tl0_picture_index: u8,
    key_index: u8,
    frame: u32,
    ordinal: u32,
    /// Spatial layers that the last scalability structure announced.
    announced: u8,
    key_picture: bool,
}

impl VideoPacketizer {
    /// A packetizer whose first picture gets `picture_id` (its low 15 bits) and, being a base frame,
    /// `tl0_picture_index`: senders start both at random.
    pub fn new(
        identity: VideoIdentity,
        format: StreamFormat,
        picture_id: u16,
        tl0_picture_index: u8,
    ) -> Self {
        let structure = format.structure();
        let describer = format
            .described
            .then(|| Describer::new(format.scalability, tl0_picture_index, &format.sizes, structure));
        let declared = describer.as_ref().map(|describer| Arc::new(describer.declared().clone()));
        VideoPacketizer {
            identity,
            format,
            structure,
            describer,
            declared,
            max_payload: MAX_PAYLOAD,
            picture_id: picture_id.wrapping_sub(1) & 0x7fff,
            tl0_picture_index: tl0_picture_index.wrapping_sub(1),
            key_index: 0x1f,
            frame: 0,
            ordinal: 0,
            announced: 0,
            key_picture: false,
        }
    }

    /// Another limit for one RTP payload, bytes; below what a frame's head and two stamps take is taken as that.
    #[must_use]
    pub fn with_max_payload(mut self, bytes: usize) -> Self {
        self.max_payload = bytes;
        self
    }

    /// The number that the next packet will get.
    pub const fn next_ordinal(&self) -> u32 {
        self.ordinal
    }

    /// Starts a frame: counters move on, and the packets come from what is returned.
    pub fn start(&mut self, frame: &EncodedFrame) -> FramePackets {
        let temporal = if frame.key { 0 } else { frame.temporal.min(3) };
        let place = Place { frame: self.frame, key: frame.key, spatial: frame.spatial, temporal };
        let dependencies = self.structure.next(place);
        if frame.spatial == 0 {
            self.begin_picture(place);
        }
        let mut shape = self.shape(frame, place, &dependencies);
        let describer = self.describer.as_mut().zip(self.declared.as_ref());
        let descriptor = describer.map(|(describer, declared)| Described {
            descriptor: describer.next(place, &dependencies, frame.active_layers),
            declared: Arc::clone(declared),
        });
        let least = shape.head_len() + shape.stamp_len();
        let structure = descriptor.as_ref().map_or(0, Described::structure_len);
        let most = self.max_payload.saturating_sub(structure);
        let limit = most.saturating_sub(shape.overhead()).max(least + shape.stamp_len());
        let bytes = (frame.bytes as usize).max(least);
        let ahead = shape.plan(bytes, limit);
        let count = (bytes.div_ceil(limit) + ahead).min(usize::from(u16::MAX));
        let stamp = self.stamp(frame, place, &dependencies, count as u16);
        self.frame = self.frame.wrapping_add(1);
        self.ordinal = self.ordinal.wrapping_add(count as u32);
        FramePackets { stamp, shape, descriptor, bytes, limit, ahead: ahead as u16, ends: frame.ends_picture }
    }

    fn begin_picture(&mut self, place: Place) {
        self.picture_id = self.picture_id.wrapping_add(1) & 0x7fff;
        if place.temporal == 0 {
            self.tl0_picture_index = self.tl0_picture_index.wrapping_add(1);
        }
        if place.key {
            self.key_index = self.key_index.wrapping_add(1) & 0x1f;
        }
        self.key_picture = place.key;
    }

    fn stamp(
        &self,
        frame: &EncodedFrame,
        place: Place,
        dependencies: &Dependencies,
        count: u16,
    ) -> VideoStamp {
        VideoStamp {
            publisher: self.identity.publisher,
            source: self.identity.source,
            encoding: self.identity.encoding,
            spatial: place.spatial,
            temporal: place.temporal,
            key: place.key,
            frame: place.frame,
            index: 0,
            count,
            ordinal: self.ordinal,
            captured: frame.captured,
            encode: frame.encode,
            width: frame.width,
            height: frame.height,
            references: dependencies.references,
        }
    }

    fn shape(&mut self, frame: &EncodedFrame, place: Place, dependencies: &Dependencies) -> Shape {
        let layers = self.format.scalability;
        match self.format.codec {
            _ if self.format.encrypted => Shape::Opaque,
            Codec::Vp9 => Shape::Vp9(self.vp9(frame, place, dependencies)),
            Codec::Av1 => Shape::Av1(Av1Frame {
                starts_sequence: place.key,
                layer: (layers.spatial > 1 || layers.temporal > 1).then_some((place.temporal, place.spatial)),
                largest: *self.format.sizes.last().expect("a stream has a layer"),
            }),
            codec @ (Codec::H264 | Codec::H264Mode0) => Shape::H264(H264Frame {
                mode: if codec == Codec::H264 { Mode::NonInterleaved } else { Mode::SingleNal },
                key: place.key,
                non_reference: dependencies.non_reference,
                size: (frame.width, frame.height),
                aggregated: false,
            }),
            Codec::Vp8 | Codec::Opus => Shape::Vp8(Vp8Descriptor {
                non_reference: dependencies.non_reference,
                start_of_partition: true,
                partition: 0,
                picture_id: Some(PictureId::Long(self.picture_id)),
                tl0_picture_index: Some(self.tl0_picture_index),
                temporal_id: Some(place.temporal),
                layer_sync: dependencies.layer_sync,
                key_index: Some(self.key_index),
                key_frame_start: place.key,
                len: vp8::DESCRIPTOR_LEN,
            }),
        }
    }

    /// As libwebrtc's `LibvpxVp9Encoder::PopulateCodecSpecific` fills it in.
    fn vp9(&mut self, frame: &EncodedFrame, place: Place, dependencies: &Dependencies) -> Vp9Frame {
        let layers = self.format.scalability;
        let announces =
            place.spatial == 0 && place.temporal == 0 && (place.key || self.announced != frame.active_layers);
        let announced = announces.then(|| {
            self.announced = frame.active_layers;
            let mut sizes = [(0, 0); MAX_SPATIAL];
            sizes.iter_mut().zip(&self.format.sizes).for_each(|(size, own)| *size = *own);
            Announced { sizes, spatial: frame.active_layers, temporal: layers.temporal }
        });
        let refers_up = layers.inter_layer == InterLayer::Always || self.key_picture;
        let descriptor = Vp9Descriptor {
            picture_id: Some(PictureId::Long(self.picture_id)),
            inter_picture_predicted: dependencies.inter_picture,
            flexible: false,
            frame_start: true,
            frame_end: false,
            not_reference_for_upper: !refers_up || place.spatial + 1 == layers.spatial,
            layer: Some(LayerIndices {
                temporal_id: place.temporal,
                switching_up: true,
                spatial_id: place.spatial,
                inter_layer_predicted: dependencies.inter_layer,
            }),
            tl0_picture_index: Some(self.tl0_picture_index),
            references: References::default(),
            structure_start: None,
            len: 0,
        };
        Vp9Frame { descriptor, announced, intra: place.key }
    }
}

/// A frame's descriptor, and what is needed to write it.
#[derive(Clone, Debug)]
struct Described {
    descriptor: DependencyDescriptor,
    declared: Arc<Declared>,
}

impl Described {
    /// What the first packet's descriptor has that those of other frames don't, about: the structure.
    fn structure_len(&self) -> usize {
        if !self.descriptor.has_structure {
            return 0;
        }
        let mut out = [0; sfu::codec::dependency_descriptor::MAX_LEN];
        self.descriptor.write(&self.declared, &mut out).expect("a structure of three layers fits")
    }
}

/// The packets of one frame, written one by one into the caller's buffer.
#[derive(Clone, Debug)]
pub struct FramePackets {
    stamp: VideoStamp,
    shape: Shape,
    descriptor: Option<Described>,
    bytes: usize,
    limit: usize,
    /// How many packets go before the frame's own bytes.
    ahead: u16,
    /// Whether the picture ends with this frame.
    ends: bool,
}

impl FramePackets {
    /// How many packets are still to come.
    pub const fn remaining(&self) -> u16 {
        self.stamp.count - self.stamp.index
    }

    /// Whether nothing of it was taken yet.
    pub const fn next_is_first(&self) -> bool {
        self.stamp.index == 0
    }

    /// Whether the RTP marker belongs on the next packet.
    pub const fn next_is_marked(&self) -> bool {
        self.ends && self.remaining() == 1
    }

    /// Writes the dependency descriptor of the next packet to the start of `out`, and returns its length: zero when
    /// the stream has none.
    ///
    /// # Panics
    /// When `out` is too short; 255 bytes always suffice.
    pub fn next_descriptor(&self, out: &mut [u8]) -> usize {
        let Some(Described { descriptor, declared }) = &self.descriptor else { return 0 };
        let first = self.stamp.index == 0;
        let mut own = *descriptor;
        own.start_of_frame = first;
        own.end_of_frame = self.remaining() == 1;
        own.has_structure &= first;
        own.active_decode_targets = descriptor.active_decode_targets.filter(|_| first);
        own.write(declared, out).expect("255 bytes hold any of three layers")
    }

    /// Writes the next payload to the start of `out`; `None` when the frame is done.
    ///
    /// The content is split about equally, as libwebrtc does, so that no packet is a tiny rest.
    ///
    /// # Panics
    /// When `out` is shorter than the packetizer's largest payload.
    pub fn next_payload(&mut self, out: &mut [u8]) -> Option<Payload> {
        let remaining = usize::from(self.remaining());
        if remaining == 0 {
            return None;
        }
        let marker = self.next_is_marked();
        let (len, filler) = match self.stamp.index.checked_sub(self.ahead) {
            None => (self.shape.write_ahead(self.stamp.index, out), 0),
            Some(number) => self.write_part(number, remaining, out),
        };
        let payload = Payload { len, filler, marker, ordinal: self.stamp.ordinal };
        self.stamp.index += 1;
        self.stamp.ordinal = self.stamp.ordinal.wrapping_add(1);
        Some(payload)
    }

    /// The length of the part, and how much of it is filler.
    fn write_part(&mut self, number: u16, remaining: usize, out: &mut [u8]) -> (usize, usize) {
        let content = self.bytes.div_ceil(remaining).min(self.limit);
        let (first, last) = (number == 0, remaining == 1);
        let part = Part { number, first, last, content, left: self.bytes };
        self.bytes -= content;
        let (own, head) = self.shape.write(&part, &self.stamp, out);
        let (begin, end) = (own + head, own + content);
        out[begin..end].fill(FILLER);
        (end, end - begin)
    }
}

#[cfg(test)]
mod tests;
