//! Packets from other implementations, round trips, and hostile input.

mod compounds;
mod feedback;
mod reports;

use super::{Packet, packets};

/// The only packet of a compound given in hexadecimal, which has to live as long as the packet.
fn only(compound: &[u8]) -> Packet<'_> {
    let mut packets = packets(compound).unwrap_or_else(|e| panic!("{e}: {compound:02x?}"));
    let packet = packets.next().expect("one packet");
    assert!(packets.next().is_none(), "one packet only");
    packet
}

macro_rules! expect_packet {
    ($bytes:expr, $variant:ident) => {
        match only($bytes) {
            Packet::$variant(packet) => packet,
            other => panic!("{other:?} is no {}", stringify!($variant)),
        }
    };
}

use expect_packet;
