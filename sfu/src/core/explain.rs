//! Why a receiver gets what it gets of a source.

use super::{Sfu, Turn};
use crate::allocation::{Budget, Decision, Explanation, LayerOffer, Policy};
use crate::participant::subscription::Projection;
use crate::participant::{ParticipantId, SourceId};

impl Sfu {
    /// The last decision on what `receiver` gets of a source of `publisher`, with all that it was made from; `None` when
    /// it doesn't subscribe to that, when that is sound, or before the first decision.
    pub fn explain(
        &self,
        receiver: ParticipantId,
        publisher: ParticipantId,
        source: SourceId,
    ) -> Option<&Explanation> {
        let mut subscriptions = self.participants.get(receiver)?.downlink.subscriptions();
        let is_it = |of: (ParticipantId, usize)| of == (publisher, usize::from(source.0));
        let (_, subscription) = subscriptions.find(|(_, s)| is_it((s.publisher, s.source)))?;
        match &subscription.media {
            Projection::Video(stream) => stream.explanation.as_ref(),
            Projection::Audio(_) => None,
        }
    }
}

impl Turn<'_> {
    /// The decision on the source at `place` of the allocation that was just made.
    pub(super) fn explain_decision(
        &self,
        place: usize,
        offers: &[LayerOffer],
        budget: Budget,
        decision: &Decision<u16>,
    ) -> Explanation {
        let config = &self.sfu.config.allocation;
        Explanation {
            at: self.now,
            policy: config.policy,
            budget,
            to_raise: budget.to_raise(config.raise),
            to_keep: budget.part_for_video(config.keep),
            candidates: self.sfu.workspace.candidates(place, offers).collect(),
            layer: decision.layer,
            rate: decision.rate,
            reason: decision.reason,
        }
    }

    /// How many have spoken since `publisher` did; the most possible if nobody knows, or asks.
    pub(super) fn recency(&self, receiver: ParticipantId, publisher: ParticipantId) -> u16 {
        let asked = self.sfu.config.allocation.policy == Policy::Stage || self.last_n(receiver).is_some();
        let conference = &self.sfu.conferences[self.sfu.participants[receiver].conference];
        let floor = conference.floor.as_ref().filter(|_| asked);
        let place = floor.and_then(|floor| floor.recent().iter().position(|id| id == publisher));
        place.and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX)
    }

    /// How many sources of video `id` gets at most.
    pub(super) fn last_n(&self, id: ParticipantId) -> Option<u16> {
        let own = self.sfu.participants[id].downlink.last_n;
        own.into_iter().chain(self.sfu.config.last_n).min()
    }
}
