//! What the core wants sent goes out at once; what it reports waits for the turn's end.

use super::port::{Port, Traffic};
use crate::sink::{Event, Sink, Transmit};

/// The sink of one turn.
pub(super) struct Outbox<'a> {
    pub(super) port: &'a Port,
    pub(super) events: &'a mut Vec<Event>,
    pub(super) traffic: &'a mut Traffic,
}

impl Sink for Outbox<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.port.send(&transmit, self.traffic);
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}
