//! Checks as scenario files write them.

use scenarios::Scenario;

use super::*;
use crate::metric;

const TWO_PEOPLE: &str = r#"
schema = 1
name = "two"
seed = 1
duration = "4s"

[link.home-up]
rate = "1Mbps"

[participant.alice]
up = "home-up"

[participant.bob]
"#;

fn parsed(more: &str) -> Scenario {
    let text = format!("{TWO_PEOPLE}{more}");
    scenarios::parse_with("two.toml", &text, &[], &metric::names())
        .unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn every_shipped_scenario_asks_for_metrics_that_exist() {
    for entry in scenarios::shipped::list() {
        let scenario = scenarios::parse_with(entry.path, entry.text, &[], &metric::names());
        let scenario = scenario.unwrap_or_else(|faults| panic!("{faults}"));
        assert!(!scenario.expect.is_empty(), "{}", entry.name);
        for expect in &scenario.expect {
            Expectation::from(expect).validate().unwrap_or_else(|fault| panic!("{}: {fault}", entry.name));
        }
    }
}

#[test]
fn the_names_refuse_what_no_metric_has() {
    for (expect, message) in [
        ("metric = \"video.fpz\"\nmax = 1", "video.fps"),
        ("metric = \"video.fps\"\nmax = \"1ms\"", "is in count, not in ms"),
        ("metric = \"video.fps\"\nmax = 1\nwhere = { link = \"home-up\" }", "has no label"),
    ] {
        let text = format!("{TWO_PEOPLE}[[expect]]\nstat = \"max\"\n{expect}\n");
        let faults = scenarios::parse_with("two.toml", &text, &[], &metric::names()).expect_err(expect);
        assert!(faults.to_string().contains(message), "{faults}");
    }
}

#[test]
fn expectations_are_judged_as_written() {
    let (_, summary) = run();
    for (keys, passed, demand) in [
        ("stat = \"mean\"\nmax = \"0.14s\"", true, "mean video.capture_to_render ≤ 140 ms"),
        ("stat = \"mean\"\nmax = 139.9", false, "mean video.capture_to_render ≤ 139.9 ms"),
        (
            "stat = \"value\"\nmin = \"100ms\"\nmax = \"200ms\"",
            true,
            "value video.capture_to_render between 100 and 200 ms",
        ),
        ("stat = \"count\"\nmin = 50\nmax = 50", true, "count video.capture_to_render = 50"),
        ("stat = \"p95\"\nmax = \"1s\"\nsamples_min = 51", false, "p95 video.capture_to_render ≤ 1000 ms"),
        (
            "stat = \"p95\"\nmax = \"100ms\"\nwhere = { receiver = \"b?b\" }",
            true,
            "p95 video.capture_to_render ≤ 100 ms where receiver=b?b",
        ),
    ] {
        let scenario = parsed(&format!("[[expect]]\nmetric = \"video.capture_to_render\"\n{keys}\n"));
        let check = Expectation::from(&scenario.expect[0]).check(&summary).expect("can be judged");
        assert_eq!((check.passed, check.demand.as_str()), (passed, demand), "{check:?}");
    }
    // Of the others, units in their metric's.
    for (metric, max, value) in [
        ("video.bitrate", "2Mbps", 2000.0),
        ("loss.after_repair", "0.1%", 0.001),
        ("join.time", "2s", 2000.0),
    ] {
        let scenario =
            parsed(&format!("[[expect]]\nmetric = \"{metric}\"\nstat = \"max\"\nmax = \"{max}\"\n"));
        let expectation = Expectation::from(&scenario.expect[0]);
        assert_eq!(expectation.max.map(|max| max.value), Some(value));
        assert!(expectation.validate().is_ok());
    }
}

#[test]
fn proofs_carry_every_demand_over() {
    let scenario = parsed(
        "[[applied]]\nlink = \"home-up\"\ndropped_min = 1\ndropped_max = 2\nlost_min = 3\nlost_max = 4\n\
         queued_min = \"50ms\"\nutilisation_min = \"80%\"\ncross_min = \"2kB\"\nmarked_min = 5\n",
    );
    let expected = AppliedCheck {
        link: "home-up".to_owned(),
        dropped_min: Some(1),
        dropped_max: Some(2),
        lost_min: Some(3),
        lost_max: Some(4),
        queued_min: Some(Duration::from_millis(50)),
        utilisation_min: Some(0.8),
        cross_min: Some(2_000),
        marked_min: Some(5),
        rate_changes_min: None,
    };
    assert_eq!(AppliedCheck::from(&scenario.applied[0]), expected);
}
