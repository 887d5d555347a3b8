//! Video that a participant publishes: its codec, its layers, and how they depend on each other.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::units::Rate;

/// Video in one to three simulcast encodings, or in one stream of as many spatial layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Video {
    /// What it is encoded with.
    #[serde(skip)]
    pub codec: VideoCodec,
    /// Model of the encoder.
    pub model: VideoModel,
    /// Lowest first, 1 to 3, rising in size: the spatial layers when [`Scalability::spatial`] is above 1, of the one
    /// stream, each with the rate of its own share; otherwise the simulcast encodings.
    pub layers: Vec<Layer>,
    /// The layers within a stream.
    #[serde(flatten)]
    pub scalability: Scalability,
    /// Least rate of the lowest layer; `None` leaves it to the encoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_rate: Option<Rate>,
    /// Whether packets carry AV1's dependency descriptor though this is another codec.
    #[serde(skip_serializing_if = "is_false")]
    pub dependency_descriptor: bool,
    /// Whether packets tell which layers there are.
    #[serde(skip_serializing_if = "is_false")]
    pub layers_allocation: bool,
    /// Whether the server can't read the payload, and goes by the dependency descriptor alone.
    #[serde(skip_serializing_if = "is_false")]
    pub encrypted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Video {
    /// Whether `layers` are simulcast encodings, each a stream of its own.
    pub fn is_simulcast(&self) -> bool {
        self.scalability.spatial == 1
    }

    /// Whether packets carry the dependency descriptor; those of AV1 always do.
    pub fn is_described(&self) -> bool {
        self.dependency_descriptor || self.codec == VideoCodec::Av1
    }
}

/// A video codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoCodec {
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// AV1.
    Av1,
    /// H.264.
    H264(PacketizationMode),
}

/// How H.264 goes into packets (RFC 6184 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketizationMode {
    /// 0: one NAL unit a packet, so slices are made to fit.
    SingleNal,
    /// 1: NAL units are aggregated and fragmented.
    NonInterleaved,
}

impl PacketizationMode {
    /// As session descriptions write it (RFC 6184 section 8.1).
    pub const fn number(self) -> u8 {
        match self {
            PacketizationMode::SingleNal => 0,
            PacketizationMode::NonInterleaved => 1,
        }
    }
}

/// The layers within one stream, by the names of W3C webrtc-svc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalability {
    /// Spatial layers, 1 to 3.
    pub spatial: u8,
    /// Temporal layers, 1 to 3.
    pub temporal: u8,
    /// Whether a layer refers to the one below it on key pictures only (the names that end in `_KEY`).
    pub key_only: bool,
}

impl Scalability {
    /// The name, such as "L3T3_KEY".
    pub fn name(self) -> String {
        format!("L{}T{}{}", self.spatial, self.temporal, if self.key_only { "_KEY" } else { "" })
    }
}

/// The text is no scalability mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scalability mode")]
pub struct NotAScalability;

impl FromStr for Scalability {
    type Err = NotAScalability;

    fn from_str(text: &str) -> Result<Self, NotAScalability> {
        let (layers, key_only) = match text.strip_suffix("_KEY") {
            Some(layers) => (layers, true),
            None => (text, false),
        };
        let &[b'L', spatial @ b'1'..=b'3', b'T', temporal @ b'1'..=b'3'] = layers.as_bytes() else {
            return Err(NotAScalability);
        };
        let (spatial, temporal) = (spatial - b'0', temporal - b'0');
        if key_only && spatial == 1 {
            return Err(NotAScalability);
        }
        Ok(Scalability { spatial, temporal, key_only })
    }
}

/// Streams of one spatial layer say how many temporal ones they have; the others give their mode's name.
impl Serialize for Scalability {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.spatial {
            1 => to.collect_map([("temporal_layers", self.temporal)]),
            _ => to.collect_map([("scalability", self.name())]),
        }
    }
}

/// Model of a video encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum VideoModel {
    /// The statistical model of RFC 8593, section 5.
    #[serde(rename = "rfc8593-statistical")]
    Rfc8593Statistical,
    /// A shared screen: little at rest, and bursts.
    #[serde(rename = "screen")]
    Screen,
}

/// One simulcast encoding, or one spatial layer. Text: "640x360@30 500kbps".
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
