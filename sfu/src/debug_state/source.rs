//! One published source, and its encodings.

use serde_json::{Value, json};

use super::millis;
use crate::participant::source::{Encoding, Source};
use crate::time::Time;

pub(super) fn state(source: &Source, now: Time) -> Value {
    let subscribers: Vec<String> =
        source.subscribers.iter().map(|(receiver, _)| receiver.to_string()).collect();
    let counters = source.key_frames.counters();
    let encodings: Vec<Value> = source.encodings.iter().map(|one| encoding(one, now)).collect();
    json!({
        "name": source.description.name,
        "mid": source.description.mid,
        "codec": source.description.codec,
        "muted": source.muted,
        "begun_ms": source.begun.and_then(millis),
        "subscribers": subscribers,
        "key_frames": {
            "pending": source.key_frames.pending().iter().collect::<Vec<u8>>(),
            "due_ms": source.key_frames.deadline().and_then(millis),
            "sent": counters.sent,
            "coalesced": counters.coalesced,
            "received": counters.key_frames,
        },
        "encodings": encodings,
        "heard": source.heard,
        "red_distance": source.tail.redundancy,
    })
}

fn encoding(encoding: &Encoding, now: Time) -> Value {
    let (packets, bytes) = encoding.cache.held(now);
    json!({
        "ssrc": encoding.ssrc,
        "active_since_ms": encoding.active_since.and_then(millis),
        "bps_by_layer": encoding.rates.measured(now),
        "newest": encoding.newest,
        "clock_known_since_ms": encoding.clock.and_then(|(.., at)| millis(at)),
        "cache": { "packets": packets, "bytes": bytes },
    })
}
