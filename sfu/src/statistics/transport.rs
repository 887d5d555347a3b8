//! Statistics of a participant's transport, by the names of W3C webrtc-stats.

use serde::Serialize;

use super::totals::CopyTotals;
use crate::drop_reason::DropCounters;

/// A transport (RTCTransportStats).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "transport")]
pub struct Transport {
    /// Which transport; unique among the participant's statistics.
    pub id: &'static str,
    /// "connected", or "new" before the handshake is done.
    pub dtls_state: &'static str,
    /// "connected" with a nominated path, "checking" without.
    pub ice_state: &'static str,
    /// Always "server" in DTLS.
    pub dtls_role: &'static str,
    /// Always "controlled" in ICE.
    pub ice_role: &'static str,
    /// Datagrams sent, answers to connectivity checks not counted.
    pub packets_sent: u64,
    /// Datagrams received, those that were dropped included.
    pub packets_received: u64,
    /// UDP payload of the former, bytes.
    pub bytes_sent: u64,
    /// UDP payload of the latter, bytes.
    pub bytes_received: u64,
    /// Datagrams received that were of use.
    pub sfu_packets_taken: u64,
    /// Datagrams received that were not, by reason; with the former they make up all that were received.
    pub sfu_packets_dropped: DropCounters,
    /// Datagrams made for the peer and then thrown away, by reason.
    pub sfu_packets_discarded_on_send: DropCounters,
}

/// The pair of addresses in use (RTCIceCandidatePairStats).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "candidate-pair")]
pub struct CandidatePair {
    /// Which pair; unique among the participant's statistics.
    pub id: &'static str,
    /// The [`Transport`]'s id.
    pub transport_id: &'static str,
    /// "succeeded" with a nominated path, "waiting" without.
    pub state: &'static str,
    /// Whether there is a nominated path.
    pub nominated: bool,
    /// Datagrams sent.
    pub packets_sent: u64,
    /// Datagrams received.
    pub packets_received: u64,
    /// UDP payload of the former, bytes.
    pub bytes_sent: u64,
    /// UDP payload of the latter, bytes.
    pub bytes_received: u64,
    /// Datagrams thrown away before they were sent.
    pub packets_discarded_on_send: u64,
    /// The smoothed round trip, s. Unlike webrtc-stats', from RTCP: an ICE-lite agent sends no checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_round_trip_time: Option<f64>,
    /// The estimate of the downlink, bit/s; absent until it has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_outgoing_bitrate: Option<u64>,
}

/// Copies of media packets for one receiver; webrtc-stats has no word for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "sfu-copies")]
pub struct Copies {
    /// Always "copies".
    pub id: &'static str,
    /// See [`CopyTotals`], as for the rest.
    pub forwarded: u64,
    /// Of these, after having been withheld.
    pub replayed: u64,
    /// Not handed on, by reason.
    pub withheld: DropCounters,
    /// Sequence numbers in NACKs.
    pub asked: u64,
    /// Of these, answered.
    pub answered: u64,
    /// Of these, not answered, by reason.
    pub unrepaired: DropCounters,
}

impl From<&CopyTotals> for Copies {
    fn from(totals: &CopyTotals) -> Self {
        let CopyTotals { forwarded, replayed, withheld, asked, answered, unrepaired } = totals.clone();
        Copies { id: "copies", forwarded, replayed, withheld, asked, answered, unrepaired }
    }
}
