//! Encoded frames to RTP payloads.
//!
//! Payloads look like VP8 (RFC 7741), VP9 (RFC 9628), AV1 (AOM's payload format), H.264 (RFC 6184) and Opus (RFC 7587)
//! as far as anybody without the content can tell: a true payload descriptor, a plausible head of the frame, then the
//! stamp, then filler.

mod av1;
mod h264;
mod shape;
mod video;
mod vp8;
mod vp9;

use std::time::Duration;

use sfu::Time;

use super::stamp::AudioStamp;

pub use h264::{SLICE_HEADER_LEN, Unarmoured, unarmour};
pub use video::{EncodedFrame, FramePackets, StreamFormat, VideoIdentity, VideoPacketizer};
pub use vp8::{INTER_HEADER_LEN, KEY_HEADER_LEN, START_CODE};
pub use vp9::{INTER_HEAD_LEN as VP9_INTER_HEAD_LEN, KEY_HEAD_LEN as VP9_KEY_HEAD_LEN};

/// Default room for one RTP payload, bytes: with IPv6, UDP, SRTP and header extensions it stays below 1,280.
pub const MAX_PAYLOAD: usize = 1_130;

const FILLER: u8 = 0x5a;

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

/// The packetizer of one audio source: one payload per encoded packet.
#[derive(Clone, Debug)]
pub struct AudioPacketizer {
    publisher: u16,
    source: u8,
    ordinal: u32,
}

impl AudioPacketizer {
    /// For a publisher's source.
    pub const fn new(publisher: u16, source: u8) -> Self {
        AudioPacketizer { publisher, source, ordinal: 0 }
    }

    /// Writes one payload of `bytes` (at least the stamp's 23) to the start of `out`.
    ///
    /// # Panics
    /// When `out` is too short.
    pub fn payload(
        &mut self,
        bytes: usize,
        voiced: bool,
        captured: Time,
        encode: Duration,
        out: &mut [u8],
    ) -> Payload {
        let (publisher, source, ordinal) = (self.publisher, self.source, self.ordinal);
        let len = bytes.max(AudioStamp::LEN);
        AudioStamp { publisher, source, voiced, ordinal, captured, encode }.write(out);
        out[AudioStamp::LEN..len].fill(FILLER);
        self.ordinal = ordinal.wrapping_add(1);
        // RFC 7587 section 4.2: the marker belongs on the first packet of a talk spurt; Chrome leaves it off.
        Payload { len, marker: false, ordinal }
    }
}
