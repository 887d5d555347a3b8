//! Explicit congestion notification from end to end: packets leave ECN-capable, a queue marks them, feedback tells of the
//! marks, and the sender answers; on a call, on an uplink to the SFU, and on a downlink from it.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use common::{Folder, json};
use serde_json::Value;

const HEAD: &str = r#"schema = 1
name = "ecn"
seed = 5
duration = "30s"
measure = { from = "10s" }

[link.tight]
rate = "800kbps"
queue = { kind = "dual-pi2" }
delay = "20ms"

[sfu.main]
config = { feedback = "rfc8888" }
"#;

const CALL: &str = r#"
[participant.near]
calls = "far"
up = "tight"
publish.cam = { codec = "vp8", layers = ["640x360@30 1500kbps"], min_rate = "100kbps" }

[participant.far]
publish = "none"
"#;

const UPLINK: &str = r#"
[participant.near]
up = "tight"
publish.cam = { codec = "vp8", layers = ["640x360@30 1500kbps"], min_rate = "100kbps" }

[participant.far]
publish = "none"
"#;

const DOWNLINK: &str = r#"
[participant.near]
publish.cam = { codec = "vp8", layers = ["320x180@15 150kbps", "640x360@30 400kbps", "1280x720@30 900kbps"] }

[participant.far]
down = "tight"
publish = "none"
"#;

/// What the tight line shows: the share of packets that it marked, those that it dropped, the 95th percentile of the
/// wait, ms, and the mean share of its capacity that was used.
struct Shown {
    marked: f64,
    dropped: f64,
    wait: f64,
    used: f64,
}

fn run(folder: &Folder, people: &str, settings: &[&str]) -> Shown {
    let scenario = folder.file("ecn.toml", &format!("{HEAD}{people}"));
    let mut arguments = vec!["run", &scenario, "--out", "out"];
    settings.iter().for_each(|setting| arguments.extend(["--set", setting]));
    folder.plenum(&arguments).with_code(0);
    let metrics = json(&folder.path().join("out/metrics.json"));
    let all = metrics["metrics"].as_array().expect("a list");
    let tight = |one: &&Value| one["labels"]["link"].as_str().is_some_and(|link| link.starts_with("tight"));
    let stat = |id: &str, stat: &str| {
        let found = all.iter().filter(tight).find(|one| one["id"] == id);
        found.map_or(0.0, |one| one["stats"][stat].as_f64().expect("a number"))
    };
    let lost = all.iter().filter(tight).filter(|one| one["id"] == "loss.network.packets");
    Shown {
        marked: stat("ecn.marked", "mean"),
        dropped: lost.map(|one| one["stats"]["mean"].as_f64().expect("a number")).sum(),
        wait: stat("queue.delay_added", "p95"),
        used: stat("link.utilisation", "mean"),
    }
}

fn with<'a>(controller: &'a [String; 2], ecn: &'a [String; 2]) -> [&'a str; 4] {
    [&controller[0], &controller[1], &ecn[0], &ecn[1]]
}

fn both(key: &str, value: &str) -> [String; 2] {
    [format!("participant.*.{key}={value}"), format!("sfu.main.config.{key}={value}")]
}

#[test]
fn marks_reach_the_sender_and_keep_the_queue_short() {
    let folder = Folder::new("ecn-l4s");
    let scream = both("congestion_control", "scream");
    for (name, people) in [("call", CALL), ("uplink", UPLINK), ("downlink", DOWNLINK)] {
        let on = run(&folder, people, &with(&scream, &both("ecn", "l4s")));
        let off = run(&folder, people, &with(&scream, &both("ecn", "off")));
        assert!(on.marked > 0.001, "{name}: {} of the packets are marked", on.marked);
        assert_eq!(off.marked, 0.0, "{name}: nothing is ECN-capable");
        // RTCP, STUN and DTLS are not ECN-capable, and a queue that marks drops a few of them instead.
        assert!(on.dropped < 20.0, "{name}: {} are dropped all the same", on.dropped);
        assert!(on.wait < 30.0, "{name}: packets wait {} ms", on.wait);
        assert!(on.used > 0.4, "{name}: {} of the line is used", on.used);
    }
}

/// (controller, how packets leave by `ecn = "l4s"`, whether the queue marks any)
#[test]
fn who_does_not_answer_marks_is_not_marked() {
    let folder = Folder::new("ecn-controllers");
    for (controller, marked) in
        [("gcc", false), ("webrtc-rs", false), ("nada", true), ("scream-v1", true), ("scream", true)]
    {
        let control = both("congestion_control", controller);
        let codel = "link.tight.queue={ kind = \"codel\", ecn = true }";
        for ecn in ["classic", "l4s"] {
            let ecn = both("ecn", ecn);
            let mut settings = with(&control, &ecn).to_vec();
            settings.push(codel);
            let shown = run(&folder, CALL, &settings);
            assert_eq!(shown.marked > 0.0, marked, "{controller}, {ecn:?}: {}", shown.marked);
            // RTCP, STUN and DTLS are not ECN-capable, and are dropped instead.
            assert!(!marked || shown.dropped < 10.0, "{controller}: {} dropped", shown.dropped);
        }
    }
}

#[test]
fn marks_change_nothing_where_nobody_asks_for_them() {
    let folder = Folder::new("ecn-off");
    let scenario = folder.file("ecn.toml", &format!("{HEAD}{CALL}"));
    let digest = |setting: &str| {
        folder.plenum(&["digest", &scenario, "--seed", "5", "--set", setting]).with_code(0).out
    };
    assert_eq!(digest("participant.near.ecn=off"), digest("participant.near.ecn=l4s"), "GCC doesn't ask");
}
