//! The same scenario and seed give the same bytes, in any process; and `verify` sees it when they don't.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use common::{Folder, PAIR, files};

#[test]
fn two_processes_write_the_same_bytes() {
    let folder = Folder::new("same-bytes");
    let scenario = folder.file("pair.toml", PAIR);
    for out in ["one", "two"] {
        folder.plenum(&["run", &scenario, "--out", out, "--pcap", "--sfu-state"]).with_code(0);
    }
    folder.plenum(&["run", &scenario, "--out", "other", "--seed", "4", "--pcap", "--sfu-state"]).with_code(0);
    let [one, two, other] = ["one", "two", "other"].map(|name| files(&folder.path().join(name)));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in one.iter().filter(|(name, _)| *name != "sfu.pcap") {
        assert!(two[name] == *bytes, "{name} differs between two runs of one seed");
    }
    let packets = captured(&one["sfu.pcap"]);
    assert!(packets.len() > 1_000);
    assert!(packets == captured(&two["sfu.pcap"]), "what the SFU saw differs between two runs of one seed");
    let names = ["manifest.json", "metrics.json", "series.csv", "events.jsonl", "sfu.pcap", "report.html"];
    for name in names.into_iter().chain(["sfu-state.json"]) {
        assert!(other[name] != one[name], "{name} is the same for two seeds");
    }
}

/// The packets of a capture: time, addresses, length and the first eight bytes of the content, which for RTP are
/// its sequence number and time stamp.
///
/// The rest may differ: the participants' ICE agent draws transaction numbers, and their DTLS puts the wall clock
/// into its random value (RFC 5246, section 7.4.1.2), on which all keys depend. Neither has a say in sizes or times.
fn captured(file: &[u8]) -> Vec<(Duration, usize, Vec<u8>)> {
    const HEADERS: usize = 28;
    let mut reader = pcap_file::pcap::PcapReader::new(file).expect("has a head");
    let mut packets = Vec::new();
    while let Some(packet) = reader.next_packet() {
        let packet = packet.expect("is whole");
        packets.push((packet.timestamp, packet.data.len(), packet.data[..HEADERS + 8].to_vec()));
    }
    packets
}

#[test]
fn a_run_beside_others_writes_what_it_writes_alone() {
    let folder = Folder::new("beside");
    let scenario = folder.file("pair.toml", PAIR);
    folder.plenum(&["run", &scenario, "--out", "many", "--seeds", "4", "--jobs", "4"]).with_code(0);
    for seed in [3, 6] {
        let (alone, text) = (format!("alone-{seed}"), seed.to_string());
        folder.plenum(&["run", &scenario, "--out", &alone, "--seed", &text]).with_code(0);
        let beside = files(&folder.path().join(format!("many/seed-{seed}")));
        assert!(beside == files(&folder.path().join(alone)), "seed {seed} differs");
    }
}

#[test]
fn a_shipped_scenario_is_verified() {
    let folder = Folder::new("verified");
    let ended = folder.plenum(&["verify", "two-party", "--seeds", "2", "--set", "duration=10s"]).with_code(0);
    assert_eq!(ended.out.matches("twice the same").count(), 2, "{ended:?}");
}

#[test]
fn a_difference_is_told_with_its_first_event() {
    let folder = Folder::new("difference");
    let scenario = folder.file("pair.toml", PAIR);
    // The other program's line to the SFU gets 1 ms longer.
    let other = folder.file(
        "other",
        &format!(
            "#!/bin/sh\nexec '{}' \"$@\" --set link.line.delay.base=11ms\n",
            env!("CARGO_BIN_EXE_plenum")
        ),
    );
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).expect("its permissions can be set");
    let ended = folder.plenum(&["verify", &scenario, "--seeds", "1", "--against", &other]).with_code(7);
    let mut lines = ended.out.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("seed 3: ")), "{ended:?}");
    let head = lines.next().expect("there is an explanation");
    assert!(head.ends_with(" is the first that differs:"), "{ended:?}");
    // What differs first is when the first segment arrives; before, lines and joins are told.
    let times: Vec<u64> = lines
        .map(|line| {
            assert!(line.contains(" datagram 10.0.0.1:50000 10.255.0.1:443 "), "{line}");
            line.split_whitespace().next().and_then(|time| time.parse().ok()).expect("lines begin with ns")
        })
        .collect();
    let [left, right] = times[..] else { panic!("two lines: {ended:?}") };
    assert_eq!(right - left, 1_000_000, "{ended:?}");
}

#[test]
fn verify_tells_a_wrong_call_from_a_crash() {
    let folder = Folder::new("wrong-call");
    let scenario = folder.file("pair.toml", PAIR);
    let missing = folder.plenum(&["verify", &scenario, "--against", "./not-there"]);
    missing.with_code(2).complaining(&["./not-there"]);
    let crash = folder.plenum(&["verify", &scenario, "--seeds", "1", "--against", "/bin/false"]);
    crash.with_code(5).complaining(&["/bin/false ended with"]);
}

#[test]
fn packets_without_a_cipher_have_the_same_sizes() {
    let folder = Folder::new("cipher");
    let scenario = folder.file("pair.toml", PAIR);
    let real = folder.plenum(&["digest", &scenario, "--seed", "3"]).with_code(0).out;
    let null = folder.plenum(&["digest", &scenario, "--seed", "3", "--crypto", "null"]).with_code(0).out;
    assert_eq!(real.trim().len(), 32);
    assert_eq!(real, null);
}
