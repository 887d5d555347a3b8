//! The observer that fills a [`Recording`].

use std::time::Duration;

use scenarios::Time;

use super::events::{ESTIMATE_CHANGE, Event, EventKind};
use super::flow::{FlowRecord, MediaRecord};
use super::freeze::Interval;
use super::{Broken, Measure, Recording};
use crate::observation::{
    Cast, EstimateOf, Flow, FlowCounters, JoinStep, LatencyParts, Layer, Observation, Observer,
    ParticipantIndex,
};

/// Takes the observations of one run, in order of time, and keeps what the report needs.
#[derive(Clone, Debug)]
pub struct Recorder {
    kept: Recording,
    now: Time,
}

impl Recorder {
    /// A recorder for a run of `cast`, measured as `measure` says.
    pub fn new(cast: Cast, measure: Measure) -> Self {
        Recorder { kept: Recording::new(cast, measure), now: Time::ZERO }
    }

    /// The run is over: closes what is open (subscriptions, freezes, layers) at the measure's end.
    pub fn finish(mut self) -> Recording {
        let end = self.kept.measure.until;
        for place in 0..self.kept.flows.len() {
            if let Some(flow) = self.kept.flows[place].as_ref().map(|flow| flow.flow) {
                self.end_subscription(end, flow);
            }
        }
        self.kept.flows.iter_mut().flatten().for_each(|flow| flow.finish());
        // A freeze is known only when it is over; its start goes back to its place.
        self.kept.events.sort_by_key(|event| event.at);
        self.kept
    }

    fn event(&mut self, at: Time, kind: EventKind) {
        self.kept.events.push(Event { at, kind });
    }

    fn flow(&mut self, flow: Flow) -> &mut FlowRecord {
        let place = self.kept.flow_place(flow);
        let kind = self.kept.cast.source(flow.publisher, flow.source).kind;
        self.kept.flows[place].get_or_insert_with(|| Box::new(FlowRecord::new(flow, kind)))
    }

    fn participant(&mut self, who: ParticipantIndex) -> &mut super::participant::ParticipantRecord {
        &mut self.kept.participants[usize::from(who.0)]
    }

    /// The join of whoever of receiver and publisher came later.
    fn joiner(&self, flow: Flow) -> super::participant::JoinTimes {
        let join = |who: ParticipantIndex| self.kept.participants[usize::from(who.0)].join;
        let (receiver, publisher) = (join(flow.receiver), join(flow.publisher));
        if publisher.intent > receiver.intent { publisher } else { receiver }
    }

    fn subscribed(&mut self, at: Time, id: Flow) {
        let joiner = self.joiner(id);
        let flow = self.flow(id);
        if flow.subscribed_since.is_some() {
            return;
        }
        flow.subscribed_since = Some(at);
        flow.first.subscribed(at, &joiner);
        if let MediaRecord::Video(video) = &mut flow.media {
            video.layers.subscribed(at);
        }
        self.event(at, EventKind::Subscribed(id));
    }

    fn end_subscription(&mut self, at: Time, id: Flow) -> bool {
        let measure = self.kept.measure;
        let flow = self.flow(id);
        let Some(from) = flow.subscribed_since.take() else { return false };
        flow.subscriptions.push(super::Span { from, until: at });
        flow.first.ended(at);
        match &mut flow.media {
            MediaRecord::Video(video) => {
                video.layers.close(at);
                let open = video.freezes.detector.close(at);
                self.interval(at, id, open, &measure);
            }
            MediaRecord::Audio(audio) => audio.played(Duration::ZERO, false),
        }
        true
    }

    fn interval(&mut self, at: Time, id: Flow, interval: Option<Interval>, measure: &Measure) {
        let Some(interval) = interval else { return };
        let measured = measure.contains(at).then(|| measure.span());
        if let MediaRecord::Video(video) = &mut self.flow(id).media {
            video.freezes.take(interval, measured);
        }
        if interval.freeze {
            self.event(interval.span.from, EventKind::FreezeStart(id));
            self.event(at, EventKind::FreezeEnd(id, interval.span.length()));
        }
    }

    fn rendered(&mut self, at: Time, id: Flow, size: (u32, u32), captured: Time, parts: &LatencyParts) {
        let measure = self.kept.measure;
        if at < captured || parts.total() != at.since(captured) {
            self.kept.break_at(
                at,
                |broken| &mut broken.latency_sums,
                |cast| {
                    let (name, sum) = (cast.flow_name(id), parts.total());
                    format!(
                        "{name}: latency parts sum to {sum:?}, render minus capture is {:?}",
                        at.since(captured)
                    )
                },
            );
        }
        self.first_media(at, id);
        let flow = self.flow(id);
        flow.presented(at, captured, size.0.saturating_mul(size.1), &measure);
        let MediaRecord::Video(video) = &mut flow.media else { return };
        let interval = video.freezes.detector.rendered(at);
        if measure.contains(at) {
            video.shown(at.since(captured), parts);
        }
        self.interval(at, id, interval, &measure);
    }

    fn first_media(&mut self, at: Time, id: Flow) {
        if !self.flow(id).first.is_open() {
            return;
        }
        let joiner = self.joiner(id);
        if let Some(way) = self.flow(id).first.presented(at, &joiner) {
            self.event(at, EventKind::FirstMedia(id, Duration::from_nanos(way.total())));
        }
    }

    fn played(&mut self, at: Time, id: Flow, captured: Time, jitter_buffer: Duration, length: Duration) {
        let measure = self.kept.measure;
        self.first_media(at, id);
        let flow = self.flow(id);
        flow.presented(at, captured, 0, &measure);
        let MediaRecord::Audio(audio) = &mut flow.media else { return };
        audio.played(length, measure.contains(at));
        if measure.contains(at) {
            audio.heard(at.since(captured), jitter_buffer);
        }
    }

    fn counters(&mut self, at: Time, id: Flow, counters: FlowCounters) {
        let measure = self.kept.measure;
        let flow = self.flow(id);
        if let Some(step) = flow.counters.take(at, counters, &measure) {
            flow.counted(at, &step, &measure);
        } else {
            let what = |cast: &Cast| format!("{}: a counter fell", cast.flow_name(id));
            self.kept.break_at(at, |broken| &mut broken.fallen_counters, what);
        }
    }

    fn estimate(&mut self, at: Time, of: EstimateOf, bps: u64) {
        let (who, direction) = of.line();
        let bin = self.kept.measure.bin_of(at);
        let participant = self.participant(who);
        participant.estimated(direction, bin, bps);
        let told = &mut participant.told[direction as usize];
        if told.is_none_or(|last| bps.abs_diff(last) as f64 > last as f64 * ESTIMATE_CHANGE) {
            *told = Some(bps);
            self.event(at, EventKind::Estimate(of, bps));
        }
    }

    fn layer_forwarded(&mut self, at: Time, id: Flow, layer: Option<Layer>) {
        let measure = self.kept.measure;
        let MediaRecord::Video(video) = &mut self.flow(id).media else { return };
        if !video.layers.forwarded(at, layer) {
            return;
        }
        let detector = &mut video.freezes.detector;
        let open = match layer {
            Some(_) => {
                detector.sent();
                None
            }
            None => detector.withheld(at),
        };
        self.interval(at, id, open, &measure);
        self.event(at, EventKind::LayerForwarded(id, layer));
    }

    fn order(&mut self, at: Time) {
        if at < self.now {
            let now = self.now;
            let count: fn(&mut Broken) -> &mut u64 = |broken| &mut broken.backward_times;
            self.kept.break_at(at, count, |_| format!("observed after {now}"));
        }
        self.now = self.now.max(at);
    }
}

impl Observer for Recorder {
    fn observe(&mut self, at: Time, observation: Observation) {
        self.order(at);
        let measure = self.kept.measure;
        let measured = measure.contains(at);
        match observation {
            Observation::LinkSent { link, class, bytes, queued } => {
                self.kept.links[usize::from(link.0)].sent(at, class, bytes, queued, &measure);
            }
            Observation::LinkDropped { link, cause, bytes: _ } => {
                self.kept.links[usize::from(link.0)].dropped(at, cause, &measure);
            }
            Observation::LinkCapacity { link, bps } => {
                self.kept.links[usize::from(link.0)].capacity_is(at, bps);
            }
            Observation::Forwarded { receiver, delay } if measured => {
                self.participant(receiver).forwarded.record_duration(delay);
            }
            Observation::Forwarded { .. } => {}
            Observation::FrameRendered { flow, layer: _, size, captured, parts } => {
                self.rendered(at, flow, size, captured, &parts);
            }
            Observation::AudioPlayed { flow, captured, jitter_buffer, length } => {
                self.played(at, flow, captured, jitter_buffer, length);
            }
            Observation::AudioConcealed { flow, length } => {
                if let MediaRecord::Audio(audio) = &mut self.flow(flow).media {
                    audio.concealed(length, measured);
                }
            }
            Observation::AudioRecovered { flow, by, length } if measured => {
                if let MediaRecord::Audio(audio) = &mut self.flow(flow).media {
                    audio.recovered(by, length);
                }
            }
            Observation::AudioSilent { flow, length } if measured => {
                if let MediaRecord::Audio(audio) = &mut self.flow(flow).media {
                    audio.silent += length;
                }
            }
            Observation::AudioRecovered { .. } | Observation::AudioSilent { .. } => {}
            Observation::Counters { flow, counters } => self.counters(at, flow, counters),
            Observation::Estimate { of, bps } => self.estimate(at, of, bps),
            other => self.observe_decision(at, measured, other),
        }
    }
}

impl Recorder {
    /// The observations that are few: joins, subscriptions, layers, key frames, script.
    fn observe_decision(&mut self, at: Time, measured: bool, observation: Observation) {
        match observation {
            Observation::Join { participant, step } => self.join(at, participant, step),
            Observation::Subscribed(flow) => self.subscribed(at, flow),
            Observation::Unsubscribed(flow) => {
                if self.end_subscription(at, flow) {
                    self.event(at, EventKind::Unsubscribed(flow));
                }
            }
            Observation::FirstPacket(flow) => self.flow(flow).first.packet(at),
            Observation::FirstKeyFrame(flow) => self.flow(flow).first.key_frame(at),
            Observation::FrameEncoded { publisher, source, layer, key, bytes } => {
                let place = self.kept.source_place(publisher, source);
                if measured {
                    self.kept.sources[place].encoded(layer, key, bytes);
                }
                if key {
                    let kind = EventKind::KeyFrameProduced(publisher, source, layer.spatial, bytes);
                    self.event(at, kind);
                }
            }
            Observation::LayerChosen { flow, layer, reason, estimate_bps, entitled } => {
                let MediaRecord::Video(video) = &mut self.flow(flow).media else { return };
                if video.layers.chosen(at, layer, entitled, &reason) {
                    self.event(at, EventKind::LayerChosen { flow, layer, reason, estimate_bps, entitled });
                }
            }
            Observation::LayerForwarded { flow, layer } => self.layer_forwarded(at, flow, layer),
            Observation::KeyFrameRequested { publisher, source, spatial } => {
                let place = self.kept.source_place(publisher, source);
                self.kept.sources[place].requests += u64::from(measured);
                self.event(at, EventKind::KeyFrameRequested(publisher, source, spatial));
            }
            Observation::KeyFrameWanted(flow) => {
                let place = self.kept.source_place(flow.publisher, flow.source);
                self.kept.sources[place].wanted += u64::from(measured);
                self.event(at, EventKind::KeyFrameWanted(flow));
            }
            Observation::Script { text } => self.event(at, EventKind::Script(text)),
            _ => unreachable!("`observe` takes the frequent observations itself"),
        }
    }

    fn join(&mut self, at: Time, who: ParticipantIndex, step: JoinStep) {
        self.participant(who).step(at, step);
        self.event(at, EventKind::Join(who, step));
    }
}
