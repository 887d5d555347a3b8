//! What peers and core tell each other of sources and streams: the nouns of the conference protocol.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use slotmap::{Key, KeyData, new_key_type};

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

/// Audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Opus.
    Audio,
    /// VP8.
    Video,
}

impl MediaKind {
    /// The RTP clock, ticks per second (RFC 7587 section 4.1, RFC 7741 section 4.1).
    pub const fn clock_rate(self) -> u32 {
        match self {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }
}

/// The payload types of one participant, both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadTypes {
    /// Opus.
    pub opus: u8,
    /// VP8.
    pub vp8: u8,
    /// RTX for VP8; absent when the participant wants no retransmission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vp8_rtx: Option<u8>,
}

/// A source that a participant publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDescription {
    /// "cam", "mic", "share": unique per participant, at most 32 bytes.
    pub name: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// Media identification tag (RFC 8843), 1 to 16 bytes.
    pub mid: String,
    /// Video: the simulcast encodings, lowest first, 1 to 3. Audio: empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encodings: Vec<EncodingDescription>,
}

/// One simulcast encoding of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncodingDescription {
    /// RTP stream id (RFC 8852), 1 to 16 bytes.
    pub rid: String,
    /// Picture height, px.
    pub height: u16,
    /// Full frame rate, frames per second.
    pub fps: u8,
    /// The most that the encoder is set to, kbit/s.
    pub max_kbps: u32,
    /// Temporal layers, 1 to 4.
    #[serde(default = "one")]
    pub temporal_layers: u8,
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
    /// Video: the tile's height, px; higher encodings than the next above it are of no use.
    #[serde(default = "unlimited")]
    pub max_height: u16,
    /// Higher goes first when the line is thin.
    #[serde(default)]
    pub priority: u8,
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
    /// Audio or video.
    pub kind: MediaKind,
    /// Media identification tag on the receiver's transport.
    pub mid: String,
    /// The stream's SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtx_ssrc: Option<u32>,
}
