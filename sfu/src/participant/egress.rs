//! The datagrams of one turn for one peer, back to back in one reused buffer.

use std::net::SocketAddr;

use crate::drop_reason::DropReason;
use crate::rtcp::Ecn;
use crate::sink::{ForwardTimes, PacketClass, Segment, Sink, Transmit};
use crate::statistics::EgressTotals;
use crate::transport::Remote;

/// The most that one turn may queue for one peer, bytes: over a second of 5 Mbit/s, so only a fault gets here.
const MAX_BYTES: usize = 1 << 20;

/// Collects datagrams until the turn ends.
#[derive(Debug, Default)]
pub(crate) struct Egress {
    bytes: Vec<u8>,
    segments: Vec<Segment>,
    start: usize,
    pub(crate) totals: EgressTotals,
}

impl Egress {
    /// Starts a datagram: the caller appends to the buffer, then calls [`Egress::commit`] or
    /// [`Egress::abandon`]. `None` when this turn has queued too much.
    pub(crate) fn begin(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        if self.bytes.len() > MAX_BYTES {
            return None;
        }
        self.start = self.bytes.len();
        Some((&mut self.bytes, self.start))
    }

    /// Ends the datagram that was begun.
    pub(crate) fn commit(&mut self, class: PacketClass, forwarded: Option<ForwardTimes>, ecn: Ecn) {
        let len = self.bytes.len() - self.start;
        self.segments.push(Segment { len, class, forwarded, ecn });
        self.start = self.bytes.len();
    }

    /// Takes back the datagram that was begun.
    pub(crate) fn abandon(&mut self) {
        self.bytes.truncate(self.start);
    }

    /// Appends a whole datagram.
    pub(crate) fn push(&mut self, class: PacketClass, datagram: &[u8]) {
        match self.begin() {
            Some((bytes, _)) => {
                bytes.extend_from_slice(datagram);
                self.commit(class, None, Ecn::NotEct);
            }
            None => self.totals.discarded.count(DropReason::EgressFull),
        }
    }

    /// Bytes that wait, of whole datagrams.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Hands everything to `sink` as one transmission to `to`; without an address it is thrown away.
    pub(crate) fn flush(&mut self, from: SocketAddr, to: Option<Remote>, sink: &mut dyn Sink) {
        match to {
            Some(to) if !self.is_empty() => {
                self.totals.datagrams += self.segments.len() as u64;
                self.totals.bytes += self.bytes.len() as u64;
                let Remote { address: to, carrier } = to;
                sink.transmit(Transmit { from, to, carrier, bytes: &self.bytes, segments: &self.segments });
            }
            _ => self.totals.discarded.add(DropReason::ReceiverNotReady, self.segments.len() as u64),
        }
        self.bytes.clear();
        self.segments.clear();
        self.start = 0;
    }
}
