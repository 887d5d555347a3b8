//! Why a packet was not forwarded, answered or kept: every drop counts under exactly one reason.

use serde::Serialize;

/// The reason for one dropped packet. Counters are arrays indexed by `reason as usize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum DropReason {
    /// Empty, or its first byte belongs to no protocol of RFC 7983.
    NotDemultiplexed,
    /// From an address that no authenticated connectivity check came from.
    UnknownAddress,
    /// STUN that does not parse, or whose FINGERPRINT is wrong or missing.
    MalformedStun,
    /// STUN for a user name fragment that nobody here has.
    UnknownUfrag,
    /// STUN whose MESSAGE-INTEGRITY is wrong or missing.
    StunIntegrity,
    /// STUN of a method or class that an ICE-lite agent has no use for.
    UnexpectedStun,
    /// More connectivity checks from unproven addresses than one participant may cause.
    StunRateLimited,
    /// A recorded connectivity check, sent again from another address.
    StunReplay,
    /// DTLS that the handshake refused.
    MalformedDtls,
    /// DTLS that arrived before an address was nominated, or after the association ended.
    UnexpectedDtls,
    /// Media before the DTLS handshake gave keys.
    NoKeys,
    /// RTP whose header does not parse.
    MalformedRtp,
    /// RTCP whose structure does not parse.
    MalformedRtcp,
    /// SRTP or SRTCP whose authentication tag is wrong.
    SrtpAuthentication,
    /// SRTP or SRTCP that came before, or is older than the replay window.
    SrtpReplay,
    /// RTP that names no stream: neither a known SSRC nor a known mid and rid.
    UnknownStream,
    /// A payload type that was not negotiated.
    UnknownPayloadType,
    /// One more SSRC than a participant may use.
    TooManyStreams,
    /// A payload descriptor that does not parse.
    MalformedPayload,
    /// A dependency descriptor that refers to a structure which never came.
    UnknownStructure,
    /// Padding only: counted for congestion control, never forwarded.
    PaddingOnly,
    /// A packet that came before, outside SRTP's own window (a retransmission nobody missed, say).
    Duplicate,
    /// A retransmission of something too old to be of use.
    TooOld,
    /// The publisher or its source is muted.
    Muted,
    /// Nobody subscribes to this encoding at the moment.
    NotSelected,
    /// The receiver waits for a key frame of this encoding.
    WaitingForKeyFrame,
    /// A temporal layer above the receiver's.
    TemporalLayer,
    /// A spatial layer that the receiver's picture doesn't need.
    SpatialLayer,
    /// Comfort noise in the middle of a pause (Opus DTX): the receiver makes its own.
    Silence,
    /// The receiver is not connected.
    ReceiverNotReady,
    /// The output of the receiver is full.
    EgressFull,
}

impl DropReason {
    /// How many reasons there are.
    pub const COUNT: usize = DropReason::EgressFull as usize + 1;
}

/// How many packets were dropped, by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropCounters([u64; DropReason::COUNT]);

impl Default for DropCounters {
    fn default() -> Self {
        DropCounters([0; DropReason::COUNT])
    }
}

impl DropCounters {
    /// Counts one packet under `reason`.
    pub fn count(&mut self, reason: DropReason) {
        self.0[reason as usize] += 1;
    }

    /// How many packets were dropped for `reason`.
    pub fn of(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// How many packets were dropped in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}
