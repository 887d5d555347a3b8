//! A datagram on the simulated wire.

use std::net::{SocketAddr, SocketAddrV4};

use sfu::DataSize;
use xxhash_rust::xxh3::xxh3_64;

use super::queue::packet::{Ecn, Packet};

/// What IPv4 without options (RFC 791: 20 bytes) and UDP (RFC 768: 8 bytes) add to every payload. Sizes and
/// rates of links count it, for IPv6 addresses too, so that a result doesn't depend on the addressing plan;
/// link-layer headers are not counted.
pub const IP_UDP_OVERHEAD: DataSize = DataSize::from_bytes(28);

/// What a datagram is sent for; links count bytes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TrafficClass {
    /// RTP with audio, sent for the first time.
    Audio,
    /// RTP with video, sent for the first time.
    Video,
    /// Retransmitted RTP (RFC 4588).
    Retransmission,
    /// Forward error correction.
    Fec,
    /// RTP with nothing but padding, and other probes.
    Padding,
    /// RTCP.
    Rtcp,
    /// STUN: connectivity checks and consent.
    Stun,
    /// DTLS.
    Dtls,
    /// Data channels: SCTP in DTLS.
    Data,
    /// The conference protocol.
    Signalling,
    /// Traffic of others.
    Cross,
}

impl TrafficClass {
    /// How many classes there are.
    pub const COUNT: usize = TrafficClass::Cross as usize + 1;

    /// All classes, in the order of their numbers.
    pub const ALL: [TrafficClass; TrafficClass::COUNT] = [
        TrafficClass::Audio,
        TrafficClass::Video,
        TrafficClass::Retransmission,
        TrafficClass::Fec,
        TrafficClass::Padding,
        TrafficClass::Rtcp,
        TrafficClass::Stun,
        TrafficClass::Dtls,
        TrafficClass::Data,
        TrafficClass::Signalling,
        TrafficClass::Cross,
    ];
}

/// An address as datagrams have it: everybody in a simulation has one of IPv4. One that may be of either family takes
/// more than twice the room, and a datagram is moved a dozen times on its way.
///
/// # Panics
/// When it is of IPv6.
pub fn ipv4(address: SocketAddr) -> SocketAddrV4 {
    match address {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => panic!("addresses in a simulation are of IPv4, and {address} is not"),
    }
}

/// A UDP datagram with the bytes that a real socket would carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Source as the receiver sees it.
    pub from: SocketAddrV4,
    /// Destination.
    pub to: SocketAddrV4,
    /// Payload; take it from a [`BufferPool`](super::BufferPool) and give it back.
    pub bytes: Vec<u8>,
    /// What it is sent for.
    pub class: TrafficClass,
    /// For the integrator: carried along, never looked at.
    pub tag: u32,
    /// The ECN field of the IP header: what the sender set, or CE once a queue has marked it. The receiver
    /// finds it here, as a socket would tell it.
    pub ecn: Ecn,
}

impl Packet for Datagram {
    fn wire_size(&self) -> DataSize {
        Datagram::wire_size(self)
    }

    fn ecn(&self) -> Ecn {
        self.ecn
    }

    fn mark(&mut self) {
        self.ecn = Ecn::Ce;
    }

    /// By addresses and ports; the protocol is always UDP.
    fn flow(&self) -> u64 {
        let mut key = [0; 36];
        for (address, part) in [self.from, self.to].iter().zip(key.chunks_exact_mut(18)) {
            part[..4].copy_from_slice(&address.ip().octets());
            part[16..].copy_from_slice(&address.port().to_be_bytes());
        }
        xxh3_64(&key)
    }
}

impl Datagram {
    /// The size that links count: payload and [`IP_UDP_OVERHEAD`].
    pub fn wire_size(&self) -> DataSize {
        DataSize::from_bytes(self.bytes.len() as u64) + IP_UDP_OVERHEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_classes_are_listed_in_order() {
        assert!(TrafficClass::ALL.iter().enumerate().all(|(n, &class)| class as usize == n));
    }

    #[test]
    fn size_on_the_wire_includes_ip_and_udp() {
        let any = "10.0.0.1:1".parse().expect("an address");
        let class = TrafficClass::Video;
        let datagram = Datagram { from: any, to: any, bytes: vec![0; 1222], class, tag: 0, ecn: Ecn::NotEct };
        assert_eq!(datagram.wire_size(), DataSize::from_bytes(1250));
    }

    #[test]
    fn a_flow_is_its_addresses_and_ports() {
        let datagram = |from: &str, to: &str| Datagram {
            from: from.parse().expect("an address"),
            to: to.parse().expect("an address"),
            bytes: Vec::new(),
            class: TrafficClass::Video,
            tag: 0,
            ecn: Ecn::NotEct,
        };
        let flow = |from, to| datagram(from, to).flow();
        let one = flow("10.0.0.1:1", "10.0.0.2:2");
        assert_eq!(one, flow("10.0.0.1:1", "10.0.0.2:2"));
        for (from, to) in
            [("10.0.0.1:3", "10.0.0.2:2"), ("10.0.0.2:2", "10.0.0.1:1"), ("10.0.0.3:1", "10.0.0.2:2")]
        {
            assert_ne!(one, flow(from, to));
        }
    }
}
