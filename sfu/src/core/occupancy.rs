//! How full everything is that could grow: what a watch over a running core compares with its limits.

use super::Sfu;
use crate::data::{MAX_QUEUED, MAX_QUEUED_MESSAGES};
use crate::participant::Participant;
use crate::receive::nack::MAX_MISSING;

/// Entries of the timer heap that a participant may have at a time, overtaken ones included: an entry is added only when
/// a time-out moves to an earlier time, and goes when its time comes. Feedback, reports, consent, DTLS, SCTP and
/// repair are one each; eight times that.
const TIMERS_EACH: usize = 48;

/// How much of one kind is held at the fullest place, and how much may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// Of what.
    pub what: &'static str,
    /// How much there is: at the participant, stream or conference that has most.
    pub held: usize,
    /// How much there may be, so that no peer can make the core grow.
    pub limit: usize,
}

impl Occupancy {
    /// Whether there is more than there may be.
    pub fn is_exceeded(&self) -> bool {
        self.held > self.limit
    }
}

impl Sfu {
    /// How full everything is that could grow. It looks at everything: not for hot paths.
    pub fn occupancy(&self) -> [Occupancy; 10] {
        let limits = &self.config.limits;
        let people = self.participants.len();
        let conference = self.conferences.values().map(|one| one.members.len()).max().unwrap_or(0);
        let most =
            |count: fn(&Participant) -> usize| self.participants.values().map(count).max().unwrap_or(0);
        let of = |what, held, limit| Occupancy { what, held, limit };
        [
            of("participants", people, limits.participants),
            of("participants in a conference", conference, limits.conference),
            of("conferences", self.conferences.len(), people),
            of("entries of the timer heap", self.timers.len(), TIMERS_EACH * people.max(1)),
            of("sources of a participant", most(|p| p.uplink.sources.len()), limits.sources),
            of("incoming streams of a participant", most(|p| p.uplink.streams.len()), limits.streams),
            of(
                "subscriptions of a participant",
                most(|p| p.downlink.subscriptions().count()),
                limits.subscriptions,
            ),
            of("missing packets of a stream", most(missing), MAX_MISSING),
            of("data messages queued for a participant", most(queued_messages), MAX_QUEUED_MESSAGES),
            of("bytes of data queued for a participant", most(queued_bytes), MAX_QUEUED),
        ]
    }
}

fn missing(participant: &Participant) -> usize {
    let of_streams = participant.uplink.streams.iter().filter_map(|stream| stream.nack.as_ref());
    of_streams.map(|nack| nack.missing()).max().unwrap_or(0)
}

fn queued_messages(participant: &Participant) -> usize {
    participant.data.as_ref().map_or(0, |data| data.outbox().messages())
}

fn queued_bytes(participant: &Participant) -> usize {
    participant.data.as_ref().map_or(0, |data| data.outbox().bytes())
}
