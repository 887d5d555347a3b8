//! What the core wants sent goes out at once; what it reports waits for the turn's end.

use tokio::net::UdpSocket;

use crate::sink::{Event, Sink, Transmit};

/// The sink of one turn.
pub(super) struct Outbox<'a> {
    pub(super) socket: &'a UdpSocket,
    pub(super) events: &'a mut Vec<Event>,
    /// Datagrams that the system had no room for.
    pub(super) refused: &'a mut u64,
}

impl Sink for Outbox<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        for (datagram, _) in transmit.datagrams() {
            // A full buffer is a full queue: what it drops, repair and congestion control see as loss.
            if self.socket.try_send_to(datagram, transmit.to).is_err() {
                *self.refused += 1;
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}
