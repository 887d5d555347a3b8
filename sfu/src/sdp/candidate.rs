//! A candidate of ours as a description says it: always a host's, since whoever runs the server says its address.

use std::fmt;
use std::net::SocketAddr;

use crate::transport::Carrier;

/// Priority of a host's address over UDP among types (RFC 8445 section 5.1.2.2).
const UDP_PREFERENCE: u32 = 126;

/// The same over TCP: what libwebrtc gives its own (`ICE_TYPE_PREFERENCE_HOST_TCP`), so that TCP is taken only where
/// no address works over UDP.
const TCP_PREFERENCE: u32 = 90;

/// An address of ours that peers can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The address, as peers see it.
    pub address: SocketAddr,
    /// How to reach it.
    pub carrier: Carrier,
}

impl From<SocketAddr> for Candidate {
    /// Over UDP.
    fn from(address: SocketAddr) -> Self {
        Candidate { address, carrier: Carrier::Udp }
    }
}

impl Candidate {
    /// The `a=candidate` line of the candidate that comes after `before` others, which are preferred to it.
    pub(super) fn line(self, before: usize) -> impl fmt::Display {
        let (number, rank) = (before + 1, u32::try_from(before).unwrap_or(u32::MAX).min(8_191));
        let (ip, port) = (self.address.ip(), self.address.port());
        let (name, suffix, types, local) = match self.carrier {
            Carrier::Udp => ("udp", "", UDP_PREFERENCE, 65_535 - rank),
            // Passive: 4 in its upper three bits (RFC 6544 section 4.2).
            Carrier::Tcp => ("tcp", " tcptype passive", TCP_PREFERENCE, (4 << 13) + 8_191 - rank),
        };
        // One component: 256 - 1 (RFC 8445 section 5.1.2.1).
        let priority = (types << 24) | (local << 8) | 255;
        format!("a=candidate:{number} 1 {name} {priority} {ip} {port} typ host{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_ones_go_first_and_tcp_last() {
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let four = Candidate::from(address("192.0.2.7:3478"));
        let six = Candidate::from(address("[2001:db8::7]:3478"));
        let tcp = Candidate { carrier: Carrier::Tcp, ..four };
        let rows = [
            (four, 0, "a=candidate:1 1 udp 2130706431 192.0.2.7 3478 typ host"),
            (six, 1, "a=candidate:2 1 udp 2130706175 2001:db8::7 3478 typ host"),
            (tcp, 2, "a=candidate:3 1 tcp 1520434687 192.0.2.7 3478 typ host tcptype passive"),
        ];
        for (candidate, before, line) in rows {
            assert_eq!(candidate.line(before).to_string(), line);
        }
    }
}
