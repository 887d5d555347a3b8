//! One participant: its transport, what it publishes, and what it receives.

pub(crate) mod describe;
pub(crate) mod downlink;
pub(crate) mod egress;
pub(crate) mod ingress;
pub(crate) mod layer_rates;
pub(crate) mod packet_writer;
pub(crate) mod passed_over;
pub(crate) mod reference_times;
pub(crate) mod reports;
pub(crate) mod source;
pub(crate) mod structures;
pub(crate) mod subscription;
pub(crate) mod transport;
pub(crate) mod uplink;

pub use crate::codec::{Codec, MediaKind};
pub use describe::{
    Content, EncodingDescription, MediaParameters, NotAParticipantId, ParticipantId, PayloadTypes,
    SourceDescription, SourceId, StreamDescription, VideoFormat, Wish,
};

use crate::Time;
use crate::conference::ConferenceId;
use crate::core::armed::Armed;
use crate::data::peer::DataPeer;
use crate::statistics::IngressTotals;
use downlink::Downlink;
use egress::Egress;
use reference_times::ReferenceTimes;
use transport::PeerTransport;
use uplink::Uplink;

/// Everything that the core keeps of one participant.
pub(crate) struct Participant {
    pub(crate) name: String,
    /// The canonical name of its streams: what tells a receiver which of them belong together (RFC 3550
    /// section 6.5.1).
    pub(crate) cname: String,
    pub(crate) conference: ConferenceId,
    pub(crate) joined: Time,
    pub(crate) media: MediaParameters,
    pub(crate) transport: PeerTransport,
    pub(crate) uplink: Uplink,
    pub(crate) downlink: Downlink,
    pub(crate) reference_times: ReferenceTimes,
    pub(crate) ingress: IngressTotals,
    pub(crate) egress: Egress,
    /// From its first SCTP packet on.
    pub(crate) data: Option<Box<DataPeer>>,
    /// Its entries in the core's timer heap.
    pub(crate) armed: Armed,
    /// Whether the participant is on the list of those whose egress the turn must flush.
    pub(crate) dirty: bool,
}
