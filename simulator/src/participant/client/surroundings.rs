//! What a client is, and what it reaches of the world.

use std::net::SocketAddr;
use std::sync::Arc;

use indexmap::IndexMap;
use reports::observation::Observation;
use sfu::participant::MediaParameters;
use sfu::rtcp::FeedbackKind;
use sfu::transport::certificate::Certificate;

use super::UplinkLogs;
use crate::network::{BufferPool, Datagram};
use crate::participant::sender::MediaTag;
use crate::participant::transport::IceCredentials;

/// What a client reaches of the world while it handles something.
pub struct Surroundings<'a> {
    /// Buffers for datagrams.
    pub pool: &'a mut BufferPool,
    /// What is handed to the uplink, in order; the tag names the media packet.
    pub outgoing: &'a mut Vec<(Datagram, Option<MediaTag>)>,
    /// Where packets crossed.
    pub logs: &'a mut UplinkLogs,
    /// What was seen, in order.
    pub observations: &'a mut Vec<Observation>,
}

/// What never changes about a client.
pub struct ClientIdentity {
    /// Place in the cast.
    pub index: u16,
    /// Name in the conference, unique.
    pub name: String,
    /// The conference's name.
    pub conference: String,
    /// Its address; media and signalling leave from it.
    pub address: SocketAddr,
    /// Where the server listens for the conference protocol.
    pub signalling: SocketAddr,
    /// Its ICE credentials.
    pub credentials: IceCredentials,
    /// Its DTLS certificate.
    pub certificate: Certificate,
    /// Payload types and header extensions.
    pub media: MediaParameters,
    /// Everybody's place in the cast, and the names of everybody's sources, by name.
    pub cast: Arc<IndexMap<String, Vec<String>>>,
    /// Whether lost packets are asked for.
    pub nack: bool,
    /// How the server is told of what arrives.
    pub feedback: FeedbackKind,
    /// Whether sound and picture of one publisher are kept together.
    pub lip_sync: bool,
    /// The name of the other end, of a call without a server.
    pub call: Option<String>,
}
