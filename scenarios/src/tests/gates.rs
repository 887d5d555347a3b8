//! `[[gate]]`, and ranges of `[sweep]`.

use super::{read, with_head};
use crate::model::Stat;
use crate::{Override, parse, parse_point};

#[test]
fn a_gate_is_read_and_written_back() {
    let text = with_head(
        "[[gate]]\nmetric = \"queue.delay_added\"\nwhere = { link = \"ideal\" }\nstat = \"p95\"\nrise = \"2ms\"\nrise_share = \"5%\"\nfall_share = \"20%\"\n",
    );
    let scenario = read(&text, &[]).expect("valid");
    let [gate] = scenario.gate.as_slice() else { panic!("one gate") };
    assert_eq!((gate.metric.as_str(), gate.stat), ("queue.delay_added", Stat::P95));
    // The greater of both allowances counts: 5 % of 100 ms are more than 2 ms, 5 % of 10 ms are less.
    assert_eq!((gate.rise_allowed(100.0), gate.rise_allowed(10.0)), (5.0, 2.0));
    assert_eq!((gate.fall_allowed(100.0), gate.fall_allowed(0.0)), (20.0, 0.0));
    let json = scenario.to_json();
    assert_eq!(json["gate"][0]["where"]["link"], "ideal");
    assert_eq!(json["gate"][0]["rise_share"], "5%");
    let without = read(&with_head(""), &[]).expect("valid").to_json();
    assert!(without.get("gate").is_none(), "scenarios without gates stay as they were");
}

#[test]
fn both_sides_of_a_gate_are_needed() {
    let gate = |lines: &str| {
        read(&with_head(&format!("[[gate]]\nmetric = \"video.fps\"\nstat = \"mean\"\n{lines}\n")), &[])
    };
    assert!(gate("rise = 1\nfall = 1").is_ok());
    for (lines, message) in [
        ("rise = 1", "a gate without `fall`"),
        ("fall_share = \"5%\"", "a gate without `rise`"),
        ("rise = -1\nfall = 1", "`rise` is below zero"),
        ("rise = 1\nfall = 1\nstat = \"value\"", "TOML"),
        ("rise = 1\nfall = 1\nwhere = { receiver = \"nobody\" }", "nobody"),
        ("rise = 1\nfal = 1", "did you mean `fall`?"),
    ] {
        let faults = gate(lines).expect_err(lines);
        assert!(faults.contains(message), "{lines}: {faults}");
    }
}

#[test]
fn ranges_are_spelt_out() {
    for (range, values) in [
        ("{ from = \"20s\", to = \"60s\", steps = 3 }", &["\"20s\"", "\"40s\"", "\"60s\""][..]),
        ("{ from = \"60s\", to = \"20s\", steps = 2 }", &["\"60s\"", "\"20s\""]),
        (
            "{ from = \"1s\", to = \"100s\", steps = 5, scale = \"log\" }",
            &["\"1s\"", "\"3160ms\"", "\"10s\"", "\"31600ms\"", "\"100s\""],
        ),
    ] {
        let text = with_head(&format!("[sweep]\ngrid.\"duration\" = {range}\n"));
        let sweep = read(&text, &[]).expect(range).sweep.expect("has a sweep");
        let found: Vec<String> = sweep.grid["duration"].iter().map(ToString::to_string).collect();
        assert_eq!(found, values, "{range}");
    }
}

#[test]
fn ranges_keep_the_kind_of_their_ends() {
    let link = "[link.line]\nrate = \"1Mbps\"\n[participant.bob]\nup = \"line\"\n";
    for (path, range, values) in [
        (
            "link.line.rate",
            "{ from = \"100kbps\", to = \"10Mbps\", steps = 3, scale = \"log\" }",
            &["\"100kbps\"", "\"1Mbps\"", "\"10Mbps\""][..],
        ),
        (
            "link.line.loss",
            "{ from = \"0%\", to = \"3%\", steps = 4 }",
            &["\"0%\"", "\"1%\"", "\"2%\"", "\"3%\""],
        ),
        ("participant.guest.count", "{ from = 1, to = 4, steps = 10 }", &["1", "2", "3", "4"]),
    ] {
        let text = with_head(&format!("{link}[sweep]\ngrid.\"{path}\" = {range}\n"));
        let sweep = read(&text, &[]).expect(range).sweep.expect("has a sweep");
        let found: Vec<String> = sweep.grid[path].iter().map(ToString::to_string).collect();
        assert_eq!(found, values, "{range}");
    }
}

#[test]
fn faulty_ranges_are_told() {
    for (range, message) in [
        ("{ from = \"1s\", to = \"2Mbps\", steps = 3 }", "not of the kind of `from`"),
        ("{ from = \"0s\", to = \"2s\", steps = 3, scale = \"log\" }", "no zero"),
        ("{ from = \"1s\", to = \"2s\" }", "needs `steps`"),
        ("{ from = \"1s\", to = \"2s\", steps = 1 }", "out of range"),
        ("{ from = \"1s\", to = \"2s\", steps = 3, scale = \"cubic\" }", "cubic"),
        ("{ from = \"1s\", to = \"soon\", steps = 3 }", "a number, or a value with a unit"),
        ("{ from = \"1bps\", to = \"2bps\", steps = 3 }", "`duration` can't be this"),
        ("7", "a list of values, or a range"),
    ] {
        let text = with_head(&format!("[sweep]\ngrid.\"duration\" = {range}\n"));
        let faults = read(&text, &[]).expect_err(range);
        assert!(faults.contains(message), "{range}: {faults}");
    }
}

#[test]
fn a_point_of_a_sweep_has_no_sweep() {
    let text = with_head("[sweep]\nseeds = 3\ngrid.\"duration\" = [\"20s\"]\n");
    let set = [Override::new("duration=20s")];
    assert!(parse("t.toml", &text, &set).expect("valid").sweep.is_some());
    assert_eq!(parse_point("t.toml", &text, &set, &[]).expect("valid").sweep, None);
}
