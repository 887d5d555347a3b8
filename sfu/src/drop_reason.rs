//! Why a packet was not forwarded, answered or kept: every drop counts under exactly one reason.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

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
    /// Sound of a source that isn't among the loudest.
    NotLoudest,
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
    /// SCTP whose checksum or whose lengths are wrong.
    MalformedSctp,
    /// SCTP with a verification tag that is not the association's.
    SctpTag,
    /// SCTP that is out of place, or more than its sender may make anybody hold.
    SctpRefused,
    /// A message of the data channel establishment protocol, or an envelope, that does not parse.
    MalformedData,
    /// A data message on a stream on which no channel was opened.
    NoDataChannel,
    /// One more data channel than a participant may open.
    TooManyDataChannels,
    /// A data message that is longer than messages may be.
    DataTooLarge,
    /// A directed data message to somebody who isn't there, or has no such channel.
    NoDataRecipient,
    /// A data message for a receiver whose queue is full.
    DataQueueFull,
    /// A data message on a partly reliable channel that made room for a newer one.
    DataDisplaced,
}

impl DropReason {
    /// How many reasons there are.
    pub const COUNT: usize = DropReason::DataDisplaced as usize + 1;

    /// Every reason, in order.
    pub const ALL: [DropReason; DropReason::COUNT] = {
        use DropReason::*;
        [
            NotDemultiplexed,
            UnknownAddress,
            MalformedStun,
            UnknownUfrag,
            StunIntegrity,
            UnexpectedStun,
            StunRateLimited,
            StunReplay,
            MalformedDtls,
            UnexpectedDtls,
            NoKeys,
            MalformedRtp,
            MalformedRtcp,
            SrtpAuthentication,
            SrtpReplay,
            UnknownStream,
            UnknownPayloadType,
            TooManyStreams,
            MalformedPayload,
            UnknownStructure,
            PaddingOnly,
            Duplicate,
            TooOld,
            Muted,
            NotLoudest,
            NotSelected,
            WaitingForKeyFrame,
            TemporalLayer,
            SpatialLayer,
            Silence,
            ReceiverNotReady,
            EgressFull,
            MalformedSctp,
            SctpTag,
            SctpRefused,
            MalformedData,
            NoDataChannel,
            TooManyDataChannels,
            DataTooLarge,
            NoDataRecipient,
            DataQueueFull,
            DataDisplaced,
        ]
    };
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

    /// Counts `packets` under `reason`.
    pub fn add(&mut self, reason: DropReason, packets: u64) {
        self.0[reason as usize] += packets;
    }

    /// How many packets were dropped for `reason`.
    pub fn of(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// The reasons that anything was dropped for, in order, and how many packets.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> {
        let counts = DropReason::ALL.into_iter().map(|reason| (reason, self.of(reason)));
        counts.filter(|(_, count)| *count > 0)
    }

    /// How many packets were dropped in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// A map of the reasons that anything was dropped for.
impl Serialize for DropCounters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (reason, count) in self.iter() {
            map.serialize_entry(&reason, &count)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_place() {
        for (place, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
    }

    #[test]
    fn counters_serialise_without_what_is_zero() {
        let mut counters = DropCounters::default();
        for reason in [DropReason::Muted, DropReason::NoKeys, DropReason::Muted] {
            counters.count(reason);
        }
        let text = serde_json::to_string(&counters).expect("a map of numbers");
        assert_eq!(text, r#"{"no_keys":1,"muted":2}"#);
        assert_eq!(counters.total(), 3);
    }
}
