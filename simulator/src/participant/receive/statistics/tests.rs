use proptest::prelude::*;

use super::*;

fn jitter(clock: u32, packets: &[(u32, Time)]) -> u32 {
    let mut statistics = ReceptionStatistics::new(1, clock);
    for (sequence, &(timestamp, at)) in (0..).zip(packets) {
        statistics.on_packet(at, sequence, timestamp);
    }
    statistics.report(Time::ZERO).expect("packets came").jitter
}

#[test]
fn jitter_rows() {
    let ms = Time::from_millis;
    // The first three rows are str0m's and Galene's, the last is worked by hand: |D| = 0, 200, 200 ticks.
    assert_eq!(jitter(48_000, &[(0, ms(0)), (960, ms(120))]), 300);
    assert_eq!(jitter(8_000, &[(1, ms(0)), (161, ms(50)), (321, ms(100))]), 29);
    assert_eq!(jitter(90_000, &[(0, ms(0)), (900, ms(10)), (1_800, ms(20))]), 0);
    let ticks = |t: u64| Time::from_nanos((t * 1_000_000_000).div_ceil(48_000));
    assert_eq!(
        jitter(48_000, &[(0, ticks(0)), (1_000, ticks(1_000)), (2_000, ticks(2_200)), (3_000, ticks(3_000))]),
        24
    );
}

#[test]
fn loss_per_report_and_in_all() {
    let mut statistics = ReceptionStatistics::new(7, 90_000);
    assert_eq!(statistics.report(Time::ZERO), None);
    for sequence in [65_533u16, 65_534, 0, 1, 3] {
        statistics.on_packet(Time::ZERO, sequence, 0);
    }
    statistics.on_sender_report(Time::from_millis(100), 0xabcd);
    let block = statistics.report(Time::from_millis(600)).expect("block");
    // 65533 to 3 are seven numbers; two are missing: 2 * 256 / 7 = 73.
    assert_eq!((block.fraction_lost, block.cumulative_lost), (73, 2));
    assert_eq!(block.extended_highest, 65_536 + 3);
    assert_eq!((block.last_sender_report, block.delay_since_last_sender_report), (0xabcd, 32_768));
    statistics.on_packet(Time::ZERO, 2, 0);
    statistics.on_packet(Time::ZERO, 4, 0);
    let block = statistics.report(Time::from_millis(700)).expect("block");
    assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 1), "a late packet mends the total");
}

#[test]
fn a_far_jump_needs_a_second_packet_to_be_believed() {
    let mut statistics = ReceptionStatistics::new(7, 90_000);
    let base = 1 << 16;
    let rows = [
        (100, Verdict::Accept(base + 100)),
        (20_000, Verdict::Stray),
        (101, Verdict::Accept(base + 101)),
        (3_101, Verdict::Stray),
        (3_100, Verdict::Accept(base + 3_100)),
        (20_001, Verdict::Stray),
        (20_002, Verdict::Restart(base + 20_002)),
        (20_003, Verdict::Accept(base + 20_003)),
    ];
    for (n, (sequence, verdict)) in rows.into_iter().enumerate() {
        assert_eq!(statistics.on_packet(Time::ZERO, sequence, 0), verdict, "row {n}");
    }
    assert_eq!(statistics.extend(20_002), Some(base + 20_002));
    assert_eq!(statistics.extend(0), None);
}

proptest! {
    #[test]
    fn any_series_is_survived(packets in prop::collection::vec((any::<u64>(), any::<u16>(), any::<u32>()), 1..200)) {
        let mut statistics = ReceptionStatistics::new(7, 90_000);
        for (at, sequence, timestamp) in packets {
            statistics.on_packet(Time::from_nanos(at), sequence, timestamp);
            statistics.report(Time::from_nanos(at));
        }
    }
}
