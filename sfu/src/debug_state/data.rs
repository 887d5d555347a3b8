//! Data channels of one participant.

use serde_json::{Value, json};

use super::{Personal, millis};
use crate::data::dcep::Reliability;
use crate::data::peer::DataPeer;

/// Labels are free text, and may name somebody.
pub(super) fn state(peer: &DataPeer, personal: Personal) -> Value {
    let association = peer.association();
    let channels = peer.channels().iter().map(|channel| {
        let (messages, bytes) = peer.outbox().of(channel.stream);
        json!({
            "stream": channel.stream,
            "label": personal.show(|| channel.label.clone()),
            "enveloped": channel.enveloped,
            "ordered": channel.delivery.ordered,
            "reliability": match channel.delivery.reliability {
                Reliability::Reliable => json!("reliable"),
                Reliability::Retransmits(most) => json!({ "max_retransmits": most }),
                Reliability::Lifetime(ms) => json!({ "max_lifetime_ms": ms }),
            },
            "closing": channel.closing,
            "dropped_untold": channel.untold,
            "queued": { "messages": messages, "bytes": bytes },
        })
    });
    json!({
        "association": match (association.is_established(), association.is_over()) {
            (_, true) => "over",
            (true, false) => "established",
            (false, false) => "opening",
        },
        "outstanding_bytes": association.outstanding(),
        "retransmission_due_ms": association.deadline().and_then(millis),
        "due_ms": millis(peer.deadline()),
        "channels": channels.collect::<Vec<Value>>(),
        "queued": { "messages": peer.outbox().messages(), "bytes": peer.outbox().bytes() },
    })
}
