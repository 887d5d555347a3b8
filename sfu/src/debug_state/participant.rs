//! One participant: its transport, and what it publishes.

use serde_json::{Value, json};

use super::{Personal, copies, data, downlink, ingress, millis, source};
use crate::core::Sfu;
use crate::participant::ingress::{IngressStream, StreamRole};
use crate::participant::transport::PeerTransport;
use crate::participant::{Participant, ParticipantId};
use crate::time::Time;

pub(super) fn state(
    sfu: &Sfu,
    id: ParticipantId,
    participant: &Participant,
    now: Time,
    personal: Personal,
) -> Value {
    let uplink = &participant.uplink;
    let sources: Vec<Value> = uplink.sources.iter().map(|published| source::state(published, now)).collect();
    let subscriptions = participant.downlink.subscriptions();
    let subscriptions: Vec<Value> =
        subscriptions.map(|(place, to)| downlink::subscription(sfu, id, place, to)).collect();
    json!({
        "id": id.to_string(),
        "name": personal.show(|| participant.name.clone()),
        "joined_ms": millis(participant.joined),
        "timeout_ms": millis(participant.armed.at()),
        "transport": transport(&participant.transport, personal),
        "ingress": ingress(&participant.ingress),
        "egress": egress(participant),
        "sources": sources,
        "streams": uplink.streams.iter().map(stream).collect::<Vec<Value>>(),
        "retired_ssrcs": uplink.retired(),
        "feedback_due_ms": millis(uplink.feedback_due),
        "subscriptions": subscriptions,
        "slots": participant.downlink.slot_count(),
        "copies": copies(&sfu.copies_for(participant)),
        "congestion": downlink::congestion(&participant.downlink),
        "protection": downlink::protection(&participant.downlink),
        "data": participant.data.as_ref().map(|peer| data::state(peer, personal)),
        "reported_ms": millis(participant.downlink.reported),
    })
}

fn transport(transport: &PeerTransport, personal: Personal) -> Value {
    let address = transport.address();
    let proven: Vec<Value> =
        transport.ice.proven_addresses().map(|address| personal.show(|| address.to_string())).collect();
    json!({
        "ice": {
            "state": if address.is_some() { "connected" } else { "checking" },
            "remote": address.map(|address| personal.show(|| address.to_string())),
            "proven_addresses": proven,
            "consent_until_ms": transport.ice.deadline().and_then(millis),
        },
        "dtls": {
            "state": if transport.is_connected() { "connected" } else { "new" },
            "deadline_ms": millis(transport.deadline()),
        },
        "srtp_profile": transport.outbound().map(|outbound| format!("{:?}", outbound.profile())),
    })
}

fn egress(participant: &Participant) -> Value {
    let totals = &participant.egress.totals;
    json!({
        "queued_bytes": participant.egress.len(),
        "datagrams": totals.datagrams,
        "bytes": totals.bytes,
        "discarded": totals.discarded,
    })
}

fn stream(stream: &IngressStream) -> Value {
    json!({
        "ssrc": stream.ssrc,
        "source": stream.source,
        "encoding": stream.encoding,
        "role": match stream.role {
            StreamRole::Media => "media",
            StreamRole::Rtx => "rtx",
        },
        "highest": stream.highest,
        "packets": stream.totals.packets,
        "lost": stream.stats.lost(),
        "missing": stream.nack.as_ref().map(|nack| nack.missing()),
        "nack_due_ms": stream.nack.as_ref().and_then(|nack| nack.deadline()).and_then(millis),
        "last_ms": stream.totals.last.and_then(millis),
    })
}
