//! Encoded frames to RTP payloads.
//!
//! Payloads look like VP8 (RFC 7741) as far as anybody without the content can tell: a true payload descriptor, a
//! plausible VP8 frame header, then the stamp, then filler.

use std::time::Duration;

use sfu::Time;
use sfu::codec::Vp8Descriptor;
use sfu::codec::vp8::PictureId;

use super::stamp::VideoStamp;
use super::structure::TemporalStructure;

/// Default room for one RTP payload, bytes: with IPv6, UDP, SRTP and header extensions it stays below 1,280.
pub const MAX_PAYLOAD: usize = 1_130;
/// VP8 frame header of an interframe, bytes (RFC 6386 section 9.1).
pub const INTER_HEADER_LEN: usize = 3;
/// VP8 frame header of a key frame: start code and picture size follow (RFC 6386 section 9.1).
pub const KEY_HEADER_LEN: usize = 10;
/// The start code of a key frame (RFC 6386 section 9.1).
pub const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

const DESCRIPTOR_LEN: usize = 6;
const MIN_PAYLOAD: usize = DESCRIPTOR_LEN + KEY_HEADER_LEN + 2 * VideoStamp::LEN;
const FILLER: u8 = 0x5a;

/// What an encoder gives out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedFrame {
    /// Key frame or not.
    pub key: bool,
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

/// One RTP payload that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its length, bytes.
    pub len: usize,
    /// Whether the RTP marker belongs on it.
    pub marker: bool,
    /// Its number within its encoding or audio source, for the sender's log.
    pub ordinal: u32,
}

/// The packetizer of one simulcast encoding, with counters of its own as Chrome keeps them.
#[derive(Clone, Debug)]
pub struct VideoPacketizer {
    identity: VideoIdentity,
    structure: TemporalStructure,
    max_payload: usize,
    picture_id: u16,
    tl0_picture_index: u8,
    key_index: u8,
    frame: u32,
    ordinal: u32,
}

impl VideoPacketizer {
    /// A packetizer whose first frame gets `picture_id` (its low 15 bits) and, being a base frame,
    /// `tl0_picture_index`: senders start both at random.
    pub fn new(identity: VideoIdentity, temporal_layers: u8, picture_id: u16, tl0_picture_index: u8) -> Self {
        VideoPacketizer {
            identity,
            structure: TemporalStructure::new(temporal_layers),
            max_payload: MAX_PAYLOAD,
            picture_id: picture_id.wrapping_sub(1) & 0x7fff,
            tl0_picture_index: tl0_picture_index.wrapping_sub(1),
            key_index: 0x1f,
            frame: 0,
            ordinal: 0,
        }
    }

    /// Another limit for one RTP payload, bytes; below 94 is taken as 94.
    #[must_use]
    pub fn with_max_payload(mut self, bytes: usize) -> Self {
        self.max_payload = bytes.max(MIN_PAYLOAD);
        self
    }

    /// The number that the next packet will get.
    pub const fn next_ordinal(&self) -> u32 {
        self.ordinal
    }

    /// Starts a frame: counters move on, and the packets come from what is returned.
    pub fn start(&mut self, frame: &EncodedFrame) -> FramePackets {
        let temporal = if frame.key { 0 } else { frame.temporal.min(3) };
        let dependencies = self.structure.next(self.frame, frame.key, temporal);
        self.picture_id = self.picture_id.wrapping_add(1) & 0x7fff;
        if temporal == 0 {
            self.tl0_picture_index = self.tl0_picture_index.wrapping_add(1);
        }
        if frame.key {
            self.key_index = self.key_index.wrapping_add(1) & 0x1f;
        }
        let header = if frame.key { KEY_HEADER_LEN } else { INTER_HEADER_LEN };
        let bytes = (frame.bytes as usize).max(header + VideoStamp::LEN);
        let count = bytes.div_ceil(self.max_payload - DESCRIPTOR_LEN).min(usize::from(u16::MAX));
        let stamp = VideoStamp {
            publisher: self.identity.publisher,
            source: self.identity.source,
            encoding: self.identity.encoding,
            temporal,
            key: frame.key,
            frame: self.frame,
            index: 0,
            count: count as u16,
            ordinal: self.ordinal,
            captured: frame.captured,
            encode: frame.encode,
            width: frame.width,
            height: frame.height,
            references: dependencies.references,
        };
        self.frame = self.frame.wrapping_add(1);
        self.ordinal = self.ordinal.wrapping_add(count as u32);
        let descriptor = Vp8Descriptor {
            non_reference: dependencies.non_reference,
            start_of_partition: true,
            partition: 0,
            picture_id: Some(PictureId::Long(self.picture_id)),
            tl0_picture_index: Some(self.tl0_picture_index),
            temporal_id: Some(temporal),
            layer_sync: dependencies.layer_sync,
            key_index: Some(self.key_index),
            key_frame_start: frame.key,
            len: DESCRIPTOR_LEN,
        };
        FramePackets { stamp, descriptor, bytes, limit: self.max_payload - DESCRIPTOR_LEN }
    }
}

/// The packets of one frame, written one by one into the caller's buffer.
#[derive(Clone, Debug)]
pub struct FramePackets {
    stamp: VideoStamp,
    descriptor: Vp8Descriptor,
    bytes: usize,
    limit: usize,
}

impl FramePackets {
    /// How many packets are still to come.
    pub const fn remaining(&self) -> u16 {
        self.stamp.count - self.stamp.index
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
        let content = self.bytes.div_ceil(remaining).min(self.limit);
        self.bytes -= content;
        let first = self.stamp.index == 0;
        self.descriptor.start_of_partition = first;
        let mut at = self.descriptor.write(out);
        let end = at + content;
        if first {
            at += write_frame_header(&mut out[at..], &self.stamp, self.bytes + content);
        }
        self.stamp.write(&mut out[at..]);
        out[at + VideoStamp::LEN..end].fill(FILLER);
        let payload = Payload { len: end, marker: remaining == 1, ordinal: self.stamp.ordinal };
        self.stamp.index += 1;
        self.stamp.ordinal = self.stamp.ordinal.wrapping_add(1);
        Some(payload)
    }
}

/// The uncompressed data chunk at a frame's start (RFC 6386 section 9.1).
fn write_frame_header(out: &mut [u8], stamp: &VideoStamp, frame_bytes: usize) -> usize {
    const SHOW_FRAME: u32 = 1 << 4;
    let first_partition = (frame_bytes as u32).min(0x7_ffff);
    let tag = u32::from(!stamp.key) | SHOW_FRAME | (first_partition << 5);
    out[..3].copy_from_slice(&tag.to_le_bytes()[..3]);
    if !stamp.key {
        return INTER_HEADER_LEN;
    }
    out[3..6].copy_from_slice(&START_CODE);
    out[6..8].copy_from_slice(&(stamp.width & 0x3fff).to_le_bytes());
    out[8..10].copy_from_slice(&(stamp.height & 0x3fff).to_le_bytes());
    KEY_HEADER_LEN
}

#[cfg(test)]
mod tests;
