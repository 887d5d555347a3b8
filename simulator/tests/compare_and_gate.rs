//! `plenum compare` and `plenum gate`: what they find, what they refuse, and how they end.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use std::fs;

use common::{Folder, PAIR, files, json};
use serde_json::Value;

/// A line that always has a queue, so that its depth is the delay that it adds: the server sends at a fixed rate above
/// the line's. And a second receiver, whose line gives way for a moment when it is told to.
const GATED: &str = r#"schema = 1
name = "gated"
seed = 11
duration = "12s"
measure = { from = "4s" }

[link.full]
rate = "700kbps"
queue = { kind = "droptail", depth = "100ms" }
delay = "10ms"

[link.free]
rate = "20Mbps"
delay = { base = "10ms", jitter = "gauss", std = "1ms" }

[sfu.main.config]
congestion_control = "fixed"
max_bitrate = "3Mbps"
rtx = false
nack = false

[participant.alice]
up = "free"
down = "free"

[participant.bob]
down = "full"
join = { uniform = ["0s", "500ms"] }

[[gate]]
metric = "queue.delay_added"
where = { link = "full@bob" }
stat = "p50"
rise_share = "5%"
rise = "0.5ms"
fall_share = "5%"
fall = "0.5ms"

[[gate]]
metric = "video.freeze_w3c.ratio"
where = { receiver = "alice" }
stat = "mean"
rise = "0.5%"
fall = "0.5%"
"#;

/// Alice's line gives way for long enough that her pictures stand still for half a second.
const OUTAGE: &str = r#"link.free.rate=[["0s", "20Mbps"], ["8s", "500kbps"], ["8200ms", "20Mbps"]]"#;

fn gated(folder: &Folder, duration: &str) -> String {
    let scenario = folder.file("gated.toml", &GATED.replace("\"12s\"", &format!("\"{duration}\"")));
    let update =
        ["gate", &scenario, "--baseline", "b.json", "--update", "--reason", "first", "--crypto", "null"];
    folder.plenum(&[&update[..], &["--seeds", "20"]].concat()).with_code(0);
    scenario
}

#[test]
fn unchanged_code_passes_ten_times_out_of_ten() {
    let folder = Folder::new("gate-passes");
    let scenario = gated(&folder, "12s");
    let gate = ["gate", &scenario, "--baseline", "b.json", "--crypto", "null", "--out", "out"];
    let first = folder.plenum(&gate).with_code(0);
    assert!(first.out.contains("All 2 gates hold") && first.out.contains("20 seeds"), "{first:?}");
    let written = files(&folder.path().join("out"));
    for _ in 0..9 {
        assert_eq!(folder.plenum(&gate).with_code(0).out, first.out);
        assert_eq!(files(&folder.path().join("out")), written);
    }
    let quiet = folder.plenum(&[&gate[..], &["--quiet"]].concat()).with_code(0);
    assert!(quiet.out.is_empty(), "{quiet:?}");
}

#[test]
fn planted_regressions_are_caught() {
    let folder = Folder::new("gate-catches");
    // Long enough that one freeze is about 1 % of the measured time.
    let scenario = gated(&folder, "52s");
    let gate = ["gate", &scenario, "--baseline", "b.json", "--crypto", "null", "--out", "out"];
    for (set, held, said) in [
        ("link.full.queue.depth=108ms", "queue.delay_added", "rose by"),
        ("link.full.queue.depth=90ms", "queue.delay_added", "better: update the baseline"),
        (OUTAGE, "video.freeze_w3c.ratio", "worse"),
    ] {
        let ended = folder.plenum(&[&gate[..], &["--set", set]].concat()).with_code(4);
        let failed: Vec<&str> = ended.out.lines().filter(|line| line.starts_with("FAIL ")).collect();
        assert_eq!(failed.len(), 1, "{set}: {ended:?}");
        assert!(failed[0].contains(held) && failed[0].contains(said), "{set}: {ended:?}");
        let junit = fs::read_to_string(folder.path().join("out/junit.xml")).expect("is there");
        assert!(junit.contains("tests=\"2\" failures=\"1\""), "{junit}");
        assert_eq!(json(&folder.path().join("out/gate.json"))["passed"], Value::Bool(false));
    }
    let freezes = json(&folder.path().join("out/gate.json"))["gates"][1]["median"].clone();
    let (before, rise) = (freezes["baseline"].as_f64(), freezes["difference"].as_f64().expect("a number"));
    assert_eq!(before, Some(0.0));
    assert!((0.005..0.02).contains(&rise), "a planted rise of about 1 %: {rise}");
}

#[test]
fn a_gate_that_cannot_be_judged_ends_with_2() {
    let folder = Folder::new("gate-refuses");
    let small = GATED.replace("12s", "5s").replace("\"4s\"", "\"2s\"");
    let scenario = folder.file("gated.toml", &small);
    let base = ["gate", scenario.as_str(), "--baseline", "b.json", "--crypto", "null"];
    let with = |more: &[&str]| folder.plenum(&[&base[..], more].concat());
    with(&[]).with_code(2).complaining(&["there is no baseline yet", "--update --reason"]);
    with(&["--update"]).with_code(2).complaining(&["--reason"]);
    with(&["--update", "--reason", " "]).with_code(2).complaining(&["--reason is empty"]);
    let made = with(&["--update", "--reason", "first", "--seeds", "2"]).with_code(0);
    assert!(made.out.contains("2 gates over 2 seeds"), "{made:?}");
    // A seed that the baseline doesn't know, by number and by the scenario's own seed.
    with(&["--seeds", "3"]).with_code(2).complaining(&["no seed 13"]);
    with(&["--set", "seed=90"]).with_code(2).complaining(&["no seed 90"]);
    let gates = [
        ("queue.delay_added\"", "queue.delay_aded\"", "did you mean `queue.delay_added`?"),
        ("receiver = \"alice\"", "receiver = \"alise\"", "alise"),
        ("stat = \"p50\"", "stat = \"p95\"", "doesn't have `p95 queue.delay_added"),
    ];
    for (right, wrong, said) in gates {
        let changed = folder.file("changed.toml", &small.replace(right, wrong));
        let ended = folder.plenum(&["gate", &changed, "--baseline", "b.json"]).with_code(2);
        ended.complaining(&[said]);
    }
    // Nobody publishes sound: the selection is empty, which is no pass.
    let silent = small
        .replace("video.freeze_w3c.ratio", "audio.concealed_ratio")
        .replace("rise = \"0.5%\"", "rise = 0.005")
        .replace("[participant.bob]", "[participant.bob]\npublish = { cam = { codec = \"vp8\" } }");
    let silent = folder.file("silent.toml", &silent);
    let ended = folder.plenum(&[
        "gate",
        &silent,
        "--baseline",
        "s.json",
        "--update",
        "--reason",
        "r",
        "--seeds",
        "2",
    ]);
    ended.with_code(2).complaining(&["selects nothing"]);
    let none = folder.file("pair.toml", PAIR);
    folder.plenum(&["gate", &none, "--baseline", "b.json"]).with_code(2).complaining(&["no [[gate]]"]);
    // The history of reasons goes on.
    with(&["--update", "--reason", "a deeper look", "--seeds", "3"]).with_code(0);
    let baseline = json(&folder.path().join("b.json"));
    assert_eq!(baseline["updates"][0]["reason"], "first");
    assert_eq!(baseline["updates"][1]["reason"], "a deeper look");
    with(&["--quiet"]).with_code(0);
}

#[test]
fn variations_of_a_scenario_are_compared_by_seed() {
    let folder = Folder::new("compare-vary");
    let scenario = folder.file("pair.toml", PAIR);
    let vary = "link.line.delay.base=10ms,30ms";
    let call =
        ["compare", scenario.as_str(), "--vary", vary, "--seeds", "6", "--out", "out", "--format", "json"];
    let ended = folder.plenum(&call).with_code(0);
    let compared: Value = serde_json::from_str(&ended.out).expect("valid JSON");
    assert_eq!(compared, json(&folder.path().join("out/compare.json")));
    assert_eq!(compared["others"][0]["seeds"], serde_json::json!([3, 4, 5, 6, 7, 8]));
    let differences = compared["others"][0]["differences"].as_array().expect("a list");
    let delay =
        |difference: &&Value| difference["id"] == "audio.mouth_to_ear" && difference["over"] == "mean";
    let found = differences.iter().find(delay).expect("sound is compared");
    // Two lines of 20 ms more each.
    let moved = found["difference"].as_f64().expect("a number");
    assert!((35.0..45.0).contains(&moved), "{found}");
    assert_eq!((found["share_worse"].as_f64(), found["finding"].as_str()), (Some(1.0), Some("worse")));
    for name in ["summary.md", "report.html", "plots/moved.svg", "plots/moved.png", "plots/spread.png"] {
        assert!(folder.path().join("out").join(name).is_file(), "{name}");
    }
    let written = files(&folder.path().join("out"));
    folder.plenum(&call).with_code(0);
    assert_eq!(files(&folder.path().join("out")), written, "the same bytes again");
}

#[test]
fn run_directories_are_compared_like_the_runs_themselves() {
    let folder = Folder::new("compare-runs");
    let scenario = folder.file("pair.toml", PAIR);
    for (out, base) in [("a", "10ms"), ("b", "30ms")] {
        let set = format!("link.line.delay.base={base}");
        let run = ["run", scenario.as_str(), "--seeds", "2", "--out", out, "--set", &set, "--quiet"];
        folder.plenum(&run).with_code(0);
    }
    let pairs = |call: &[&str]| {
        let ended = folder.plenum(&[call, &["--format", "json", "--out", "c"]].concat()).with_code(0);
        let compared: Value = serde_json::from_str(&ended.out).expect("valid JSON");
        compared["others"][0]["differences"].clone()
    };
    let vary = ["compare", scenario.as_str(), "--vary", "link.line.delay.base=10ms,30ms", "--seeds", "2"];
    assert_eq!(pairs(&["compare", "a", "b"]), pairs(&vary));
    let same = folder.plenum(&["compare", "a", "a", "--out", "c"]).with_code(0);
    assert!(
        same.out.contains("worse: 0, better: 0") && same.out.contains("2 pairs of seeds is too few"),
        "{same:?}"
    );
    // One run on its own pairs with its seed among several.
    let one = folder.plenum(&["compare", "a", "b/seed-4", "--out", "c"]).with_code(0);
    assert!(one.out.contains("1 pair of seeds") && one.out.contains("left out: 3"), "{one:?}");
    for (call, said) in [
        (&["compare", "a"][..], "two run directories"),
        (&["compare", "a", "nowhere"], "nowhere"),
        (&["compare", "a/seed-3", "b/seed-4"], "no seed in common"),
        (&["compare", "a", "b", "--vary", "seed=1,2"], "--vary takes one scenario"),
        (&["compare", &scenario, "--vary", "link.line.rate=1Mbps"], "two values or more"),
        (&["compare", &scenario, "--vary", "link.line.rate"], "no `=`"),
        (&["compare", &scenario, "--vary", "link.line.rat=1Mbps,2Mbps"], "did you mean `rate`?"),
        (&["compare", "a", "b", "--seeds", "3"], "--vary"),
    ] {
        folder.plenum(call).with_code(2).complaining(&[said]);
    }
}
