//! The server.

use std::time::Duration;

use serde::Serialize;

use crate::units::{Rate, duration_text};

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
    /// Tells everybody who the dominant speaker is.
    pub dominant_speaker: bool,
    /// How many sources of sound it forwards at a time; all when 0.
    pub loudest: u8,
    /// Its cost per packet in virtual time; `None` is free of cost.
    pub cpu: Option<Cpu>,
}

impl Default for Sfu {
    fn default() -> Sfu {
        Sfu { rtx: true, nack: true, max_bitrate: None, dominant_speaker: true, loudest: 0, cpu: None }
    }
}

/// The cost of a packet in virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cpu {
    /// 1 to 256.
    pub cores: u32,
    /// To receive a packet.
    #[serde(serialize_with = "duration_text")]
    pub per_packet_in: Duration,
    /// To send a packet.
    #[serde(serialize_with = "duration_text")]
    pub per_packet_out: Duration,
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
    #[serde(skip_serializing_if = "is_false")]
    dominant_speaker: bool,
    #[serde(skip_serializing_if = "is_zero")]
    loudest: u8,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_zero(count: &u8) -> bool {
    *count == 0
}

impl From<Sfu> for SfuText {
    fn from(sfu: Sfu) -> SfuText {
        let Sfu { rtx, nack, max_bitrate, dominant_speaker, loudest, cpu } = sfu;
        SfuText { config: ConfigText { rtx, nack, max_bitrate, dominant_speaker, loudest }, cpu }
    }
}
