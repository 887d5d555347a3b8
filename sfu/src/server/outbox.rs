//! What the core wants sent goes out at once; what it reports waits for the turn's end.

use super::port::{Port, Traffic};
use super::streams::Streams;
use crate::sink::{Event, Sink, Transmit};
use crate::transport::Carrier;

/// The sink of one turn.
pub(super) struct Outbox<'a> {
    pub(super) port: &'a Port,
    pub(super) streams: &'a Streams,
    pub(super) events: &'a mut Vec<Event>,
    pub(super) traffic: &'a mut Traffic,
}

impl Sink for Outbox<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        match transmit.carrier {
            Carrier::Udp => self.port.send(&transmit, self.traffic),
            Carrier::Tcp => self.streams.send(&transmit, self.traffic),
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}
