//! Calls of two without a server: what is recorded of them, and that they are as repeatable as conferences.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use common::{Folder, json};
use serde_json::Value;

/// Two calls over one line in each direction, beside a conference of two, which shares it downwards.
const CALLS: &str = r#"schema = 1
name = "calls"
seed = 5
duration = "20s"
measure = { from = "5s" }

[link.there]
rate = "4Mbps"
delay = { base = "30ms", jitter = "gauss", std = "3ms" }
shared = true

[link.far]
rate = "8Mbps"
delay = "10ms"

[participant.near]
count = 2
calls = "far"
up = ["far", "there"]
publish.mic = { codec = "opus" }
publish.cam = { codec = "vp8", layers = ["640x360@30 700kbps"], min_rate = "100kbps" }

[participant.far]
count = 2
join = "1s"
up = "far"
publish.mic = { codec = "opus" }
publish.cam = { codec = "vp9", layers = ["320x180@30 150kbps", "640x360@30 350kbps"], scalability = "L2T1" }

[participant.other]
count = 2

[[at]]
time = "8s"
mute = { participant = "near.1", source = "cam" }

[[at]]
time = "12s"
leave = "far.2"

[[expect]]
metric = "participants.connected"
stat = "value"
min = 6
max = 6

[[applied]]
link = "there"
utilisation_min = "10%"
"#;

fn metric<'a>(metrics: &'a Value, id: &str, receiver: &str, source: &str) -> Option<&'a Value> {
    let all = metrics["metrics"].as_array().expect("a list");
    all.iter().find(|one| {
        one["id"] == id && one["labels"]["receiver"] == receiver && one["labels"]["source"] == source
    })
}

#[test]
fn calls_are_recorded_like_conferences() {
    let folder = Folder::new("calls");
    let scenario = folder.file("calls.toml", CALLS);
    folder.plenum(&["run", &scenario, "--out", "out"]).with_code(0);
    let metrics = json(&folder.path().join("out/metrics.json"));
    let stat = |id: &str, receiver: &str, source: &str, stat: &str| {
        let found = metric(&metrics, id, receiver, source).unwrap_or_else(|| panic!("{id} of {receiver}"));
        found["stats"][stat].as_f64().expect("a number")
    };
    for (receiver, least, most) in [("near.1", 30.0, 90.0), ("near.2", 30.0, 90.0), ("far.1", 55.0, 120.0)] {
        let delay = stat("video.capture_to_render", receiver, "cam", "p50");
        assert!((least..most).contains(&delay), "{receiver} sees after {delay} ms");
        assert_eq!(
            stat("video.capture_to_render.sfu", receiver, "cam", "max"),
            0.0,
            "{receiver}: nobody forwards"
        );
        assert!(stat("video.fps", receiver, "cam", "p50") >= 29.0, "{receiver}");
        assert!(stat("audio.mouth_to_ear", receiver, "mic", "p50") > least, "{receiver}");
    }
    // Two lines up and one down: 10, 30 and 10 ms.
    let propagation = stat("video.capture_to_render.up_propagate", "far.1", "cam", "p50")
        + stat("video.capture_to_render.down_propagate", "far.1", "cam", "p50");
    assert!((49.0..58.0).contains(&propagation), "{propagation}");
    // Muted, and hung up.
    let frames =
        |receiver| metric(&metrics, "video.capture_to_render", receiver, "cam").expect("seen")["n"].as_u64();
    assert!(frames("far.1").is_some_and(|n| (85..95).contains(&n)), "3 of 15 s: {:?}", frames("far.1"));
    assert!(frames("near.2").is_some_and(|n| (200..215).contains(&n)), "7 of 15 s: {:?}", frames("near.2"));
    let everybody = ["near.1", "near.2", "far.1", "far.2"];
    let strangers = metrics["metrics"].as_array().expect("a list").iter().filter(|one| {
        let (receiver, publisher) = (&one["labels"]["receiver"], &one["labels"]["publisher"]);
        let number =
            |name: &Value| name.as_str().and_then(|name| name.split_once('.').map(|(_, n)| n.to_owned()));
        everybody.iter().any(|name| receiver == name)
            && publisher.is_string()
            && number(receiver) != number(publisher)
    });
    assert_eq!(strangers.count(), 0, "each hears its own other end alone");
    assert!(folder.path().join("out/plots/bandwidth-sfu.svg").exists(), "a conference is there as well");
}

#[test]
fn calls_are_as_repeatable() {
    let folder = Folder::new("calls-verified");
    let scenario = folder.file("calls.toml", CALLS);
    let ended = folder.plenum(&["verify", &scenario, "--seeds", "2"]).with_code(0);
    assert_eq!(ended.out.matches("twice the same").count(), 2, "{ended:?}");
    let real = folder.plenum(&["digest", &scenario, "--seed", "5"]).with_code(0).out;
    let null = folder.plenum(&["digest", &scenario, "--seed", "5", "--crypto", "null"]).with_code(0).out;
    assert_eq!(real, null, "the cipher changes no size");
}

#[test]
fn every_controller_and_both_kinds_of_feedback_carry_a_call() {
    let folder = Folder::new("calls-controllers");
    let scenario = folder.file("calls.toml", CALLS);
    for controller in ["gcc", "scream", "nada", "webrtc-rs"] {
        for feedback in ["transport-cc", "rfc8888"] {
            let control = format!("participant.*.congestion_control={controller}");
            let told = format!("sfu.main.config.feedback={feedback}");
            folder
                .plenum(&["run", &scenario, "--out", "out", "--set", &control, "--set", &told])
                .with_code(0);
            let metrics = json(&folder.path().join("out/metrics.json"));
            let rate = metric(&metrics, "video.bitrate", "far.2", "cam").expect("it is seen");
            let mean = rate["stats"]["mean"].as_f64().expect("a number");
            assert!((250.0..750.0).contains(&mean), "{controller} with {feedback}: {mean} kbit/s");
        }
    }
}

#[test]
fn a_report_of_calls_alone_shows_no_server() {
    let folder = Folder::new("calls-alone");
    let scenario = folder.file(
        "calls.toml",
        &CALLS
            .replace("[participant.other]\ncount = 2\n", "")
            .replace("min = 6\nmax = 6", "min = 4\nmax = 4"),
    );
    folder.plenum(&["run", &scenario, "--out", "out"]).with_code(0);
    assert!(!folder.path().join("out/plots/bandwidth-sfu.svg").exists());
    assert!(folder.path().join("out/plots/bandwidth-participants.svg").exists());
}
