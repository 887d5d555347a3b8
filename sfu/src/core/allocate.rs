//! Choosing layers for one receiver, and carrying the choice out.

use std::time::Duration;

use smallvec::SmallVec;

use super::commands::source_id;
use super::demand::useful;
use super::offers::{Offers, declared_rate, offers_of};
use super::{Sfu, Turn};
use crate::allocation::{self, Budget, Decision, Explanation, LayerOffer, Reason, allocate, apply_last_n};
use crate::forward::Layer;
use crate::participant::subscription::Wanted;
use crate::participant::{Content, MediaKind, Participant, ParticipantId};
use crate::planted::{self, Planted};
use crate::receive::rate::SteadyRate;
use crate::send::redundancy::MAX_DISTANCE;
use crate::sink::Event;
use crate::units::DataRate;

/// How often layers are chosen anew when nothing calls for it: hysteresis counts in seconds.
pub(crate) const INTERVAL: Duration = Duration::from_millis(200);
/// What an audio stream takes on the line besides its payload: 50 packets a second with RTP header and
/// extensions (28 bytes), tag (16), UDP and IP (28).
const AUDIO_OVERHEAD: DataRate = DataRate::from_bps(50 * (28 + 16 + 28) * 8);

/// How long a source may take to begin with all of its encodings: key frames of three encodings at the rate that an
/// uplink starts with.
pub(super) const BEGINNING: Duration = Duration::from_millis(500);

/// Part of the estimate that repairs take on a line that loses packets by chance only.
const REPAIRS_BY_CHANCE: f64 = 0.02;
/// The most of the estimate that is kept back for repairs: 1.1 less this is 0.95.
const MOST_FOR_REPAIRS: f64 = 0.15;

/// What one subscription is to the allocation.
pub(crate) struct Candidate {
    index: u16,
    publisher: ParticipantId,
    source: usize,
    wanted: Wanted,
    detail: bool,
    /// How many have spoken since its publisher did.
    recency: u16,
    current: Option<Layer>,
    memory: allocation::Memory,
    offers: Offers,
    /// What the layer that the wish is for is set to, whether it comes already or not.
    declared: DataRate,
}

impl Turn<'_> {
    /// Chooses layers anew if it is time.
    pub(super) fn reallocate_due(&mut self, id: ParticipantId) {
        if self.now >= self.sfu.participants[id].downlink.allocated + INTERVAL {
            self.reallocate(id);
            self.follow_demand(id);
        }
    }

    /// Chooses a layer of each video source that `id` receives.
    pub(super) fn reallocate(&mut self, id: ParticipantId) {
        let now = self.now;
        let Some(participant) = self.sfu.participants.get_mut(id) else { return };
        participant.downlink.allocated = now;
        if !participant.transport.is_connected() {
            return;
        }
        let mut candidates = std::mem::take(&mut self.sfu.candidates);
        let mut decisions = std::mem::take(&mut self.sfu.decisions);
        let audio = self.gather(id, &mut candidates);
        let estimate = self.sfu.participants[id].downlink.sender.controller.target();
        let estimate = if planted::is(Planted::EstimateTripled) { estimate.scale(3.0) } else { estimate };
        let mut sources: SmallVec<[allocation::Source<'_, u16>; 16]> =
            candidates.iter().map(Candidate::as_source).collect();
        if let Some(last_n) = self.last_n(id) {
            apply_last_n(last_n, &mut sources, &mut self.sfu.order);
        }
        let watched = candidates.iter().zip(&sources).filter(|(_, source)| source.max_height > 0);
        let wanted = audio + watched.map(|(candidate, _)| candidate.wanted_rate()).sum();
        let sender = &mut self.sfu.participants[id].downlink.sender;
        sender.controller.set_wanted(now, wanted);
        sender.begun |= !candidates.is_empty();
        let repairs =
            reserve_for_repairs(self.sfu.participants[id].downlink.sender.repair_rate(now), estimate);
        let audio = audio + repairs + self.sfu.participants[id].data_reserve();
        let Sfu { config, workspace, participants, .. } = &mut *self.sfu;
        let line = &mut participants[id].downlink.line;
        let budget = Budget { estimate, steady: line.steady(&config.allocation, now, estimate), audio };
        *line = allocate(&config.allocation, now, &budget, *line, &sources, workspace, &mut decisions);
        for (place, ((candidate, source), decision)) in
            candidates.iter().zip(&sources).zip(&decisions).enumerate()
        {
            let explanation = self.explain_decision(place, &candidate.offers, budget, decision);
            self.carry_out(id, candidate, (source, decision), explanation);
        }
        drop(sources);
        candidates.clear();
        self.sfu.candidates = candidates;
        self.sfu.decisions = decisions;
    }

    /// Lists the video subscriptions of `id`, and adds up what its audio takes.
    fn gather(&mut self, id: ParticipantId, candidates: &mut Vec<Candidate>) -> DataRate {
        let now = self.now;
        let (mut voices, mut greatest, mut is_silenced) = (DataRate::ZERO, DataRate::ZERO, true);
        let need = self.sfu.participants[id].downlink.need();
        for index in 0..self.sfu.participants[id].downlink.slot_count() {
            let Some((subscription, _)) = self.sfu.participants[id].downlink.slot(index) else { continue };
            let (publisher, source) = (subscription.publisher, subscription.source);
            let (muted, mut wanted) = (subscription.muted, subscription.wanted);
            if muted {
                wanted.max_height = 0;
            }
            if subscription.codec.kind() == MediaKind::Audio {
                let Some(from) = self.sfu.participants.get_mut(publisher) else { continue };
                let encoding = &mut from.uplink.sources[source].encodings[0];
                let held = encoding.rates.hold_sound(now, AUDIO_OVERHEAD);
                if !muted {
                    let payload = held.saturating_sub(AUDIO_OVERHEAD);
                    let voice = held + payload.scale(self.sfu.redundancy(id, publisher, source).into());
                    (voices, greatest, is_silenced) = (voices + voice, greatest.max(voice), false);
                }
                continue;
            }
            let stream = subscription.video().expect("what is not audio is video");
            let target = stream.projection.target();
            let memory = stream.memory;
            let protection = subscription.fec.as_mut().map_or(0.0, |fec| {
                fec.follow(now, &need);
                fec.share()
            });
            let recency = self.recency(id, publisher);
            let Some(from) = self.sfu.participants.get_mut(publisher) else { continue };
            let published = &mut from.uplink.sources[source];
            let is_beginning = published.begun.is_some_and(|begun| now.since(begun) < BEGINNING);
            let mut offers = Offers::new();
            offers_of(published, now, protection, &mut offers);
            candidates.push(Candidate {
                index,
                publisher,
                source,
                wanted,
                detail: published.description.content == Content::Screen,
                recency,
                // Hysteresis is about what is being watched: a layer that was taken for want of a better one a
                // moment ago need not be held for a second.
                current: target.filter(|_| !is_beginning),
                memory,
                offers,
                declared: declared_rate(published, wanted.max_height).scale(1.0 + protection),
            });
        }
        // Whoever speaks next after a silence finds room.
        let held = &mut self.sfu.participants[id].downlink.voice;
        if is_silenced {
            *held = SteadyRate::default();
        }
        voices.max(held.hold_long(now, greatest))
    }

    fn carry_out(
        &mut self,
        receiver: ParticipantId,
        candidate: &Candidate,
        (wish, decision): (&allocation::Source<'_, u16>, &Decision<u16>),
        explanation: Explanation,
    ) {
        let now = self.now;
        let downlink = &mut self.sfu.participants[receiver].downlink;
        let Some((subscription, _)) = downlink.slot(decision.id) else { return };
        let stream = subscription.video().expect("only video is allocated");
        stream.memory = decision.memory;
        let layer = decision.layer.map(Layer::from);
        let before = stream.projection.current();
        // A silence isn't an end: a still picture sends nothing, and its next frame needs no key frame if the stream
        // just goes on.
        let is_silent = decision.reason == Reason::NoActiveLayer;
        if layer != stream.projection.target() && !is_silent {
            stream.projection.set_target(layer);
            self.sfu.choices += 1;
        }
        let after = stream.projection.current();
        let wanted = stream.projection.wants_key_frame();
        let kind = std::mem::discriminant(&decision.reason);
        let told = stream.chosen.replace((layer, kind));
        let (publisher, source) = (candidate.publisher, source_id(candidate.source));
        if told != Some((layer, kind)) {
            let entitled = candidate.entitled(wish);
            let Explanation { reason, budget: Budget { estimate, .. }, .. } = explanation;
            self.sink.event(Event::LayerChosen {
                receiver,
                publisher,
                source,
                layer,
                reason,
                estimate,
                entitled,
                explanation: Box::new(explanation.clone()),
            });
        }
        let uplink = self.sfu.participants.get(publisher).map(|from| &from.uplink);
        let wants = uplink.map_or(0, |uplink| useful(&uplink.sources[candidate.source], wish.max_height));
        let stream = self.sfu.participants[receiver].downlink.slot(decision.id);
        let mut wants_more = false;
        if let Some(stream) = stream.and_then(|(subscription, _)| subscription.video()) {
            stream.explanation = Some(explanation);
            wants_more = std::mem::replace(&mut stream.useful, wants) < wants;
        }
        if wants_more {
            self.follow_demand(publisher);
        }
        if before != after {
            self.sink.event(Event::LayerForwarded { receiver, publisher, source, layer: after });
        }
        // Each time, not only when the choice is new: the key frame may have come without being of use. Requests
        // are coalesced, and a key frame that is just being handed on needs none.
        if let Some(encoding) = wanted
            && self.arriving != Some((publisher, candidate.source, encoding))
        {
            self.request_key_frame(candidate.publisher, candidate.source, encoding, now);
        }
    }
}

impl Sfu {
    /// How many packets of a source go along with each that `id` gets (RFC 2198).
    pub(crate) fn redundancy(&self, id: ParticipantId, publisher: ParticipantId, source: usize) -> u8 {
        let Participant { media, downlink, .. } = &self.participants[id];
        let own =
            self.participants.get(publisher).map_or(0, |from| from.uplink.sources[source].tail.redundancy);
        let wanted = downlink.redundancy.distance().max(own.min(MAX_DISTANCE));
        media.payload_types.opus_red.map_or(0, |_| wanted)
    }
}

/// What is kept back for repairs. Where nobody counted them, a full queue would lose packets, their repairs fill the
/// queue, and neither ever end: the estimate of such a line is what it carries, repairs included, and a layer is kept up
/// to 1.1 of that. So repairs beyond what a line loses by chance count three times, up to
/// a part that brings what is kept below what the line carries, and no picture is given up for a burst that is over.
fn reserve_for_repairs(repairs: DataRate, estimate: DataRate) -> DataRate {
    let counted = repairs + repairs.saturating_sub(estimate.scale(REPAIRS_BY_CHANCE)).scale(2.0);
    counted.min(estimate.scale(MOST_FOR_REPAIRS))
}

impl Candidate {
    fn as_source(&self) -> allocation::Source<'_, u16> {
        let Wanted { max_height, max_fps, priority, on_stage } = self.wanted;
        allocation::Source {
            // A screen goes before cameras of the same priority.
            priority: i32::from(priority) + i32::from(self.detail),
            on_stage,
            detail: self.detail,
            recency: self.recency,
            max_fps,
            current: self.current.map(allocation::Layer::from),
            memory: self.memory,
            ..allocation::Source::new(self.index, max_height, &self.offers)
        }
    }

    /// The best layer that is on offer and no higher or faster than the wish; the lowest when all are.
    fn best(&self, max_height: u16) -> Option<&LayerOffer> {
        let active = || self.offers.iter().filter(|offer| offer.active);
        if max_height == 0 {
            return None;
        }
        let within = active().filter(|offer| offer.height <= max_height).map(|offer| offer.height).max();
        let height = within.or_else(|| active().map(|offer| offer.height).min())?;
        let of_height = || active().filter(|offer| offer.height == height);
        let max_fps = f64::from(self.wanted.max_fps);
        let slow_enough = of_height().filter(|offer| offer.fps <= max_fps).max_by_key(|offer| offer.layer);
        slow_enough.or_else(|| of_height().min_by_key(|offer| offer.layer))
    }

    /// What `wish`, which last-N may have cut, is for.
    fn entitled(&self, wish: &allocation::Source<'_, u16>) -> Option<Layer> {
        self.best(wish.max_height).map(|offer| offer.layer.into())
    }

    /// The rate of what the wish is for: a controller has to look for room before the layer is on offer, since
    /// publishers raise their layers one by one.
    fn wanted_rate(&self) -> DataRate {
        self.best(self.wanted.max_height).map_or(DataRate::ZERO, |offer| offer.rate).max(self.declared)
    }
}
