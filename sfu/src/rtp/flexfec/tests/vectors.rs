use crate::rtp::flexfec::{FecHeader, FlexFecError, Mask, Parity, Protection, Unrecoverable};

/// Number 0xfffe: marker, type 96, no extension, six bytes of payload.
const A: [u8; 18] = [
    0x80, 0xe0, 0xff, 0xfe, 0x00, 0x00, 0x10, 0x00, 0xca, 0xfe, 0xba, 0xbe, 0x11, 0x22, 0x33, 0x44, 0x55,
    0x66,
];
/// Number 0xffff: type 97, one extension word, one byte of payload, two of padding.
const B: [u8; 23] = [
    0xb0, 0x61, 0xff, 0xff, 0x00, 0x00, 0x18, 0x00, 0xca, 0xfe, 0xba, 0xbe, 0xbe, 0xde, 0x00, 0x01, 0x31,
    0xab, 0xcd, 0x00, 0x77, 0x00, 0x02,
];
/// Number 1: type 96, one CSRC, and no payload at all.
const C: [u8; 16] =
    [0x81, 0x60, 0x00, 0x01, 0x00, 0x00, 0x20, 0x01, 0xca, 0xfe, 0xba, 0xbe, 0x0f, 0x0f, 0x0f, 0x0f];

/// The parity of the three by section 6.2, with base 0xfffe and the mask of offsets 0, 1 and 3.
const REPAIR: [u8; 23] = [
    // Flags 00, 11 0000 (P, X) and 00 0001 (CC): 11 0001. Types 0xe0, 0x61, 0x60: 0xe1.
    0x31, 0xe1, // Lengths 6, 11 and 4: 0110 ^ 1011 ^ 0100 = 1001.
    0x00, 0x09, // Timestamps 0x1000 ^ 0x1800 ^ 0x2001.
    0x00, 0x00, 0x28, 0x01, // Base, then k = 0 and 1101 0000 0000 000.
    0xff, 0xfe, 0x68, 0x00, // 11 ^ be ^ 0f and so on; behind the shorter ones, the longest alone.
    0xa0, 0xf3, 0x3c, 0x4a, 0x64, 0xcd, 0xcd, 0x00, 0x77, 0x00, 0x02,
];

fn parity(packets: &[&[u8]]) -> Parity {
    let mut parity = Parity::default();
    packets.iter().for_each(|packet| parity.toggle(packet));
    parity
}

fn mask(offsets: &[u64]) -> Mask {
    let one = |offset: &u64| Mask::of(*offset).expect("below 110");
    offsets.iter().map(one).fold(Mask::default(), |all, one| all.joined(one).expect("each once"))
}

#[test]
fn the_parity_of_three_packets_is_as_the_rfc_defines_it() {
    let mut repair = Vec::new();
    parity(&[&A, &B, &C]).write(0xfffe, mask(&[0, 1, 3]), &mut repair);
    assert_eq!(repair, REPAIR);
}

#[test]
fn each_of_the_three_comes_back_across_the_wrap() {
    let header = FecHeader::parse(&REPAIR, 1).expect("a proper header");
    assert_eq!(header.len, 12);
    let sequences: Vec<u16> = header.protections[0].sequences().collect();
    assert_eq!(sequences, [0xfffe, 0xffff, 1]);
    let packets: [&[u8]; 3] = [&A, &B, &C];
    for (lost, sequence) in [(0, 0xfffe), (1, 0xffff), (2, 1)] {
        let mut left = Parity::default();
        left.load(&header, &REPAIR);
        packets.iter().enumerate().filter(|(n, _)| *n != lost).for_each(|(_, packet)| left.toggle(packet));
        let mut recovered = vec![9; 3];
        left.recover(sequence, 0xcafe_babe, &mut recovered).expect("all others are there");
        assert_eq!(recovered, packets[lost]);
    }
}

#[test]
fn packets_that_were_not_protected_are_noticed() {
    let header = FecHeader::parse(&REPAIR, 1).expect("a proper header");
    let mut left = Parity::default();
    left.load(&header, &REPAIR);
    // A and C are missing: lengths 6 ^ 4 say two, but more bytes than that are left.
    left.toggle(&B);
    assert_eq!(left.recover(0xfffe, 1, &mut Vec::new()), Err(Unrecoverable));
    // More claimed than there is.
    left.load(&FecHeader::parse(&REPAIR[..12], 1).expect("a header alone"), &REPAIR[..12]);
    assert_eq!(left.recover(0xfffe, 1, &mut Vec::new()), Err(Unrecoverable));
    // Too short for a packet: nothing changes.
    let mut none = Parity::default();
    none.toggle(&A[..11]);
    assert!(none.is_empty() && parity(&[&A]).len() == 6);
}

#[test]
fn masks_are_written_in_the_shortest_form_and_read_back() {
    // offsets, bytes
    let rows: [(&[u64], &[u8]); 6] = [
        (&[0], &[0x40, 0x00]),
        (&[14], &[0x00, 0x01]),
        (&[0, 15], &[0xc0, 0x00, 0x40, 0x00, 0x00, 0x00]),
        (&[45], &[0x80, 0x00, 0x00, 0x00, 0x00, 0x01]),
        (&[1, 46], &[0xa0, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        (&[14, 15, 109], &[0x80, 0x01, 0xc0, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0, 0, 0, 1]),
    ];
    for (offsets, bytes) in rows {
        let mask = mask(offsets);
        let mut written = Vec::new();
        mask.write(&mut written);
        assert_eq!(written, bytes, "{offsets:?}");
        assert_eq!(Mask::parse(bytes), Some((mask, bytes.len())));
        for cut in 0..bytes.len() {
            assert_eq!(Mask::parse(&bytes[..cut]), None, "{offsets:?} cut at {cut}");
        }
    }
    assert_eq!(Mask::of(110), None);
}

#[test]
fn masks_shift_and_join_within_their_bits() {
    assert_eq!(mask(&[0, 9]).shifted(100), Some(mask(&[100, 109])));
    assert_eq!(mask(&[0, 9]).shifted(101), None);
    assert_eq!(Mask::default().shifted(u64::MAX), Some(Mask::default()));
    assert_eq!(mask(&[3]).joined(mask(&[3])), None);
    assert_eq!((mask(&[3, 4]).len(), Mask::default().is_empty()), (2, true));
}

#[test]
fn rows_and_columns_of_the_fixed_form_are_read() {
    // L, D, sequence numbers from 0xfffd on
    let rows: [(u8, u8, &[u16]); 4] = [
        (4, 0, &[0xfffd, 0xfffe, 0xffff, 0]),
        (3, 1, &[0xfffd, 0xfffe, 0xffff]),
        (5, 3, &[0xfffd, 2, 7]),
        (255, 2, &[0xfffd, 0x00fc]),
    ];
    for (columns, rows, expected) in rows {
        let payload = [0x40 | 0x21, 0xe0, 0, 9, 1, 2, 3, 4, 0xff, 0xfd, columns, rows, 0xaa];
        let header = FecHeader::parse(&payload, 1).expect("a proper header");
        assert_eq!((header.recovery.flags, header.len), (0x21, 12));
        let sequences: Vec<u16> = header.protections[0].sequences().collect();
        assert_eq!(sequences, expected, "L {columns}, D {rows}");
    }
}

#[test]
fn several_streams_have_a_mask_each() {
    let mut payload = vec![0; 8];
    payload.extend_from_slice(&[0x00, 0x05, 0x40, 0x00, 0x00, 0x09, 0x00, 0x01]);
    let header = FecHeader::parse(&payload, 2).expect("two streams");
    let expected =
        [(5, mask(&[0])), (9, mask(&[14]))].map(|(base, mask)| Protection::Flexible { base, mask });
    assert_eq!((&header.protections[..], header.len), (&expected[..], 16));
    assert_eq!(FecHeader::parse(&payload, 3), Err(FlexFecError::Truncated(16)));
}

#[test]
fn what_repairs_nothing_is_refused() {
    // first byte, base and what follows it, streams, why
    let rows: [(u8, &[u8], usize, FlexFecError); 6] = [
        (0x80, &[0, 1, 0x40, 0], 1, FlexFecError::Retransmission),
        (0xc0, &[0, 1, 4, 0], 1, FlexFecError::Retransmission),
        (0x00, &[0, 1, 0x40, 0], 0, FlexFecError::NoStream),
        (0x00, &[0, 1, 0x00, 0], 1, FlexFecError::Empty),
        (0x40, &[0, 1, 0, 7], 1, FlexFecError::Empty),
        (0x00, &[0, 1, 0x80, 0, 0, 0, 0], 1, FlexFecError::Truncated(15)),
    ];
    for (first, rest, streams, error) in rows {
        let mut payload = vec![first, 0, 0, 0, 0, 0, 0, 0];
        payload.extend_from_slice(rest);
        assert_eq!(FecHeader::parse(&payload, streams), Err(error), "{payload:02x?}");
    }
}
