//! Rows of participants, sources and the conference as a whole.

use std::time::Duration;

use scenarios::Time;

use super::Labels;
use super::builder::{Builder, with};
use crate::Distribution;
use crate::observation::{Direction, MediaKind};
use crate::recording::flow::FlowRecord;
use crate::recording::participant::{JoinTimes, ParticipantRecord};

/// A flow still runs when something was presented this shortly before its subscription ended (★ our own choice).
const STILL: Duration = Duration::from_secs(2);

pub(super) fn add(rows: &mut Builder<'_>) {
    conference(rows);
    for (who, participant) in rows.recording.participants() {
        let name = rows.cast().name(who);
        let labels = vec![("participant", name.to_owned())];
        joins(rows, participant, &labels);
        estimates(rows, participant, &labels);
        let forwarded = participant.forwarded.distribution();
        rows.values("sfu.forward_delay", &vec![("receiver", name.to_owned())], forwarded);
        if let Some(dropped) = participant.socket_dropped {
            rows.number("sfu.socket_dropped", &labels, dropped, dropped as f64);
        }
    }
    sources(rows);
    let repairs = rows.recording.repairs();
    let (answered, asked) = (repairs.answered as f64, repairs.asked as f64);
    rows.ratio("repair_cost.cache_hit", &Labels::new(), repairs.asked, answered, asked);
}

fn conference(rows: &mut Builder<'_>) {
    let people = rows.cast().participants.len() as u64;
    let connected = rows.recording.participants().filter(|(_, participant)| participant.connected()).count();
    rows.number("participants.connected", &Labels::new(), people, connected as f64);
    for (kind, subscribed, rendering) in [
        (MediaKind::Video, "flows.subscribed.video", "flows.rendering.video"),
        (MediaKind::Audio, "flows.subscribed.audio", "flows.rendering.audio"),
    ] {
        let flows =
            || rows.recording.flows().filter(|flow| flow.kind() == kind && !flow.subscriptions.is_empty());
        let (wanted, running) = (flows().count(), flows().filter(|flow| is_running(flow)).count());
        rows.number(subscribed, &Labels::new(), wanted as u64, wanted as f64);
        rows.number(rendering, &Labels::new(), wanted as u64, running as f64);
    }
}

fn is_running(flow: &FlowRecord) -> bool {
    let end = flow.subscriptions.last().map_or(Time::ZERO, |span| span.until);
    flow.last_presented.is_some_and(|last| end.since(last) <= STILL)
}

fn joins(rows: &mut Builder<'_>, participant: &ParticipantRecord, labels: &Labels) {
    let part = |from: fn(&JoinTimes) -> Option<Time>, until: fn(&JoinTimes) -> Option<Time>| {
        let spans = participant.joins.iter().filter_map(|join| Some(until(join)?.since(from(join)?)));
        Distribution::of(spans.map(|span| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    };
    rows.values("join.time", labels, part(|join| join.intent, |join| join.dtls));
    rows.values("join.time.signalling", labels, part(|join| join.intent, |join| join.signalled));
    rows.values("join.time.ice", labels, part(|join| join.signalled, |join| join.ice));
    rows.values("join.time.dtls", labels, part(|join| join.ice, |join| join.dtls));
    let tried = participant.join;
    if let (Some(intent), None) = (tried.intent, tried.dtls) {
        rows.absent("join.time", labels, Some(rows.measure().until.since(intent)));
    }
}

fn estimates(rows: &mut Builder<'_>, participant: &ParticipantRecord, labels: &Labels) {
    let measure = *rows.measure();
    let first = measure.bin_of(measure.from);
    for direction in [Direction::Up, Direction::Down] {
        let told = &participant.estimates[direction as usize];
        let held = told.last().copied().flatten();
        let values = (first..measure.bins()).filter_map(|bin| told.get(bin).copied().unwrap_or(held));
        let labels = with(labels, "direction", direction.name());
        rows.values("bwe.estimate", &labels, Distribution::of(values));
    }
}

fn sources(rows: &mut Builder<'_>) {
    let measured_secs = rows.measure().span().length().as_secs_f64();
    let (mut requests, mut answers) = (0, 0);
    for (publisher, index, source) in rows.recording.sources() {
        if rows.cast().source(publisher, index).kind == MediaKind::Audio {
            continue;
        }
        let labels = rows.source_labels(publisher, index);
        let frames: u64 = source.encodings.iter().map(|encoding| encoding.frames).sum();
        for (spatial, encoding) in source.encodings.iter().enumerate() {
            let labels = with(&labels, "layer", format!("s{spatial}"));
            let kbits = encoding.bytes as f64 * 8.0 / 1e3;
            rows.ratio("video.encoded_bitrate", &labels, encoding.frames, kbits, measured_secs);
        }
        for (id, count) in [
            ("keyframe.requests", source.requests),
            ("keyframe.wanted", source.wanted),
            ("keyframe.coalesced", source.wanted.saturating_sub(source.requests)),
            ("keyframe.produced", source.key_frames),
        ] {
            rows.number(id, &labels, frames, count as f64);
        }
        let (asked, produced) = (source.requests as f64, source.key_frames as f64);
        rows.ratio("keyframe.storm_index", &labels, source.key_frames, asked, produced);
        requests += source.requests;
        answers += source.answers;
    }
    rows.ratio("keyframe.requests_per_answer", &Labels::new(), answers, requests as f64, answers as f64);
}
