//! What the plots are drawn from: one function per picture, plain numbers in the units of the axes.
//!
//! Every series has one value per bin of the run ([`crate::Measure::bins`]); bin k starts at k times the bin's width.

use crate::Distribution;
use crate::observation::{Direction, Flow, LatencyParts, LinkIndex, ParticipantIndex, TrafficClass};
use crate::recording::layers::LayerInterval;
use crate::recording::link::LinkRecord;
use crate::recording::{Recording, Span};
use crate::series::kbps;

/// A link over time.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSeries {
    /// Mean capacity of each bin, kbit/s; `None` where without limit.
    pub capacity_kbps: Vec<Option<f64>>,
    /// What left the serialiser, kbit/s.
    pub rate_kbps: Vec<f64>,
    /// The same by class; only classes that occur.
    pub class_kbps: Vec<(TrafficClass, Vec<f64>)>,
    /// Largest queueing delay of each bin, ms; `None` where no packet left.
    pub queue_ms: Vec<Option<f64>>,
}

/// Rates by class of traffic over time, kbit/s; only classes that occur.
pub type Stack = Vec<(TrafficClass, Vec<f64>)>;

/// The layers that one receiver got of one source.
#[derive(Clone, Copy, Debug)]
pub struct LayerStrip<'a> {
    /// Which flow.
    pub flow: Flow,
    /// Stretches with one layer each, with reasons; gaps are times without a subscription.
    pub intervals: &'a [LayerInterval],
}

/// A link's capacity, rate, split and queue.
pub fn link(recording: &Recording, index: LinkIndex) -> LinkSeries {
    let measure = recording.measure();
    let Some((_, record)) = recording.links().nth(usize::from(index.0)) else {
        panic!("the cast has no link {}", index.0)
    };
    let secs = measure.bin.as_secs_f64();
    let bins = 0..measure.bins();
    let bits = record.capacity_bits(bins.clone().map(|bin| measure.bin_span(bin)));
    let waited = |bin: usize| record.bins.get(bin).filter(|bin| bin.packets > 0);
    LinkSeries {
        capacity_kbps: bits.into_iter().map(|bits| bits.map(|bits| bits / 1e3 / secs)).collect(),
        rate_kbps: bins.clone().map(|bin| record.bins.get(bin).map_or(0.0, |bin| kbps(bin, secs))).collect(),
        class_kbps: stack(recording, [record]),
        queue_ms: bins.map(|bin| waited(bin).map(|bin| bin.queue_max as f64 / 1e6)).collect(),
    }
}

/// The estimate of a participant's line, kbit/s, as of each bin's end; `None` before the first.
pub fn estimate_kbps(recording: &Recording, who: ParticipantIndex, direction: Direction) -> Vec<Option<f64>> {
    let participant = recording.participants().nth(usize::from(who.0)).map(|(_, record)| record);
    let told = participant.map_or(&[][..], |record| &record.estimates[direction as usize]);
    let held = told.last().copied().flatten();
    let values = (0..recording.measure().bins()).map(|bin| told.get(bin).copied().unwrap_or(held));
    values.map(|bps| bps.map(|bps| bps as f64 / 1e3)).collect()
}

/// What a participant's own links carried in one direction, by class; links that it shares are not counted.
pub fn bandwidth(recording: &Recording, who: ParticipantIndex, direction: Direction) -> Stack {
    stack(recording, links(recording, direction, |owner| owner == Some(who)))
}

/// What all links to and from the SFU carried in one direction together, by class: the SFU's ingress (up) and egress (down).
pub fn sfu_bandwidth(recording: &Recording, direction: Direction) -> Stack {
    let leads = recording.links().filter(|(index, _)| {
        let info = recording.cast().link(*index);
        info.direction == direction && info.leads_to_sfu
    });
    stack(recording, leads.map(|(_, record)| record))
}

/// Capture to render of all frames that a participant saw, ns; its cumulative curve is the plot.
pub fn capture_to_render(recording: &Recording, receiver: ParticipantIndex) -> Distribution {
    let videos =
        recording.flows().filter(|flow| flow.flow.receiver == receiver).filter_map(|flow| flow.video());
    videos.fold(Distribution::default(), |mut all, video| {
        all.merge(&video.total.distribution());
        all
    })
}

/// Mouth to ear of all sound that a participant heard, ns.
pub fn mouth_to_ear(recording: &Recording, receiver: ParticipantIndex) -> Distribution {
    let audios =
        recording.flows().filter(|flow| flow.flow.receiver == receiver).filter_map(|flow| flow.audio());
    audios.fold(Distribution::default(), |mut all, audio| {
        all.merge(&audio.mouth_to_ear.distribution());
        all
    })
}

/// The mean parts of capture to render of all frames that a participant saw, ms, in the order of
/// [`LatencyParts::NAMES`]; `None` when it saw none.
pub fn mean_parts_ms(
    recording: &Recording,
    receiver: ParticipantIndex,
) -> Option<[f64; LatencyParts::NAMES.len()]> {
    let mut sums = [0.0; LatencyParts::NAMES.len()];
    let mut frames = 0.0;
    for flow in recording.flows().filter(|flow| flow.flow.receiver == receiver) {
        let Some(video) = flow.video() else { continue };
        let count = video.total.count() as f64;
        frames += count;
        for (sum, part) in sums.iter_mut().zip(&video.parts) {
            *sum += part.distribution().mean().unwrap_or(0.0) * count;
        }
    }
    (frames > 0.0).then(|| sums.map(|sum| sum / frames / 1e6))
}

/// The layers of every video flow, by receiver, publisher and source.
pub fn layer_strips(recording: &Recording) -> impl Iterator<Item = LayerStrip<'_>> {
    recording
        .flows()
        .filter_map(|flow| Some(LayerStrip { flow: flow.flow, intervals: flow.video()?.layers.intervals() }))
}

/// The freezes of every video flow over the whole run, by receiver, publisher and source.
pub fn freezes(recording: &Recording) -> impl Iterator<Item = (Flow, &[Span])> {
    recording.flows().filter_map(|flow| Some((flow.flow, flow.video()?.freezes.freezes.as_slice())))
}

fn links(
    recording: &Recording,
    direction: Direction,
    wanted: impl Fn(Option<ParticipantIndex>) -> bool,
) -> impl Iterator<Item = &LinkRecord> {
    let links = recording.links().filter(move |(index, _)| {
        let info = recording.cast().link(*index);
        info.direction == direction && wanted(info.owner)
    });
    links.map(|(_, record)| record)
}

fn stack<'a>(recording: &Recording, links: impl IntoIterator<Item = &'a LinkRecord>) -> Stack {
    let measure = recording.measure();
    let per_byte = 8.0 / 1e3 / measure.bin.as_secs_f64();
    let mut bytes = vec![[0_u64; TrafficClass::COUNT]; measure.bins()];
    for link in links {
        for (sums, bin) in bytes.iter_mut().zip(&link.bins) {
            for (sum, bytes) in sums.iter_mut().zip(bin.bytes) {
                *sum += u64::from(bytes);
            }
        }
    }
    let occurring =
        TrafficClass::ALL.into_iter().filter(|class| bytes.iter().any(|bin| bin[*class as usize] > 0));
    occurring
        .map(|class| (class, bytes.iter().map(|bin| bin[class as usize] as f64 * per_byte).collect()))
        .collect()
}
