//! What a sender is made of.

use sfu::participant::{Codec, EncodingDescription, MediaParameters, SourceDescription};
use sfu::{DataRate, DataSize};

use crate::participant::media::speech::SpeechKind;

/// RTP stream ids by encoding, lowest first.
pub(super) const RIDS: [&str; 3] = ["l", "m", "h"];

/// What a participant publishes, and how.
#[derive(Clone, Debug)]
pub struct SenderConfig {
    /// The participant's place in the cast.
    pub publisher: u16,
    /// Payload types and extension ids as negotiated.
    pub media: MediaParameters,
    /// Cameras and microphones; at most 256.
    pub sources: Vec<SourceConfig>,
    /// Whether lost video is sent again (RFC 4588); it needs a payload type for RTX as well.
    pub rtx: bool,
    /// What SRTP, UDP and IP add to each packet: counted against the estimate, as libwebrtc does since
    /// `WebRTC-SendSideBwe-WithOverhead` is on by default.
    pub overhead: DataSize,
    /// Canonical name (RFC 3550 section 6.5.1) of all streams, at most 255 bytes.
    pub cname: String,
}

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceConfig {
    /// Simulcast VP8.
    Camera(CameraSettings),
    /// Opus.
    Microphone(MicrophoneSettings),
}

/// A camera.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraSettings {
    /// "cam", "share": unique per participant.
    pub name: String,
    /// Media identification tag, 1 to 16 bytes.
    pub mid: String,
    /// Simulcast encodings, lowest first: 1 to 3.
    pub layers: Vec<LayerSettings>,
    /// Temporal layers of each encoding; taken as 1 to 3.
    pub temporal_layers: u8,
}

/// One simulcast encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSettings {
    /// Picture width, px.
    pub width: u16,
    /// Picture height, px.
    pub height: u16,
    /// Frames per second, 1 at least; the camera runs at the highest of its layers and the others take every
    /// n-th picture.
    pub fps: u8,
    /// The encoder is set to this at most: payload, without any header.
    pub max: DataRate,
    /// Below this the encoding is switched off; the lowest one is held at it instead.
    pub min: DataRate,
}

/// A microphone.
#[derive(Clone, Debug, PartialEq)]
pub struct MicrophoneSettings {
    /// "mic": unique per participant.
    pub name: String,
    /// Media identification tag, 1 to 16 bytes.
    pub mid: String,
    /// Constant rate of the encoder: payload, without any header.
    pub rate: DataRate,
    /// Who speaks when.
    pub speech: SpeechKind,
    /// Whether pauses are left out, but for a packet in 400 ms.
    pub dtx: bool,
    /// Whether a packet of speech holds a copy of the one before, at a third of its size.
    pub fec: bool,
    /// How many packets before it are sent along with each (RFC 2198), 0 to 2; it needs a payload type as well.
    pub red: u8,
}

impl SourceConfig {
    /// The source's name.
    pub fn name(&self) -> &str {
        match self {
            SourceConfig::Camera(camera) => &camera.name,
            SourceConfig::Microphone(microphone) => &microphone.name,
        }
    }

    /// The source as the conference protocol describes it.
    pub fn describe(&self) -> SourceDescription {
        match self {
            SourceConfig::Camera(camera) => camera.describe(),
            SourceConfig::Microphone(microphone) => SourceDescription {
                name: microphone.name.clone(),
                codec: Codec::Opus,
                mid: microphone.mid.clone(),
                encodings: Vec::new(),
            },
        }
    }
}

impl CameraSettings {
    /// The temporal layers that the encoder model has patterns for.
    pub(super) fn temporal_layers(&self) -> u8 {
        self.temporal_layers.clamp(1, 3)
    }

    /// Pictures per second.
    pub(super) fn fps(&self) -> u8 {
        self.layers.iter().map(|layer| layer.fps).max().unwrap_or(1).max(1)
    }

    fn describe(&self) -> SourceDescription {
        let encoding = |(rid, layer): (&&str, &LayerSettings)| EncodingDescription {
            rid: (*rid).to_owned(),
            height: layer.height,
            fps: layer.fps,
            max_kbps: layer.max.as_kbps().try_into().unwrap_or(u32::MAX),
            temporal_layers: self.temporal_layers(),
            spatial_layers: 1,
        };
        SourceDescription {
            name: self.name.clone(),
            codec: Codec::Vp8,
            mid: self.mid.clone(),
            encodings: RIDS.iter().zip(&self.layers).map(encoding).collect(),
        }
    }
}
