use super::{deltas, report};
use crate::rtcp::packets;
use crate::rtcp::transport_cc::TICKS_PER_REFERENCE;
use crate::transport::srtp::hex;

#[test]
fn t5_040_to_t5_050_captured_from_chrome() {
    type Row = (&'static str, &'static str, u16, i32, i64, &'static [i64]);
    let rows: &[Row] = &[
        (
            "T5.040",
            "afcd0006fa17fa171cb7daf300120005008ab1022005f01814245801",
            18,
            35_505,
            1_076_014_144,
            &[60, 6, 5, 9, 22],
        ),
        (
            "T5.041",
            "8fcd000afa17fa1706f5114c0b6c0016096d91ee20160c14140028000010000400080008000800080004\
            0010",
            2_924,
            617_873,
            1_113_285_696,
            &[3, 5, 5, 0, 10, 0, 0, 4, 0, 1, 0, 2, 0, 2, 0, 2, 0, 2, 0, 1, 0, 4],
        ),
        (
            "T5.043",
            "afcd0006fa17fa17269e8e5003a200050c7f339f2005f84814184c01",
            930,
            818_995,
            1_126_157_504,
            &[62, 18, 5, 6, 19],
        ),
        (
            "T5.044",
            "afcd0007fa17fa1733b04ae8039900070c7f349f2007381418181c3814000003",
            921,
            818_996,
            1_126_157_568,
            &[14, 5, 6, 6, 7, 14, 5],
        ),
        (
            "T5.045",
            "afcd0007fa17fa17269e8e5003a700070c7f34a02007e4001814146000000003",
            935,
            818_996,
            1_126_157_568,
            &[57, 0, 6, 5, 5, 24, 0],
        ),
        (
            "T5.046",
            "afcd0006fa17fa1733b04ae803a000050c7f34a02005fc2c54180001",
            928,
            818_996,
            1_126_157_568,
            &[63, 11, 21, 6, 0],
        ),
        ("T5.050", "afcd0005fa17fa1720925eb7001100010c8914002001f801", 17, 821_524, 1_126_319_360, &[62]),
    ];
    for (id, bytes, base, reference, millis, expected) in rows {
        let bytes = hex(bytes);
        let report = report(&bytes);
        assert_eq!((report.base_sequence, report.reference), (*base, *reference), "{id}");
        assert_eq!(usize::from(report.status_count), expected.len(), "{id}");
        assert_eq!((1 << 30) + report.reference_ticks() / 4, *millis, "{id}");
        let whole_ms: Vec<i64> = deltas(report).iter().map(|ticks| ticks / 4).collect();
        assert_eq!(whole_ms, *expected, "{id}");
        assert!(report.statuses().all(|(_, ticks)| ticks.is_some()), "{id}");
    }
}

#[test]
fn t5_053_to_t5_056_constructed() {
    let bytes = hex("8fcd0004fa17fa1709faff6700270000fffffe01");
    let empty = report(&bytes);
    let fields = (empty.base_sequence, empty.status_count, empty.reference, empty.feedback_count);
    assert_eq!(fields, (39, 0, -2, 1), "T5.053");
    assert_eq!((empty.statuses().count(), empty.reference_ticks()), (0, -2 * TICKS_PER_REFERENCE));

    let bytes = hex("8fcd0005fa17fa1739e9423800010002bd57aa0020028c44");
    let negative = report(&bytes);
    let fields = (negative.base_sequence, negative.status_count, negative.reference, negative.feedback_count);
    assert_eq!(fields, (1, 2, -4_368_470, 0), "T5.054");

    let bytes = hex("8fcd0007320f223a8ee50faefffa000919b0b1572009d8001814181418141800");
    let wrapping = report(&bytes);
    let sequences: Vec<u16> = wrapping.arrivals().map(|arrival| arrival.sequence).collect();
    assert_eq!(sequences, [65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2], "T5.055");
    assert_eq!(deltas(wrapping), [216, 0, 24, 20, 24, 20, 24, 20, 24], "T5.055");
    assert_eq!((wrapping.reference, wrapping.feedback_count), (1_683_633, 87), "T5.055");

    let bytes = hex("8fcd0009320f223a8ee50fae1500000c19b261582009e500080000005804000020fffc0400000000");
    let mixed = report(&bytes);
    assert_eq!(
        (mixed.base_sequence, mixed.reference, mixed.feedback_count),
        (5_376, 1_684_065, 88),
        "T5.056"
    );
    let ms: Vec<i64> = deltas(mixed).iter().map(|ticks| ticks / 4).collect();
    assert_eq!(ms, [2, 0, 0, 0, 22, 1, 0, 0, 8, -1, 1, 0], "T5.056");
}

/// A report with the given chunks and deltas.
fn constructed(base: u16, count: u16, chunks: &[u16], deltas: &str) -> Vec<u8> {
    let mut bytes = hex("8fcd0000 00000001 00000002");
    bytes.extend(base.to_be_bytes());
    bytes.extend(count.to_be_bytes());
    bytes.extend([0, 5, 57, 0]);
    chunks.iter().for_each(|chunk| bytes.extend(chunk.to_be_bytes()));
    bytes.extend(hex(deltas));
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes[3] = (bytes.len() / 4 - 1) as u8;
    bytes
}

#[test]
fn t5_077_and_t5_078_all_kinds_of_chunks() {
    let run = |symbol: u16, len: u16| symbol << 13 | len;
    // Two bits each: 01 00 10 01 01 00 00.
    let vector = 0b11_01_00_10_01_01_00_00;
    let bytes = constructed(1, 12, &[run(1, 2), vector, run(2, 3)], "0a 0f 07 0118 03 0d ffdb 0020 0059");
    let ticks: Vec<Option<i64>> = report(&bytes).statuses().map(|(_, ticks)| ticks).collect();
    let expected = [
        Some(10),
        Some(25),
        Some(32),
        None,
        Some(312),
        Some(315),
        Some(328),
        None,
        None,
        Some(291),
        Some(323),
        Some(412),
    ];
    assert_eq!((report(&bytes).reference, ticks), (1337, expected.to_vec()), "T5.077");

    // 00 01 01 00 00 00 00, of which three count.
    let bytes = constructed(1, 3, &[0b11_00_01_01_00_00_00_00], "ec 01");
    let ticks: Vec<Option<i64>> = report(&bytes).statuses().map(|(_, ticks)| ticks).collect();
    assert_eq!(ticks, [None, Some(236), Some(237)], "T5.078");
}

#[test]
fn chunks_as_other_encoders_choose_them() {
    // T5.068: run small 1, run lost 2, run small 1. T5.069: 14 in a vector, run lost 8180, run small 1.
    type Row = (u16, &'static [u16], &'static [(u16, i64)]);
    let rows: &[Row] = &[
        (4, &[0x2001, 0x0002, 0x2001], &[(10, 0), (13, 48)]),
        (8_195, &[0xa000, 8_180, 0x2001], &[(10, 0), (10 + 8_194, 48)]),
    ];
    for (count, chunks, expected) in rows {
        let bytes = constructed(10, *count, chunks, "00 30");
        let arrivals: Vec<_> = report(&bytes).arrivals().map(|a| (a.sequence, a.ticks)).collect();
        assert_eq!(arrivals, *expected);
    }
}

#[test]
fn a_huge_count_costs_no_more_than_its_bytes() {
    let lost = vec![0x1fff; 9];
    let bytes = constructed(7, 65_535, &lost, "");
    assert_eq!(report(&bytes).arrivals().count(), 0);
    assert_eq!(report(&bytes).statuses().count(), 65_535);
    for chunks in [&lost[..8], &[0x0000; 9], &[0x3fff; 9], &[0x6001; 9], &[0xffff; 9]] {
        assert!(packets(&constructed(7, 65_535, chunks, "")).is_err(), "{chunks:x?}");
    }
}
