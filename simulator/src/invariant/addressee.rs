//! Who may be sent what: keys before media, and nothing to strangers.

use std::net::SocketAddr;

use super::Invariant;
use crate::network::TrafficClass;

/// What is known of a receiver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Addressee {
    nominated: Option<SocketAddr>,
    connected: bool,
}

impl Addressee {
    /// A connectivity check with the right password nominated this address.
    pub fn nominated(&mut self, address: SocketAddr) {
        self.nominated = Some(address);
    }

    /// The handshake is over.
    pub fn connected(&mut self) {
        self.connected = true;
    }

    /// The participant is gone.
    pub fn gone(&mut self) {
        *self = Addressee::default();
    }

    /// What is wrong with sending a datagram of `class` to `to`.
    pub fn objection(&self, class: TrafficClass, to: SocketAddr) -> Option<Invariant> {
        match class {
            // Whoever asks, with the right password, is answered: that is how an address is proved.
            TrafficClass::Stun => None,
            _ if self.nominated != Some(to) => Some(Invariant::Stranger),
            TrafficClass::Dtls => None,
            _ if !self.connected => Some(Invariant::Keys),
            _ => None,
        }
    }
}
