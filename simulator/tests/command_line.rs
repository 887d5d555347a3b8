//! The command line's contract: exit codes, messages for bad input, and what goes where.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use std::fs::{self, File};
use std::process::{Command, Stdio};

use common::{Ended, Folder, PAIR, json};
use serde_json::Value;

/// Each change to the scenario, and what `check` must say of it.
const FAULTS: [(&str, &str, &[&str]); 7] = [
    ("name = \"pair\"", "name = \"pair", &["pair.toml:2:", "TOML", "hint: "]),
    ("duration", "duratoin", &["pair.toml:4:1: unknown key", "`duratoin`", "hint: did you mean `duration`?"]),
    ("\"10Mbps\"", "10", &["pair.toml:8:8: unit missing", "rate = 10", "hint: "]),
    ("\"10ms\"", "\"10\"", &["pair.toml:10:18: unit missing", "hint: "]),
    ("up = \"line\"", "up = \"lime\"", &["pair.toml:13:6: no link `lime`", "hint: did you mean `line`?"]),
    ("metric = \"part", "metric = \"pat", &["pair.toml:22:10: ", "did you mean `participants.connected`?"]),
    ("name = \"pair\"", "name = \"../pair\"", &["pair.toml:2:8: `../pair` can't be a name", "hint: "]),
];

#[test]
fn a_faulty_scenario_is_told_with_place_and_hint() {
    let folder = Folder::new("faulty");
    for (right, wrong, said) in FAULTS {
        let scenario = folder.file("pair.toml", &PAIR.replacen(right, wrong, 1));
        let checked = folder.plenum(&["check", &scenario]).with_code(2).complaining(said);
        assert!(checked.out.is_empty(), "{checked:?}");
        folder.plenum(&["run", &scenario, "--out", "out"]).with_code(2).complaining(said);
        assert!(!folder.path().join("out").exists(), "nothing is written for a faulty scenario");
    }
}

#[test]
fn check_goes_on_after_a_fault() {
    let folder = Folder::new("check");
    let good = folder.file("good.toml", PAIR);
    let bad = folder.file("bad.toml", &PAIR.replace("10Mbps", "10Mbp").replace("\"4s\"", "4"));
    let ended = folder.plenum(&["check", &bad, &good, "ten-party"]).with_code(2);
    let ended = ended.complaining(&["bad.toml:4:", "bad.toml:8:", "`Mbp`"]);
    assert!(ended.out.contains("good.toml: valid: 2 participants, 4s, 1 expectations, seed 3"), "{ended:?}");
    assert!(ended.out.contains("ten-party: valid: 10 participants"), "{ended:?}");
    folder.plenum(&["check", &good]).with_code(0);
}

#[test]
fn every_shipped_scenario_is_listed_and_valid() {
    let folder = Folder::new("listed");
    let ended = folder.plenum(&["list", "--format", "json"]).with_code(0);
    let list: Vec<Value> = serde_json::from_str(&ended.out).expect("valid JSON");
    let names: Vec<&str> = list.iter().map(|entry| entry["name"].as_str().expect("text")).collect();
    for name in [
        "ten-party",
        "two-party",
        "one-bad-downlink",
        "lossy-uplink",
        "uplink-dip",
        "late-joiner",
        "red-audio",
    ] {
        assert!(names.contains(&name), "{name} is missing");
    }
    assert!(list.iter().all(|entry| entry["summary"].as_str().is_some_and(|text| !text.is_empty())));
    let text = folder.plenum(&["list"]).with_code(0).out;
    assert_eq!(text.lines().count(), list.len());
    folder.plenum(&[&["check"], &names[..]].concat()).with_code(0);
}

#[test]
fn every_metric_is_listed() {
    let folder = Folder::new("metrics");
    let ended = folder.plenum(&["metrics", "--format", "json"]).with_code(0);
    let list: Vec<Value> = serde_json::from_str(&ended.out).expect("a list of objects");
    let known: Vec<&str> = list.iter().map(|metric| metric["id"].as_str().expect("text")).collect();
    for metric in &list {
        for key in ["unit", "better", "definition"] {
            assert!(metric[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {metric}");
        }
        assert!(metric["labels"].is_array(), "{metric}");
    }
    // What a run writes is in the list, with the same unit and labels.
    let scenario = folder.file("pair.toml", PAIR);
    let run = folder.plenum(&["run", &scenario, "--out", "out", "--format", "json"]).with_code(0);
    let run: Value = serde_json::from_str(&run.out).expect("valid JSON");
    for row in run["metrics"].as_array().expect("a list") {
        let place = known.iter().position(|id| row["id"] == *id).unwrap_or_else(|| panic!("unlisted: {row}"));
        assert_eq!(row["unit"], list[place]["unit"]);
        let labels = row["labels"].as_object().expect("an object").len();
        assert_eq!(labels, list[place]["labels"].as_array().expect("a list").len(), "{row}");
    }
    assert_eq!(run, json(&folder.path().join("out/metrics.json")));
}

#[test]
fn a_wrong_call_ends_with_2() {
    let folder = Folder::new("wrong-call");
    let pair = &folder.file("pair.toml", PAIR);
    let in_the_way = &folder.file("in-the-way", "");
    let calls: [(&[&str], &str); 9] = [
        (&["run"], "required"),
        (&["walk"], "unrecognized"),
        (&["run", pair, "--seeds", "0"], "--seeds"),
        (&["verify", pair, "--seeds", "0"], "--seeds"),
        (&["run", "ten-prty"], "did you mean the shipped scenario 'ten-party'?"),
        (&["run", pair, "--out", "out", "--set", "link.lien.rate=1Mbps"], "--set:1:6: no link `lien`"),
        (&["run", pair, "--out", "out", "--set", "link.line.rate"], "no `=`"),
        (&["run", pair, "--out", in_the_way], "a file is where a folder should be"),
        (&["digest", pair, "--seed", "3", "--trace", "/dev/full"], "trace: No space left"),
    ];
    for (call, said) in calls {
        folder.plenum(call).with_code(2).complaining(&[said]);
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_failed_expectation_ends_with_3_and_its_numbers() {
    let folder = Folder::new("failed");
    let scenario = folder.file("pair.toml", &PAIR.replace("min = 2\nmax = 2", "min = 3\nmax = 4"));
    let line = "FAIL value participants.connected between 3 and 4: 2";
    // Failures are shown even to who wants quiet.
    for quiet in [&[][..], &["--quiet"]] {
        let ended = folder.plenum(&[&["run", &scenario, "--out", "out"], quiet].concat()).with_code(3);
        assert!(ended.out.contains(line), "{ended:?}");
    }
    let junit = fs::read_to_string(folder.path().join("out/junit.xml")).expect("is there");
    assert!(junit.contains("failures=\"1\"") && junit.contains(line), "{junit}");
    let many = folder.plenum(&["run", &scenario, "--out", "many", "--seeds", "2", "--quiet"]).with_code(3);
    for seed in [3, 4] {
        assert!(many.out.contains(&format!("FAIL seed {seed}: value participants.connected")), "{many:?}");
    }
    assert!(many.out.contains("0 of 2 seeds passed"), "{many:?}");
    let summary = fs::read_to_string(folder.path().join("many/summary.md")).expect("is there");
    assert!(summary.starts_with("# pair: failed"), "{summary}");
    assert!(
        fs::read_to_string(folder.path().join("many/junit.xml")).is_ok_and(|text| text.contains("seed 4"))
    );
}

#[test]
fn quiet_says_nothing_of_a_pass() {
    let folder = Folder::new("quiet");
    let scenario = folder.file("pair.toml", PAIR);
    for seeds in ["1", "2"] {
        let ended =
            folder.plenum(&["run", &scenario, "--out", "out", "--seeds", seeds, "--quiet"]).with_code(0);
        assert!(ended.out.is_empty() && ended.err.is_empty(), "{ended:?}");
    }
}

#[test]
fn several_seeds_have_a_folder_each_and_an_aggregate() {
    let folder = Folder::new("seeds");
    let scenario = folder.file("pair.toml", PAIR);
    let call = ["run", &scenario, "--out", "out", "--seeds", "3", "--format", "json"];
    let ended = folder.plenum(&call).with_code(0);
    let printed: Value = serde_json::from_str(&ended.out).expect("valid JSON");
    let out = folder.path().join("out");
    let aggregate = json(&out.join("metrics.json"));
    assert_eq!(printed, aggregate);
    assert_eq!(aggregate["seeds"], serde_json::json!([3, 4, 5]));
    let rendered = |metrics: &Value| -> u64 {
        let rows = metrics["metrics"].as_array().expect("a list").iter();
        rows.filter(|row| row["id"] == "video.capture_to_render")
            .map(|row| row["n"].as_u64().expect("whole"))
            .sum()
    };
    let mut sum = 0;
    for seed in 3..=5 {
        let one = out.join(format!("seed-{seed}"));
        let manifest = json(&one.join("manifest.json"));
        assert_eq!((&manifest["seed"], &manifest["scenario"]["seed"]), (&seed.into(), &seed.into()));
        sum += rendered(&json(&one.join("metrics.json")));
    }
    assert!(sum > 0);
    assert_eq!(rendered(&aggregate), sum, "the aggregate holds every seed's samples");
}

#[test]
fn scenarios_of_one_name_do_not_write_over_each_other() {
    let folder = Folder::new("one-name");
    let slow = folder.file("slow.toml", &PAIR.replace("10Mbps", "5Mbps"));
    let fast = folder.file("fast.toml", PAIR);
    let call = ["run", &slow, &fast, &slow, "--format", "json"];
    let ended = folder.plenum(&[&call[..], &["--out", "out"]].concat()).with_code(0);
    let printed: Vec<Value> = serde_json::from_str(&ended.out).expect("valid JSON");
    folder.plenum(&call).with_code(0);
    for (place, name) in ["pair", "pair-2", "pair-3"].iter().enumerate() {
        for top in ["out", "runs"] {
            assert_eq!(json(&folder.path().join(top).join(name).join("metrics.json")), printed[place]);
        }
    }
    assert_ne!(printed[0]["digest"], printed[1]["digest"]);
    assert_eq!(printed[0], printed[2]);
}

#[test]
fn a_capture_can_be_read() {
    let folder = Folder::new("capture");
    let scenario = folder.file("pair.toml", PAIR);
    folder.plenum(&["run", &scenario, "--out", "out", "--pcap"]).with_code(0);
    let file = File::open(folder.path().join("out/sfu.pcap")).expect("is there");
    let mut reader = pcap_file::pcap::PcapReader::new(file).expect("has a head");
    let (mut packets, mut last) = (0, std::time::Duration::ZERO);
    while let Some(packet) = reader.next_packet() {
        let packet = packet.expect("is whole");
        let bytes = &packet.data;
        assert_eq!((bytes[0], bytes[9]), (0x45, 17), "IPv4 and UDP");
        assert_eq!(usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), bytes.len());
        assert!(bytes[12..16] == [10, 255, 0, 1] || bytes[16..20] == [10, 255, 0, 1], "to or from the SFU");
        assert!(packet.timestamp >= last, "packets are in the order of time");
        last = packet.timestamp;
        packets += 1;
    }
    assert!(packets > 1_000, "{packets} packets");
}

#[test]
fn a_reader_may_leave_and_a_full_disk_is_told() {
    let folder = Folder::new("reader");
    let pair = &folder.file("pair.toml", PAIR);
    let calls: [&[&str]; 5] = [
        &["list"],
        &["metrics"],
        &["metrics", "--format", "json"],
        &["check", pair],
        &["run", pair, "--out", "out"],
    ];
    for call in calls {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plenum"));
        command.args(call).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        Ended::of(child.wait_with_output().expect("it ends")).with_code(0);
        let full = File::options().write(true).open("/dev/full").expect("the system has one");
        let ended = Ended::of(command.stdout(full).output().expect("the program starts"));
        ended.with_code(2).complaining(&["standard output: No space left"]);
    }
}
