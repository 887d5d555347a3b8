//! The observer that fills a [`Recording`].

mod decisions;

use std::time::Duration;

use scenarios::Time;

use super::av_skew::Playing;
use super::events::{ESTIMATE_CHANGE, Event, EventKind};
use super::flow::{FlowRecord, MediaRecord};
use super::freeze::Interval;
use super::link::LinkRecord;
use super::participant::ParticipantRecord;
use super::speakers::Sound;
use super::{Broken, Measure, Recording, Repairs, Span};
use crate::observation::{
    Cast, EstimateOf, Flow, FlowCounters, LatencyParts, Layer, LinkIndex, MediaKind, Observation, Observer,
    ParticipantIndex, SourceIndex, TrafficClass,
};

/// Takes the observations of one run, in order of time, and keeps what the report needs.
#[derive(Clone, Debug)]
pub struct Recorder {
    kept: Recording,
    now: Time,
    /// The bin that was asked for last, and what it covers: nearly always that of the next question, too.
    bin: (usize, Span),
    /// What was asked for again before the measured time.
    repaired_before: Repairs,
}

impl Recorder {
    /// A recorder for a run of `cast`, measured as `measure` says.
    pub fn new(cast: Cast, measure: Measure) -> Self {
        let bin = (0, measure.bin_span(0));
        Recorder {
            kept: Recording::new(cast, measure),
            now: Time::ZERO,
            bin,
            repaired_before: Repairs::default(),
        }
    }

    /// The SFU's sockets have an end: what finds them full is counted, also when there is none.
    pub fn with_bounded_sockets(mut self) -> Self {
        self.kept.participants.iter_mut().for_each(|participant| participant.socket_dropped = Some(0));
        self
    }

    /// A packet of `from` found the SFU's socket full.
    pub fn socket_full(&mut self, at: Time, from: ParticipantIndex) {
        self.order(at);
        if self.kept.measure.contains(at) {
            *self.participant(from).socket_dropped.get_or_insert(0) += 1;
        }
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
        let measure = self.kept.measure;
        self.kept.speakers.finish(&measure);
        self.kept.links.iter_mut().for_each(LinkRecord::count_pending);
        self.kept.participants.iter_mut().for_each(ParticipantRecord::count_pending);
        self.kept.participants.iter_mut().for_each(|participant| participant.gone(measure.until));
        let (last, first) = (self.kept.repairs, self.repaired_before);
        self.kept.repairs = Repairs {
            asked: last.asked.saturating_sub(first.asked),
            answered: last.answered.saturating_sub(first.answered),
        };
        // A freeze is known only when it is over; its start goes back to its place.
        self.kept.events.sort_by_key(|event| event.at);
        self.kept
    }

    fn event(&mut self, at: Time, kind: EventKind) {
        self.kept.events.push(Event { at, kind });
    }

    fn flow(&mut self, flow: Flow) -> &mut FlowRecord {
        let place = self.kept.flow_place(flow);
        let Recording { flows, cast, .. } = &mut self.kept;
        flows[place].get_or_insert_with(|| {
            Box::new(FlowRecord::new(flow, cast.source(flow.publisher, flow.source).kind))
        })
    }

    /// The bin of an event at `at`.
    fn bin_of(&mut self, at: Time) -> usize {
        let (_, span) = self.bin;
        if !(span.from <= at && at < span.until) {
            let bin = self.kept.measure.bin_of(at);
            self.bin = (bin, self.kept.measure.bin_span(bin));
        }
        self.bin.0
    }

    /// [`Observation::LinkSent`] without the detour, as every packet is one.
    pub fn link_sent(
        &mut self,
        at: Time,
        link: LinkIndex,
        class: TrafficClass,
        bytes: u32,
        queued: Duration,
    ) {
        self.order(at);
        let place = (self.bin_of(at), self.kept.measure.contains(at));
        self.kept.links[usize::from(link.0)].sent(place, class, bytes, queued);
    }

    /// The packet that was [sent](Self::link_sent) last has the mark of congestion (RFC 3168: CE).
    pub fn link_marked(&mut self, at: Time, link: LinkIndex) {
        let measured = self.kept.measure.contains(at);
        self.kept.links[usize::from(link.0)].marked(measured);
    }

    /// Of the cross traffic that left the link now, so many bytes are of a flow that doesn't make way.
    pub fn unresponsive(&mut self, at: Time, link: LinkIndex, bytes: u32) {
        let bin = self.bin_of(at);
        self.kept.links[usize::from(link.0)].unresponsive(bin, bytes);
    }

    /// The script changes what the link loses.
    pub fn disturbed(&mut self, at: Time, link: LinkIndex) {
        self.kept.links[usize::from(link.0)].disturbed.push(at);
    }

    /// What receivers asked the SFU for again, and what of it it had, since the start of the run.
    pub fn repairs(&mut self, at: Time, asked: u64, answered: u64) {
        self.kept.repairs = Repairs { asked, answered };
        if at <= self.kept.measure.from {
            self.repaired_before = self.kept.repairs;
        }
    }

    /// [`Observation::Forwarded`] without the detour, as nearly every packet is one.
    pub fn forwarded(&mut self, at: Time, receiver: ParticipantIndex, delay: Duration) {
        self.order(at);
        if self.kept.measure.contains(at) {
            self.participant(receiver).forwarded(delay);
        }
    }

    fn participant(&mut self, who: ParticipantIndex) -> &mut ParticipantRecord {
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
        flow.counters.renew();
        if let MediaRecord::Video(video) = &mut flow.media {
            video.layers.subscribed(at);
            // Frames that were on their way when the last subscription ended have been rendered since.
            video.freezes.detector.close(at);
        }
        self.event(at, EventKind::Subscribed(id));
    }

    fn end_subscription(&mut self, at: Time, id: Flow) -> bool {
        let measure = self.kept.measure;
        let flow = self.flow(id);
        let Some(from) = flow.subscribed_since.take() else { return false };
        flow.subscriptions.push(Span { from, until: at });
        flow.first.ended(at);
        match &mut flow.media {
            MediaRecord::Video(video) => {
                video.layers.close(at);
                video.key_frames.ended(at, &measure);
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
        self.tell_freeze(at, id, interval);
    }

    fn tell_freeze(&mut self, at: Time, id: Flow, interval: Interval) {
        if interval.freeze {
            self.event(interval.span.from, EventKind::FreezeStart(id));
            self.event(at, EventKind::FreezeEnd(id, interval.span.length()));
        }
    }

    fn rendered(&mut self, at: Time, id: Flow, size: (u32, u32), captured: Time, parts: &LatencyParts) {
        let measure = self.kept.measure;
        let nanos = parts.nanos();
        let total = Duration::from_nanos(nanos.into_iter().fold(0, u64::saturating_add));
        if at < captured || total != at.since(captured) {
            self.kept.break_at(
                at,
                |broken| &mut broken.latency_sums,
                |cast| {
                    let (name, sum) = (cast.flow_name(id), total);
                    format!(
                        "{name}: latency parts sum to {sum:?}, render minus capture is {:?}",
                        at.since(captured)
                    )
                },
            );
        }
        let measured = measure.contains(at);
        let sound = if measured { self.sound_at(at, id) } else { None };
        let bin = self.bin_of(at);
        let mut flow = self.flow(id);
        if flow.first.is_open() {
            self.first_media(at, id);
            flow = self.flow(id);
        }
        flow.presented(at, bin, captured, size.0.saturating_mul(size.1));
        let MediaRecord::Video(video) = &mut flow.media else { return };
        video.key_frames.rendered(at, captured, &measure);
        if measured {
            video.shown(at.since(captured), &nanos);
            if let Some(sound) = sound {
                video.skew.sample(sound, captured);
            }
        }
        if let Some(interval) = video.freezes.detector.rendered(at) {
            video.freezes.take(interval, measured.then(|| measure.span()));
            self.tell_freeze(at, id, interval);
        }
    }

    fn first_media(&mut self, at: Time, id: Flow) {
        let joiner = self.joiner(id);
        if let Some(way) = self.flow(id).first.presented(at, &joiner) {
            self.event(at, EventKind::FirstMedia(id, Duration::from_nanos(way.total())));
        }
    }

    fn played(&mut self, at: Time, id: Flow, captured: Time, jitter_buffer: Duration, length: Duration) {
        let measured = self.kept.measure.contains(at);
        let bin = self.bin_of(at);
        let mut flow = self.flow(id);
        if flow.first.is_open() {
            self.first_media(at, id);
            flow = self.flow(id);
        }
        flow.presented(at, bin, captured, 0);
        let MediaRecord::Audio(audio) = &mut flow.media else { return };
        audio.played(length, measured);
        audio.playing = Some(Playing { began: at, captured, length });
        if measured {
            audio.heard(at.since(captured), jitter_buffer);
        }
    }

    /// When the sound was captured that the receiver of `id` hears of the same publisher at `at`: of the first source
    /// of sound, should there be several.
    fn sound_at(&self, at: Time, id: Flow) -> Option<Time> {
        let sources = &self.kept.cast.participants[usize::from(id.publisher.0)].sources;
        let sound = sources.iter().position(|source| source.kind == MediaKind::Audio)?;
        let source = SourceIndex(u8::try_from(sound).ok()?);
        let audio = self.kept.flow(Flow { source, ..id })?.audio()?;
        audio.playing.and_then(|playing| playing.captured_at(at))
    }

    fn counters(&mut self, at: Time, id: Flow, counters: &FlowCounters) {
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
        let bin = self.bin_of(at);
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
        let before = video.layers.current();
        if !video.layers.forwarded(at, layer) {
            return;
        }
        if layer.is_none() {
            video.key_frames.withheld();
        }
        if before.is_some() && layer.is_some() {
            video.freezes.switched(at);
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
        if at >= self.now {
            self.now = at;
            return;
        }
        let now = self.now;
        let count: fn(&mut Broken) -> &mut u64 = |broken| &mut broken.backward_times;
        self.kept.break_at(at, count, |_| format!("observed after {now}"));
    }
}

impl Observer for Recorder {
    fn observe(&mut self, at: Time, observation: Observation) {
        self.see(at, &observation);
    }
}

impl Recorder {
    /// [`Observer::observe`] for who keeps the observation: those that are frequent are large, and nothing of them needs
    /// to be owned.
    pub fn see(&mut self, at: Time, observation: &Observation) {
        self.order(at);
        let measure = self.kept.measure;
        let measured = measure.contains(at);
        match *observation {
            Observation::LinkSent { link, class, bytes, queued } => {
                self.link_sent(at, link, class, bytes, queued);
            }
            Observation::LinkDropped { link, cause, bytes: _ } => {
                self.kept.links[usize::from(link.0)].dropped(at, cause, &measure);
            }
            Observation::LinkCapacity { link, bps } => {
                self.kept.links[usize::from(link.0)].capacity_is(at, bps);
            }
            Observation::Forwarded { receiver, delay } => self.forwarded(at, receiver, delay),
            Observation::FrameRendered { flow, layer: _, size, captured, ref parts } => {
                self.rendered(at, flow, size, captured, parts);
            }
            Observation::AudioPlayed { flow, captured, jitter_buffer, length } => {
                self.played(at, flow, captured, jitter_buffer, length);
            }
            Observation::AudioConcealed { flow, length } => {
                if let MediaRecord::Audio(audio) = &mut self.flow(flow).media {
                    audio.concealed(length, measured);
                }
            }
            Observation::SoundTaken { publisher, source, length, speech, forwarded } => {
                let place = self.kept.source_place(publisher, source);
                let sound = Sound { place, length, speech, forwarded };
                self.kept.speakers.sound(at, &sound, &measure);
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
            Observation::Counters { flow, ref counters } => self.counters(at, flow, counters),
            Observation::Estimate { of, bps } => self.estimate(at, of, bps),
            Observation::DataOpened { participant, ref label } => {
                self.kept.data.opened(participant, label.clone());
            }
            Observation::DataSent { sender, ref label, to, bytes: _ } if measured => {
                self.kept.data.sent(at, sender, label.clone(), to);
            }
            Observation::DataReceived { receiver, sender, ref label, sent, bytes }
                if measure.contains(sent) =>
            {
                self.kept.data.received(at, (sender, receiver), label.clone(), sent, bytes);
            }
            Observation::DataDropped { receiver, ref label, count } if measured => {
                self.kept.data.missed(receiver, label.clone(), count);
            }
            Observation::DataSent { .. }
            | Observation::DataReceived { .. }
            | Observation::DataDropped { .. } => {}
            ref other => self.observe_decision(at, measured, other.clone()),
        }
    }
}
