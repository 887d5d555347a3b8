//! Encoded frames to RTP payloads.
//!
//! Payloads look like VP8 (RFC 7741), VP9 (RFC 9628), AV1 (AOM's payload format) and H.264 (RFC 6184) as far as anybody without the content can tell: a true payload descriptor, a plausible head of the frame, then the
//! stamp, then filler.

mod av1;
mod h264;
mod shape;
mod video;
mod vp8;
mod vp9;

pub use h264::{SLICE_HEADER_LEN, Unarmoured, unarmour};
pub use video::{EncodedFrame, FramePackets, StreamFormat, VideoIdentity, VideoPacketizer};
pub use vp8::{INTER_HEADER_LEN, KEY_HEADER_LEN, START_CODE};
pub use vp9::{INTER_HEAD_LEN as VP9_INTER_HEAD_LEN, KEY_HEAD_LEN as VP9_KEY_HEAD_LEN};

/// Default room for one RTP payload, bytes: with IPv6, UDP, SRTP and header extensions it stays below 1,280.
pub const MAX_PAYLOAD: usize = 1_130;

/// What payloads are filled up with.
pub const FILLER: u8 = 0x5a;

/// One RTP payload that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its length, bytes.
    pub len: usize,
    /// How many of these, at its end, are nothing but [`FILLER`].
    pub filler: usize,
    /// Whether the RTP marker belongs on it.
    pub marker: bool,
    /// Its number within its encoding or audio source, for the sender's log.
    pub ordinal: u32,
}
