use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::rtp::flexfec::{FecHeader, MAX_HEADER_LEN, Mask, Parity};

const SSRC: u32 = 0x1234_5678;

/// A packet behind its sequence number: flags, marker and type, timestamp, and the rest.
fn packet() -> impl Strategy<Value = (u8, u8, u32, Vec<u8>)> {
    (0..0x40_u8, any::<u8>(), any::<u32>(), vec(any::<u8>(), 0..60))
}

fn assemble(sequence: u16, (flags, kind, timestamp, rest): &(u8, u8, u32, Vec<u8>)) -> Vec<u8> {
    let mut bytes = vec![0x80 | flags, *kind];
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&timestamp.to_be_bytes());
    bytes.extend_from_slice(&SSRC.to_be_bytes());
    bytes.extend_from_slice(rest);
    bytes
}

proptest! {
    #[test]
    fn any_one_packet_of_a_group_comes_back_bit_for_bit(
        base: u16,
        offsets in btree_set(0..110_u64, 1..24),
        contents in vec(packet(), 24),
        lost: prop::sample::Index,
    ) {
        let packets: Vec<(u16, Vec<u8>)> = offsets
            .iter()
            .zip(&contents)
            .map(|(offset, content)| {
                let sequence = base.wrapping_add(*offset as u16);
                (sequence, assemble(sequence, content))
            })
            .collect();
        let (mut parity, mut mask) = (Parity::default(), Mask::default());
        for (offset, (_, packet)) in offsets.iter().zip(&packets) {
            parity.toggle(packet);
            mask = mask.joined(Mask::of(*offset).unwrap()).unwrap();
        }
        let mut repair = Vec::new();
        parity.write(base, mask, &mut repair);
        let header = FecHeader::parse(&repair, 1).unwrap();
        prop_assert!(header.len <= MAX_HEADER_LEN);
        let sequences: Vec<u16> = header.protections[0].sequences().collect();
        prop_assert_eq!(&sequences, &packets.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>());

        let lost = lost.index(packets.len());
        parity.load(&header, &repair);
        for (index, (_, packet)) in packets.iter().enumerate() {
            if index != lost {
                parity.toggle(packet);
            }
        }
        let mut recovered = Vec::new();
        parity.recover(packets[lost].0, SSRC, &mut recovered).unwrap();
        prop_assert_eq!(&recovered, &packets[lost].1);
    }

    #[test]
    fn two_parities_merge_into_that_of_all(a in packet(), b in packet(), c in packet()) {
        let [a, b, c] = [(1, a), (2, b), (3, c)].map(|(n, content)| assemble(n, &content));
        let (mut left, mut right) = (Parity::default(), Parity::default());
        left.toggle(&a);
        right.toggle(&b);
        right.toggle(&c);
        left.merge(&right);
        left.toggle(&a);
        left.toggle(&c);
        let mut recovered = Vec::new();
        left.recover(2, SSRC, &mut recovered).unwrap();
        prop_assert_eq!(recovered, b);
    }
}
