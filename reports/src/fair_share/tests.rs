//! Shares of a run that can be computed by hand.

use scenarios::Time;

use super::*;
use crate::observation::*;
use crate::recording::Measure;
use crate::recording::testing::{ALICE, BACKBONE, BOB, DOWN, VIDEO, cast};
use crate::{Flow, Recorder};

const LOW: Layer = Layer { spatial: 0, temporal: 0 };
const BACK: Flow = Flow { receiver: ALICE, publisher: BOB, ..VIDEO };

fn cross(responsive: bool, from: u64, until: u64) -> CrossInfo {
    CrossInfo { link: BACKBONE, responsive, from: Time::from_secs(from), until: Time::from_secs(until) }
}

/// Ten seconds: a backbone of 1.2 Mbit/s, UDP of 300 kbit/s from 4 to 6 s, TCP from 6 to 8 s, Alice from 2 s on.
/// Bob wants 150 kbit/s, Alice 500.
fn recording() -> Recording {
    let mut cast = cast();
    cast.traffic = vec![cross(false, 4, 6), cross(true, 6, 8)];
    let mut recorder = Recorder::new(cast, Measure::new(Time::ZERO, Time::from_secs(10)));
    for (link, bps) in [(BACKBONE, 1_200_000), (DOWN, 200_000)] {
        recorder.observe(Time::ZERO, Observation::LinkCapacity { link, bps: Some(bps) });
    }
    let joined = |participant| Observation::Join { participant, step: JoinStep::Dtls };
    recorder.observe(Time::ZERO, joined(BOB));
    let chosen = |flow, entitled| Observation::LayerChosen {
        flow,
        layer: None,
        reason: "top".to_owned(),
        estimate_bps: 0,
        entitled: Some(entitled),
        explanation: String::new(),
    };
    for (secs, flow, entitled) in [(0, VIDEO, LOW), (2, BACK, Layer { spatial: 1, temporal: 0 })] {
        let at = Time::from_secs(secs);
        if secs > 0 {
            recorder.observe(at, joined(ALICE));
        }
        recorder.observe(at, Observation::Subscribed(flow));
        recorder.observe(at, chosen(flow, entitled));
    }
    for bin in 20..30 {
        let at = Time::from_millis(bin * 200 + 100);
        recorder.unresponsive(at, BACKBONE, 7_500);
        let (class, bytes, queued) = (TrafficClass::Cross, 7_500, std::time::Duration::ZERO);
        recorder.link_sent(at, BACKBONE, class, bytes, queued);
    }
    recorder.finish()
}

#[test]
fn shares_follow_who_is_there_and_what_does_not_make_way() {
    let recording = recording();
    let shares = Shares::of(&recording);
    let at = |who, secs: usize| {
        let line = shares.line(who, Direction::Down).expect("both have a way down");
        (line.reference[secs * 5], line.entitlement[secs * 5])
    };
    // Bob's own line is the narrowest for him; he wants less than it carries.
    for (secs, alice) in [
        (1, (None, 0.0)),
        // Alice takes what Bob's line leaves, and wants less.
        (3, (Some(1_000_000.0), 500_000.0)),
        (5, (Some(700_000.0), 500_000.0)),
        // A third user; of 1.2 Mbit/s Bob's line takes 200, and TCP as much as Alice.
        (7, (Some(500_000.0), 500_000.0)),
        (9, (Some(1_000_000.0), 500_000.0)),
    ] {
        assert_eq!(at(ALICE, secs), alice, "Alice at {secs} s");
        assert_eq!(at(BOB, secs), (Some(200_000.0), 150_000.0), "Bob at {secs} s");
    }
    assert!(shares.line(BOB, Direction::Up).is_none(), "he has no way up");
}

#[test]
fn periods_end_where_anything_changes() {
    let recording = recording();
    let shares = Shares::of(&recording);
    let line = shares.line(BOB, Direction::Down).expect("it is there");
    let ends: Vec<u64> =
        shares.static_periods(line).iter().map(|period| period.until.as_nanos() / 1_000_000_000).collect();
    assert_eq!(ends, [2, 4, 6, 8, 10]);
}

#[test]
fn flows_of_tcp_have_a_share_of_their_own() {
    let recording = recording();
    let shares = Shares::of(&recording);
    let group = &shares.groups()[shares.line(BOB, Direction::Down).and_then(|line| line.group).expect("one")];
    let tcp = group.users.iter().position(|user| *user == User::Flow(1)).expect("it is among them");
    let of = |secs: usize| group.flow_shares[tcp][secs * 5];
    assert_eq!((of(5), of(7), of(9)), (0.0, 500_000.0, 0.0));
}

#[test]
fn windows_are_whole() {
    let measure = Measure::new(Time::ZERO, Time::from_secs(4));
    let values: Vec<f64> = (0..20).map(f64::from).collect();
    let span = |from, until| Span { from: Time::from_millis(from), until: Time::from_millis(until) };
    assert_eq!(per_window(&values, &measure, span(100, 2_300), 1), [3.0, 8.0]);
    assert_eq!(per_window(&values, &measure, span(0, 4_000), 2), [4.5, 14.5]);
    assert_eq!(per_window(&values, &measure, span(0, 900), 1), Vec::<f64>::new());
    assert_eq!(rolling(&[1.0, 2.0, 6.0], 2), [1.5, 4.0]);
}
