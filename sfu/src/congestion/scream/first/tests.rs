use std::collections::VecDeque;

use super::queue::autocorrelation;
use super::*;
use crate::congestion::bench::{Bench, Link};
use crate::congestion::scream::tests::{kbps, result};

fn controller(ecn: EcnUse) -> ScreamV1 {
    ScreamV1::new(ScreamV1Config { min: kbps(10), start: kbps(800), max: kbps(20_000), ecn })
}

/// Twelve packets in flight, 50 ms of round trip.
fn warm() -> ScreamV1 {
    let mut scream = controller(EcnUse::Classic);
    for index in 0..24 {
        scream.on_sent(&result(1_000 + index * 5, None, Ecn::NotEct).sent);
    }
    let first: Vec<_> =
        (0..12).map(|index| result(1_000 + index * 5, Some(1_025 + index * 5), Ecn::Ect0)).collect();
    scream.on_feedback(Time::from_millis(1_105), &first);
    scream
}

/// (what comes at 1,170 ms, what is left of the window and of the rate)
#[test]
fn losses_and_marks_are_answered_once_per_round_trip() {
    for (arrival, ecn, window, rate) in [(None, Ecn::NotEct, 0.8, 0.9), (Some(1_145), Ecn::Ce, 0.9, 0.9)] {
        let mut scream = warm();
        let (window_before, rate_before) = (scream.window, scream.rate);
        scream.on_feedback(Time::from_millis(1_170), &[result(1_120, arrival, ecn)]);
        assert!((scream.window / window_before - window).abs() < 1e-9, "{ecn:?}: {}", scream.window);
        assert!((scream.rate / rate_before - rate).abs() < 1e-9, "{ecn:?}: {}", scream.rate);
        assert!(!scream.fast_increase);
        let after = scream.window;
        scream.on_feedback(Time::from_millis(1_180), &[result(1_121, arrival, ecn)]);
        assert_eq!(scream.window, after, "the same round trip");
    }
}

#[test]
fn the_window_grows_by_what_is_acknowledged_while_it_is_used() {
    let mut scream = warm();
    assert_eq!(scream.window, 10_000.0 + 12_000.0, "800 kbit/s for 100 ms, and twelve packets");
    scream.on_feedback(Time::from_millis(1_170), &[result(1_060, Some(1_085), Ecn::Ect0)]);
    assert_eq!(scream.window, 22_000.0, "half of it is used");
}

/// RFC 8298, section 4.1.2.2: GAIN × off_target × acknowledged × MSS / window.
#[test]
fn the_window_follows_the_distance_from_the_target() {
    // (extra delay, ms; expected change of the window)
    for (extra, part) in [(0, 1.0), (50, 0.5), (100, 0.0), (150, -0.5)] {
        let mut scream = warm();
        scream.fast_increase = false;
        scream.window = 12_000.0;
        let sent = 1_060;
        scream.on_feedback(Time::from_millis(1_300), &[result(sent, Some(sent + 25 + extra), Ecn::Ect0)]);
        let expected = part * 1_000.0 * 1_000.0 / 12_000.0;
        assert!(
            (scream.window - 12_000.0 - expected).abs() < 0.1,
            "{extra} ms: {}",
            scream.window - 12_000.0
        );
    }
}

#[test]
fn a_delay_that_rises_has_a_trend_and_noise_has_none() {
    let rising: VecDeque<f64> = (0..20).map(f64::from).collect();
    assert!(autocorrelation(&rising) > 0.8);
    let noise: VecDeque<f64> = (0..20).map(|n| f64::from(n % 2)).collect();
    assert!(autocorrelation(&noise) < -0.9);
    assert_eq!(autocorrelation(&VecDeque::from(vec![1.0; 20])), 0.0);
    assert_eq!(autocorrelation(&VecDeque::new()), 0.0);
}

/// A tail-drop queue that is shorter than the greatest target looks like another flow's (section 4.1.2.3 warns of it):
/// then losses alone hold the window, and the rate may stay at what was wished for.
#[test]
fn settles_on_a_line_and_follows_it() {
    for seed in 0..5 {
        let link = Link::new(1_000, 50).with_max_wait(300);
        let config = ScreamV1Config { min: kbps(10), start: kbps(300), max: kbps(2_500), ecn: EcnUse::Off };
        let mut b = Bench::new(ScreamV1::new(config), link).with_seed(seed);
        b.controller.set_wanted(b.now, kbps(2_500));
        b.run(30);
        assert!((600..=1_150).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
        b.link.rate = kbps(400);
        b.run(20);
        assert!((220..=480).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
        b.link.rate = kbps(2_000);
        b.run(30);
        assert!((1_100..=2_500).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
    }
}

#[test]
fn packets_leave_ecn_capable_when_that_is_asked_for() {
    for (ecn, codepoint) in
        [(EcnUse::Off, Ecn::NotEct), (EcnUse::Classic, Ecn::Ect0), (EcnUse::L4s, Ecn::Ect0)]
    {
        assert_eq!(controller(ecn).ecn(), codepoint);
    }
}
