//! Metrics of the conference as a whole: who came in, and which flows run.

use super::Better::{Higher, Lower, Neither};
use super::Unit::{Count, Ms};
use super::{Definition, Stat, declare};

const WHO: &[&str] = &["participant"];
const STILL: &str = "in the last 2 s of the subscription";

const fn join(id: &'static str, definition: &'static str) -> Definition {
    declare(id, Ms, Lower, WHO, definition).headline(Stat::Max)
}

pub(super) const METRICS: &[Definition] = &[
    declare(
        "participants.connected",
        Count,
        Higher,
        &[],
        "participants that reached SRTP keys at least once in the run",
    ),
    join("join.time", "intent to join to SRTP keys; counted wherever it falls in the run, warm-up included"),
    join("join.time.signalling", "intent to join to the signalling exchange being complete"),
    join("join.time.ice", "end of signalling to ICE's nominated pair"),
    join("join.time.dtls", "nominated pair to SRTP keys"),
    declare(
        "flows.subscribed.video",
        Count,
        Neither,
        &[],
        "video flows that were wanted at some time of the run",
    ),
    declare(
        "flows.subscribed.audio",
        Count,
        Neither,
        &[],
        "audio flows that were wanted at some time of the run",
    ),
    declare(
        "flows.rendering.video",
        Count,
        Higher,
        &[],
        "video flows that rendered a frame, and still did so at the end of their last subscription",
    )
    .own_choice(STILL),
    declare(
        "flows.rendering.audio",
        Count,
        Higher,
        &[],
        "audio flows that played sound, and still did so at the end of their last subscription",
    )
    .own_choice(STILL),
];
