//! Traffic of others, which competes with conferences on the links that it crosses.

pub mod bulk;
pub mod parcel;
pub mod tcp;
pub mod udp;

#[cfg(test)]
mod tests;

use sfu::Time;

use self::bulk::Bulk;
use self::parcel::Parcel;
use self::udp::Udp;

/// One flow, both ends of it.
#[derive(Debug)]
pub enum Flow {
    /// Sends whatever becomes of it.
    Udp(Udp),
    /// One TCP connection after another.
    Tcp(Box<Bulk>),
}

impl Flow {
    /// What to send next; call until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Parcel> {
        match self {
            Flow::Udp(flow) => flow.poll(now),
            Flow::Tcp(flow) => flow.poll(now),
        }
    }

    /// Something is at the far end.
    pub fn arrived(&mut self, now: Time, parcel: &Parcel) {
        match self {
            Flow::Udp(_) => {}
            Flow::Tcp(flow) => flow.arrived(now, parcel),
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); `None` when only an arrival can change anything.
    pub fn deadline(&self) -> Option<Time> {
        match self {
            Flow::Udp(flow) => flow.deadline(),
            Flow::Tcp(flow) => flow.deadline(),
        }
    }

    /// Does what is due; then call [`poll`](Self::poll).
    pub fn handle_timeout(&mut self, now: Time) {
        match self {
            Flow::Udp(_) => {}
            Flow::Tcp(flow) => flow.handle_timeout(now),
        }
    }
}
