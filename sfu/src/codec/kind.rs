//! The codecs that the core forwards.

use serde::{Deserialize, Serialize};

/// Audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

impl MediaKind {
    /// The RTP clock, ticks per second: 48 kHz for Opus (RFC 7587 section 4.1), 90 kHz for every video codec here
    /// (RFC 7741 section 4.1, RFC 9628 section 4.1, RFC 6184 section 5.1, and AV1's payload format).
    pub const fn clock_rate(self) -> u32 {
        match self {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }
}

/// What a source is encoded with, and how that goes into RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// Opus (RFC 7587).
    Opus,
    /// VP8 (RFC 7741).
    Vp8,
    /// VP9 (RFC 9628).
    Vp9,
    /// AV1 (AOM's RTP payload format, 1.0).
    Av1,
    /// H.264 in packetisation mode 1, non-interleaved (RFC 6184 section 6.3).
    H264,
    /// H.264 in packetisation mode 0, a NAL unit a packet (RFC 6184 section 6.2).
    #[serde(rename = "h264_mode0")]
    H264Mode0,
}

impl Codec {
    /// Audio or video.
    pub const fn kind(self) -> MediaKind {
        match self {
            Codec::Opus => MediaKind::Audio,
            Codec::Vp8 | Codec::Vp9 | Codec::Av1 | Codec::H264 | Codec::H264Mode0 => MediaKind::Video,
        }
    }

    /// Whether one stream of it can have several spatial layers.
    pub const fn is_scalable(self) -> bool {
        matches!(self, Codec::Vp9 | Codec::Av1)
    }

    /// H.264, in whichever packetisation mode.
    pub const fn is_h264(self) -> bool {
        matches!(self, Codec::H264 | Codec::H264Mode0)
    }
}
