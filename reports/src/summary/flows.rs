//! Rows of what receivers see and hear, and of what repair cost them.

use std::time::Duration;

use super::builder::{Builder, raw, with};
use super::{Labels, e_model};
use crate::Distribution;
use crate::metric::Unit;
use crate::observation::{LatencyParts, MediaKind};
use crate::recording::av_skew::AvSkew;
use crate::recording::flow::{AudioRecord, FlowBin, FlowRecord, VideoRecord};
use crate::recording::key_frame_wait::KeyFrameWaits;
use crate::recording::layers::LayerInterval;

const JITTER_BUFFER: usize = 11;
/// Bit/s per byte per second.
const BITS: f64 = 8.0;

pub(super) fn add(rows: &mut Builder<'_>) {
    for flow in rows.recording.flows() {
        let labels = rows.flow_labels(flow.flow);
        let kind = with(&labels, "kind", flow.kind().name());
        if let Some(video) = flow.video() {
            frames(rows, flow, video, &labels);
            freezes(rows, flow, video, &labels);
            key_frames(rows, &video.key_frames, &labels);
            rows.values("jitter_buffer_delay", &kind, video.parts[JITTER_BUFFER].distribution());
            quality(rows, flow, &labels);
            lips(rows, &video.skew, &labels);
        }
        if let Some(audio) = flow.audio() {
            sound(rows, flow, audio, &labels);
            rows.values("jitter_buffer_delay", &kind, audio.jitter_buffer.distribution());
        }
        first_media(rows, flow, &labels);
        losses(rows, flow, &labels, &kind);
        repair(rows, flow, &kind);
    }
}

fn frames(rows: &mut Builder<'_>, flow: &FlowRecord, video: &VideoRecord, labels: &Labels) {
    if video.total.count() == 0 && is_sent(rows, flow, video) {
        rows.absent("video.capture_to_render", labels, None);
    }
    rows.values("video.capture_to_render", labels, video.total.distribution());
    for (name, part) in LatencyParts::NAMES.iter().zip(&video.parts) {
        rows.values(&format!("video.capture_to_render.{name}"), labels, part.distribution());
    }
    rows.values("video.fps", labels, per_second(rows, flow, Unit::Count, |bin| f64::from(bin.presented)));
    rows.values("video.bitrate", labels, bitrate(rows, flow));
}

/// Whether pictures must have come: the flow was wanted for long enough, and the SFU didn't choose, for a reason that it
/// gave, to send nothing of it all that time, which `layer_share.none` tells.
fn is_sent(rows: &Builder<'_>, flow: &FlowRecord, video: &VideoRecord) -> bool {
    let measured = rows.measure().span();
    let mut times =
        video.layers.intervals().iter().filter(|one| !one.span.overlap(measured).length().is_zero());
    let withheld = |one: &LayerInterval| one.layer.is_none() && !one.reason.is_empty();
    rows.is_expected(flow) && !(times.clone().count() > 0 && times.all(withheld))
}

fn freezes(rows: &mut Builder<'_>, flow: &FlowRecord, video: &VideoRecord, labels: &Labels) {
    let freezes = &video.freezes;
    let subscribed = flow.subscribed_time(rows.measure().span());
    if freezes.intervals == 0 {
        if is_sent(rows, flow, video) {
            rows.absent("video.freeze_w3c.ratio", labels, None);
        }
        return;
    }
    let n = freezes.intervals;
    rows.ratio("video.freeze_w3c.ratio", labels, n, secs(freezes.total), secs(subscribed));
    rows.number("video.freeze_w3c.count", labels, n, freezes.count as f64);
    rows.number("video.freeze_w3c.at_switch", labels, n, freezes.at_switch as f64);
    rows.number("video.freeze_w3c.total", labels, n, secs(freezes.total) * 1e3);
    rows.number("video.pause.count", labels, n, freezes.pauses as f64);
    rows.number("video.pause.total", labels, n, secs(freezes.pause_total) * 1e3);
    if let Some(fps) = freezes.harmonic_fps() {
        rows.number("video.fps_harmonic", labels, n, fps);
    }
}

fn key_frames(rows: &mut Builder<'_>, waits: &KeyFrameWaits, labels: &Labels) {
    rows.values("keyframe_wait", labels, waits.done.distribution());
    for waited in waits.censored.iter().filter(|waited| **waited >= Duration::from_secs(1)) {
        rows.absent("keyframe_wait", labels, Some(*waited));
    }
}

fn lips(rows: &mut Builder<'_>, skew: &AvSkew, labels: &Labels) {
    rows.values("av_skew.ahead", labels, skew.ahead.distribution());
    rows.values("av_skew.behind", labels, skew.behind.distribution());
    let frames = skew.ahead.count();
    rows.ratio("av_skew.detectable", labels, frames, skew.detectable as f64, frames as f64);
    rows.ratio("av_skew.unacceptable", labels, frames, skew.unacceptable as f64, frames as f64);
}

fn quality(rows: &mut Builder<'_>, flow: &FlowRecord, labels: &Labels) {
    let pixels = per_second(rows, flow, Unit::Px, |bin| f64::from(bin.pixels));
    let published = rows.cast().source(flow.flow.publisher, flow.flow.source).layers.last();
    if let (Some(mean), Some(top)) = (pixels.mean(), published) {
        let most = f64::from(top.width) * f64::from(top.height) * f64::from(top.fps);
        rows.ratio("video.quality.ratio", labels, pixels.count(), mean, most);
    }
    rows.values("video.quality", labels, pixels);
}

fn sound(rows: &mut Builder<'_>, flow: &FlowRecord, audio: &AudioRecord, labels: &Labels) {
    let played = audio.mouth_to_ear.count();
    if played == 0 && rows.is_expected(flow) {
        rows.absent("audio.mouth_to_ear", labels, None);
    }
    rows.values("audio.mouth_to_ear", labels, audio.mouth_to_ear.distribution());
    rows.values("audio.bitrate", labels, bitrate(rows, flow));
    let whole = audio.played + audio.concealed;
    rows.ratio("audio.concealed_ratio", labels, played, secs(audio.concealed), secs(whole));
    rows.ratio("audio.recovered_ratio.red", labels, played, secs(audio.recovered_red), secs(whole));
    rows.ratio("audio.recovered_ratio.fec", labels, played, secs(audio.recovered_fec), secs(whole));
    let with_silence = whole + audio.silent;
    rows.ratio("audio.silent_ratio", labels, played, secs(audio.silent), secs(with_silence));
    if let (Some(delay), true) = (audio.mouth_to_ear.distribution().mean(), played > 0) {
        let piece = secs(audio.played) / played as f64;
        let run = secs(audio.concealed) / piece / audio.gaps.max(1) as f64;
        let r = e_model::rating(delay / 1e6, secs(audio.concealed) / secs(whole), run);
        rows.number("audio.e_model.r", labels, played, r);
        rows.number("audio.e_model.mos", labels, played, e_model::mos(r));
    }
    if !whole.is_zero() {
        rows.number("audio.longest_gap", labels, played + audio.gaps, secs(audio.longest_gap) * 1e3);
    }
}

fn first_media(rows: &mut Builder<'_>, flow: &FlowRecord, labels: &Labels) {
    let (id, names) = match flow.kind() {
        MediaKind::Video => (
            "time_to_first_frame",
            ["signalling", "ice", "dtls", "first_rtp", "first_key_frame", "decode"].as_slice(),
        ),
        MediaKind::Audio => {
            ("time_to_first_audio", ["signalling", "ice", "dtls", "first_rtp", "", "playout"].as_slice())
        }
    };
    let ways = &flow.first.done;
    rows.values(id, labels, Distribution::of(ways.iter().map(|way| way.total())));
    for (part, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let values = Distribution::of(ways.iter().map(|way| way.parts[part]));
        rows.values(&format!("{id}.{name}"), labels, values);
    }
    for (start, end) in &flow.first.censored {
        let waited = end.since(*start);
        if waited >= Duration::from_secs(1) {
            rows.absent(id, labels, Some(waited));
        }
    }
}

fn losses(rows: &mut Builder<'_>, flow: &FlowRecord, labels: &Labels, kind: &Labels) {
    let counters = flow.counters.measured();
    let expected = counters.expected;
    let (before, after) = (counters.lost_before_repair as f64, counters.lost_after_repair as f64);
    rows.ratio("loss.before_repair", kind, expected, before, expected as f64);
    rows.ratio("loss.after_repair", kind, expected, after, expected as f64);
    let recovered = (before - after).max(0.0);
    rows.ratio("repair_cost.rtx_recovered", kind, counters.lost_before_repair, recovered, before);
    if flow.kind() == MediaKind::Video {
        let undecodable = counters.frames_undecodable;
        let frames = undecodable + counters.frames_rendered;
        rows.ratio("loss.undecodable", labels, frames, undecodable as f64, frames as f64);
    }
}

fn repair(rows: &mut Builder<'_>, flow: &FlowRecord, kind: &Labels) {
    let counters = flow.counters.measured();
    if counters.expected == 0 {
        return;
    }
    for (id, count) in [
        ("repair_cost.nack_packets", counters.nack_packets),
        ("repair_cost.nack_sequences", counters.nack_sequences),
        ("repair_cost.nack_repeats", counters.nack_repeats),
        ("repair_cost.pli", counters.pli),
        ("repair_cost.rtx_useful", counters.rtx_useful),
        ("repair_cost.rtx_late", counters.rtx_late),
        ("repair_cost.rtx_duplicate", counters.rtx_duplicate),
    ] {
        rows.number(id, kind, counters.expected, count as f64);
    }
    let (rtx, media) = (counters.rtx_bytes as f64, counters.media_bytes as f64);
    let wasted = counters.rtx_late + counters.rtx_duplicate;
    let came = counters.rtx_useful + wasted;
    rows.ratio("repair_cost.rtx_wasted", kind, came, wasted as f64, came as f64);
    rows.ratio("repair_cost.rtx_ratio", kind, counters.expected, rtx, media);
    if counters.fec_packets == 0 {
        return;
    }
    for (id, count) in [
        ("repair_cost.fec_packets", counters.fec_packets),
        ("repair_cost.fec_discarded", counters.fec_discarded),
        ("repair_cost.fec_recovered", counters.fec_recovered),
    ] {
        rows.number(id, kind, counters.expected, count as f64);
    }
    rows.ratio("repair_cost.fec_ratio", kind, counters.expected, counters.fec_bytes as f64, media);
}

fn bitrate(rows: &Builder<'_>, flow: &FlowRecord) -> Distribution {
    per_second(rows, flow, Unit::Kbps, |bin| f64::from(bin.media_bytes) * BITS / 1e3)
}

/// The distribution, over whole seconds, of the sum of what `of` reads from each bin, per second.
fn per_second(rows: &Builder<'_>, flow: &FlowRecord, unit: Unit, of: fn(&FlowBin) -> f64) -> Distribution {
    let window = rows.measure().window_secs();
    let seconds = flow.seconds(rows.measure());
    Distribution::of(seconds.map(|bins| raw(unit, bins.iter().map(of).sum::<f64>() / window)))
}

fn secs(span: Duration) -> f64 {
    span.as_secs_f64()
}
