//! Rows of who speaks, where that was scripted or decided.

use super::Labels;
use super::builder::{Builder, raw};
use crate::Distribution;
use crate::metric::Unit;

pub(super) fn add(rows: &mut Builder<'_>) {
    let speakers = rows.recording.speakers();
    if speakers.is_observed() {
        dominant(rows);
    }
    if !speakers.forwarded.is_empty() {
        streams(rows);
    }
    for (publisher, index, _) in rows.recording.sources() {
        let labels = rows.source_labels(publisher, index);
        let spurts = &speakers.spurts[rows.recording.source_place(publisher, index)];
        rows.values("audio.spurt_clipped", &labels, spurts.clipped.distribution());
    }
}

fn dominant(rows: &mut Builder<'_>) {
    let speakers = rows.recording.speakers();
    let none = Labels::new();
    let changes = speakers.changes;
    rows.number("audio.dominant_speaker.changes", &none, changes, changes as f64);
    rows.number("audio.dominant_speaker.wrong", &none, changes, speakers.wrong as f64);
    for (who, _) in rows.recording.participants() {
        let labels = vec![("participant", rows.cast().name(who).to_owned())];
        let delays = Distribution::of(speakers.delays[usize::from(who.0)].iter().copied());
        rows.values("audio.dominant_speaker.delay", &labels, delays);
    }
    for (who, _) in rows.recording.participants() {
        let labels = vec![("receiver", rows.cast().name(who).to_owned())];
        let heard = Distribution::of(speakers.heard[usize::from(who.0)].iter().copied());
        rows.values("speaker.switch_delay", &labels, heard);
    }
    let minutes = rows.measure().span().length().as_secs_f64() / 60.0;
    // Without a script nobody can tell who speaks.
    if !speakers.spoken.is_zero() {
        rows.ratio("speaker.false_switches", &none, changes, speakers.wrong as f64, minutes);
    }
    let (turns, missed) = (speakers.turns, speakers.missed as f64);
    rows.ratio("audio.dominant_speaker.missed", &none, turns, missed, turns as f64);
    let (correct, spoken) = (speakers.correct.as_secs_f64(), speakers.spoken.as_secs_f64());
    rows.ratio("audio.dominant_speaker.true_share", &none, changes, correct, spoken);
}

fn streams(rows: &mut Builder<'_>) {
    let (measure, forwarded) = (rows.measure(), &rows.recording.speakers().forwarded);
    let in_bin = |bin: usize| forwarded.get(bin).copied().unwrap_or(0) as f64 / 1e9;
    let window = measure.window_secs();
    let seconds = measure.seconds(measure.span()).map(|bins| bins.map(in_bin).sum::<f64>() / window);
    let streams = Distribution::of(seconds.map(|streams| raw(Unit::Count, streams)));
    rows.values("audio.forwarded_streams", &Labels::new(), streams);
}
