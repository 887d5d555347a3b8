use proptest::prelude::*;

use super::{deltas, report};
use crate::Time;
use crate::rtcp::transport_cc::{MAX_REPORT, ReportHeader, write_transport_feedback};
use crate::transport::srtp::hex;

const HEADER: ReportHeader = ReportHeader { sender_ssrc: 1, media_ssrc: 0, feedback_count: 17 };

/// All reports on `arrivals`, beginning with the first.
fn reports(arrivals: &[(u64, Time)], max_size: usize) -> Vec<Vec<u8>> {
    let mut arrivals = arrivals.iter().copied().peekable();
    let mut next = arrivals.peek().map_or(0, |(sequence, _)| *sequence);
    let mut reports = Vec::new();
    while arrivals.peek().is_some() {
        let mut out = Vec::new();
        next = write_transport_feedback(&mut out, HEADER, next, &mut arrivals, max_size);
        reports.push(out);
    }
    reports
}

fn at_ms(arrivals: &[(u64, u64)]) -> Vec<(u64, Time)> {
    arrivals.iter().map(|(sequence, ms)| (*sequence, Time::from_millis(*ms))).collect()
}

#[test]
fn t5_059_exact_bytes() {
    let start = 25 * 64 * 4;
    let ticks = [start + 0x7c, start + 0x7c + 0x93, start + 0x7c + 0x93 + 0x84];
    let arrivals: Vec<_> =
        (82..).zip(ticks).map(|(sequence, ticks)| (sequence, Time::from_micros(ticks * 250))).collect();
    let expected = hex("afcd0006 00000001 00000000 00520003 00001911 20037c93 84000003");
    assert_eq!(reports(&arrivals, MAX_REPORT), [expected]);
}

#[test]
fn t5_062_and_t5_063_gaps_and_large_deltas() {
    let arrivals = at_ms(&[(1000, 0), (1001, 100), (1002, 200), (1015, 300), (1016, 400), (1017, 500)]);
    let written = reports(&arrivals, MAX_REPORT);
    assert_eq!(written.len(), 1);
    let report_62 = report(&written[0]);
    assert_eq!((report_62.status_count, report_62.arrivals().count()), (18, 6), "T5.062");

    let written = reports(&at_ms(&[(1000, 1_000_000_100), (1001, 1_000_000_700)]), MAX_REPORT);
    assert_eq!(report(&written[0]).status_count, 2, "T5.063");
    assert_eq!(written[0][20..22], [0b11_01_10_00, 0], "T5.063: one two-bit vector");
    assert_eq!(report(&written[0]).arrivals().count(), 2, "T5.063");
}

#[test]
fn t5_066_a_delta_beyond_16_bits_begins_a_report() {
    let written = reports(&at_ms(&[(10, 0), (11, 12), (12, 9_000)]), MAX_REPORT);
    assert_eq!(written.len(), 2);
    let second = report(&written[1]);
    assert_eq!((second.base_sequence, second.reference, deltas(second)), (12, 140, vec![160]));
}

#[test]
fn t5_067_small_reports_tell_the_same() {
    let arrivals = at_ms(&[(10, 0), (11, 12), (12, 140), (13, 152)]);
    let written = reports(&arrivals, 24);
    assert_eq!(written.len(), 2);
    for (bytes, expected) in written.iter().zip([[0, 48], [48, 48]]) {
        assert_eq!((report(bytes).status_count, deltas(report(bytes))), (2, expected.to_vec()));
        assert_eq!(bytes[20..22], [0x20, 2], "a run of two small deltas");
    }
    assert_eq!(reports(&arrivals, 28).len(), 1, "a two-bit vector holds all four in 27 bytes");
}

#[test]
fn t5_069_a_long_gap_is_a_vector_and_a_run() {
    let written = reports(&at_ms(&[(0, 0), (8_194, 10)]), MAX_REPORT);
    assert_eq!(report(&written[0]).status_count, 8_195);
    let chunks: Vec<u16> = written[0][20..26].as_chunks().0.iter().map(|c| u16::from_be_bytes(*c)).collect();
    assert_eq!(chunks, [0b10_10000000000000, 8_180, 0x2001]);
}

#[test]
fn gaps_beyond_a_report_are_left_out() {
    let arrivals = at_ms(&[(5, 0), (70_600, 1), (70_601, 2)]);
    let mut iterator = arrivals.iter().copied().peekable();
    let mut out = Vec::new();
    let next = write_transport_feedback(&mut out, HEADER, 5, &mut iterator, MAX_REPORT);
    assert_eq!((next, report(&out).status_count), (6, 1));
    let mut out = Vec::new();
    let next = write_transport_feedback(&mut out, HEADER, next, &mut iterator, MAX_REPORT);
    assert_eq!((next, report(&out).status_count), (70_601, 65_535));
    let mut out = Vec::new();
    write_transport_feedback(&mut out, HEADER, next, &mut iterator, MAX_REPORT);
    assert_eq!(report(&out).arrivals().map(|a| a.sequence).collect::<Vec<_>>(), [(70_601 % 65_536) as u16]);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        start in 0u64..200_000,
        steps in prop::collection::vec((prop_oneof![8 => Just(1u64), 3 => 2u64..20, 1 => 20u64..9_000],
            prop_oneof![8 => 0i64..200, 2 => -300i64..3_000, 1 => 0i64..60_000]), 1..400),
        max_size in prop_oneof![Just(MAX_REPORT), 40usize..200],
    ) {
        let (mut sequence, mut tick) = (start, 1_000_000i64);
        let arrivals: Vec<(u64, Time)> = steps.iter().map(|(step, ticks)| {
            sequence += step;
            tick += ticks;
            (sequence, Time::from_micros(tick as u64 * 250))
        }).collect();
        let mut read = Vec::new();
        let mut next = arrivals[0].0 as u16;
        for bytes in reports(&arrivals, max_size) {
            prop_assert!(bytes.len() <= max_size);
            let report = report(&bytes);
            prop_assert_eq!(report.base_sequence, next, "reports join without a gap");
            next = report.base_sequence.wrapping_add(report.status_count);
            read.extend(report.arrivals().map(|a| (a.sequence, report.reference_ticks() + a.ticks)));
        }
        let expected: Vec<(u16, i64)> =
            arrivals.iter().map(|(s, at)| (*s as u16, (at.as_micros() / 250) as i64)).collect();
        prop_assert_eq!(read, expected);
    }
}
