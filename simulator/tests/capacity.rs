//! `plenum capacity`: the answer, its files, and what is refused.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use common::{Folder, json};

/// Two people, who see one another at 720 lines, send 5.2 Mbps and get 3.8: one pair fits, two don't.
const THIN: [&str; 11] = [
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
];

#[test]
fn a_thin_line_carries_one_pair_and_says_what_is_short() {
    let folder = Folder::new("capacity-thin");
    let ended = folder.plenum(&[&THIN[..], &["--out", "out"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.starts_with("1 conference of 2 people; what gives out first is: downlink"),
        "{}",
        ended.out
    );
    for file in ["report.html", "plots/frontier.svg", "plots/frontier.png", "scenario.toml"] {
        assert!(folder.path().join("out").join(file).is_file(), "{file}");
    }
    let found = json(&folder.path().join("out/capacity.json"));
    assert_eq!(found["conferences"], 1);
    assert_eq!(found["gives_out_first"], "downlink");
    let pair = &found["frontier"][0];
    assert_eq!(pair["participants"], 2);
    // Two people send 60.8, 168.7, 537.4 and 1831 kbps each.
    assert_eq!(pair["by_formula"]["downlink_bps"].as_f64().map(f64::round), Some(5_196_000.0));
    assert_eq!(pair["trials"].as_array().map(Vec::len), Some(2));
    assert_eq!(found["frontier"][6]["trials"].as_array().map(Vec::len), Some(0), "the formula was asked for");
    let again = folder.plenum(&[&THIN[..], &["--out", "again", "--quiet"]].concat());
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""));
    assert_eq!(
        json(&folder.path().join("again/capacity.json")),
        found,
        "the same question has the same answer"
    );
}

#[test]
fn the_profile_decides_where_the_cores_give_out() {
    let folder = Folder::new("capacity-profile");
    let slow = r#"{"schema":1,"machine":"a slow one","per_packet_in_ns":600000,"per_packet_out_ns":300000}"#;
    std::fs::write(folder.path().join("slow.json"), slow).expect("writable");
    let mut asked = THIN.to_vec();
    (asked[2], asked[4], asked[6]) = ("100Mbps", "100Mbps", "1");
    let ended = folder.plenum(&[&asked[..], &["--profile", "slow.json", "--out", "out"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.starts_with("1 conference of 2 people; what gives out first is: CPU"), "{}", ended.out);
    assert!(ended.out.contains("(a slow one)"), "{}", ended.out);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_reason() {
    let folder = Folder::new("capacity-refused");
    let with = |place: usize, value: &'static str| {
        let mut asked = THIN.to_vec();
        asked[place] = value;
        asked
    };
    for (asked, said) in [
        (with(2, "100"), "invalid value '100' for '--uplink"),
        (with(4, "1bps"), "at least 1kbps"),
        (with(6, "0"), "0 is not in 1..=256"),
        (with(8, "1"), "1 is not in 2..=200"),
        ([&THIN[..], &["--profile", "nowhere.json"]].concat(), "nowhere.json: "),
    ] {
        let ended = folder.plenum(&asked);
        assert_eq!(ended.code, Some(2), "{asked:?}");
        assert!(ended.err.contains(said), "{asked:?}: {}", ended.err);
    }
    std::fs::write(folder.path().join("bad.json"), r#"{"schema":1,"machine":"x"}"#).expect("writable");
    let ended = folder.plenum(&[&THIN[..], &["--profile", "bad.json"]].concat());
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("bad.json: `per_packet_in_ns` is missing"), "{}", ended.err);
}
