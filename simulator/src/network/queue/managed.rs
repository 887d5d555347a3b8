//! The kinds of active queue management behind one face.

use sfu::{DataSize, Time};

use super::codel::{Codel, CodelConfig};
use super::dual_pi2::{DualPi2, DualPi2Config};
use super::fq_codel::{FqCodel, FqCodelConfig};
use super::packet::{Packet, Waiting};
use super::pie::{Pie, PieConfig};
use crate::random::Stream;

/// Which kind, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Management {
    /// RFC 8289.
    Codel(CodelConfig),
    /// RFC 8290.
    FqCodel(FqCodelConfig),
    /// RFC 8033.
    Pie(PieConfig),
    /// RFC 9332, appendix A.
    DualPi2(DualPi2Config),
}

/// A packet that a managed queue doesn't carry.
#[derive(Clone, Debug)]
pub struct Shed<P> {
    /// The packet, and since when it had waited.
    pub waiting: Waiting<P>,
    /// Whether there was no room for it; else the management chose it.
    pub overflow: bool,
}

/// A queue under active management.
#[derive(Clone, Debug)]
pub enum ManagedQueue<P> {
    /// RFC 8289.
    Codel(Codel<P>),
    /// RFC 8290.
    FqCodel(FqCodel<P>),
    /// RFC 8033.
    Pie(Pie<P>),
    /// RFC 9332, appendix A.
    DualPi2(DualPi2<P>),
}

impl<P: Packet> ManagedQueue<P> {
    /// An empty queue; `stream` is for the kinds that draw.
    pub fn new(management: Management, stream: Stream) -> Self {
        match management {
            Management::Codel(config) => ManagedQueue::Codel(Codel::new(config)),
            Management::FqCodel(config) => ManagedQueue::FqCodel(FqCodel::new(config)),
            Management::Pie(config) => ManagedQueue::Pie(Pie::new(config, stream)),
            Management::DualPi2(config) => ManagedQueue::DualPi2(DualPi2::new(config)),
        }
    }

    /// Takes a packet in; who must go for it, or itself, is handed to `shed`.
    pub fn enqueue(&mut self, now: Time, packet: P, shed: &mut impl FnMut(Shed<P>)) {
        let refused = match self {
            ManagedQueue::Codel(queue) => queue.enqueue(now, packet).err().map(|packet| (packet, true)),
            ManagedQueue::Pie(queue) => queue.enqueue(now, packet).err(),
            ManagedQueue::DualPi2(queue) => queue.enqueue(now, packet).err().map(|packet| (packet, true)),
            ManagedQueue::FqCodel(queue) => {
                queue.enqueue(now, packet, &mut |waiting| shed(Shed { waiting, overflow: true }));
                None
            }
        };
        if let Some((packet, overflow)) = refused {
            shed(Shed { waiting: Waiting { packet, since: now }, overflow });
        }
    }

    /// The next packet to send; what is dropped on the way is handed to `shed`.
    pub fn dequeue(&mut self, now: Time, shed: &mut impl FnMut(Shed<P>)) -> Option<Waiting<P>> {
        let mut chosen = |waiting| shed(Shed { waiting, overflow: false });
        match self {
            ManagedQueue::Codel(queue) => queue.dequeue(now, &mut chosen),
            ManagedQueue::FqCodel(queue) => queue.dequeue(now, &mut chosen),
            ManagedQueue::Pie(queue) => queue.dequeue(now),
            ManagedQueue::DualPi2(queue) => queue.dequeue(now, &mut chosen),
        }
    }

    /// Bytes and packets that wait.
    pub fn held(&self) -> (DataSize, usize) {
        match self {
            ManagedQueue::Codel(queue) => queue.held(),
            ManagedQueue::FqCodel(queue) => queue.held(),
            ManagedQueue::Pie(queue) => queue.held(),
            ManagedQueue::DualPi2(queue) => queue.held(),
        }
    }
}
