//! Payloads in hex, after RFC 6184's layouts, and a packet that another SFU tests.

use proptest::prelude::*;

use super::*;
use crate::rtp::RtpHeader;

fn hex(text: &str) -> Vec<u8> {
    let text = text.replace(' ', "");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

#[test]
fn key_frame_on_a_full_packet() {
    // T2.058: an aggregate of SPS, PPS and the picture. The row's project goes by the SPS alone, libwebrtc by the
    // IDR slice; ours takes either, and both are here.
    let packet = hex(
        "80e60faefa863b4959bd79e778000c6742c00c8c8d4e403c2211a8000468ce3c80001a65b80004000009e33140004676\
                      380008024700027f3f776f6780",
    );
    let header = RtpHeader::parse(&packet).expect("RTP");
    let payload = header.payload(&packet);
    let d = H264Descriptor::parse(payload).expect("parses");
    let expected = H264Descriptor {
        packing: Packing::Aggregate,
        unit_type: SPS,
        ref_idc: 3,
        frame_start: true,
        has_sps: true,
        has_idr: true,
        key_frame_start: true,
        discardable: false,
    };
    assert_eq!((d, header.marker), (expected, true));
    let types: Vec<_> = aggregated(payload).map(|unit| unit.expect("sound")[0] & 0x1f).collect();
    assert_eq!(types, [SPS, PPS, IDR]);
}

#[test]
fn starts_key_frames_and_discardables() {
    // payload, frame start, key frame start, discardable, SPS, IDR
    type Row<'a> = (&'a str, &'a str, [u8; 5]);
    let rows: [Row<'_>; 18] = [
        ("SPS", "67 42c00c", [1, 1, 0, 1, 0]),
        ("PPS", "68 ce3c80", [1, 0, 0, 0, 0]),
        ("delimiter", "09 f0", [1, 0, 0, 0, 0]),
        ("SEI", "06 0501", [1, 0, 0, 0, 0]),
        ("IDR, first slice", "65 88", [1, 1, 0, 0, 1]),
        ("IDR, later slice", "65 40", [0, 0, 0, 0, 1]),
        ("reference, first slice", "41 9a", [1, 0, 0, 0, 0]),
        ("reference, later slice", "41 5a", [0, 0, 0, 0, 0]),
        ("discardable, first slice", "01 9a", [1, 0, 1, 0, 0]),
        ("discardable partition A", "02 9a", [1, 0, 1, 0, 0]),
        ("discardable partition B", "03 9a", [0, 0, 1, 0, 0]),
        ("IDR, first fragment", "7c 85 88", [1, 1, 0, 0, 1]),
        ("IDR, middle fragment", "7c 05 88", [0, 0, 0, 0, 1]),
        ("IDR, first fragment of a later slice", "7c 85 40", [0, 0, 0, 0, 1]),
        ("discardable, last fragment", "1c 41 88", [0, 0, 1, 0, 0]),
        ("SPS and PPS", "78 0002 6742 0002 68ce", [1, 1, 0, 1, 0]),
        ("SPS repeated before an ordinary slice", "78 0002 6742 0002 419a", [1, 0, 0, 1, 0]),
        ("delimiter and discardable slice", "18 0002 09f0 0002 019a", [1, 0, 1, 0, 0]),
    ];
    for (what, payload, expected) in rows {
        let d = H264Descriptor::parse(&hex(payload)).expect(what);
        let seen = [d.frame_start, d.key_frame_start, d.discardable, d.has_sps, d.has_idr];
        assert_eq!(seen.map(u8::from), expected, "{what}");
    }
}

#[test]
fn modes() {
    let rows = [
        ("67 42", true, Packing::Single),
        ("78 0002 6742", false, Packing::Aggregate),
        ("7c 85 88", false, Packing::Fragment { start: true, end: false }),
        ("7c 45 88", false, Packing::Fragment { start: false, end: true }),
    ];
    for (payload, in_mode_0, packing) in rows {
        let d = H264Descriptor::parse(&hex(payload)).expect(payload);
        assert_eq!(d.packing, packing, "{payload}");
        assert_eq!(d.is_valid_in(Mode::SingleNal), in_mode_0, "{payload}");
        assert!(d.is_valid_in(Mode::NonInterleaved), "{payload}");
    }
}

#[test]
fn refusals() {
    let rows = [
        ("", H264Error::Truncated),
        ("78", H264Error::Truncated),
        ("78 00", H264Error::Truncated),
        ("78 0003 6742", H264Error::Truncated),
        ("78 0002 6742 00", H264Error::Truncated),
        ("78 0000", H264Error::InvalidUnit(0)),
        ("78 0001 78", H264Error::InvalidUnit(STAP_A)),
        ("7c", H264Error::Truncated),
        ("7c 9c 00", H264Error::InvalidUnit(FU_A)),
        ("7c 80", H264Error::InvalidUnit(0)),
        ("60", H264Error::UnsupportedType(0)),
        ("79 0000", H264Error::UnsupportedType(25)),
        ("7d 85 0000", H264Error::UnsupportedType(29)),
        ("7f", H264Error::UnsupportedType(31)),
    ];
    for (payload, error) in rows {
        assert_eq!(H264Descriptor::parse(&hex(payload)), Err(error), "{payload:?}");
    }
}

#[test]
fn writes_what_it_reads() {
    let mut out = [0; 32];
    let len = write_stap_a(&[&hex("6742c0"), &hex("28ce"), &hex("6588")], &mut out);
    assert_eq!(out[..len], hex("78 0003 6742c0 0002 28ce 0002 6588"));
    let unit = NalHeader { ref_idc: 3, unit_type: IDR };
    assert_eq!(NalHeader::from_byte(unit.to_byte()), unit);
    for (start, end, expected) in [(true, false, "7c85"), (false, false, "7c05"), (false, true, "7c45")] {
        let header = fu_a_header(unit, start, end);
        assert_eq!(header[..], hex(expected));
        let d = H264Descriptor::parse(&header).expect("ours");
        assert_eq!((d.packing, d.unit_type, d.ref_idc), (Packing::Fragment { start, end }, IDR, 3));
    }
}

proptest! {
    #[test]
    fn aggregates_read_back(
        units in prop::collection::vec((1..=23_u8, 0..4_u8, prop::collection::vec(any::<u8>(), 0..8)), 1..8),
    ) {
        let units: Vec<Vec<u8>> = units
            .into_iter()
            .map(|(unit_type, ref_idc, body)| [vec![NalHeader { ref_idc, unit_type }.to_byte()], body].concat())
            .collect();
        let slices: Vec<&[u8]> = units.iter().map(Vec::as_slice).collect();
        let mut out = [0; 256];
        let len = write_stap_a(&slices, &mut out);
        prop_assert_eq!(aggregated(&out[..len]).collect::<Result<Vec<_>, _>>(), Ok(slices));
        let whole = H264Descriptor::parse(&out[..len]).expect("ours");
        let first = H264Descriptor::parse(&units[0]).expect("ours");
        prop_assert_eq!((whole.unit_type, whole.frame_start), (first.unit_type, first.frame_start));
    }

    #[test]
    fn any_bytes_parse_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..64), header: Option<u8>) {
        let payload = [header.map_or(vec![0x78], |byte| vec![byte]), bytes].concat();
        if let Ok(d) = H264Descriptor::parse(&payload) {
            prop_assert!(!d.key_frame_start || d.has_sps || d.has_idr);
            prop_assert!(!(d.key_frame_start && d.discardable));
        }
    }
}
