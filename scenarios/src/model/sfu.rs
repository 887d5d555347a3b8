//! The server.

use std::time::Duration;

use serde::Serialize;

use crate::units::{Rate, Size, duration_text};

/// What estimates a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CongestionControl {
    /// Google congestion control.
    #[default]
    Gcc,
    /// SCReAM, its second version.
    Scream,
    /// SCReAM, its first version (RFC 8298).
    #[serde(rename = "scream-v1")]
    ScreamV1,
    /// RFC 8698.
    Nada,
    /// The estimator of the webrtc-rs family, to compare with.
    #[serde(rename = "webrtc-rs")]
    WebrtcRs,
    /// Nothing: always the greatest rate.
    Fixed,
}

impl CongestionControl {
    /// Whether it is what is used when a scenario doesn't say.
    pub(crate) fn is_usual(&self) -> bool {
        *self == CongestionControl::default()
    }
}

/// How arrivals are told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Feedback {
    /// By transport-wide numbers.
    #[default]
    #[serde(rename = "transport-cc")]
    TransportCc,
    /// By stream, with ECN marks.
    Rfc8888,
}

impl Feedback {
    fn is_usual(&self) -> bool {
        *self == Feedback::default()
    }
}

/// How explicit congestion notification is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EcnUse {
    /// Packets are not ECN-capable.
    #[default]
    Off,
    /// Packets leave as ECT(0) (RFC 3168).
    Classic,
    /// Packets leave as ECT(1) (RFC 9331).
    L4s,
}

impl EcnUse {
    pub(crate) fn is_usual(&self) -> bool {
        *self == EcnUse::default()
    }
}

/// A server's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "SfuText")]
pub struct Sfu {
    /// Offers retransmission (RFC 4588), both ways.
    pub rtx: bool,
    /// Asks publishers for lost packets, and answers receivers who ask.
    pub nack: bool,
    /// Most that it sends to one receiver.
    pub max_bitrate: Option<Rate>,
    /// What estimates each receiver's line.
    pub congestion_control: CongestionControl,
    /// How arrivals are told of, both ways.
    pub feedback: Feedback,
    /// Whether what it sends is ECN-capable.
    pub ecn: EcnUse,
    /// Tells everybody who the dominant speaker is.
    pub dominant_speaker: bool,
    /// How many sources of sound it forwards at a time; all when 0.
    pub loudest: u8,
    /// How layers are chosen for a receiver.
    pub allocation: Allocation,
    /// Sources of video that a receiver gets at a time; `None`: all.
    pub last_n: Option<u16>,
    /// Tells publishers which encodings nobody watches.
    pub pause_unwatched: bool,
    /// Its cost per packet in virtual time; `None` is free of cost.
    pub cpu: Option<Cpu>,
}

impl Default for Sfu {
    fn default() -> Sfu {
        Sfu {
            rtx: true,
            nack: true,
            max_bitrate: None,
            congestion_control: CongestionControl::Gcc,
            feedback: Feedback::TransportCc,
            ecn: EcnUse::Off,
            dominant_speaker: true,
            loudest: 0,
            allocation: Allocation::Fair,
            last_n: None,
            pause_unwatched: false,
            cpu: None,
        }
    }
}

/// How layers are chosen for a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allocation {
    /// Everyone's picture first, then always the cheapest step.
    Fair,
    /// Who is on stage first.
    Stage,
    /// Always a step for who has least of what its tile could show.
    MaxMin,
}

impl Allocation {
    fn is_usual(&self) -> bool {
        *self == Allocation::Fair
    }
}

/// The cost of a packet in virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cpu {
    /// Workers, 1 to 256: a conference lives on one of them.
    pub cores: u32,
    /// To receive a packet.
    #[serde(serialize_with = "duration_text")]
    pub per_packet_in: Duration,
    /// To send a packet.
    #[serde(serialize_with = "duration_text")]
    pub per_packet_out: Duration,
    /// What may wait at the socket of a worker, as Linux counts it.
    #[serde(skip_serializing_if = "is_usual_buffer")]
    pub socket_buffer: Size,
}

impl Cpu {
    /// `net.core.rmem_default` of Linux: 256 of the smallest packets, each with what the system keeps beside it.
    pub const USUAL_BUFFER: Size = Size::from_bytes(212_992);
}

fn is_usual_buffer(buffer: &Size) -> bool {
    *buffer == Cpu::USUAL_BUFFER
}

#[derive(Serialize)]
struct SfuText {
    config: ConfigText,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<Cpu>,
}

#[derive(Serialize)]
struct ConfigText {
    rtx: bool,
    nack: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bitrate: Option<Rate>,
    #[serde(skip_serializing_if = "CongestionControl::is_usual")]
    congestion_control: CongestionControl,
    #[serde(skip_serializing_if = "Feedback::is_usual")]
    feedback: Feedback,
    #[serde(skip_serializing_if = "EcnUse::is_usual")]
    ecn: EcnUse,
    #[serde(skip_serializing_if = "is_false")]
    dominant_speaker: bool,
    #[serde(skip_serializing_if = "is_zero")]
    loudest: u8,
    #[serde(skip_serializing_if = "Allocation::is_usual")]
    allocation: Allocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_n: Option<u16>,
    #[serde(skip_serializing_if = "is_false")]
    pause_unwatched: bool,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_zero(count: &u8) -> bool {
    *count == 0
}

impl From<Sfu> for SfuText {
    fn from(sfu: Sfu) -> SfuText {
        let Sfu { rtx, nack, max_bitrate, dominant_speaker, loudest, .. } = sfu;
        let Sfu { congestion_control, feedback, ecn, allocation, last_n, pause_unwatched, cpu, .. } = sfu;
        let config = ConfigText {
            rtx,
            nack,
            max_bitrate,
            congestion_control,
            feedback,
            ecn,
            dominant_speaker,
            loudest,
            allocation,
            last_n,
            pause_unwatched,
        };
        SfuText { config, cpu }
    }
}
