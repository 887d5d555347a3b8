//! Where a peer is: an address, and what carries datagrams there.

use std::fmt;
use std::net::SocketAddr;

/// What carries the datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// UDP.
    #[default]
    Udp,
    /// TCP, each datagram behind its length (RFC 4571); the peer connects to us (RFC 6544: we are passive).
    Tcp,
}

/// A peer's address: the same one over UDP and over TCP are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Remote {
    /// The address, as it appears here.
    pub address: SocketAddr,
    /// How it is reached.
    pub carrier: Carrier,
}

impl Remote {
    /// An address over TCP.
    pub const fn tcp(address: SocketAddr) -> Self {
        Remote { address, carrier: Carrier::Tcp }
    }
}

impl From<SocketAddr> for Remote {
    /// Over UDP.
    fn from(address: SocketAddr) -> Self {
        Remote { address, carrier: Carrier::Udp }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.carrier {
            Carrier::Udp => self.address.fmt(f),
            Carrier::Tcp => write!(f, "{} over TCP", self.address),
        }
    }
}
