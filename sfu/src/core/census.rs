//! How much the core holds: for people who debug, and for tests that look for growth.

use std::time::Duration;

use super::Sfu;
use crate::conference::Conference;
use crate::drop_reason::DropReason;
use crate::participant::{Participant, ParticipantId};
use crate::statistics::CopyTotals;

/// What is held in all, counted at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Census {
    /// Participants, connected or about to be.
    pub participants: usize,
    /// Conferences with at least one participant.
    pub conferences: usize,
    /// Addresses that media is accepted from.
    pub addresses: usize,
    /// User name fragments that connectivity checks are accepted for.
    pub ufrags: usize,
    /// Entries in the timer heap, overtaken ones included.
    pub timers: usize,
    /// Incoming streams that an SSRC is bound to.
    pub streams: usize,
    /// Streams to receivers.
    pub subscriptions: usize,
    /// The same, as the publishers' lists have them.
    pub subscribers: usize,
}

impl Sfu {
    /// The smoothed round trip to a participant; none until one was measured.
    pub fn round_trip(&self, id: ParticipantId) -> Option<Duration> {
        self.participants.get(id)?.downlink.rtt
    }

    /// A subscriber does not get its copy of a packet.
    pub(super) fn withhold(&mut self, receiver: ParticipantId, reason: DropReason) {
        self.copies.withheld.count(reason);
        if let Some(to) = self.participants.get_mut(receiver) {
            to.downlink.copies.withheld.count(reason);
        }
    }

    /// Tells the subscribers of a source of the packets that all of them have passed over unseen, encoding by encoding:
    /// before others subscribe, or one no longer does.
    pub(super) fn settle_source(&mut self, publisher: ParticipantId, source: usize) {
        let encodings =
            self.participants.get(publisher).map_or(0, |p| p.uplink.sources[source].encodings.len());
        (0..encodings).for_each(|encoding| self.settle_encoding(publisher, source, encoding));
    }

    /// The same for one encoding.
    pub(super) fn settle_encoding(&mut self, publisher: ParticipantId, source: usize, encoding: usize) {
        let published = &mut self.participants[publisher].uplink.sources[source];
        let Some((highest, packets)) = published.encodings[encoding].passed_over.settle() else { return };
        let subscribers = std::mem::take(&mut published.subscribers);
        for (receiver, index) in &subscribers {
            let Some(to) = self.participants.get_mut(*receiver) else { continue };
            to.downlink.copies.withheld.add(DropReason::NotSelected, packets);
            let stream = to.downlink.slot(*index).and_then(|(subscription, _)| subscription.video());
            if let Some(stream) = stream {
                stream.projection.passed(encoding as u8, highest);
            }
        }
        self.participants[publisher].uplink.sources[source].subscribers = subscribers;
    }

    /// What became of the copies for one participant.
    pub(crate) fn copies_for(&self, receiver: &Participant) -> CopyTotals {
        let sources = receiver.downlink.subscriptions().filter_map(|(_, subscription)| {
            self.participants.get(subscription.publisher)?.uplink.sources.get(subscription.source)
        });
        let encodings = sources.flat_map(|source| &source.encodings);
        let mut copies = receiver.downlink.copies.clone();
        copies.withheld.add(DropReason::NotSelected, encodings.map(|e| e.passed_over.pending()).sum());
        copies
    }

    /// The conferences with their members, in order of their creation.
    pub(crate) fn conferences(&self) -> impl Iterator<Item = &Conference> {
        self.conferences.values()
    }

    /// Counts what is held. It looks at everything: not for hot paths.
    pub fn census(&self) -> Census {
        let participants = || self.participants.values();
        Census {
            participants: self.participants.len(),
            conferences: self.conferences.len(),
            addresses: self.by_address.len(),
            ufrags: self.by_ufrag.len(),
            timers: self.timers.len(),
            streams: participants().map(|participant| participant.uplink.streams.len()).sum(),
            subscriptions: participants().map(|p| p.downlink.subscriptions().count()).sum(),
            subscribers: participants().flat_map(|p| &p.uplink.sources).map(|s| s.subscribers.len()).sum(),
        }
    }
}
