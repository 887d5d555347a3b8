//! Numbers worked by hand, in ms.

use super::*;

const MS: i64 = 1_000_000;

fn stays(in_force: i64) -> Delay {
    Delay { in_force: in_force * MS, wanted: in_force * MS }
}

/// A stream that is played as late as its jitter or its waiting asks for.
fn follows(wanted: i64, least: Option<i64>) -> Delay {
    Delay { in_force: least.unwrap_or(i64::MIN).max(wanted * MS), wanted: wanted * MS }
}

#[test]
fn the_sound_waits_for_a_late_picture_in_smoothed_and_bounded_steps() {
    let mut sync = LipSync::default();
    // 100 ms: a quarter is 25 and let be, then 43.75, of which half is 21.875.
    assert_eq!(sync.compare(stays(60), stays(160)), (None, None));
    let (sound, picture) = sync.compare(stays(60), stays(160));
    assert_eq!((sound, picture), (Some(60 * MS + 21_875_000), None));
    // 2 s: a quarter of it, halved, is more than the most.
    let mut sync = LipSync::default();
    assert_eq!(sync.compare(stays(60), stays(2_060)), (Some(140 * MS), None));
    // The sound did not follow: it is not asked to wait for more than a step.
    assert_eq!(sync.compare(stays(60), stays(2_060)), (Some(140 * MS), None));
}

#[test]
fn they_meet_within_the_tolerance_from_either_side() {
    for (sound, picture) in [(60, 260), (260, 60), (60, 80), (60, 700)] {
        let mut sync = LipSync::default();
        let (mut sound_least, mut picture_least) = (None, None);
        for _ in 0..60 {
            (sound_least, picture_least) =
                sync.compare(follows(sound, sound_least), follows(picture, picture_least));
        }
        let (heard, seen) = (follows(sound, sound_least).in_force, follows(picture, picture_least).in_force);
        assert!((seen - heard).abs() <= TOLERANCE, "{heard} and {seen} of {sound} and {picture}");
        assert!(heard.min(seen) <= sound.max(picture) * MS, "both wait");
    }
}

#[test]
fn who_waits_stops_before_the_other_begins() {
    let mut sync = LipSync::default();
    let mut least = (None, None);
    for _ in 0..60 {
        least = sync.compare(follows(60, least.0), follows(260, least.1));
    }
    assert!(least.0 > Some(200 * MS) && least.1.is_none(), "{least:?}");
    // The picture's line got better: it comes after 100 ms.
    let mut seen = Vec::new();
    for _ in 0..60 {
        least = sync.compare(follows(60, least.0), follows(100, least.1));
        seen.push(least.1);
    }
    assert!(least.0.is_none_or(|least| least <= 130 * MS), "{least:?}");
    assert!(seen.iter().all(Option::is_none), "the picture never waits");
}

#[test]
fn reports_that_are_seconds_wrong_are_not_followed() {
    let mut sync = LipSync::default();
    sync.compare(stays(60), stays(2_060));
    assert_eq!(sync.compare(stays(60), stays(20_060)), (None, None));
}

#[test]
fn reports_tie_a_streams_own_clock_to_the_publishers() {
    let mut sync = StreamSync::default();
    assert_eq!(sync.delay(Some(5), Some(5)), None, "no report");
    // 7.5 s by the publisher's clock is 2 s of media; what has a transit of 100 s was captured at media time t and
    // is played at t + 100 s, which is 94.5 s later than the clock showed.
    sync.on_sender_report(NtpTime(7 << 32 | 1 << 31), 2_000 * MS);
    let delay = sync.delay(Some(100_000 * MS), Some(99_000 * MS)).expect("known");
    assert_eq!((delay.in_force, delay.wanted), (94_500 * MS, 93_500 * MS));
    sync.wait(Some(94_600 * MS));
    assert_eq!(sync.at_least(99_900 * MS), 100_100 * MS);
    assert_eq!(sync.at_least(100_200 * MS), 100_200 * MS, "its jitter wants more");
    assert_eq!(sync.at_least(90_000 * MS), 90_700 * MS, "no longer than the buffer holds");
    sync.wait(None);
    assert_eq!(sync.at_least(99_900 * MS), 99_900 * MS);
}
