use std::time::Duration;

use crate::Time;
use crate::send::fec::policy::{Level, Need, Policy};

fn need(loss_permille: u32, rtt_ms: u64, bursty: bool) -> Need {
    Need { loss: f64::from(loss_permille) / 1e3, bursty, rtt: Duration::from_millis(rtt_ms) }
}

#[test]
fn protection_begins_where_retransmission_is_late_and_something_is_lost() {
    // loss in permille, round trip in ms, bursty, whether losses can be asked for, level
    let rows = [
        (0, 400, false, true, Level::Off),
        (4, 400, false, true, Level::Off),
        (5, 400, false, true, Level::Light),
        (5, 400, true, true, Level::Medium),
        (4, 400, true, true, Level::Off),
        (10, 400, false, true, Level::Medium),
        (20, 400, false, true, Level::Strong),
        (50, 179, false, true, Level::Off),
        (50, 180, false, true, Level::Strong),
        (50, 20, true, true, Level::Off),
        (50, 20, true, false, Level::Strong),
    ];
    for (loss, rtt, bursty, retransmits, level) in rows {
        let mut policy = Policy::default();
        policy.follow(Time::ZERO, &need(loss, rtt, bursty), retransmits);
        assert_eq!(policy.level(), level, "{loss} permille, {rtt} ms, bursty {bursty}, asks {retransmits}");
    }
}

#[test]
fn it_rises_at_once_and_falls_with_patience() {
    let mut policy = Policy::default();
    // seconds, loss in permille, round trip in ms, level
    let rows = [
        (0, 12, 300, Level::Medium),
        (1, 25, 300, Level::Strong),
        (2, 13, 300, Level::Strong), // more than 0.6 of 2 %
        (30, 13, 300, Level::Strong),
        (31, 7, 300, Level::Strong), // less, but not for long
        (40, 7, 300, Level::Strong),
        (41, 7, 300, Level::Medium),
        (42, 7, 150, Level::Medium), // a round trip that would not have begun it
        (60, 7, 130, Level::Medium),
        (65, 7, 300, Level::Medium), // not for long enough
        (66, 7, 130, Level::Medium),
        (76, 7, 130, Level::Off),
        (77, 7, 150, Level::Off),
    ];
    for (seconds, loss, rtt, level) in rows {
        policy.follow(Time::from_secs(seconds), &need(loss, rtt, false), true);
        assert_eq!(policy.level(), level, "after {seconds} s");
    }
}

#[test]
fn a_block_stays_open_for_half_a_round_trip_within_bounds() {
    for (rtt, block) in [(20, 100), (300, 150), (2_000, 200)] {
        let mut policy = Policy::default();
        policy.follow(Time::ZERO, &need(30, rtt, false), true);
        assert_eq!(policy.block(), Duration::from_millis(block));
    }
}
