use super::*;

const SECOND: u64 = 1 << 32;

/// A timeline whose newest frame (encoding 0, source 1000, out 5000) arrived at 10 s.
fn timeline() -> Timeline {
    let mut timeline = Timeline::new(77);
    assert_eq!(timeline.start(0, 1000, Time::from_secs(10)), 77);
    timeline.sent(0, 1000, 5000, Time::from_secs(10));
    timeline
}

#[test]
fn the_wall_clock_follows_the_report_in_both_directions() {
    let mut clock = ClockMap::default();
    assert_eq!(clock.ntp_at(0, 90_000), None);
    clock.on_sender_report(100 * SECOND, u32::MAX - 44_999);
    assert_eq!(clock.ntp_at(45_000, 90_000), Some(i128::from(101 * SECOND)));
    assert_eq!(clock.ntp_at(u32::MAX - 89_999, 90_000), Some(i128::from(100 * SECOND - SECOND / 2)));
}

#[test]
fn a_switch_advances_by_capture_time_within_bounds() {
    // capture difference in ms by the reports (none: no report), arrival difference in ms, expected ticks
    let rows: [(Option<i64>, u64, u32); 8] = [
        (Some(33), 33, 2970),
        (Some(33), 80, 2970),
        (Some(0), 5, 1),
        (Some(-100), 5, 1),
        (Some(500), 33, 2970 + 18_000),
        (Some(-60_000), 5_000, 360_000),
        (None, 50, 4500),
        (None, 0, 1),
    ];
    for (captured, arrival, expected) in rows {
        let mut timeline = timeline();
        if let Some(ms) = captured {
            timeline.on_sender_report(0, 100 * SECOND, 1000);
            timeline.on_sender_report(1, 100 * SECOND, (900_000 - ms * 90) as u32);
        }
        let out = timeline.start(1, 900_000, Time::from_millis(10_000 + arrival));
        assert_eq!(out - 5000, expected, "{captured:?} {arrival}");
    }
}

#[test]
fn ticks_gained_at_one_switch_are_paid_back_at_the_next() {
    let mut timeline = timeline();
    timeline.on_sender_report(0, 100 * SECOND, 1000);
    timeline.on_sender_report(1, 100 * SECOND, 8_000);
    let at = Time::from_millis(10_010);
    // Captured 20 ms before the newest frame: 1 tick ahead of it instead of 1800 behind.
    let out = timeline.start(1, 8_000 - 1800, at);
    assert_eq!(out, 5001);
    timeline.sent(1, 8_000 - 1800, out, at);
    // 100 ms after that frame's capture, on the first clock again: 80 ms after the very first frame.
    assert_eq!(timeline.start(0, 1000 + 7200, Time::from_millis(10_100)), 5000 + 7200);
}

#[test]
fn one_clock_needs_no_report_until_it_restarts() {
    let mut timeline = timeline();
    let at = Time::from_millis(12_000);
    assert_eq!(timeline.clone().start(0, 1000 + 180_900, at), 5000 + 180_900);
    timeline.restart(0);
    assert_eq!(timeline.start(0, 7, at), 5000 + 180_000);
}

#[test]
fn the_outgoing_clock_wraps() {
    let mut timeline = Timeline::new(u32::MAX - 10);
    assert_eq!(timeline.start(0, 5, Time::ZERO), u32::MAX - 10);
    timeline.sent(0, 5, u32::MAX - 10, Time::ZERO);
    assert_eq!(timeline.start(0, 3005, Time::from_millis(33)), 2989);
}
