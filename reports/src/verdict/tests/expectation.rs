//! What is expected of metrics.

use super::*;

fn judge(summary: &Summary, expectation: Expectation) -> Check {
    expectation.check(summary).expect("can be judged")
}

#[test]
fn statistics_are_of_the_merged_samples() {
    let (_, summary) = run();
    // 30 samples of 100 ms and 20 of 200 ms: the ranks of the percentiles are 25, 48 and 50.
    for (stat, low, high) in [
        (Stat::Mean, 140.0, 140.0),
        (Stat::Min, 100.0, 100.0),
        (Stat::P50, 100.0, 100.0),
        (Stat::P95, 200.0, 200.0),
        (Stat::P99, 200.0, 200.0),
        (Stat::Max, 200.0, 200.0),
        (Stat::Count, 50.0, 50.0),
        (Stat::Total, 7000.0, 7000.0),
        (Stat::Value, 100.0, 200.0),
    ] {
        for (min, max, passed, note) in [
            (bound(low), bound(high), true, ""),
            (bound(low * 1.002), None, false, "too little"),
            (None, bound(high * 0.998), false, "too much"),
        ] {
            let check = judge(&summary, Expectation { stat, min, max, ..expectation() });
            assert_eq!((check.passed, check.note.as_str()), (passed, note), "{check:?}");
            assert_eq!((check.samples, check.label_sets), (50, 2));
            let measured = check.measured.expect("there are samples");
            assert!(measured == high || measured == low || stat == Stat::P50, "{check:?}");
        }
    }
}

#[test]
fn the_label_set_that_is_worst_by_itself_is_told() {
    let (_, summary) = run();
    let (bob, alice) = ("receiver=bob publisher=alice source=cam", "receiver=alice publisher=bob source=cam");
    let told = |stat, min, max| {
        let check = judge(&summary, Expectation { stat, min, max, ..expectation() });
        (check.passed, check.worst, check.failed)
    };
    for (stat, min, max, passed, worst, failed) in [
        (Stat::P95, None, bound(250.0), true, alice, 0),
        (Stat::P95, bound(1.0), bound(250.0), true, alice, 0),
        (Stat::Mean, None, bound(150.0), true, alice, 0),
        (Stat::Mean, None, bound(130.0), false, alice, 1),
        (Stat::Mean, bound(150.0), None, false, bob, 1),
        (Stat::Value, bound(150.0), None, false, bob, 1),
        (Stat::Value, bound(1.0), bound(50.0), false, alice, 2),
        // 3000 ms against 4000 ms; 30 samples against 20.
        (Stat::Total, None, bound(6999.0), false, alice, 0),
        (Stat::Count, None, bound(49.0), false, bob, 0),
        (Stat::Count, bound(51.0), None, false, alice, 0),
    ] {
        assert_eq!(told(stat, min, max), (passed, worst.to_owned(), failed), "{stat:?} {min:?} {max:?}");
    }
    let fails = judge(&summary, Expectation { max: bound(150.0), ..expectation() });
    assert_eq!(
        fails.line(),
        "FAIL p95 video.capture_to_render ≤ 150 ms: 200 ms (50 samples, worst: receiver=alice publisher=bob source=cam, 1 of 2 fail; too much)"
    );
}

#[test]
fn labels_select() {
    let (_, summary) = run();
    let selected = Expectation { max: bound(100.0), selection: only("receiver", "b*"), ..expectation() };
    let check = judge(&summary, selected);
    assert_eq!((check.passed, check.measured, check.samples), (true, Some(100.0), 30));
    assert_eq!(check.demand, "p95 video.capture_to_render ≤ 100 ms where receiver=b*");
}

#[test]
fn samples_are_demanded_of_all_that_is_selected_together() {
    let (_, summary) = run();
    for (metric, samples_min, passed) in [
        ("video.capture_to_render", 50, true),
        ("video.capture_to_render", 51, false),
        // One value for each flow, whatever number of frames it rests on.
        ("video.freeze_w3c.count", 2, true),
        ("video.freeze_w3c.count", 3, false),
    ] {
        let expectation = Expectation { metric: metric.to_owned(), samples_min, ..expectation() };
        let check = judge(&summary, expectation);
        assert_eq!(check.passed, passed, "{check:?}");
        assert_eq!(check.note.is_empty(), passed);
    }
}

#[test]
fn a_selection_that_turns_out_empty_never_passes() {
    let (_, summary) = run();
    for (stat, samples_min) in [(Stat::P95, 1), (Stat::Count, 0), (Stat::Total, 0)] {
        let nobody = Expectation { selection: only("receiver", "carol"), stat, samples_min, ..expectation() };
        let check = judge(&summary, nobody);
        assert_eq!((check.passed, check.measured, check.samples, check.label_sets), (false, None, 0, 0));
        assert_eq!(check.note, "nothing that was selected has a sample");
        assert!(check.line().contains(": no samples (0 samples; nothing"), "{}", check.line());
    }
}

#[test]
fn a_bound_of_zero_fails_so_the_metric_can_move() {
    let (_, summary) = run();
    assert!(!judge(&summary, Expectation { max: bound(0.0), ..expectation() }).passed);
}

#[test]
fn a_flow_that_never_rendered_keeps_no_bound() {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::ZERO, Time::from_secs(4)));
    let wanted = Flow { receiver: BOB, publisher: ALICE, source: CAM };
    recorder.observe(Time::ZERO, Observation::Subscribed(wanted));
    let nothing = Summary::of(&recorder.finish(), RunHeader::default());
    for metric in ["video.capture_to_render", "time_to_first_frame", "video.freeze_w3c.ratio"] {
        let unlimited = || Expectation { metric: metric.to_owned(), max: bound(1e9), ..expectation() };
        let check = judge(&nothing, unlimited());
        assert!(!check.passed && check.measured.is_none(), "{metric}");
        assert_eq!(check.note.contains("longer than 4000 ms"), metric == "time_to_first_frame");
        assert_eq!((check.label_sets, check.failed), (1, 1));
    }
    // What the SFU chose not to send is told by `layer_share.none`.
    let mut recorder = Recorder::new(cast(), Measure::new(Time::ZERO, Time::from_secs(4)));
    recorder.observe(Time::ZERO, Observation::Subscribed(wanted));
    let beyond_last_n = Observation::LayerChosen {
        flow: wanted,
        layer: None,
        reason: "beyond_last_n".to_owned(),
        estimate_bps: 700_000,
        entitled: None,
        explanation: String::new(),
    };
    recorder.observe(Time::from_millis(10), beyond_last_n);
    let withheld = Summary::of(&recorder.finish(), RunHeader::default());
    assert!(withheld.absent.iter().all(|absent| !absent.definition.id.starts_with("video.")));
    // Nor do the others make up for it.
    let (_, mut summary) = run();
    let unlimited = Expectation { selection: only("source", "cam"), ..expectation() };
    assert!(judge(&summary, unlimited.clone()).passed);
    summary.absent = nothing.absent;
    summary.rows.retain(|row| row.label("receiver") != Some("bob"));
    let check = judge(&summary, unlimited);
    assert_eq!((check.passed, check.measured, check.samples), (false, Some(200.0), 20));
    assert_eq!(check.worst, "receiver=bob publisher=alice source=cam");
    assert_eq!((check.label_sets, check.failed, check.note.as_str()), (2, 1, "nothing was seen of it"));
}

#[test]
fn a_link_is_selected_by_its_name_or_a_line_s() {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::ZERO, Time::from_secs(4)));
    for (link, queued) in [(UP, 10), (DOWN, 30)] {
        let queued = Duration::from_millis(queued);
        let class = TrafficClass::Video;
        recorder.observe(Time::from_secs(1), Observation::LinkSent { link, class, bytes: 100, queued });
    }
    let summary = Summary::of(&recorder.finish(), RunHeader::default());
    for (pattern, measured) in [
        ("home-up", Some(10.0)),
        ("home-up@alice", Some(10.0)),
        ("*-down", Some(30.0)),
        ("home-*", Some(30.0)),
        ("home", None),
    ] {
        let metric = "queue.delay_added".to_owned();
        let check =
            judge(&summary, Expectation { metric, selection: only("link", pattern), ..expectation() });
        assert_eq!(check.measured, measured, "{pattern}");
    }
}
