//! What a queue discipline knows of packets, and what it hands back.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataSize, Time};

pub use sfu::rtcp::Ecn;

/// A packet as a queue sees it.
pub trait Packet {
    /// What it takes of the link.
    fn wire_size(&self) -> DataSize;
    /// Its ECN field.
    fn ecn(&self) -> Ecn;
    /// Sets the field to CE.
    fn mark(&mut self);
    /// Equal for packets of one flow.
    fn flow(&self) -> u64;
}

/// A packet in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<P> {
    /// The packet.
    pub packet: P,
    /// When it came.
    pub since: Time,
}

/// Packets in order of arrival, and their bytes.
#[derive(Clone, Debug)]
pub(super) struct Fifo<P> {
    packets: VecDeque<Waiting<P>>,
    bytes: DataSize,
}

impl<P: Packet> Fifo<P> {
    pub(super) fn new() -> Self {
        Fifo { packets: VecDeque::new(), bytes: DataSize::ZERO }
    }

    pub(super) fn push(&mut self, now: Time, packet: P) {
        self.bytes += packet.wire_size();
        self.packets.push_back(Waiting { packet, since: now });
    }

    pub(super) fn pop(&mut self) -> Option<Waiting<P>> {
        let waiting = self.packets.pop_front()?;
        self.bytes -= waiting.packet.wire_size();
        Some(waiting)
    }

    pub(super) fn bytes(&self) -> DataSize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    /// The size of the packet at the head.
    pub(super) fn head_size(&self) -> Option<DataSize> {
        self.packets.front().map(|waiting| waiting.packet.wire_size())
    }

    /// How long the packet at the head has waited.
    pub(super) fn head_delay(&self, now: Time) -> Option<Duration> {
        self.packets.front().map(|waiting| now.since(waiting.since))
    }
}
