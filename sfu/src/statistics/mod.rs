//! Statistics per participant and stream, in the names of W3C webrtc-stats.
//!
//! What has no name there carries one that begins with `sfu`. Directions are the core's: what a participant publishes
//! is inbound. Counting costs a few additions per packet; everything else is done when somebody asks.

mod collect;
mod stream;
mod totals;
mod transport;

pub use stream::{Codec, InboundRtp, OutboundRtp, QualityLimitation, RemoteInboundRtp};
pub use totals::{CopyTotals, EgressTotals, IngressTotals};
pub(crate) use totals::{InboundTotals, OutboundTotals};
pub use transport::{CandidatePair, Copies, Transport};

use serde::Serialize;

/// Statistics of one participant.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantStatistics {
    /// The participant's id in the conference protocol.
    pub participant: String,
    /// When they were taken, ms on the core's clock.
    pub timestamp: f64,
    /// The transport.
    pub transport: Transport,
    /// The pair of addresses in use.
    pub candidate_pair: CandidatePair,
    /// Payload types in use.
    pub codecs: Vec<Codec>,
    /// What the participant publishes, in the order in which the streams began.
    pub inbound: Vec<InboundRtp>,
    /// What it receives, in the order of its subscriptions.
    pub outbound: Vec<OutboundRtp>,
    /// What it reports of these.
    pub remote_inbound: Vec<RemoteInboundRtp>,
    /// What became of the packets that it might have received.
    pub copies: Copies,
}
