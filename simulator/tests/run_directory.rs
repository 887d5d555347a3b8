//! The main job: ten people meet, and a run directory that programs and people can read comes out.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use std::fs;
use std::path::Path;

use common::{Folder, json};
use serde_json::Value;

/// The parts of capture-to-render.
const PARTS: [&str; 13] = [
    "encode",
    "pacer",
    "up_queue",
    "up_serialise",
    "up_propagate",
    "up_repair",
    "sfu",
    "down_queue",
    "down_serialise",
    "down_propagate",
    "down_repair",
    "jitter_buffer",
    "decode",
];

#[test]
fn ten_people_meet_and_a_report_comes_out() {
    let folder = Folder::new("ten-party");
    let ended = folder.plenum(&["run", "ten-party", "--seed", "7", "--out", "out"]).with_code(0);
    assert!(!ended.out.contains("FAIL"), "{}", ended.out);
    assert!(ended.out.contains("PASS value flows.rendering.video = 90: 90"), "{}", ended.out);
    let out = folder.path().join("out");
    let digest = manifest(&out);
    metrics(&out, &digest);
    events(&out);
    host(&out);
    let junit = fs::read_to_string(out.join("junit.xml")).expect("is there");
    assert!(junit.contains("failures=\"0\" errors=\"0\"") && !junit.contains("<failure"), "{junit}");
    assert!(junit.matches("<testcase").count() >= 13, "{junit}");
    let series = fs::read_to_string(out.join("series.csv")).expect("is there");
    let columns = series.lines().next().map(|line| line.split(',').count()).expect("it has a head");
    assert!(columns >= 4 && series.lines().count() > 10_000, "{columns} columns");
    page(&out);
    plots(&out);
}

fn manifest(out: &Path) -> String {
    let manifest = json(&out.join("manifest.json"));
    let keys: Vec<&str> = manifest.as_object().expect("an object").keys().map(String::as_str).collect();
    // Nothing more than this: nothing about the host, the time or the folder.
    for key in &keys {
        let known = ["tool_version", "name", "seed", "digest", "crypto", "choices", "scenario"];
        assert!(known.contains(key), "{key} is not part of a run's identity");
    }
    assert_eq!((&manifest["seed"], &manifest["scenario"]["seed"]), (&7.into(), &7.into()));
    assert_eq!(manifest["name"], "ten-party");
    assert_eq!(manifest["crypto"], "real");
    assert!(manifest["scenario"]["participant"]["dsl"].is_object());
    manifest["digest"].as_str().expect("text").to_owned()
}

fn metrics(out: &Path, digest: &str) {
    let metrics = json(&out.join("metrics.json"));
    assert_eq!(metrics["schema"], 1);
    assert_eq!(metrics["scenario"], "ten-party");
    assert_eq!(metrics["seed"], 7);
    assert_eq!(metrics["digest"], digest);
    let rows = metrics["metrics"].as_array().expect("a list");
    for row in rows {
        let stats = row["stats"].as_object().expect("an object");
        let value = |name: &str| stats[name].as_f64().expect("a number");
        assert!(row["n"].is_u64() && row["labels"].is_object(), "{row}");
        assert!(row["unit"].is_string() && row["better"].is_string(), "{row}");
        assert!(value("min") <= value("p50") && value("p50") <= value("p95"), "{row}");
        assert!(value("p95") <= value("p99") && value("p99") <= value("max"), "{row}");
    }
    let of = |id: &str| rows.iter().filter(move |row| row["id"] == id).collect::<Vec<&Value>>();
    let flows = of("video.capture_to_render");
    assert_eq!(flows.len(), 90);
    assert_eq!(of("audio.mouth_to_ear").len(), 90);
    // Parts that sum to the total for every frame have means that sum to its mean.
    let parts: Vec<Vec<&Value>> =
        PARTS.iter().map(|part| of(&format!("video.capture_to_render.{part}"))).collect();
    for total in flows {
        let mean = |row: &Value| row["stats"]["mean"].as_f64().expect("a number");
        let own = parts.iter().flat_map(|rows| rows.iter().filter(|row| row["labels"] == total["labels"]));
        let (count, sum) = own.fold((0, 0.0), |(count, sum), row| (count + 1, sum + mean(row)));
        assert_eq!(count, PARTS.len(), "{total}");
        assert!((sum - mean(total)).abs() < 1e-4, "{sum} is not the mean of {total}");
    }
}

fn events(out: &Path) {
    let text = fs::read_to_string(out.join("events.jsonl")).expect("is there");
    let mut last = 0.0;
    let mut joined = 0;
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).expect("each line is JSON");
        let at = event["time_s"].as_f64().expect("each has a time");
        assert!(at >= last, "{line} comes after {last}");
        last = at;
        joined += usize::from(event["event"] == "join" && event["step"] == "dtls");
    }
    assert_eq!(joined, 10, "all connect");
    assert!(text.contains("\"event\":\"layer_chosen\""), "layer choices are told");
}

fn host(out: &Path) {
    let host = json(&out.join("host.json"));
    for key in ["wall_s", "cpu_s", "peak_rss_bytes", "threads"] {
        assert!(host[key].as_f64().is_some_and(|value| value > 0.0), "{key}: {host}");
    }
    assert_eq!(host["simulated_s"], 60.0);
    let peak = host["peak_rss_bytes"].as_u64().expect("whole");
    assert!(peak < 150 << 20, "{peak} bytes of memory");
}

fn page(out: &Path) {
    let page = fs::read_to_string(out.join("report.html")).expect("is there");
    assert!(page.contains("<svg") && page.contains("office.4"));
    // Names of XML's namespaces are no references; nothing else may lead out of the page.
    let without = page.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "");
    for outside in ["http://", "https://", "src=\"/", "@import", "url(/"] {
        assert!(!without.contains(outside), "the page refers to the outside: {outside}");
    }
    let summary = fs::read_to_string(out.join("summary.md")).expect("is there");
    assert!(summary.starts_with("# ten-party: passed"), "{}", &summary[..80]);
}

fn plots(out: &Path) {
    let plots = common::files(&out.join("plots"));
    for name in ["delay-cdf", "latency-waterfall", "layer-strip", "freeze-raster", "bandwidth-sfu"] {
        let svg = String::from_utf8_lossy(&plots[&format!("{name}.svg")]);
        assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{name}");
        assert!(plots[&format!("{name}.png")].starts_with(b"\x89PNG\r\n\x1a\n"), "{name}");
    }
}
