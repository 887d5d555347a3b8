//! What happens at participants.

use sfu::Time;

use super::tags::Tag;
use super::{Event, World};
use crate::event_queue::EventClass;
use crate::network::Datagram;
use crate::participant::client::{Client, Surroundings};
use crate::participant::media::sender_log::HopRecord;
use crate::participant::receive::Arrival;

impl World {
    /// Lets a participant do something, then carries out what came of it.
    pub(super) fn with_person(
        &mut self,
        index: u16,
        act: impl FnOnce(&mut Client, Time, &mut Surroundings<'_>),
    ) {
        let World { people, pool, outgoing, logs, observations, queue, .. } = self;
        let person = &mut people[usize::from(index)];
        let mut around = Surroundings { pool, outgoing, logs, observations };
        act(&mut person.client, self.now, &mut around);
        queue.arm(person.timer, Some(person.client.deadline()));
        let up = person.up[0];
        if !self.observations.is_empty() {
            self.observe_all();
        }
        if !self.outgoing.is_empty() {
            self.send_all(index, up);
        }
    }

    /// Records all that was observed.
    pub(super) fn observe_all(&mut self) {
        let mut observations = std::mem::take(&mut self.observations);
        observations.iter().for_each(|observation| self.observe(observation));
        observations.clear();
        self.observations = observations;
    }

    /// Hands what the participant `index` sent to its line `up`.
    fn send_all(&mut self, index: u16, up: u16) {
        let mut outgoing = std::mem::take(&mut self.outgoing);
        for (mut datagram, media) in outgoing.drain(..) {
            if let Some(media) = media {
                datagram.tag = self.tags.put(Tag::Up { publisher: index, media });
            }
            self.enqueue(up, datagram);
        }
        self.outgoing = outgoing;
    }

    pub(super) fn join(&mut self, index: u16) {
        if let Some(at) = self.people[usize::from(index)].leaves {
            self.queue.schedule(at, EventClass::World, World::node(index), Event::Leave(index));
        }
        self.open_channel(index);
        self.with_person(index, |client, now, around| client.join(now, around));
    }

    /// A datagram came down a participant's line.
    pub(super) fn arrive_at_person(&mut self, index: u16, mut datagram: Datagram, crossed: HopRecord) {
        let arrival = match self.tags.take(datagram.tag) {
            Some(Tag::Down { received, first_sent }) => {
                Arrival { sfu_arrived: received, first_forwarded: first_sent, down: crossed }
            }
            _ => Arrival { sfu_arrived: crossed.sent, first_forwarded: crossed.sent, down: crossed },
        };
        self.with_person(index, |client, now, around| client.receive(now, &mut datagram, &arrival, around));
        self.pool.put(datagram.bytes);
    }
}
