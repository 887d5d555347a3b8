//! What one participant receives, and how its line is judged.

use serde_json::{Value, json};

use super::millis;
use crate::core::Sfu;
use crate::participant::ParticipantId;
use crate::participant::downlink::Downlink;
use crate::participant::subscription::{Projection, Subscription, VideoStream};
use crate::send::fec::FecStream;

pub(super) fn subscription(sfu: &Sfu, receiver: ParticipantId, place: u16, to: &Subscription) -> Value {
    let publisher = sfu.participant(to.publisher);
    let projection = match &to.media {
        Projection::Audio(projection) => json!({
            "kind": "audio",
            "paused": projection.is_paused(),
            "redundancy": sfu.redundancy(receiver, to.publisher, to.source),
        }),
        Projection::Video(stream) => video(stream),
    };
    json!({
        "place": place,
        "publisher": to.publisher.to_string(),
        "source": publisher.map(|from| from.uplink.sources[to.source].description.name.as_str()),
        "mid": to.mid,
        "ssrc": to.ssrc,
        "rtx_ssrc": to.rtx.as_ref().map(|rtx| rtx.ssrc),
        "codec": to.codec,
        "max_height": to.wanted.max_height,
        "max_fps": to.wanted.max_fps,
        "priority": to.wanted.priority,
        "on_stage": to.wanted.on_stage,
        "muted": to.muted,
        "acknowledged": to.acknowledged,
        "packets": to.totals.packets,
        "last_ms": to.totals.last.and_then(millis),
        "report_wanted": to.sent.stale,
        "fec": to.fec.as_ref().map(|stream| fec(stream, to.totals.fec_packets)),
        "projection": projection,
    })
}

fn video(stream: &VideoStream) -> Value {
    json!({
        "kind": "video",
        "paused": stream.projection.is_paused(),
        "current": stream.projection.current(),
        "target": stream.projection.target(),
        "wants_key_frame": stream.projection.wants_key_frame(),
        "chosen": stream.chosen.and_then(|(layer, _)| layer),
        "reason": stream.explanation.as_ref().map(|explanation| explanation.reason),
        "log_entries": stream.log.held(),
    })
}

fn fec(stream: &FecStream, packets: u64) -> Value {
    let policy = stream.policy();
    json!({
        "ssrc": stream.ssrc,
        "level": policy.level(),
        "share": stream.share(),
        "block_ms": policy.block().as_nanos() as f64 / 1e6,
        "due_ms": millis(stream.deadline()),
        "packets": packets,
    })
}

/// What the line loses, and what redundancy it calls for.
pub(super) fn protection(downlink: &Downlink) -> Value {
    json!({
        "loss": downlink.loss.rate(),
        "bursty": downlink.loss.is_bursty(),
        "red_distance": downlink.redundancy.distance(),
    })
}

pub(super) fn congestion(downlink: &Downlink) -> Value {
    let sender = &downlink.sender;
    let feedback = sender.history.counters();
    json!({
        "begun": sender.begun,
        "target_bps": sender.controller.target().as_bps(),
        "pacing_bps": sender.controller.pacing_rate().as_bps(),
        "controller": sender.controller.state(),
        "rtt_ms": downlink.rtt.map(|rtt| rtt.as_nanos() as f64 / 1e6),
        "told_bps": downlink.told.as_bps(),
        "probe_due_ms": millis(downlink.probe_due()),
        "allocation_due_ms": millis(downlink.allocation_due()),
        "feedback": {
            "received": feedback.received,
            "lost": feedback.lost,
            "after_lost": feedback.after_lost,
            "duplicate": feedback.duplicate,
            "unknown": feedback.unknown,
            "unreported": feedback.unreported,
        },
    })
}
