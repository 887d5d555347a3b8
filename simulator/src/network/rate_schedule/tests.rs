use proptest::prelude::*;

use super::*;

fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn schedule(steps: &[(u64, u64)]) -> RateSchedule {
    let steps = steps.iter().map(|&(at, kbps)| (ms(at), DataRate::from_kbps(kbps)));
    RateSchedule::new(steps).expect("increasing times")
}

const PACKET: DataSize = DataSize::from_bytes(1250);

#[test]
fn finish_follows_the_rate() {
    let infinite = DataRate::INFINITE.as_kbps() + 1;
    type Row<'a> = (&'a str, &'a [(u64, u64)], u64, Time);
    let rows: &[Row<'_>] = &[
        ("constant", &[(0, 1_000)], 5, ms(15)),
        ("faster after 5 ms", &[(0, 1_000), (10, 5_000)], 5, ms(11)),
        ("slower after 5 ms", &[(0, 1_000), (10, 500)], 5, ms(20)),
        ("ends on the step", &[(0, 1_000), (15, 1)], 5, ms(15)),
        ("outage of 100 ms", &[(0, 1_000), (10, 0), (110, 1_000)], 5, ms(115)),
        ("starts in an outage", &[(0, 0), (30, 1_000)], 5, ms(40)),
        ("outage without end", &[(0, 1_000), (10, 0)], 5, Time::NEVER),
        ("infinite", &[(0, infinite)], 5, ms(5)),
        ("infinite from 10 ms", &[(0, 1), (10, infinite)], 5, ms(10)),
    ];
    for &(name, steps, start, end) in rows {
        assert_eq!(schedule(steps).finish(ms(start), 0, PACKET).end, end, "{name}");
    }
}

#[test]
fn rounding_to_nanoseconds_is_carried_over() {
    // 1250 bytes at 3 Mbit/s take 3,333,333.3 ns, three of them exactly 10 ms.
    let schedule = schedule(&[(0, 3_000)]);
    let mut finish = Finish { end: Time::ZERO, credit: 0 };
    let ends = [3_333_334, 6_666_667, 10_000_000, 13_333_334];
    for end in ends {
        finish = schedule.finish(finish.end, finish.credit, PACKET);
        assert_eq!(finish.end, Time::from_nanos(end));
    }
}

#[test]
fn capacity_is_the_integral() {
    let s = schedule(&[(0, 2_500), (40_000, 600), (60_000, 2_500)]);
    let rows = [
        (0, 1_000, 2_500_000),
        (39_000, 41_000, 3_100_000),
        (30_000, 70_000, 25_000_000 + 12_000_000 + 25_000_000),
        (50_000, 50_000, 0),
        (60_000, 50_000, 0),
    ];
    for (from, to, bits) in rows {
        assert_eq!(s.capacity_between(ms(from), ms(to)), Some(bits), "{from} to {to} ms");
    }
    let infinite = RateSchedule::constant(DataRate::INFINITE);
    assert_eq!(infinite.capacity_between(ms(0), ms(1)), None);
    assert_eq!(infinite.capacity_between(ms(1), ms(1)), Some(0));
}

#[test]
fn replacing_keeps_the_past() {
    let mut s = schedule(&[(0, 1_000), (10, 2_000), (20, 3_000)]);
    s.replace_from(ms(15), &RateSchedule::constant(DataRate::from_kbps(500)));
    assert_eq!(s, schedule(&[(0, 1_000), (10, 2_000), (15, 500)]));
    s.replace_from(ms(15), &schedule(&[(0, 7), (15, 8), (16, 9)]));
    assert_eq!(s, schedule(&[(0, 1_000), (10, 2_000), (15, 8), (16, 9)]));
    s.replace_from(ms(0), &schedule(&[(0, 4)]));
    assert_eq!(s, schedule(&[(0, 4)]));
}

#[test]
fn buffers_keep_their_size_in_an_outage() {
    let s = schedule(&[(0, 0), (10, 100), (20, 200), (30, 0), (40, 0)]);
    for (at, kbps) in [(0, 100), (10, 100), (25, 200), (35, 200), (50, 200)] {
        assert_eq!(s.sizing_rate_at(ms(at)), DataRate::from_kbps(kbps), "at {at} ms");
    }
    assert_eq!(schedule(&[(0, 0)]).sizing_rate_at(ms(1)), DataRate::ZERO);
}

#[test]
fn bad_lists_are_refused() {
    assert_eq!(RateSchedule::new([]), Err(ScheduleError::Empty));
    let rate = DataRate::from_kbps(1);
    let same = [(ms(0), rate), (ms(5), rate), (ms(5), rate)];
    assert_eq!(RateSchedule::new(same), Err(ScheduleError::NotIncreasing(3)));
}

proptest! {
    /// A busy link carries exactly its capacity: to the bit in the mean, never more, whatever the steps.
    #[test]
    fn a_busy_link_carries_its_capacity(
        steps in proptest::collection::vec((1u64..50_000_000, 0u64..20_000_000), 1..20),
        sizes in proptest::collection::vec(28u64..1500, 1..100),
    ) {
        let mut at = 0;
        let mut list = vec![(Time::ZERO, DataRate::from_bps(777_777))];
        for (gap, bps) in steps {
            at += gap;
            list.push((Time::from_nanos(at), DataRate::from_bps(bps)));
        }
        list.push((Time::from_nanos(at + 1), DataRate::from_bps(1_234_567)));
        let s = RateSchedule::new(list).expect("increasing times");
        let mut finish = Finish { end: Time::ZERO, credit: 0 };
        let mut bits = 0;
        for size in sizes {
            finish = s.finish(finish.end, finish.credit, DataSize::from_bytes(size));
            bits += size * 8;
            let nanobits = u128::from(bits) * u128::from(NANOBITS_PER_BIT);
            prop_assert_eq!(s.work_until(finish.end), nanobits + u128::from(finish.credit));
            prop_assert!(s.work_until(Time::from_nanos(finish.end.as_nanos() - 1)) < nanobits);
        }
    }

    #[test]
    fn adjoining_capacities_add_up(bps in 1u64..10_000_000, a in 0u64..1_000_000, b in 0u64..1_000_000) {
        let s = RateSchedule::constant(DataRate::from_bps(bps));
        let (t0, t1, t2) = (Time::ZERO, Time::from_nanos(a), Time::from_nanos(a + b));
        let parts = s.capacity_between(t0, t1).unwrap() + s.capacity_between(t1, t2).unwrap();
        prop_assert_eq!(s.capacity_between(t0, t2), Some(parts));
    }
}
