//! What packets are there for.

use serde::Serialize;

/// What a packet is there for: the split of link utilisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TrafficClass {
    /// Audio payload and its RTP header.
    Audio,
    /// Video payload and its RTP header.
    Video,
    /// RTX (RFC 4588).
    Retransmission,
    /// Forward error correction.
    Fec,
    /// Padding and probes.
    Padding,
    /// RTCP.
    Rtcp,
    /// STUN and DTLS.
    Connectivity,
    /// Data channels.
    Data,
    /// The conference protocol.
    Signalling,
    /// Traffic that is not the conference's.
    Cross,
}

impl TrafficClass {
    /// How many classes there are.
    pub const COUNT: usize = TrafficClass::Cross as usize + 1;
    /// All classes, in the order of their discriminants.
    pub const ALL: [TrafficClass; TrafficClass::COUNT] = [
        TrafficClass::Audio,
        TrafficClass::Video,
        TrafficClass::Retransmission,
        TrafficClass::Fec,
        TrafficClass::Padding,
        TrafficClass::Rtcp,
        TrafficClass::Connectivity,
        TrafficClass::Data,
        TrafficClass::Signalling,
        TrafficClass::Cross,
    ];
}
