//! How rtc-sctp is set up, and its words in ours.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rtc_sctp::{
    Endpoint, EndpointConfig, PayloadProtocolIdentifier, ServerConfig, TimerConfig, TransportConfig,
    max_payload_size_for_mtu,
};
use rtc_shared::TransportProtocol;

use super::intake::BUFFER;
use super::{MAX_MESSAGE, MAX_PACKET, MAX_STREAMS, Payload, Side};

/// The library asks for addresses; DTLS has taken care of them.
pub(super) const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

pub(super) fn new_endpoint(side: Side) -> Endpoint {
    let mut config = EndpointConfig::new();
    config.max_payload_size(max_payload_size_for_mtu(MAX_PACKET));
    let server = (side == Side::Accept).then(|| Arc::new(ServerConfig::new(transport_config())));
    Endpoint::new(PEER, TransportProtocol::UDP, Arc::new(config), server)
}

pub(super) fn transport_config() -> TransportConfig {
    // The library stops sending for good after so many time-outs of its own; ICE knows when a path is dead.
    let timers = TimerConfig {
        max_t3_rtx_retrans: usize::MAX,
        max_reconfig_retrans: usize::MAX,
        ..TimerConfig::default()
    };
    TransportConfig::default()
        .with_max_receive_buffer_size(BUFFER)
        .with_max_message_size(2 * MAX_MESSAGE as u32)
        .with_max_num_inbound_streams(MAX_STREAMS)
        .with_max_num_outbound_streams(MAX_STREAMS)
        .with_timer_config(timers)
}

pub(super) fn identifier(payload: Payload) -> PayloadProtocolIdentifier {
    match payload {
        Payload::Control => PayloadProtocolIdentifier::Dcep,
        Payload::Text => PayloadProtocolIdentifier::String,
        Payload::Binary => PayloadProtocolIdentifier::Binary,
        Payload::EmptyText => PayloadProtocolIdentifier::StringEmpty,
        Payload::EmptyBinary => PayloadProtocolIdentifier::BinaryEmpty,
    }
}

pub(super) fn payload_of(identifier: PayloadProtocolIdentifier) -> Option<Payload> {
    match identifier {
        PayloadProtocolIdentifier::Dcep => Some(Payload::Control),
        PayloadProtocolIdentifier::String => Some(Payload::Text),
        PayloadProtocolIdentifier::Binary => Some(Payload::Binary),
        PayloadProtocolIdentifier::StringEmpty => Some(Payload::EmptyText),
        PayloadProtocolIdentifier::BinaryEmpty => Some(Payload::EmptyBinary),
        _ => None,
    }
}
