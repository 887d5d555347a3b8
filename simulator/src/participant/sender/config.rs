//! What a sender is made of.

use sfu::congestion::{ControllerKind, Options};
use sfu::participant::{Codec, Content, EncodingDescription, MediaParameters, SourceDescription};
use sfu::rtcp::FeedbackKind;
use sfu::{DataRate, DataSize};

use crate::participant::media::packetizer::StreamFormat;
use crate::participant::media::speech::SpeechKind;
use crate::participant::media::structure::Scalability;

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
    /// What estimates the uplink.
    pub congestion_control: ControllerKind,
    /// What is asked of it.
    pub controller_options: Options,
    /// How the SFU tells of what arrives.
    pub feedback: FeedbackKind,
    /// What SRTP, UDP and IP add to each packet: counted against the estimate, as libwebrtc does since
    /// `WebRTC-SendSideBwe-WithOverhead` is on by default.
    pub overhead: DataSize,
    /// Canonical name (RFC 3550 section 6.5.1) of all streams, at most 255 bytes.
    pub cname: String,
}

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceConfig {
    /// Simulcast or scalable video.
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
    /// What it is encoded with.
    pub codec: Codec,
    /// Lowest first, 1 to 3: the spatial layers of one stream when `scalability` has several, otherwise simulcast
    /// encodings.
    pub layers: Vec<LayerSettings>,
    /// The layers of each stream.
    pub scalability: Scalability,
    /// Whether packets carry the dependency descriptor.
    pub described: bool,
    /// Whether packets tell which layers there are (video layers allocation).
    pub announced: bool,
    /// Whether the SFU can't read payloads.
    pub encrypted: bool,
    /// Whether it is a shared screen.
    pub screen: bool,
}

/// One simulcast encoding, or one spatial layer.
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
    /// Below this the layer is switched off; the lowest one is held at it instead.
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
                content: Content::Camera,
                encodings: Vec::new(),
            },
        }
    }
}

impl CameraSettings {
    /// Whether the layers are those of one stream.
    pub(super) fn is_scalable(&self) -> bool {
        self.scalability.spatial > 1
    }

    /// The layers of each stream.
    pub(super) fn streams(&self) -> impl Iterator<Item = &[LayerSettings]> {
        self.layers.chunks(if self.is_scalable() { self.layers.len() } else { 1 })
    }

    /// What the stream of `layers` is made of.
    pub(super) fn format(&self, layers: &[LayerSettings]) -> StreamFormat {
        StreamFormat {
            codec: self.codec,
            scalability: self.scalability,
            sizes: layers.iter().map(|layer| (layer.width, layer.height)).collect(),
            described: self.described,
            encrypted: self.encrypted,
        }
    }

    /// Pictures per second.
    pub(super) fn fps(&self) -> u8 {
        self.layers.iter().map(|layer| layer.fps).max().unwrap_or(1).max(1)
    }

    fn describe(&self) -> SourceDescription {
        let encoding = |(rid, layers): (&&str, &[LayerSettings])| {
            let highest = layers.last().expect("a stream has a layer");
            let max: DataRate = layers.iter().map(|layer| layer.max).sum();
            EncodingDescription {
                rid: (*rid).to_owned(),
                height: highest.height,
                fps: highest.fps,
                max_kbps: max.as_kbps().try_into().unwrap_or(u32::MAX),
                temporal_layers: self.scalability.temporal,
                spatial_layers: layers.len() as u8,
            }
        };
        SourceDescription {
            name: self.name.clone(),
            codec: self.codec,
            mid: self.mid.clone(),
            content: if self.screen { Content::Screen } else { Content::Camera },
            encodings: RIDS.iter().zip(self.streams()).map(encoding).collect(),
        }
    }
}
