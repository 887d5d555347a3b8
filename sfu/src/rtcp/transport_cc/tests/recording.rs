use super::report;
use crate::Time;
use crate::rtcp::transport_cc::{ArrivalRecorder, MAX_REPORT};

/// What a report says: sequence number and arrival in ms, `None` for "lost".
type Told = Vec<(u16, Option<u64>)>;

/// Reports as the rows have them: at the first packet 100 ms after the last one, before it is recorded, and
/// once at the end.
fn run(packets: impl IntoIterator<Item = (u64, u16)>) -> Vec<Told> {
    let mut recorder = ArrivalRecorder::new();
    let mut told = Vec::new();
    let mut last = None;
    for (ms, sequence) in packets {
        if ms - *last.get_or_insert(ms) >= 100 {
            last = Some(ms);
            told.extend(drain(&mut recorder));
        }
        recorder.record(Time::from_millis(ms), sequence);
    }
    told.extend(drain(&mut recorder));
    told
}

fn drain(recorder: &mut ArrivalRecorder) -> Vec<Told> {
    let mut told = Vec::new();
    let mut out = Vec::new();
    while recorder.write_report(&mut out, 1, 2, MAX_REPORT) {
        assert!(out.len() <= MAX_REPORT);
        let report = report(&out);
        let base = report.reference_ticks();
        told.push(
            report.statuses().map(|(s, ticks)| (s, ticks.map(|ticks| (base + ticks) as u64 / 4))).collect(),
        );
        out.clear();
    }
    told
}

#[test]
fn t5_080_to_t5_082_when_what_is_told() {
    type Row = (&'static str, &'static [(u64, u16)], &'static [&'static [(u16, Option<u64>)]]);
    let rows: &[Row] = &[
        (
            "T5.080",
            &[(1000, 1), (1050, 3), (1100, 5), (1150, 6)],
            &[&[(1, Some(1000)), (2, None), (3, Some(1050))], &[(4, None), (5, Some(1100)), (6, Some(1150))]],
        ),
        (
            "T5.081",
            &[(1000, 1), (1050, 1), (1100, 2), (1150, 3), (1200, 3), (1250, 4)],
            &[&[(1, Some(1000))], &[(2, Some(1100)), (3, Some(1150))], &[(4, Some(1250))]],
        ),
        (
            "T5.082",
            &[(1000, 1), (1050, 2), (1100, 4), (1150, 5), (1200, 3), (1250, 6)],
            &[
                &[(1, Some(1000)), (2, Some(1050))],
                &[(3, None), (4, Some(1100)), (5, Some(1150))],
                &[(3, Some(1200)), (4, Some(1100)), (5, Some(1150)), (6, Some(1250))],
            ],
        ),
    ];
    for (id, packets, expected) in rows {
        let told = run(packets.iter().copied());
        assert_eq!(told.iter().map(Vec::as_slice).collect::<Vec<_>>(), *expected, "{id}");
    }
}

#[test]
fn t5_085_a_gap_is_told_from_its_start() {
    let packets = (0..=10u16).map(|n| (u64::from(n) * 10, n)).chain([(200, 20)]);
    let told = run(packets);
    let with_20 = told.iter().find(|told| told.iter().any(|(sequence, _)| *sequence == 20)).unwrap();
    assert_eq!(with_20[0], (11, None));
}

#[test]
fn t5_087_huge_gaps_at_one_instant() {
    let told = run((0..=6u16).map(|n| (50, n * 10_000)));
    assert_eq!(told.len(), 1);
    let received = told[0].iter().filter(|(_, at)| at.is_some()).count();
    assert_eq!((received, told[0].len() - received), (7, 6 * 9_999));
}

#[test]
fn t5_088_a_long_stream() {
    let told = run((0..100_000u64).map(|n| (n * 10, (n % 65_535) as u16)));
    // 9,999 at packets, and one at the end.
    assert_eq!(told.len(), 10_000);
    assert!(told[..9_999].iter().all(|told| told.iter().filter(|(_, at)| at.is_some()).count() == 10));
}

#[test]
fn the_window_is_bounded_and_the_given_up_stay_given_up() {
    let mut recorder = ArrivalRecorder::new();
    for n in 0..50_000u64 {
        recorder.record(Time::from_millis(n / 10), (n * 3) as u16);
        assert!(recorder.kept() <= 4_096);
    }
    let mut out = Vec::new();
    while recorder.write_report(&mut out, 1, 2, MAX_REPORT) {}
    let highest = (49_999u64 * 3) as u16;
    recorder.record(Time::from_millis(5_000), highest.wrapping_sub(20_000));
    assert!(!recorder.has_unreported(), "older than all that is kept");
    recorder.record(Time::from_secs(60), highest.wrapping_add(1));
    assert_eq!(recorder.kept(), 1, "what was told long ago goes");
}

#[test]
fn a_long_burst_is_told_in_several_reports() {
    let mut recorder = ArrivalRecorder::new();
    for n in 0..3_000u16 {
        recorder.record(Time::from_micros(u64::from(n) * 700), n);
    }
    let told = drain(&mut recorder);
    assert!(told.len() >= 3);
    assert_eq!(told.concat().len(), 3_000);
    assert!(told.concat().iter().all(|(_, at)| at.is_some()));
}
