//! How much the core holds: for people who debug, and for tests that look for growth.

use std::time::Duration;

use super::Sfu;
use crate::conference::Conference;
use crate::drop_reason::DropReason;
use crate::participant::ParticipantId;

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
