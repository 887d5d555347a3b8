//! What a participant publishes.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::units::Rate;

/// One published source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "codec", rename_all = "lowercase")]
pub enum Publication {
    /// Audio.
    Opus(Opus),
    /// Simulcast video.
    Vp8(Vp8),
}

impl Publication {
    /// Whether it is audio.
    pub fn is_audio(&self) -> bool {
        matches!(self, Publication::Opus(_))
    }
}

/// Opus audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speech {
    /// Talk spurts and pauses.
    OnOff,
    /// Always.
    Constant,
    /// Never.
    Silent,
}

/// VP8 video in one to three simulcast encodings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vp8 {
    /// Model of the encoder.
    pub model: VideoModel,
    /// The encodings, lowest first: 1 to 3, rising in size and rate.
    pub layers: Vec<Layer>,
    /// Temporal layers of each encoding, 1 to 3.
    pub temporal_layers: u8,
    /// Least rate of the lowest encoding; `None` leaves it to the encoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_rate: Option<Rate>,
}

/// Model of a video encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum VideoModel {
    /// The statistical model of RFC 8593, section 5.
    #[serde(rename = "rfc8593-statistical")]
    Rfc8593Statistical,
}

/// One encoding. Text: "640x360@30 500kbps".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Pixels, 16 to 16,383 (VP8 has 14 bits, RFC 6386, 9.1).
    pub width: u16,
    /// Pixels, 16 to 16,383.
    pub height: u16,
    /// Frames per second, 1 to 120.
    pub fps: u16,
    /// The most that it takes.
    pub rate: Rate,
}

impl Layer {
    /// Pixels of a frame.
    pub fn pixels(&self) -> u32 {
        u32::from(self.width) * u32::from(self.height)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}@{} {}", self.width, self.height, self.fps, self.rate)
    }
}

impl Serialize for Layer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
