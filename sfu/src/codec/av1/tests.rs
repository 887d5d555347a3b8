//! Payloads in hex, after the layouts of the AV1 RTP payload format.

use proptest::prelude::*;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    let text = text.replace(' ', "");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

#[test]
fn payloads() {
    // payload, key frame start, sequence header, layer, lengths of the elements
    type Row<'a> = (&'a str, &'a str, bool, bool, Option<(u8, u8)>, &'a [usize]);
    let rows: [Row<'_>; 9] = [
        ("one frame", "10 30aabb", false, false, None, &[3]),
        ("sequence header and frame", "28 02 0800 32aa", true, true, None, &[2, 2]),
        ("the same, N clear", "20 02 0800 32aa", true, true, None, &[2, 2]),
        ("a length for each", "08 02 0800 02 30aa", true, true, None, &[2, 2]),
        ("N without sequence header", "18 30aa", true, false, None, &[2]),
        ("a fragment that looks like one", "90 0800", false, false, None, &[2]),
        ("a fragment, then a frame of layer 2, 1", "a0 01 08 3448aa", false, false, Some((2, 1)), &[1, 3]),
        ("layers 1, 0 and 1, 1", "30 02 3420 03 342800 3020", false, false, Some((1, 0)), &[2, 3, 2]),
        ("an empty element", "00 00 01 30", false, false, None, &[0, 1]),
    ];
    for (what, payload, key, sequence_header, layer, lengths) in rows {
        let payload = hex(payload);
        let d = Av1Descriptor::parse(&payload).expect(what);
        assert_eq!(
            (d.key_frame_start(), d.has_sequence_header, d.layer),
            (key, sequence_header, layer),
            "{what}"
        );
        let seen: Vec<_> = elements(&payload).map(|element| element.expect(what).len()).collect();
        assert_eq!(seen, lengths, "{what}");
        assert_eq!(d.aggregation.to_byte(), payload[0], "{what}");
    }
}

#[test]
fn captured_packets() {
    // The payloads of T2.120: a sequence header and the start of a frame, then the frame's end.
    let first = hex("68 0b 0800000004477e1a00d004 301061");
    let d = Av1Descriptor::parse(&first).expect("parses");
    assert!(d.key_frame_start() && d.has_sequence_header && d.aggregation.continued);
    let types: Vec<_> =
        elements(&first).map(|obu| ObuHeader::parse(obu.expect("sound")).expect("sound").obu_type).collect();
    assert_eq!(types, [obu_type::SEQUENCE_HEADER, obu_type::FRAME]);
    let d = Av1Descriptor::parse(&hex("90 57f7c3f51ba803b0c397e9385897")).expect("parses");
    assert!(d.aggregation.continues && !d.key_frame_start());
}

#[test]
fn refusals() {
    let rows = [
        ("", Av1Error::Truncated),
        ("00", Av1Error::Truncated),
        ("10", Av1Error::Truncated),
        ("20 02 30aa", Av1Error::Truncated),
        ("20 03 30aa", Av1Error::Truncated),
        ("00 03 30aa", Av1Error::Truncated),
        ("00 80", Av1Error::Truncated),
        ("00 80808080808080", Av1Error::Truncated),
        ("00 8080808080808080 30", Av1Error::Length),
        ("00 ffffffffff00 30", Av1Error::Length),
        ("10 34", Av1Error::Truncated),
        ("10 b0aa", Av1Error::ForbiddenBit),
        ("98 0800", Av1Error::FragmentStartsSequence),
    ];
    for (payload, error) in rows {
        assert_eq!(Av1Descriptor::parse(&hex(payload)), Err(error), "{payload:?}");
    }
}

proptest! {
    #[test]
    fn reads_what_it_writes(
        obus in prop::collection::vec((0..16_u8, prop::option::of((0..8_u8, 0..4_u8)), 0..300_usize), 1..6),
        [new_sequence, continued, counted]: [bool; 3],
    ) {
        let counted = counted && obus.len() <= 3;
        let elements_declared = if counted { obus.len() as u8 } else { 0 };
        let aggregation =
            AggregationHeader { continues: false, continued, elements: elements_declared, new_sequence };
        let mut out = [0; 2048];
        out[0] = aggregation.to_byte();
        let mut at = 1;
        for (i, &(obu_type, layer, body)) in obus.iter().enumerate() {
            let header_len = 1 + usize::from(layer.is_some());
            if !counted || i + 1 < obus.len() {
                at += write_element_length(header_len + body, &mut out[at..]);
            }
            at += ObuHeader { obu_type, layer, has_size: false }.write(&mut out[at..]) + body;
        }
        let d = Av1Descriptor::parse(&out[..at]).expect("ours");
        let has_sequence_header = obus.iter().any(|obu| obu.0 == obu_type::SEQUENCE_HEADER);
        let layer = obus.iter().find_map(|obu| obu.1);
        prop_assert_eq!(d, Av1Descriptor { aggregation, has_sequence_header, layer });
        let read: Result<Vec<_>, _> = elements(&out[..at]).collect();
        for (element, (obu_type, layer, body)) in read.expect("ours").into_iter().zip(obus) {
            prop_assert_eq!(ObuHeader::parse(element), Ok(ObuHeader { obu_type, layer, has_size: false }));
            prop_assert_eq!(element.len(), 1 + usize::from(layer.is_some()) + body);
        }
    }

    #[test]
    fn numbers_read_back(value: u32, tail: [u8; 2]) {
        let mut out = [0; 8];
        let len = write_leb128(value, &mut out);
        out[len..len + 2].copy_from_slice(&tail);
        prop_assert_eq!(read_leb128(&out[..len + 2]), Ok((value, &tail[..])));
    }

    #[test]
    fn any_bytes_parse_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let ended = elements(&bytes).take(100).count();
        prop_assert!(ended <= bytes.len() + 1);
        let errors = elements(&bytes).filter(Result::is_err).count();
        prop_assert!(errors <= 1);
        prop_assert!(errors == 0 || Av1Descriptor::parse(&bytes).is_err());
    }
}
