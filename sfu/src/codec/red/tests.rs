use proptest::prelude::*;

use super::*;

fn block(payload_type: u8, offset: u16, payload: &[u8]) -> Block<'_> {
    Block { payload_type, offset, payload }
}

fn red<'a>(redundant: &[Block<'a>], payload_type: u8, primary: &'a [u8]) -> Red<'a> {
    let mut blocks = Blocks::default();
    assert!(redundant.iter().all(|block| blocks.push(*block)));
    Red { redundant: blocks, payload_type, primary }
}

/// What a row's bytes are, by hand from RFC 2198 section 3: F, 7 bits of type, 14 of offset, 10 of length.
#[test]
fn blocks_are_read_and_written_bit_by_bit() {
    // the payload; redundant blocks (type, offset, payload), the oldest first; the primary block
    type Row<'a> = (&'a [u8], &'a [Block<'a>], (u8, &'a [u8]));
    let rows: [Row<'_>; 5] = [
        (&[0x6f, 1, 2, 3], &[], (111, &[1, 2, 3])),
        // 960 << 10 | 2 = 0x0f0002
        (&[0xef, 0x0f, 0x00, 0x02, 0x6f, 8, 9, 7], &[block(111, 960, &[8, 9])], (111, &[7])),
        // 1920 << 10 | 1 = 0x1e0001, then 960 << 10 | 1 = 0x0f0001
        (
            &[0xef, 0x1e, 0x00, 0x01, 0xef, 0x0f, 0x00, 0x01, 0x6f, 5, 6, 7],
            &[block(111, 1_920, &[5]), block(111, 960, &[6])],
            (111, &[7]),
        ),
        // All bits of the offset, none of the length; another type inside.
        (&[0x80, 0xff, 0xfc, 0x00, 0x7f, 4], &[block(0, MAX_OFFSET, &[])], (127, &[4])),
        (&[0xef, 0x00, 0x00, 0x01, 0x6f, 3, 4], &[block(111, 0, &[3])], (111, &[4])),
    ];
    for (n, (bytes, blocks, (kind, primary))) in rows.into_iter().enumerate() {
        let expected = red(blocks, kind, primary);
        assert_eq!(Red::parse(bytes), Ok(expected), "row {n}");
        let mut out = vec![0xee];
        expected.write(&mut out).expect("it fits");
        assert_eq!(out[1..], *bytes, "row {n}");
        assert_eq!(expected.len(), bytes.len(), "row {n}");
    }
}

#[test]
fn the_malformed_is_refused() {
    let ten: Vec<u8> = [0xef, 0, 0, 0].repeat(10).into_iter().chain([0x6f, 1]).collect();
    let nine = &ten[4..];
    let rows: [(&[u8], Option<RedError>); 9] = [
        (&[], Some(RedError::TruncatedHeader)),
        (&[0xef], Some(RedError::TruncatedHeader)),
        (&[0xef, 0, 0], Some(RedError::TruncatedHeader)),
        // A block without anything behind it.
        (&[0xef, 0, 0, 0], Some(RedError::TruncatedHeader)),
        (&[0x6f], Some(RedError::NoPrimary)),
        (&[0xef, 0x0f, 0x00, 0x02, 0x6f, 8], Some(RedError::TruncatedBlock)),
        (&[0xef, 0x0f, 0x00, 0x02, 0x6f, 8, 9], Some(RedError::NoPrimary)),
        (&ten, Some(RedError::TooManyBlocks)),
        (nine, None),
    ];
    for (n, (bytes, error)) in rows.into_iter().enumerate() {
        assert_eq!(Red::parse(bytes).err(), error, "row {n}");
    }
}

#[test]
fn what_has_no_room_in_its_header_is_not_written() {
    let long = [0; MAX_BLOCK + 1];
    let rows = [
        (red(&[block(111, 960, &long)], 111, &[1]), Some(RedError::BlockTooLong)),
        (red(&[block(111, 960, &long[1..])], 111, &[1]), None),
        (red(&[block(111, MAX_OFFSET + 1, &[1])], 111, &[1]), Some(RedError::TooLongAgo)),
        (red(&[block(128, 960, &[1])], 111, &[1]), Some(RedError::PayloadType)),
        (red(&[], 128, &[1]), Some(RedError::PayloadType)),
        (red(&[block(111, 960, &[1])], 111, &[]), Some(RedError::NoPrimary)),
    ];
    for (n, (packet, error)) in rows.into_iter().enumerate() {
        let mut out = Vec::new();
        assert_eq!(packet.write(&mut out).err(), error, "row {n}");
        assert_eq!(out.is_empty(), error.is_some(), "row {n}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        blocks in prop::collection::vec(
            (0..128_u8, 0..=MAX_OFFSET, prop::collection::vec(any::<u8>(), 0..=MAX_BLOCK)),
            0..=MAX_BLOCKS,
        ),
        kind in 0..128_u8,
        primary in prop::collection::vec(any::<u8>(), 1..1_200),
    ) {
        let blocks: Vec<Block<'_>> = blocks.iter().map(|(kind, offset, bytes)| block(*kind, *offset, bytes)).collect();
        let packet = red(&blocks, kind, &primary);
        let mut out = Vec::new();
        packet.write(&mut out).expect("every field is in range");
        prop_assert_eq!(out.len(), packet.len());
        prop_assert_eq!(Red::parse(&out), Ok(packet));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(packet) = Red::parse(&bytes) {
            let mut out = Vec::new();
            packet.write(&mut out).expect("what was read can be written");
            prop_assert_eq!(out, bytes);
        }
    }
}
