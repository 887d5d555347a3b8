use std::fs;
use std::time::Duration;

use scenarios::Time;
use scenarios::model::{Bound, Stat};

use super::*;
use crate::observation::*;
use crate::recording::testing::{ALICE, BOB, DOWN, VIDEO, cast};
use crate::recording::{Measure, Recorder};
use crate::summary::RunHeader;
use crate::verdict::Expectation;

fn recording() -> Recording {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::ZERO, Time::from_secs(2)));
    recorder.observe(Time::ZERO, Observation::LinkCapacity { link: DOWN, bps: Some(2_000_000) });
    for participant in [ALICE, BOB] {
        for step in [JoinStep::Intent, JoinStep::Signalled, JoinStep::Ice, JoinStep::Dtls] {
            recorder.observe(Time::ZERO, Observation::Join { participant, step });
        }
    }
    recorder.observe(Time::ZERO, Observation::Subscribed(VIDEO));
    for millis in (100..2000).step_by(50) {
        let at = Time::from_millis(millis);
        let queued = Duration::from_millis(3);
        let sent = Observation::LinkSent { link: DOWN, class: TrafficClass::Video, bytes: 1250, queued };
        recorder.observe(at, sent);
        let parts = LatencyParts { sfu: Duration::from_millis(80), ..LatencyParts::default() };
        let captured = at.saturating_sub(parts.total());
        let layer = Layer { spatial: 1, temporal: 0 };
        recorder.observe(
            at,
            Observation::FrameRendered { flow: VIDEO, layer, size: (640, 360), captured, parts },
        );
    }
    recorder.finish()
}

fn write_into(folder: &std::path::Path) {
    let recording = recording();
    let header = RunHeader { scenario: "a|b".to_owned(), seeds: vec![7], digest: "00ff".to_owned() };
    let summary = Summary::of(&recording, header);
    let expectation = Expectation {
        metric: "video.capture_to_render".to_owned(),
        selection: Vec::new(),
        stat: Stat::P95,
        min: None,
        max: Some(Bound { value: 50.0, unit: None }),
        samples_min: 1,
    };
    let verdict = Verdict::of(&recording, &summary, &[expectation], &[]).expect("can be judged");
    let manifest = Manifest {
        tool_version: "0.1.0".to_owned(),
        name: "a|b".to_owned(),
        seed: 7,
        digest: "00ff".to_owned(),
        crypto: "real".to_owned(),
        choices: Vec::new(),
        scenario: serde_json::json!({"schema": 1}),
    };
    let host = HostInfo {
        wall_s: 1.5,
        cpu_s: 1.25,
        simulated_s: 2.0,
        peak_rss_bytes: 1024,
        threads: 1,
        machine: "a machine".to_owned(),
    };
    let directory = RunDirectory::create(folder).expect("can be made");
    let run = Run {
        recording: &recording,
        summary: &summary,
        verdict: &verdict,
        manifest: &manifest,
        host: Some(&host),
    };
    write_run(&directory, &run).expect("can be written");
}

#[test]
fn the_run_directory_is_complete_and_byte_identical() {
    let base = std::env::temp_dir().join(format!("plenum-reports-{}-run", std::process::id()));
    let _ = fs::remove_dir_all(&base);
    write_into(&base.join("one"));
    write_into(&base.join("two"));
    let read = |run: &str, name: &str| fs::read_to_string(base.join(run).join(name)).expect("was written");
    let mut names: Vec<_> = fs::read_dir(base.join("one"))
        .expect("was made")
        .map(|entry| entry.expect("can be read").file_name().into_string().expect("plain names"))
        .collect();
    names.sort_unstable();
    let expected = [
        "events.jsonl",
        "host.json",
        "junit.xml",
        "manifest.json",
        "metrics.json",
        "series.csv",
        "summary.md",
    ];
    assert_eq!(names, expected);
    for name in &names {
        assert_eq!(read("one", name), read("two", name), "{name}");
    }

    let host: Value = serde_json::from_str(&read("one", "host.json")).expect("valid JSON");
    assert_eq!(host["peak_rss_bytes"], 1024);
    let series = read("one", "series.csv");
    let lines: Vec<&str> = series.lines().collect();
    assert_eq!(
        lines[0],
        "time_s,metric,unit,receiver,publisher,source,participant,link,direction,class,value"
    );
    // 4 packets of 10 kbit in 200 ms: 200 kbit/s; at 5 frames of 50 ms in 250 ms the first whole bin has 4.
    assert!(lines.contains(&"0.2,link.rate,kbps,,,,bob,home-down@bob,down,,200"), "{series}");
    assert!(lines.contains(&"0.2,link.capacity,kbps,,,,bob,home-down@bob,down,,2000"));
    assert!(lines.contains(&"0.2,video.fps,count,bob,alice,cam,,,,,20"));
    assert!(lines.contains(&"0.2,video.capture_to_render,ms,bob,alice,cam,,,,,80"));
    assert!(!series.contains("0,queue.delay_added.max,ms,,,,bob,home-down@bob,up"), "absent is not zero");

    let junit = read("one", "junit.xml");
    assert!(junit.contains("tests=\"1\" failures=\"1\" errors=\"0\""), "{junit}");
    assert!(junit.contains("p95 video.capture_to_render ≤ 50 ms"), "{junit}");
    let markdown = read("one", "summary.md");
    assert!(markdown.starts_with("# a\\|b: failed\n"), "{markdown}");
    assert!(markdown.contains("| video.capture_to_render | ms | p95 | 80 | bob | 80 | 80 |"), "{markdown}");
    fs::remove_dir_all(base).expect("cleans up");
}

#[test]
fn the_terminal_shows_every_participant_and_the_verdict() {
    let recording = recording();
    let header = RunHeader { scenario: "demo".to_owned(), seeds: vec![7], digest: "00ff".to_owned() };
    let summary = Summary::of(&recording, header);
    let verdict = Verdict { checks: Vec::new(), broken: Some("1 in all".to_owned()) };
    let text = crate::terminal::summary(recording.cast(), &summary, &verdict, Some("out/report.html"));
    let bob = text.lines().find(|line| line.starts_with("bob ")).expect("bob is there");
    let cells: Vec<&str> = bob.split_whitespace().collect();
    // 19 frames a second, as the first comes at 100 ms: the one whole second from 0 to 1 s has 18, the next 20.
    assert_eq!(
        cells,
        ["bob", "0", "80.0", "80.0", "–", "0.00", "%", "19.0", "–", "190", "0.00", "%", "–", "–"]
    );
    assert!(text.contains("BROKEN invariant: 1 in all"));
    assert!(text.ends_with("report: out/report.html\n"));
    assert!(text.lines().any(|line| line.starts_with("alice ")));
}
