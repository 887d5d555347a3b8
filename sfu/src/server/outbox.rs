//! What the core wants sent goes out at once; what it reports waits for the turn's end.

use tokio::net::UdpSocket;

use crate::sink::{Event, Sink, Transmit};

/// The sink of one turn.
pub(super) struct Outbox<'a> {
    pub(super) socket: &'a UdpSocket,
    pub(super) events: &'a mut Vec<Event>,
    /// Datagrams that the system had no room for.
    pub(super) refused: &'a mut u64,
    /// Datagrams and bytes that it took.
    pub(super) sent: &'a mut (u64, u64),
}

impl Sink for Outbox<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        for (datagram, _) in transmit.datagrams() {
            // A full buffer is a full queue: what it drops, repair and congestion control see as loss.
            match self.socket.try_send_to(datagram, transmit.to) {
                Ok(bytes) => *self.sent = (self.sent.0 + 1, self.sent.1 + bytes as u64),
                Err(_) => *self.refused += 1,
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}
