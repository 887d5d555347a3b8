use std::time::Duration;

use scenarios::Time;

use super::*;
use crate::Recorder;
use crate::metric::Stat;
use crate::observation::*;
use crate::recording::Measure;
use crate::recording::testing::{ALICE, BOB, CAM, DOWN, UP, cast};
use crate::summary::RunHeader;

/// Bob's latency of Alice's camera is 100 ms in 30 frames, Alice's of Bob's is 200 ms in 20 frames.
fn run() -> (Recording, Summary) {
    let mut observed = Vec::new();
    for (receiver, publisher, frames, millis) in [(BOB, ALICE, 30, 100), (ALICE, BOB, 20, 200)] {
        let flow = Flow { receiver, publisher, source: CAM };
        let sfu = Duration::from_millis(millis);
        observed.extend((0..frames).map(|frame| {
            let at = Time::from_millis(1000 + frame * 50);
            let rendered = Observation::FrameRendered {
                flow,
                layer: Layer { spatial: 0, temporal: 0 },
                size: (320, 180),
                captured: at.saturating_sub(sfu),
                parts: LatencyParts { sfu, ..LatencyParts::default() },
            };
            (at, rendered)
        }));
    }
    observed.sort_by_key(|(at, _)| *at);
    let mut recorder = Recorder::new(cast(), Measure::new(Time::ZERO, Time::from_secs(4)));
    for (at, observation) in observed {
        recorder.observe(at, observation);
    }
    let recording = recorder.finish();
    let summary = Summary::of(&recording, RunHeader::default());
    (recording, summary)
}

fn expectation() -> Expectation {
    Expectation {
        metric: "video.capture_to_render".to_owned(),
        selection: Vec::new(),
        stat: Stat::P95,
        min: None,
        max: Some(250.0),
        samples_min: None,
    }
}

fn only(label: &str, pattern: &str) -> Vec<(String, String)> {
    vec![(label.to_owned(), pattern.to_owned())]
}

#[test]
fn every_label_set_must_keep_the_bounds_and_the_worst_is_told() {
    let (_, summary) = run();
    let judge = |expectation: Expectation| expectation.check(&summary).expect("can be judged");
    let passes = judge(expectation());
    assert!(passes.passed);
    assert_eq!((passes.measured, passes.samples, passes.label_sets), (Some(200.0), 20, 2));
    assert_eq!(passes.worst, "receiver=alice publisher=bob source=cam");

    let fails = judge(Expectation { max: Some(150.0), ..expectation() });
    assert_eq!(
        fails.line(),
        "FAIL p95 video.capture_to_render ≤ 150 ms: 200 ms (20 samples, worst: receiver=alice publisher=bob source=cam, 1 of 2 fail; too much)"
    );
    let selected = Expectation { max: Some(150.0), selection: only("receiver", "b*"), ..expectation() };
    assert!(judge(selected).passed);
    let below = judge(Expectation { min: Some(150.0), ..expectation() });
    assert_eq!((below.passed, below.measured), (false, Some(100.0)), "the one with least room is told");
}

#[test]
fn bounds_are_inclusive_and_samples_are_demanded_of_each() {
    let (_, summary) = run();
    for (max, samples_min, passed) in
        [(200.0, None, true), (199.999, None, false), (250.0, Some(20), true), (250.0, Some(21), false)]
    {
        let check = Expectation { max: Some(max), samples_min, ..expectation() }.check(&summary);
        assert_eq!(check.expect("can be judged").passed, passed, "{max} {samples_min:?}");
    }
}

#[test]
fn a_bound_of_zero_fails_so_the_metric_can_move() {
    let (_, summary) = run();
    assert!(!Expectation { max: Some(0.0), ..expectation() }.check(&summary).expect("can be judged").passed);
}

#[test]
fn what_cannot_be_judged_is_an_error() {
    let (recording, summary) = run();
    let refused = |expectation: Expectation| expectation.check(&summary).expect_err("cannot be judged");
    let misspelt = refused(Expectation { metric: "video.capture_to_rendr".to_owned(), ..expectation() });
    assert_eq!(
        misspelt.to_string(),
        "no metric is called `video.capture_to_rendr`; did you mean `video.capture_to_render`?"
    );
    let unlike = refused(Expectation { metric: "xyz".to_owned(), ..expectation() });
    assert_eq!(unlike.to_string(), "no metric is called `xyz`");
    let label = refused(Expectation { selection: only("reciever", "bob"), ..expectation() });
    assert_eq!(
        label.to_string(),
        "`video.capture_to_render` has no label `reciever`; its labels are: receiver, publisher, source"
    );
    let nobody = refused(Expectation { selection: only("receiver", "carol"), ..expectation() });
    assert_eq!(nobody.to_string(), "`video.capture_to_render` has nothing that matches receiver=carol");
    let boundless = refused(Expectation { max: None, ..expectation() });
    assert_eq!(boundless, CheckError::NoBound { subject: "video.capture_to_render".to_owned() });
    let link = AppliedCheck { link: "lte".to_owned(), dropped_min: Some(1), ..AppliedCheck::default() };
    assert_eq!(link.check(&recording), Err(CheckError::UnknownLink { link: "lte".to_owned() }));
    let nothing = AppliedCheck { link: "home-up".to_owned(), ..AppliedCheck::default() };
    assert!(matches!(nothing.check(&recording), Err(CheckError::NoBound { .. })));
}

#[test]
fn a_flow_that_never_rendered_keeps_no_bound() {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::ZERO, Time::from_secs(4)));
    recorder
        .observe(Time::ZERO, Observation::Subscribed(Flow { receiver: BOB, publisher: ALICE, source: CAM }));
    let summary = Summary::of(&recorder.finish(), RunHeader::default());
    for metric in ["video.capture_to_render", "time_to_first_frame", "video.freeze_w3c.ratio"] {
        let check =
            Expectation { metric: metric.to_owned(), max: Some(1e9), ..expectation() }.check(&summary);
        let check = check.expect("can be judged");
        assert!(!check.passed && check.measured.is_none(), "{metric}");
        assert_eq!(check.note.contains("longer than 4000 ms"), metric == "time_to_first_frame");
    }
}

#[test]
fn applied_checks_sum_over_links_of_a_definition() {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::from_secs(3), Time::from_secs(4)));
    let lost = |cause| Observation::LinkDropped { link: UP, cause, bytes: 100 };
    recorder.observe(Time::ZERO, Observation::LinkCapacity { link: DOWN, bps: Some(1_000_000) });
    recorder.observe(Time::ZERO, lost(LossCause::Queue));
    recorder.observe(Time::ZERO, lost(LossCause::Random));
    recorder.observe(
        Time::from_secs(1),
        Observation::LinkSent {
            link: DOWN,
            class: TrafficClass::Audio,
            bytes: 100,
            queued: Duration::from_millis(40),
        },
    );
    recorder.observe(Time::from_secs(2), Observation::LinkCapacity { link: DOWN, bps: Some(600_000) });
    let recording = recorder.finish();
    let demand = |link: &str| AppliedCheck { link: link.to_owned(), ..AppliedCheck::default() };
    let queued = |millis| Some(Duration::from_millis(millis));
    for (check, passed) in [
        (AppliedCheck { dropped_min: Some(2), ..demand("home-up") }, true),
        (AppliedCheck { dropped_min: Some(2), ..demand("*@alice") }, true),
        (AppliedCheck { dropped_min: Some(3), ..demand("home-up") }, false),
        (AppliedCheck { dropped_min: Some(2), cause: Some(LossCause::Random), ..demand("home-up") }, false),
        (AppliedCheck { dropped_min: Some(1), ..demand("home-down@bob") }, false),
        (AppliedCheck { queued_min: queued(40), ..demand("home-down") }, true),
        (AppliedCheck { queued_min: queued(41), ..demand("home-*") }, false),
        (AppliedCheck { rate_changes_min: Some(1), ..demand("home-down") }, true),
        (AppliedCheck { rate_changes_min: Some(2), ..demand("home-down") }, false),
        (AppliedCheck { queued_min: queued(1), rate_changes_min: Some(2), ..demand("home-down") }, false),
    ] {
        assert_eq!(check.check(&recording).expect("can be judged").passed, passed, "{check:?}");
    }
}

#[test]
fn the_exit_code_follows_the_worst() {
    let (recording, summary) = run();
    let judge = |max| {
        let expectations = [Expectation { max: Some(max), ..expectation() }];
        Verdict::of(&recording, &summary, &expectations, &[]).expect("can be judged")
    };
    assert_eq!(judge(250.0).exit_code(), ExitCode::Pass);
    assert_eq!(judge(150.0).exit_code(), ExitCode::ExpectationFailed);
    let broken = Verdict { broken: Some("parts".to_owned()), ..judge(150.0) };
    assert_eq!(broken.exit_code(), ExitCode::Broken);
    assert!(!broken.passed());
}
