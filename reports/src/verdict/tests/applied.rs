//! Proofs that impairments took effect.

use super::*;

/// In the warm-up: on Alice's uplink two full queues, one drop by its management and three random losses; on
/// Bob's downlink one packet of 0.5 Mbit that waited for 40 ms, at 1 Mbit/s that later becomes 0.6 Mbit/s.
fn recording() -> Recording {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::from_secs(3), Time::from_secs(4)));
    recorder.observe(Time::ZERO, Observation::LinkCapacity { link: DOWN, bps: Some(1_000_000) });
    recorder.observe(Time::ZERO, Observation::LinkCapacity { link: UP, bps: None });
    for (cause, count) in
        [(LossCause::Queue, 2), (LossCause::Aqm, 1), (LossCause::Random, 3), (LossCause::Partition, 9)]
    {
        for _ in 0..count {
            recorder.observe(Time::ZERO, Observation::LinkDropped { link: UP, cause, bytes: 100 });
        }
    }
    recorder
        .observe(Time::ZERO, Observation::LinkDropped { link: DOWN, cause: LossCause::Queue, bytes: 100 });
    let sent = Observation::LinkSent {
        link: DOWN,
        class: TrafficClass::Video,
        bytes: 62_500,
        queued: Duration::from_millis(40),
    };
    recorder.observe(Time::from_millis(900), sent);
    let (class, queued) = (TrafficClass::Cross, Duration::ZERO);
    recorder.observe(Time::from_millis(950), Observation::LinkSent { link: UP, class, bytes: 1_500, queued });
    recorder.observe(Time::from_secs(5), Observation::LinkSent { link: UP, class, bytes: 700, queued });
    recorder.observe(Time::from_secs(2), Observation::LinkCapacity { link: DOWN, bps: Some(600_000) });
    recorder.finish()
}

fn demand(link: &str) -> AppliedCheck {
    AppliedCheck { link: link.to_owned(), ..AppliedCheck::default() }
}

#[test]
fn every_demand_passes_at_what_was_measured_and_fails_beside_it() {
    let recording = recording();
    let queued = |millis| Some(Duration::from_millis(millis));
    let dropped =
        |link: &str, dropped_min, dropped_max| AppliedCheck { dropped_min, dropped_max, ..demand(link) };
    let lost = |link: &str, lost_min, lost_max| AppliedCheck { lost_min, lost_max, ..demand(link) };
    let used = |link: &str, share| AppliedCheck { utilisation_min: Some(share), ..demand(link) };
    let longest = |link: &str, millis| AppliedCheck { queued_min: queued(millis), ..demand(link) };
    let crossed = |link: &str, least| AppliedCheck { cross_min: Some(least), ..demand(link) };
    let changes = |link: &str, least| AppliedCheck { rate_changes_min: Some(least), ..demand(link) };
    for (check, passed, measured, worst) in [
        (dropped("home-up", Some(3), None), true, Some(3.0), "home-up@alice"),
        (dropped("home-up", Some(4), None), false, Some(3.0), "home-up@alice"),
        (dropped("*@alice", None, Some(3)), true, Some(3.0), "home-up@alice"),
        (dropped("*@alice", None, Some(2)), false, Some(3.0), "home-up@alice"),
        (dropped("home-*", Some(4), Some(4)), true, Some(4.0), "home-up@alice"),
        (dropped("home-*", Some(5), Some(6)), false, Some(4.0), "home-up@alice"),
        (dropped("home-down@bob", Some(2), None), false, Some(1.0), "home-down@bob"),
        (lost("home-up", Some(3), Some(3)), true, Some(3.0), "home-up@alice"),
        (lost("home-up", Some(4), None), false, Some(3.0), "home-up@alice"),
        (lost("home-up", None, Some(2)), false, Some(3.0), "home-up@alice"),
        (crossed("home-up", 2_200), true, Some(2_200.0), "home-up@alice"),
        (crossed("home-*", 2_201), false, Some(2_200.0), "home-up@alice"),
        (crossed("home-down", 1), false, Some(0.0), "home-down@bob"),
        (longest("home-*", 40), true, Some(40.0), "home-down@bob"),
        (longest("home-*", 41), false, Some(40.0), "home-down@bob"),
        (longest("home-up", 1), false, Some(0.0), "home-up@alice"),
        // 0.5 Mbit in a second of 1 Mbit.
        (used("*", 0.5), true, Some(0.5), "home-down@bob"),
        (used("*", 0.501), false, Some(0.5), "home-down@bob"),
        (used("home-up", 0.0), false, None, ""),
        (changes("home-down", 1), true, Some(1.0), "home-down@bob"),
        (changes("home-down", 2), false, Some(1.0), "home-down@bob"),
    ] {
        let told = check.checks(&recording).expect("can be judged");
        assert_eq!(told.len(), 1, "{check:?}");
        assert_eq!((told[0].passed, told[0].measured), (passed, measured), "{check:?}");
        assert_eq!(told[0].worst.trim_start_matches("link="), worst, "{check:?}");
    }
}

#[test]
fn each_demand_is_told_with_what_was_measured() {
    let demands = AppliedCheck {
        dropped_min: Some(1),
        lost_max: Some(0),
        queued_min: Some(Duration::from_millis(50)),
        utilisation_min: Some(0.8),
        ..demand("home-*")
    };
    let lines: Vec<String> =
        demands.checks(&recording()).expect("can be judged").iter().map(Check::line).collect();
    let expected = [
        "PASS applied: packets dropped by the queues of home-* ≥ 1: 4 (16 samples, worst: link=home-up@alice)",
        "FAIL applied: packets lost at random of home-* ≤ 0: 3 (16 samples, worst: link=home-up@alice, 2 of 2 fail; too much)",
        "FAIL applied: the longest wait in the queues of home-* ≥ 50 ms: 40 ms (16 samples, worst: link=home-down@bob, 2 of 2 fail; the impairment did not bite)",
        "FAIL applied: utilisation of the busiest second of home-* ≥ 0.8: 0.5 (16 samples, worst: link=home-down@bob, 2 of 2 fail; the impairment did not bite)",
    ];
    assert_eq!(lines, expected);
}
