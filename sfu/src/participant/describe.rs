//! What peers and core tell each other of sources and streams: the nouns of the conference protocol.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use slotmap::{Key, KeyData, new_key_type};

use crate::codec::{Codec, MediaKind};
use crate::rtp::ExtensionIds;

new_key_type! {
    /// A participant of this core, for its whole life; never given again to another.
    pub struct ParticipantId;
}

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{:x}", self.data().as_ffi())
    }
}

/// The text is no participant id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a participant id")]
pub struct NotAParticipantId;

impl FromStr for ParticipantId {
    type Err = NotAParticipantId;

    fn from_str(text: &str) -> Result<Self, NotAParticipantId> {
        let digits = text.strip_prefix('p').ok_or(NotAParticipantId)?;
        let value = u64::from_str_radix(digits, 16).map_err(|_| NotAParticipantId)?;
        Ok(KeyData::from_ffi(value).into())
    }
}

/// A source of one participant: the place in its own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub u8);

/// The payload types of one participant, both ways: what it can send and decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadTypes {
    /// Opus.
    pub opus: u8,
    /// Redundant audio around Opus (RFC 2198); absent when the participant doesn't speak it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opus_red: Option<u8>,
    /// VP8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vp8: Option<VideoFormat>,
    /// VP9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vp9: Option<VideoFormat>,
    /// AV1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub av1: Option<VideoFormat>,
    /// H.264, packetisation mode 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub h264: Option<VideoFormat>,
    /// H.264, packetisation mode 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub h264_mode0: Option<VideoFormat>,
    /// FlexFEC repair streams (RFC 8627); absent when the participant doesn't want them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flexfec: Option<u8>,
}

/// The payload types of one video codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VideoFormat {
    /// The media's.
    pub payload_type: u8,
    /// Its retransmissions' (RFC 4588); absent when the participant wants none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtx: Option<u8>,
}

impl PayloadTypes {
    /// How many payload types there can be.
    const MOST: usize = 13;

    /// Opus alone.
    pub const fn audio(opus: u8) -> Self {
        PayloadTypes {
            opus,
            opus_red: None,
            vp8: None,
            vp9: None,
            av1: None,
            h264: None,
            h264_mode0: None,
            flexfec: None,
        }
    }

    /// The payload types of a video codec; none for audio, and when the participant doesn't speak it.
    pub const fn video(&self, codec: Codec) -> Option<VideoFormat> {
        match codec {
            Codec::Opus => None,
            Codec::Vp8 => self.vp8,
            Codec::Vp9 => self.vp9,
            Codec::Av1 => self.av1,
            Codec::H264 => self.h264,
            Codec::H264Mode0 => self.h264_mode0,
        }
    }

    /// The payload type of a codec's media; none when the participant doesn't speak it.
    pub const fn media(&self, codec: Codec) -> Option<u8> {
        match (codec, self.video(codec)) {
            (Codec::Opus, _) => Some(self.opus),
            (_, Some(format)) => Some(format.payload_type),
            (_, None) => None,
        }
    }

    /// The payload type of a codec's retransmissions; none when there are to be none.
    pub const fn rtx(&self, codec: Codec) -> Option<u8> {
        match self.video(codec) {
            Some(format) => format.rtx,
            None => None,
        }
    }

    /// Every payload type that is set.
    pub fn all(&self) -> impl Iterator<Item = u8> {
        let video = [self.vp8, self.vp9, self.av1, self.h264, self.h264_mode0];
        let video = video.into_iter().flatten().flat_map(|format| [Some(format.payload_type), format.rtx]);
        let all = [Some(self.opus), self.opus_red, self.flexfec].into_iter().chain(video).flatten();
        all.take(Self::MOST)
    }
}

/// A source that a participant publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDescription {
    /// "cam", "mic", "share": unique per participant, at most 32 bytes.
    pub name: String,
    /// What it is encoded with, for as long as it is published.
    pub codec: Codec,
    /// Media identification tag (RFC 8843), 1 to 16 bytes.
    pub mid: String,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Content::is_camera")]
    pub content: Content,
    /// Video: the simulcast encodings, lowest first, 1 to 3. Audio: empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encodings: Vec<EncodingDescription>,
}

/// What a source of video shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// People: motion counts.
    #[default]
    Camera,
    /// A screen: detail counts, it comes in bursts, and it goes before cameras of the same priority.
    Screen,
}

impl Content {
    const fn is_camera(&self) -> bool {
        matches!(self, Content::Camera)
    }
}

impl SourceDescription {
    /// Audio or video.
    pub const fn kind(&self) -> MediaKind {
        self.codec.kind()
    }
}

/// One simulcast encoding of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncodingDescription {
    /// RTP stream id (RFC 8852), 1 to 16 bytes.
    pub rid: String,
    /// Picture height, px; of the highest spatial layer.
    pub height: u16,
    /// Full frame rate, frames per second.
    pub fps: u8,
    /// The most that the encoder is set to, kbit/s.
    pub max_kbps: u32,
    /// Temporal layers, 1 to 4.
    #[serde(default = "one")]
    pub temporal_layers: u8,
    /// Spatial layers of one stream (SVC: VP9, AV1), 1 to 3, each half as wide and high as the one above it.
    #[serde(default = "one")]
    pub spatial_layers: u8,
}

impl EncodingDescription {
    /// Picture heights of its spatial layers, from the lowest: each is half as high as the one above.
    pub(crate) fn heights(&self) -> impl Iterator<Item = u16> {
        (0..self.spatial_layers).rev().map(|below| self.height >> below)
    }
}

const fn one() -> u8 {
    1
}

/// What a participant's transport speaks: the same both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaParameters {
    /// Payload types.
    pub payload_types: PayloadTypes,
    /// Header extension ids.
    pub extensions: ExtensionIds,
}

/// A receiver's wish for one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Whose.
    pub publisher: String,
    /// Which source, by name.
    pub source: String,
    /// Video: lines of the picture at most, such as the tile's height. A source that has nothing so low comes in its
    /// lowest encoding or spatial layer. A tile between two of them gets the lower one: whoever would rather have the
    /// sharper one asks for its height, which the source's description tells.
    #[serde(default = "unlimited")]
    pub max_height: u16,
    /// Video: frames per second that are wanted at most.
    #[serde(default = "any_fps", skip_serializing_if = "is_any_fps")]
    pub max_fps: u8,
    /// Higher goes first when the line is thin.
    #[serde(default)]
    pub priority: u8,
    /// Video: it is what is looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_stage: bool,
}

impl Wish {
    /// Everything that there is of a source, off stage and without priority.
    pub const fn new(publisher: String, source: String) -> Self {
        Wish { publisher, source, max_height: unlimited(), max_fps: any_fps(), priority: 0, on_stage: false }
    }
}

const fn any_fps() -> u8 {
    u8::MAX
}

fn is_any_fps(fps: &u8) -> bool {
    *fps == u8::MAX
}

const fn unlimited() -> u16 {
    u16::MAX
}

/// A stream that the core will send to a receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamDescription {
    /// Whose.
    pub publisher: String,
    /// Which source, by name.
    pub source: String,
    /// What it is encoded with.
    pub codec: Codec,
    /// Media identification tag on the receiver's transport.
    pub mid: String,
    /// The stream's SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtx_ssrc: Option<u32>,
    /// The SSRC of the FlexFEC stream that protects it (RFC 8627).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fec_ssrc: Option<u32>,
}
