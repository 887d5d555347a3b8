//! What an SFU was given in a run, to be given to another one.

use std::net::SocketAddr;

use sfu::Time;
use sfu::signalling::SessionId;

/// Everything that came to the SFU and its signalling, in order.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    /// When what came.
    pub inputs: Vec<(Time, Given)>,
    /// When it ends.
    pub end: Time,
    /// Datagrams that the SFU made of it.
    pub sent: u64,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A connection to the conference protocol.
    Opened,
    /// A message over one.
    Said(SessionId, String),
    /// A datagram.
    Came(SocketAddr, Vec<u8>),
}
