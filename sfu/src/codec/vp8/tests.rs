//! Rows of hex, from the descriptor's layout in RFC 7741 and from what other SFUs test.

use super::*;
use crate::rtp::RtpHeader;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

#[test]
fn parses_rows() {
    // T2.001, T2.008, T2.011 to T2.016, and the descriptor of T2.048.
    // payload, picture id, tl0, tid, key index, key frame, descriptor length
    type Row<'a> = (&'a str, Option<PictureId>, Option<u8>, Option<u8>, Option<u8>, bool, usize);
    let rows: [Row<'_>; 9] = [
        ("d0801100", Some(PictureId::Short(17)), None, None, None, true, 3),
        ("8080810000", Some(PictureId::Long(0x100)), None, None, None, false, 4),
        ("80200000", None, None, Some(0), None, false, 3),
        ("80100000", None, None, None, Some(0), false, 3),
        ("ffff00000000", Some(PictureId::Short(0)), Some(0), Some(0), Some(0), false, 5),
        ("ffff8000000000", Some(PictureId::Long(0)), Some(0), Some(0), Some(0), false, 6),
        ("90801110000000", Some(PictureId::Short(0x11)), None, None, None, true, 3),
        ("90804200", Some(PictureId::Short(0x42)), None, None, None, true, 3),
        ("90808039", Some(PictureId::Long(57)), None, None, None, false, 4),
    ];
    for (bytes, picture_id, tl0, tid, key_index, key, len) in rows {
        let d = Vp8Descriptor::parse(&hex(bytes)).expect(bytes);
        assert_eq!(
            (d.picture_id, d.tl0_picture_index, d.temporal_id, d.key_index, d.key_frame_start, d.len),
            (picture_id, tl0, tid, key_index, key, len),
            "{bytes}"
        );
    }
    // T2.009
    assert_eq!(Vp8Descriptor::parse(&hex("80400000")), Err(Vp8Error::Tl0WithoutTid));
    for truncated in ["", "80", "8080", "808080", "80e0"] {
        assert_eq!(Vp8Descriptor::parse(&hex(truncated)), Err(Vp8Error::Truncated), "{truncated}");
    }
}

#[test]
fn rewrites_in_place_and_keeps_widths() {
    let rewrite = |bytes: &str, id: u16| {
        let mut payload = hex(bytes);
        let descriptor = Vp8Descriptor::parse(&payload).expect("parses");
        descriptor.rewrite_picture_id(&mut payload, id).map(|()| payload)
    };
    // T2.021, T2.024, T2.027, T2.028; then T2.026.
    assert_eq!(rewrite("8080812090", 32767), Ok(hex("8080ffff90")));
    assert_eq!(rewrite("0090", 1), Err(Vp8Error::Absent));
    assert_eq!(rewrite("80800190", 128), Err(Vp8Error::TooLarge));
    assert_eq!(rewrite("8080812090", 32768), Err(Vp8Error::TooLarge));
    let mut payload = hex("8080812090");
    let descriptor = Vp8Descriptor::parse(&payload).expect("parses");
    assert_eq!(descriptor.rewrite_key_index(&mut payload, 1), Err(Vp8Error::Absent));
    assert_eq!(descriptor.rewrite_tl0_picture_index(&mut payload, 1), Err(Vp8Error::Absent));
}

#[test]
fn writes_what_it_reads() {
    for bytes in ["d0801100", "90f0a0017f2500", "8080810000", "ffff8000000000", "80200000", "9000"] {
        let payload = hex(bytes);
        let descriptor = Vp8Descriptor::parse(&payload).expect(bytes);
        let mut out = [0; 6];
        let len = descriptor.write(&mut out);
        let again = Vp8Descriptor::parse(&[&out[..len], &payload[descriptor.len..]].concat()).expect("ours");
        assert_eq!(Vp8Descriptor { len: descriptor.len, ..again }, descriptor, "{bytes}");
    }
}

#[test]
fn rewrites_every_field_of_a_full_descriptor() {
    let mut payload = hex("90f0a0017f2500");
    let d = Vp8Descriptor::parse(&payload).expect("parses");
    d.rewrite_picture_id(&mut payload, 0x1234).expect("long form");
    d.rewrite_tl0_picture_index(&mut payload, 9).expect("present");
    d.rewrite_key_index(&mut payload, 31).expect("present");
    let d = Vp8Descriptor::parse(&payload).expect("parses");
    assert_eq!(d.picture_id, Some(PictureId::Long(0x1234)));
    assert_eq!((d.tl0_picture_index, d.temporal_id, d.key_index), (Some(9), Some(0), Some(31)));
    assert!(d.layer_sync);
}

#[test]
fn key_frame_on_a_full_packet() {
    // T2.054
    let packet = hex(
        "80e0713e5d6f3cc5750c80969080b04c9002009d012a10001000390300001c221616226612200490404e9e8de940feffab597230d1\
         afe46a1103fd15e9022edfd9d1b80000",
    );
    let header = RtpHeader::parse(&packet).expect("RTP");
    assert_eq!((header.marker, header.sequence, header.payload_type), (true, 0x713e, 96));
    let d = Vp8Descriptor::parse(header.payload(&packet)).expect("parses");
    assert_eq!((d.picture_id, d.key_frame_start), (Some(PictureId::Long(0x304c)), true));
    // The bit that says so: the first of the frame header, behind a descriptor of four bytes.
    let mut delta = packet;
    delta[16] |= 1;
    assert!(!Vp8Descriptor::parse(&delta[12..]).expect("parses").key_frame_start);
}
