//! What the watch over the invariants is shown.

use sfu::Event as SfuEvent;

use super::World;
use super::server::Made;
use crate::invariant::{Invariant, Moment, Sent};
use crate::network::{Datagram, TrafficClass};

impl World {
    pub(super) fn moment(&self) -> Moment {
        Moment { at: self.now, event: self.events }
    }

    /// An event of the core, before anything else comes of it.
    pub(super) fn watch_event(&mut self, event: &SfuEvent) {
        let moment = self.moment();
        match event {
            SfuEvent::Nominated { participant, address } => {
                if let Some(place) = self.place(*participant) {
                    self.watch.nominated(place.0, *address);
                }
            }
            SfuEvent::Connected { participant } => {
                if let Some(place) = self.place(*participant) {
                    self.watch.connected(place.0);
                }
            }
            SfuEvent::Estimate { participant, rate } => {
                if let Some(place) = self.place(*participant) {
                    self.watch.estimate(moment, place.0, *rate);
                }
            }
            SfuEvent::KeyFrameRequested { publisher, source, encoding } => {
                if let Some(place) = self.place(*publisher) {
                    self.watch.key_frame_requested(moment, place.0, source.0, *encoding);
                }
            }
            SfuEvent::Disconnected { .. }
            | SfuEvent::LayerChosen { .. }
            | SfuEvent::LayerForwarded { .. }
            | SfuEvent::Watched { .. }
            | SfuEvent::KeyFrameWanted { .. }
            | SfuEvent::CodecNotSpoken { .. }
            | SfuEvent::DominantSpeaker { .. } => {}
        }
    }

    /// An event of the core, after all that came of the turn: whoever is dismissed gets a good-bye.
    pub(super) fn watch_parting(&mut self, event: &SfuEvent) {
        if let SfuEvent::Disconnected { participant, .. } = event
            && let Some(place) = self.place(*participant)
        {
            self.watch.gone(place.0);
        }
    }

    /// What the core made in one turn.
    pub(super) fn watch_sent(&mut self, made: &[Made]) {
        let (moment, because_of) = (self.moment(), self.server.given);
        let missed = self.watch.missed(because_of);
        for Made { receiver, datagram } in made {
            self.watch.sent(
                moment,
                &Sent {
                    receiver: *receiver,
                    to: datagram.to.into(),
                    class: datagram.class,
                    bytes: &datagram.bytes,
                    because_of,
                    missed,
                },
            );
        }
    }

    /// A datagram is lost on a line.
    pub(super) fn watch_lost(&mut self, datagram: &Datagram) {
        if datagram.class == TrafficClass::Padding
            && let Some(publisher) = self.by_address.find(datagram.from)
        {
            self.watch.padding_lost(publisher);
        }
    }

    /// What is looked at once in a bin.
    pub(super) fn watch_state(&mut self) {
        let moment = self.moment();
        self.watch.occupancy(moment, &self.sfu.occupancy());
        for (index, line) in self.lines.iter_mut().enumerate() {
            if let Some(what) = line.link.counters(self.now).imbalance() {
                let what = format!("link {}: {what}", self.line_names[index]);
                self.watch.report(Invariant::Stages, moment, what);
            }
        }
    }
}
