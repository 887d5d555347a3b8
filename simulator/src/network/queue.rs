//! What waits for a link: how much a drop-tail queue holds, and active queue management.

pub mod codel;
pub mod dual_pi2;
pub mod fq_codel;
pub mod managed;
pub mod packet;
pub mod pie;
#[cfg(test)]
mod tests;

use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use super::rate_schedule::RateSchedule;

/// The rate that turns a queue's depth in time into bytes (RFC 8868: seconds × throughput / 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizedAt {
    /// The rate at the moment of the arrival, so the limit moves with it. In an outage the rate before it:
    /// a buffer doesn't vanish. When the rate falls nothing that is queued is dropped; arrivals are, until
    /// the queue is below its new limit.
    CurrentRate,
    /// The schedule's first rate (above zero).
    FirstRate,
    /// This rate.
    Rate(DataRate),
}

/// The bound of a drop-tail queue.
///
/// It counts the bytes on the wire of the packets that wait and, whole, of the one being serialised, so a
/// depth of 300 ms at the current rate means that no packet needs longer than that to be through; bytes that
/// propagate never count. A packet that would take the sum above the limit is dropped, except that an idle
/// link takes any packet: else a short queue at a low rate would let none through at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueLimit {
    /// No bound.
    Infinite,
    /// In bytes.
    Bytes(DataSize),
    /// As long as draining takes.
    Time {
        /// The drain time of a full queue.
        depth: Duration,
        /// At which rate.
        sized_at: SizedAt,
    },
}

impl QueueLimit {
    /// The bound in bytes at `now`; `None` when there is none.
    pub fn bytes_at(&self, now: Time, schedule: &RateSchedule, first_rate: DataRate) -> Option<DataSize> {
        let (depth, sized_at) = match *self {
            QueueLimit::Infinite => return None,
            QueueLimit::Bytes(limit) => return Some(limit),
            QueueLimit::Time { depth, sized_at } => (depth, sized_at),
        };
        let rate = match sized_at {
            SizedAt::CurrentRate => schedule.sizing_rate_at(now),
            SizedAt::FirstRate => first_rate,
            SizedAt::Rate(rate) => rate,
        };
        (rate != DataRate::INFINITE).then(|| rate.size_in(depth))
    }
}
