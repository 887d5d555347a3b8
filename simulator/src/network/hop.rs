//! What a packet met on one link.

use std::time::Duration;

use sfu::Time;

use super::packet::Datagram;

/// The exact moments of one packet on one link, in order. The three spans between them add up to the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HopRecord {
    /// Came to the queue.
    pub enqueued: Time,
    /// First bit into the wire.
    pub transmission_start: Time,
    /// Last bit into the wire.
    pub transmission_end: Time,
    /// Last bit out of the wire.
    pub arrived: Time,
}

impl HopRecord {
    /// Queueing delay.
    pub fn queue(&self) -> Duration {
        self.transmission_start.since(self.enqueued)
    }

    /// Serialisation delay.
    pub fn serialise(&self) -> Duration {
        self.transmission_end.since(self.transmission_start)
    }

    /// Propagation delay, jitter included.
    pub fn propagate(&self) -> Duration {
        self.arrived.since(self.transmission_end)
    }
}

/// A datagram at the far end.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The datagram.
    pub datagram: Datagram,
    /// Its moments on this link.
    pub record: HopRecord,
}

/// Why a link dropped a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropCause {
    /// It exceeded the policer's token bucket.
    Policer,
    /// The queue was full.
    Queue,
    /// The queue's active management chose it.
    Managed,
    /// Random loss after the serialiser.
    Random,
    /// A flipped bit, which the far end's checksum refused.
    Corrupted,
}

impl DropCause {
    /// Whether the packet has used the link.
    pub fn is_after_serialiser(self) -> bool {
        matches!(self, DropCause::Random | DropCause::Corrupted)
    }
}

/// A datagram that won't arrive; its buffer wants to go back to the pool.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The datagram.
    pub datagram: Datagram,
    /// Why.
    pub cause: DropCause,
    /// When: on coming to a full queue, or when its last bit was in the wire.
    pub at: Time,
    /// How long it had waited for the serialiser; zero when it never came so far.
    pub queued: Duration,
}

/// What comes out of a link.
#[derive(Clone, Debug)]
pub enum Exit {
    /// At the far end.
    Arrived(Delivered),
    /// Lost on the way; reported with the next event of the link, `at` says when it happened.
    Lost(Dropped),
}
