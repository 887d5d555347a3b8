//! Blocks of both forms, after RFC 8285 sections 4.2 and 4.3.

use proptest::prelude::*;

use super::*;
use crate::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};

/// A packet with an extension block.
fn packet(block: &[u8]) -> Vec<u8> {
    let mut fixed = [0; FIXED_HEADER_LEN];
    write_fixed_header(&mut fixed, (false, 96), 1, 2, 3, !block.is_empty());
    [&fixed, block, b"media"].concat()
}

fn read(block: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let packet = packet(block);
    let header = RtpHeader::parse(&packet).expect("RTP");
    assert_eq!(header.payload(&packet), b"media");
    elements(&packet, &header).map(|(id, value)| (id, value.to_vec())).collect()
}

fn write(values: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = [0xee; 600];
    let mut writer = ExtensionWriter::new(&mut out);
    for (id, value) in values {
        writer.push(*id, value);
    }
    let len = writer.finish();
    out[..len].to_vec()
}

#[test]
fn forms() {
    // elements, profile
    type Row<'a> = (&'a [(u8, &'a [u8])], Option<u16>);
    let rows: [Row<'_>; 8] = [
        (&[], None),
        (&[(0, b"unused")], None),
        (&[(1, b"a"), (14, &[7; 16])], Some(ONE_BYTE_PROFILE)),
        (&[(1, &[7; 17])], Some(TWO_BYTE_PROFILE)),
        (&[(1, b"a"), (2, b"bc"), (3, &[7; 255])], Some(TWO_BYTE_PROFILE)),
        (&[(1, &[7; 17]), (2, b"a")], Some(TWO_BYTE_PROFILE)),
        (&[(1, b"a"), (2, &[])], Some(TWO_BYTE_PROFILE)),
        (&[(1, b"abcd"), (15, b"b"), (255, b"c")], Some(TWO_BYTE_PROFILE)),
    ];
    for (values, profile) in rows {
        let block = write(values);
        let seen = (!block.is_empty()).then(|| u16::from_be_bytes([block[0], block[1]]));
        assert_eq!(seen, profile, "{values:?}");
        let kept: Vec<_> =
            values.iter().filter(|(id, _)| *id != 0).map(|(id, value)| (*id, value.to_vec())).collect();
        assert_eq!(read(&block), kept);
    }
}

#[test]
fn bytes_of_either_form() {
    assert_eq!(write(&[(1, b"a"), (2, b"bc")]), *b"\xbe\xde\0\x02\x10a\x21bc\0\0\0");
    assert_eq!(write(&[(1, b"a"), (2, b"bc"), (3, b"")]), *b"\x10\0\0\x03\x01\x01a\x02\x02bc\x03\0\0\0\0");
    let mut out = [0; 32];
    let mut writer = ExtensionWriter::two_byte(&mut out);
    assert_eq!(writer.push(1, b"a"), Some(6));
    assert_eq!(writer.push(3, &[7; 17]), Some(9));
    assert_eq!((writer.finish(), &out[..8]), (28, &b"\x10\0\0\x06\x01\x01a\x03"[..]));
}

#[test]
fn reading_ends_or_goes_on() {
    type Row<'a> = (&'a [u8], &'a [(u8, &'a [u8])]);
    let rows: [Row<'_>; 6] = [
        // Padding between elements.
        (b"\xbe\xde\0\x02\0\x10a\0\0\x20b\0", &[(1, b"a"), (2, b"b")]),
        (b"\x10\0\0\x02\0\x01\x01a\0\0\x02\0", &[(1, b"a"), (2, b"")]),
        // The application's bits of the two-byte form's profile.
        (b"\x10\x0f\0\x01\x01\x01a\0", &[(1, b"a")]),
        // Id 15 ends a one-byte block.
        (b"\xbe\xde\0\x02\x10a\xf0b\x20c\0\0", &[(1, b"a")]),
        // Id 0 with a length isn't padding; it names nothing.
        (b"\xbe\xde\0\x02\x02abc\x10a\0\0", &[(1, b"a")]),
        // An element longer than the block.
        (b"\x10\0\0\x02\x01\x01a\x02\x09bcd", &[(1, b"a")]),
    ];
    for (block, expected) in rows {
        let expected: Vec<_> = expected.iter().map(|(id, value)| (*id, value.to_vec())).collect();
        assert_eq!(read(block), expected, "{block:02x?}");
    }
}

#[test]
fn what_is_not_negotiated_is_not_read() {
    // Every id here is 0; an element of id 0 must not be taken for one of them.
    let packet = packet(b"\xbe\xde\0\x01\x02abc");
    let header = RtpHeader::parse(&packet).expect("RTP");
    assert_eq!(Extensions::parse(&packet, &header, &ExtensionIds::default()), Extensions::default());
}

#[test]
fn a_stream_mixes_forms() {
    let ids = ExtensionIds { mid: 3, transport_cc: 5, dependency_descriptor: 11, ..ExtensionIds::default() };
    for descriptor in [&[1; 3][..], &[2; 90]] {
        let packet = packet(&write(&[(3, b"video"), (5, &[1, 2]), (11, descriptor)]));
        let header = RtpHeader::parse(&packet).expect("RTP");
        let found = Extensions::parse(&packet, &header, &ids);
        assert_eq!((found.mid, found.transport_cc), (Some("video"), Some(0x102)));
        assert_eq!(found.dependency_descriptor, Some(descriptor));
    }
}

proptest! {
    #[test]
    fn reads_what_it_writes(
        values in prop::collection::vec((1..=15_u8, prop::collection::vec(any::<u8>(), 0..20)), 0..12),
    ) {
        let slices: Vec<(u8, &[u8])> = values.iter().map(|(id, value)| (*id, value.as_slice())).collect();
        prop_assert_eq!(read(&write(&slices)), values);
    }
}
