use std::time::Duration;

use scenarios::Time;
use scenarios::model::{Bound, BoundUnit, Stat};

use super::*;
use crate::Recorder;
use crate::observation::*;
use crate::recording::Measure;
use crate::recording::testing::{ALICE, BOB, CAM, DOWN, UP, cast};
use crate::summary::RunHeader;

mod applied;
mod expectation;
mod scenario;

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

fn bound(value: f64) -> Option<Bound> {
    Some(Bound { value, unit: None })
}

fn expectation() -> Expectation {
    Expectation {
        metric: "video.capture_to_render".to_owned(),
        selection: Vec::new(),
        stat: Stat::P95,
        min: None,
        max: bound(250.0),
        samples_min: 1,
    }
}

fn only(label: &str, pattern: &str) -> Vec<(String, String)> {
    vec![(label.to_owned(), pattern.to_owned())]
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
    let share = Some(Bound { value: 0.5, unit: Some(BoundUnit::Ratio) });
    let unit = refused(Expectation { min: share, ..expectation() });
    assert_eq!(unit.to_string(), "a bound on `video.capture_to_render` is to be in ms, not in ratio");
    let ms = Some(Bound { value: 5.0, unit: Some(BoundUnit::Ms) });
    assert!(Expectation { max: ms, ..expectation() }.validate().is_ok());
    let count = refused(Expectation { max: ms, stat: Stat::Count, ..expectation() });
    assert!(matches!(count, CheckError::WrongUnit { unit: "count", given: "ms", .. }), "{count}");
    let boundless = refused(Expectation { max: None, ..expectation() });
    assert_eq!(boundless, CheckError::NoBound { subject: "video.capture_to_render".to_owned() });
    let link = AppliedCheck { link: "lte".to_owned(), dropped_min: Some(1), ..AppliedCheck::default() };
    assert_eq!(link.checks(&recording), Err(CheckError::UnknownLink { link: "lte".to_owned() }));
    let nothing = AppliedCheck { link: "home-up".to_owned(), ..AppliedCheck::default() };
    assert!(matches!(nothing.checks(&recording), Err(CheckError::NoBound { .. })));
}

#[test]
fn the_exit_code_follows_the_worst() {
    let (recording, summary) = run();
    let judge = |max, applied: &[AppliedCheck]| {
        let expectations = [Expectation { max: bound(max), ..expectation() }];
        Verdict::of(&recording, &summary, &expectations, applied).expect("can be judged")
    };
    assert_eq!(judge(250.0, &[]).exit_code(), ExitCode::Pass);
    assert_eq!(judge(150.0, &[]).exit_code(), ExitCode::ExpectationFailed);
    let demands =
        AppliedCheck { link: "*".to_owned(), lost_max: Some(0), lost_min: Some(0), ..Default::default() };
    assert_eq!(judge(250.0, std::slice::from_ref(&demands)).exit_code(), ExitCode::Pass);
    let unproven = AppliedCheck { dropped_min: Some(1), ..demands };
    let verdict = judge(250.0, &[unproven]);
    assert_eq!(verdict.exit_code(), ExitCode::ExpectationFailed);
    let passed: Vec<bool> = verdict.checks.iter().map(|check| check.passed).collect();
    assert_eq!(passed, [true, false, true], "a check for each demand");
    let broken = Verdict { broken: Some("parts".to_owned()), ..judge(150.0, &[]) };
    assert_eq!(broken.exit_code(), ExitCode::Broken);
    assert!(!broken.passed());
}
