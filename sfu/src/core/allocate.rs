//! Choosing layers for one receiver, and carrying the choice out.

use std::time::Duration;

use smallvec::SmallVec;

use super::commands::source_id;
use super::offers::{Offers, declared_rate, offers_of};
use super::{Sfu, Turn};
use crate::allocation::{self, AllocationConfig, Budget, Decision, LayerOffer, Reason, allocate};
use crate::forward::Layer;
use crate::participant::{MediaKind, Participant, ParticipantId};
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

/// What one subscription is to the allocation.
pub(crate) struct Candidate {
    index: u16,
    publisher: ParticipantId,
    source: usize,
    priority: u8,
    max_height: u16,
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
        let wanted = audio + candidates.iter().map(Candidate::wanted).sum();
        let sender = &mut self.sfu.participants[id].downlink.sender;
        sender.controller.set_wanted(now, wanted);
        sender.begun |= !candidates.is_empty();
        let sources: SmallVec<[allocation::Source<'_, u16>; 16]> =
            candidates.iter().map(Candidate::as_source).collect();
        let budget = Budget { estimate, audio: audio + self.sfu.participants[id].data_reserve() };
        let config = AllocationConfig::default();
        allocate(&config, now, &budget, &sources, &mut self.sfu.workspace, &mut decisions);
        for decision in &decisions {
            let candidate = candidates.iter().find(|c| c.index == decision.id).expect("ids come back");
            self.carry_out(id, candidate, decision, estimate);
        }
        drop(sources);
        candidates.clear();
        self.sfu.candidates = candidates;
        self.sfu.decisions = decisions;
    }

    /// Lists the video subscriptions of `id`, and adds up what its audio takes.
    fn gather(&mut self, id: ParticipantId, candidates: &mut Vec<Candidate>) -> DataRate {
        let now = self.now;
        let mut audio = DataRate::ZERO;
        let need = self.sfu.participants[id].downlink.need();
        for index in 0..self.sfu.participants[id].downlink.slot_count() {
            let Some((subscription, _)) = self.sfu.participants[id].downlink.slot(index) else { continue };
            let (publisher, source) = (subscription.publisher, subscription.source);
            let (muted, priority) = (subscription.muted, subscription.priority);
            let max_height = if muted { 0 } else { subscription.max_height };
            if subscription.codec.kind() == MediaKind::Audio {
                let Some(from) = self.sfu.participants.get_mut(publisher) else { continue };
                let encoding = &mut from.uplink.sources[source].encodings[0];
                let held = encoding.rates.hold_sound(now, AUDIO_OVERHEAD);
                if !muted {
                    let payload = held.saturating_sub(AUDIO_OVERHEAD);
                    audio += held + payload.scale(self.sfu.redundancy(id, publisher, source).into());
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
            let Some(from) = self.sfu.participants.get_mut(publisher) else { continue };
            let published = &mut from.uplink.sources[source];
            let is_beginning = published.begun.is_some_and(|begun| now.since(begun) < BEGINNING);
            let mut offers = Offers::new();
            offers_of(published, now, protection, &mut offers);
            candidates.push(Candidate {
                index,
                publisher,
                source,
                priority,
                max_height,
                // Hysteresis is about what is being watched: a layer that was taken for want of a better one a
                // moment ago need not be held for a second.
                current: target.filter(|_| !is_beginning),
                memory,
                offers,
                declared: declared_rate(published, max_height).scale(1.0 + protection),
            });
        }
        audio
    }

    fn carry_out(
        &mut self,
        receiver: ParticipantId,
        candidate: &Candidate,
        decision: &Decision<u16>,
        estimate: DataRate,
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
        let is_silent = decision.reason == Reason::NoActiveLayer && candidate.max_height > 0;
        if layer != stream.projection.target() && !is_silent {
            stream.projection.set_target(layer);
        }
        let after = stream.projection.current();
        let wanted = stream.projection.wants_key_frame();
        let kind = std::mem::discriminant(&decision.reason);
        let told = stream.chosen.replace((layer, kind));
        stream.reason = Some(decision.reason);
        let (publisher, source) = (candidate.publisher, source_id(candidate.source));
        if told != Some((layer, kind)) {
            let entitled = candidate.entitled();
            let reason = decision.reason;
            let event = Event::LayerChosen { receiver, publisher, source, layer, reason, estimate, entitled };
            self.sink.event(event);
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

impl Candidate {
    fn as_source(&self) -> allocation::Source<'_, u16> {
        allocation::Source {
            id: self.index,
            priority: i32::from(self.priority),
            max_height: self.max_height,
            layers: &self.offers,
            current: self.current.map(allocation::Layer::from),
            memory: self.memory,
        }
    }

    /// The best layer that is on offer and no higher than the wish; the lowest when all are.
    fn best(&self) -> Option<&LayerOffer> {
        let active = || self.offers.iter().filter(|offer| offer.active);
        if self.max_height == 0 {
            return None;
        }
        let within = active().filter(|offer| offer.height <= self.max_height).map(|offer| offer.height).max();
        let height = within.or_else(|| active().map(|offer| offer.height).min())?;
        active().filter(|offer| offer.height == height).max_by_key(|offer| offer.layer)
    }

    fn entitled(&self) -> Option<Layer> {
        self.best().map(|offer| offer.layer.into())
    }

    /// The rate of what the wish is for: a controller has to look for room before the layer is on offer, since
    /// publishers raise their layers one by one.
    fn wanted(&self) -> DataRate {
        self.best().map_or(DataRate::ZERO, |offer| offer.rate).max(self.declared)
    }
}
