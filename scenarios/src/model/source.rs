//! What a participant publishes.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::video::{Video, VideoCodec};
use crate::units::{Rate, duration_text, format_duration};

/// One published source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Audio.
    Opus(Opus),
    /// Video.
    Video(Video),
}

impl Publication {
    /// Whether it is audio.
    pub fn is_audio(&self) -> bool {
        matches!(self, Publication::Opus(_))
    }
}

/// A publication as it is written: its `codec` first.
#[derive(Serialize)]
#[serde(tag = "codec", rename_all = "lowercase")]
enum Written<'a> {
    Opus(&'a Opus),
    Vp8(&'a Video),
    Vp9(&'a Video),
    Av1(&'a Video),
    H264 {
        packetization_mode: u8,
        #[serde(flatten)]
        video: &'a Video,
    },
}

impl Serialize for Publication {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Publication::Opus(opus) => Written::Opus(opus),
            Publication::Video(video) => match video.codec {
                VideoCodec::Vp8 => Written::Vp8(video),
                VideoCodec::Vp9 => Written::Vp9(video),
                VideoCodec::Av1 => Written::Av1(video),
                VideoCodec::H264(mode) => Written::H264 { packetization_mode: mode.number(), video },
            },
        }
        .serialize(to)
    }
}

/// Opus audio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opus {
    /// Rate while speaking, 6 to 510 kbps (RFC 6716, 2.1.1).
    pub rate: Rate,
    /// When there is speech.
    pub speech: Speech,
    /// Leaves out pauses, but for a packet in 400 ms.
    pub dtx: bool,
    /// A packet of speech holds a low-rate copy of the one before (RFC 6716, 2.1.7).
    pub fec: bool,
    /// How many packets before it are sent along with each (RFC 2198), 0 to 2.
    pub red: u8,
}

/// When there is speech.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speech {
    /// Talk spurts and pauses.
    OnOff,
    /// Always.
    Constant,
    /// Never.
    Silent,
    /// In these turns, one after the other.
    Turns(Vec<Turn>),
    /// Members of a group one after the other, each for so long less half a second.
    Rota(#[serde(serialize_with = "duration_text")] Duration),
}

/// A turn to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When it begins.
    pub from: Duration,
    /// When it ends.
    pub until: Duration,
}

impl Serialize for Turn {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq([self.from, self.until].map(format_duration))
    }
}
