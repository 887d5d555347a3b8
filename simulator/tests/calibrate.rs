//! `plenum calibrate`: the profile that it writes, and that `capacity` takes it.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use common::{Folder, json};

#[test]
fn a_profile_is_measured_and_taken() {
    let folder = Folder::new("calibrate");
    let asked = ["calibrate", "--out", "cpu.json", "--people", "10,2,2", "--rounds", "3", "--seconds", "1"];
    let ended = folder.plenum(&asked);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.starts_with("A packet in costs "), "{}", ended.out);
    let profile = json(&folder.path().join("cpu.json"));
    assert_eq!(profile["schema"], 1);
    for key in ["per_packet_in_ns", "per_packet_out_ns"] {
        let cost = |of: &serde_json::Value| of[key].as_f64().expect("a number");
        let (woken, busy, core) = (cost(&profile), cost(&profile["busy"]), cost(&profile["core"]));
        assert!((10.0..1e6).contains(&woken) && busy > 0.0 && core > 0.0, "{profile:#}");
    }
    let people: Vec<_> =
        profile["measured"].as_array().expect("sizes").iter().map(|size| &size["people"]).collect();
    assert_eq!(people, [2, 10], "each once, in order");
    let capacity = [
        "capacity",
        "--uplink",
        "8Mbps",
        "--downlink",
        "6Mbps",
        "--cores",
        "2",
        "--participants",
        "2",
        "--frontier",
        "formula",
        "--profile",
        "cpu.json",
        "--out",
        "out",
    ];
    let ended = folder.plenum(&capacity);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.starts_with("1 conference of 2 people; what gives out first is: downlink"),
        "{}",
        ended.out
    );
    let found = json(&folder.path().join("out/capacity.json"));
    assert_eq!(found["profile"]["per_packet_out_ns"], profile["per_packet_out_ns"]);
}

#[test]
fn what_cannot_be_measured_is_refused_at_once() {
    let folder = Folder::new("calibrate-refused");
    for (asked, said) in [
        (&["--out", "x.json", "--people", "4"][..], "one size alone"),
        (&["--out", "x.json", "--people", "4,51"], "51 is not in 2..=50"),
        (&["--out", "x.json", "--rounds", "0"], "0 is not in 1..=1000"),
        (&["--out", "nowhere/x.json"], "nowhere/x.json: "),
        (&[], "--out <FILE>"),
    ] {
        let ended = folder.plenum(&[&["calibrate"], asked].concat());
        assert_eq!(ended.code, Some(2), "{asked:?}");
        assert!(ended.err.contains(said), "{asked:?}: {}", ended.err);
    }
}

#[test]
fn costs_without_a_usable_baseline_are_refused_at_once() {
    let folder = Folder::new("cost-refused");
    std::fs::write(folder.path().join("foreign.json"), r#"{"schema":1,"machine":"x"}"#).expect("writable");
    for (asked, said) in [
        (&["--baseline", "foreign.json"][..], "foreign.json: not a baseline of costs"),
        (&["--baseline", "none.json"], "there is no baseline yet"),
        (&["--baseline", "none.json", "--update"], "--reason <TEXT>"),
        (&["--baseline", "none.json", "--update", "--reason", " "], "--reason is empty"),
        (&[], "--baseline <FILE>"),
    ] {
        let ended = folder.plenum(&[&["cost"], asked].concat());
        assert_eq!(ended.code, Some(2), "{asked:?}");
        assert!(ended.err.contains(said), "{asked:?}: {}", ended.err);
    }
}
