//! Statistics of RTP streams, by the names of W3C webrtc-stats.

use serde::Serialize;

use crate::allocation::Reason;
use crate::codec::MediaKind;
use crate::forward::Layer;

/// A stream that a participant publishes (RTCInboundRtpStreamStats).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "inbound-rtp")]
pub struct InboundRtp {
    /// Which stream; unique among the participant's statistics.
    pub id: String,
    /// The stream's SSRC.
    pub ssrc: u32,
    /// Audio or video.
    pub kind: MediaKind,
    /// The source's mid.
    pub mid: String,
    /// The encoding's rid; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rid: Option<String>,
    /// The [`Codec`]'s id.
    pub codec_id: String,
    /// Packets, retransmissions not counted.
    pub packets_received: u64,
    /// Payload bytes.
    pub bytes_received: u64,
    /// Header, padding and tag bytes.
    pub header_bytes_received: u64,
    /// Expected minus received (RFC 3550 section 6.4.1), so negative with duplicates.
    pub packets_lost: i64,
    /// Interarrival jitter, s.
    pub jitter: f64,
    /// When the last packet came, ms on the core's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_packet_received_timestamp: Option<f64>,
    /// NACK packets sent on it.
    pub nack_count: u64,
    /// Picture loss indications sent on it.
    pub pli_count: u64,
    /// Full intra requests sent on it: this core sends none.
    pub fir_count: u64,
    /// Packets that came as retransmissions.
    pub retransmitted_packets_received: u64,
    /// Payload bytes that came as retransmissions.
    pub retransmitted_bytes_received: u64,
    /// Packets that came before, or too late.
    pub packets_discarded: u64,
    /// Video frames whose last packet came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_received: Option<u64>,
    /// Of these, in the last whole second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<u32>,
    /// Key frames whose first packet came; webrtc-stats counts decoded ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sfu_key_frames_received: Option<u64>,
    /// Packets missing that are being asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sfu_packets_missing: Option<usize>,
}

/// A stream that a participant receives (RTCOutboundRtpStreamStats).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "outbound-rtp")]
pub struct OutboundRtp {
    /// Which stream; unique among the participant's statistics.
    pub id: String,
    /// The stream's SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtx_ssrc: Option<u32>,
    /// Audio or video.
    pub kind: MediaKind,
    /// The stream's mid.
    pub mid: String,
    /// The [`Codec`]'s id.
    pub codec_id: String,
    /// The [`RemoteInboundRtp`]'s id; absent until the receiver reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_id: Option<String>,
    /// Whether anything is sent of it: neither muted nor without a layer.
    pub active: bool,
    /// Packets, retransmissions included.
    pub packets_sent: u64,
    /// Payload bytes, retransmissions included.
    pub bytes_sent: u64,
    /// Header, padding and tag bytes.
    pub header_bytes_sent: u64,
    /// Packets sent again.
    pub retransmitted_packets_sent: u64,
    /// Payload bytes sent again.
    pub retransmitted_bytes_sent: u64,
    /// When the last packet left, ms on the core's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sfu_last_packet_sent_timestamp: Option<f64>,
    /// NACK packets received on it.
    pub nack_count: u64,
    /// Picture loss indications received on it.
    pub pli_count: u64,
    /// Full intra requests received on it.
    pub fir_count: u64,
    /// Video frames whose last packet was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_sent: Option<u64>,
    /// Of these, in the last whole second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<u32>,
    /// What keeps the quality down; video only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_limitation_reason: Option<QualityLimitation>,
    /// Key frames whose first packet was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sfu_key_frames_sent: Option<u64>,
    /// Packets of padding sent on the retransmission SSRC, by bandwidth probes.
    pub sfu_padding_packets_sent: u64,
    /// Repair packets (RFC 8627) sent beside it; not among the packets above.
    pub sfu_fec_packets_sent: u64,
    /// Starts of the stream and switches to another encoding.
    pub sfu_layer_switches: u64,
    /// What is forwarded at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sfu_layer: Option<Layer>,
    /// Why no higher layer was chosen, with the numbers to recompute it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sfu_layer_reason: Option<Reason>,
    /// Whose source it is.
    pub sfu_publisher: String,
    /// The source's name.
    pub sfu_source: String,
}

/// What the receiver of a stream reports (RTCRemoteInboundRtpStreamStats).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "remote-inbound-rtp")]
pub struct RemoteInboundRtp {
    /// Which report; unique among the participant's statistics.
    pub id: String,
    /// The [`OutboundRtp`]'s id.
    pub local_id: String,
    /// The stream's SSRC.
    pub ssrc: u32,
    /// Audio or video.
    pub kind: MediaKind,
    /// When the report came, ms on the core's clock.
    pub timestamp: f64,
    /// Share lost between the last two reports, 0 to 1. Numbers that were lost on the publisher's uplink are missing
    /// here, too.
    pub fraction_lost: f64,
    /// Lost since the start; negative with duplicates.
    pub packets_lost: i64,
    /// Interarrival jitter, s.
    pub jitter: f64,
    /// The last round trip that a report proved, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_time: Option<f64>,
    /// The sum of the round trips, s.
    pub total_round_trip_time: f64,
    /// How many there were.
    pub round_trip_time_measurements: u64,
}

/// A payload type in use (RTCCodecStats).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "codec")]
pub struct Codec {
    /// Which codec; unique among the participant's statistics.
    pub id: String,
    /// The payload type, both ways.
    pub payload_type: u8,
    /// "video/VP8".
    pub mime_type: &'static str,
    /// Ticks of the RTP clock per second.
    pub clock_rate: u32,
    /// Audio channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u8>,
}

/// What keeps the quality of a video stream down (RTCQualityLimitationReason).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum QualityLimitation {
    /// Nothing: the receiver gets what it wishes.
    None,
    /// The estimate of the downlink.
    Bandwidth,
    /// Anything else, such as a publisher that sends nothing.
    Other,
}

impl QualityLimitation {
    /// What a choice of the allocation means in these words.
    pub const fn of(reason: &Reason) -> Self {
        match reason {
            Reason::FitsWish | Reason::CappedByTile { .. } => QualityLimitation::None,
            Reason::CappedByBudget { .. }
            | Reason::SavedForOthers { .. }
            | Reason::HeldByHysteresis { .. }
            | Reason::NoBudgetForBase { .. } => QualityLimitation::Bandwidth,
            Reason::PausedByView | Reason::BeyondLastN { .. } | Reason::NoActiveLayer => {
                QualityLimitation::Other
            }
        }
    }
}
