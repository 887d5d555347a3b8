//! What participants could use of their lines, and what they carried of media.

use std::time::Duration;

use super::path;
use crate::observation::{Direction, LayerInfo, MediaKind, ParticipantIndex, SourceIndex, TrafficClass};
use crate::recording::flow::FlowRecord;
use crate::recording::link::{LinkBin, LinkRecord};
use crate::recording::{EventKind, Recording, Span};

/// By participant and bin, bit/s of payload.
pub(super) type Series = Vec<Vec<f64>>;

/// What each participant could use at most.
pub(super) fn of(recording: &Recording, direction: Direction) -> Series {
    match direction {
        Direction::Down => wanted(recording),
        Direction::Up => offered(recording),
    }
}

/// The payload that each participant received; the media packets that it sent on a line of its own, or what its
/// encoders put out where it shares one.
pub(super) fn payload(recording: &Recording, direction: Direction) -> Series {
    let mut rates = nothing(recording);
    let bits = 8.0 / recording.measure().bin.as_secs_f64();
    let mut add = |who: ParticipantIndex, bins: &mut dyn Iterator<Item = u32>| {
        for (sum, bytes) in rates[usize::from(who.0)].iter_mut().zip(bins) {
            *sum += f64::from(bytes) * bits;
        }
    };
    match direction {
        Direction::Down => {
            for flow in recording.flows() {
                add(flow.flow.receiver, &mut flow.bins.iter().map(|bin| bin.media_bytes));
            }
        }
        Direction::Up => {
            for (publisher, _, source) in recording.sources() {
                if own_line(recording, publisher).is_none() {
                    add(publisher, &mut source.bins.iter().copied());
                }
            }
            for (who, _) in recording.participants() {
                if let Some(link) = own_line(recording, who) {
                    let media = |bin: &LinkBin| MEDIA.iter().map(|class| bin.bytes[*class as usize]).sum();
                    add(who, &mut link.bins.iter().map(media));
                }
            }
        }
    }
    rates
}

/// What counts as media where packets are told apart by what they are there for.
const MEDIA: [TrafficClass; 2] = [TrafficClass::Audio, TrafficClass::Video];

/// The first link of the way up of `who`, if nobody else uses it.
fn own_line(recording: &Recording, who: ParticipantIndex) -> Option<&LinkRecord> {
    let first = *path(recording, who, Direction::Up).first()?;
    (recording.cast().link(first).owner == Some(who)).then(|| recording.link(first))
}

fn nothing(recording: &Recording) -> Series {
    vec![vec![0.0; recording.measure().bins()]; recording.cast().participants.len()]
}

/// Of each flow the layer that its receiver is entitled to, or all of it where nobody chooses; of sound what came.
fn wanted(recording: &Recording) -> Series {
    let mut demands = nothing(recording);
    for flow in recording.flows() {
        let demand = &mut demands[usize::from(flow.flow.receiver.0)];
        let source = recording.cast().source(flow.flow.publisher, flow.flow.source);
        let needs = |spatial: usize| rate_of(&source.layers, source.stacked, spatial);
        let Some(video) = flow.video() else {
            let rate = mean_rate(recording, flow);
            flow.subscriptions.iter().for_each(|span| add(recording, demand, *span, rate));
            continue;
        };
        let intervals = video.layers.intervals();
        let is_chosen = intervals.iter().any(|interval| interval.entitled.is_some());
        for interval in intervals {
            let rate = match interval.entitled {
                Some(layer) => needs(usize::from(layer.spatial)),
                None if is_chosen => 0.0,
                None => needs(usize::MAX),
            };
            add(recording, demand, interval.span, rate);
        }
    }
    demands
}

/// Of each source the encodings that are watched, while anybody wants it; of sound what was sent.
fn offered(recording: &Recording) -> Series {
    let mut demands = nothing(recording);
    let end = recording.measure().until;
    for (publisher, index, _) in recording.sources() {
        let source = recording.cast().source(publisher, index);
        if source.kind == MediaKind::Audio {
            // What microphones put out is not told, but what a line of one's own carried of it.
            continue;
        }
        let mut watched = vec![(scenarios::Time::ZERO, source.layers.len())];
        watched.extend(recording.events().iter().filter_map(|event| match event.kind {
            EventKind::Watched(who, what, encodings) if (who, what) == (publisher, index) => {
                Some((event.at, usize::from(encodings)))
            }
            _ => None,
        }));
        let mut rates = vec![0.0; recording.measure().bins()];
        for (place, (from, encodings)) in watched.iter().enumerate() {
            let until = watched.get(place + 1).map_or(end, |(next, _)| *next);
            let rate: f64 = source.layers.iter().take(*encodings).map(|layer| layer.bps as f64).sum();
            add(recording, &mut rates, Span { from: *from, until }, rate);
        }
        let wanted = is_wanted(recording, publisher, index);
        for ((sum, rate), wanted) in demands[usize::from(publisher.0)].iter_mut().zip(rates).zip(wanted) {
            *sum += if wanted { rate } else { 0.0 };
        }
    }
    for (who, record) in recording.participants() {
        let Some(link) = own_line(recording, who) else { continue };
        let bytes: f64 = link.bins.iter().map(|bin| f64::from(bin.bytes[TrafficClass::Audio as usize])).sum();
        let there: Duration = record.present.iter().map(|span| span.length()).sum();
        let rate = bytes * 8.0 / there.max(Duration::from_millis(1)).as_secs_f64();
        for span in &record.present {
            add(recording, &mut demands[usize::from(who.0)], *span, rate);
        }
    }
    demands
}

fn is_wanted(recording: &Recording, publisher: ParticipantIndex, source: SourceIndex) -> Vec<bool> {
    let mut wanted = vec![0.0; recording.measure().bins()];
    for flow in recording.flows().filter(|one| (one.flow.publisher, one.flow.source) == (publisher, source)) {
        flow.subscriptions.iter().for_each(|span| add(recording, &mut wanted, *span, 1.0));
    }
    wanted.into_iter().map(|count| count > 0.0).collect()
}

fn rate_of(layers: &[LayerInfo], stacked: bool, spatial: usize) -> f64 {
    let top = spatial.min(layers.len().saturating_sub(1));
    let bottom = if stacked { 0 } else { top };
    layers.iter().take(top + 1).skip(bottom).map(|layer| layer.bps as f64).sum()
}

fn mean_rate(recording: &Recording, flow: &FlowRecord) -> f64 {
    let whole = Span { from: scenarios::Time::ZERO, until: recording.measure().until };
    let time = flow.subscribed_time(whole).max(Duration::from_millis(1)).as_secs_f64();
    flow.bins.iter().map(|bin| f64::from(bin.media_bytes)).sum::<f64>() * 8.0 / time
}

/// Adds `rate` to the bins of `span`, to each as much as lies in it.
fn add(recording: &Recording, series: &mut [f64], span: Span, rate: f64) {
    let measure = recording.measure();
    if span.length().is_zero() {
        return;
    }
    let (first, last) = (measure.bin_of(span.from), measure.bin_of(span.until));
    for (bin, sum) in series.iter_mut().enumerate().take(last + 1).skip(first) {
        let part = measure.bin_span(bin).overlap(span).length().as_secs_f64();
        *sum += rate * part / measure.bin.as_secs_f64();
    }
}
