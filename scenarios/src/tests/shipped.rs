use std::collections::BTreeSet;

use crate::{parse, shipped};

#[test]
fn every_shipped_file_is_valid_and_complete() {
    for entry in shipped::list() {
        let scenario = parse(entry.path, entry.text, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(scenario.name, entry.name);
        assert!(!scenario.applied.is_empty(), "{} proves that it bit", entry.name);
        for expect in &scenario.expect {
            let both = expect.min.is_some() && expect.max.is_some();
            assert!(both, "{}: {} is bounded on both sides", entry.name, expect.metric);
        }
        let summary = entry.summary();
        assert!((20..110).contains(&summary.len()), "{}: {summary}", entry.name);
    }
}

#[test]
fn every_file_in_the_folder_ships() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/files");
    let mut found = BTreeSet::new();
    for theme in std::fs::read_dir(root).expect("the folder is there") {
        let theme = theme.expect("readable").path();
        for file in std::fs::read_dir(theme).expect("a folder per theme") {
            let path = file.expect("readable").path();
            found.insert(path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned());
        }
    }
    let shipped: BTreeSet<String> = shipped::list().iter().map(|entry| entry.name.to_owned()).collect();
    assert_eq!(found, shipped);
}

#[test]
fn a_suite_is_the_cases_of_its_folder() {
    for suite in shipped::SUITES {
        let cases = shipped::suite(suite).expect("a suite");
        assert!(cases.len() > 1 && cases.iter().all(|case| case.name.starts_with("rfc8867-")));
    }
    let cases = |suite: &str| -> Vec<&str> {
        shipped::suite(suite).expect("a suite").iter().map(|case| case.name).collect()
    };
    let (sfu, direct) = (cases("rfc8867-sfu"), cases("rfc8867-direct"));
    assert_eq!(cases("rfc8867"), [sfu.clone(), direct.clone()].concat(), "both forms");
    let name = |case: &&str| case.replace("-direct", "");
    assert_eq!(sfu, direct.iter().map(name).collect::<Vec<_>>(), "each case in either form");
    assert_eq!(shipped::suite("meetings"), None);
}

#[test]
fn names_find_their_files() {
    assert_eq!(shipped::find("ten-party").map(|entry| entry.name), Some("ten-party"));
    assert_eq!(shipped::find("ten-patry"), None);
    assert_eq!(shipped::nearest("ten-patry"), Some("ten-party"));
}

#[test]
fn ten_party_has_ten_people_and_uplink_dip_one_publisher() {
    let cast = |name: &str| {
        let entry = shipped::find(name).expect("ships");
        parse(entry.path, entry.text, &[]).expect("valid").expand(&mut |_| 0.5)
    };
    assert_eq!(cast("ten-party").members.len(), 10);
    let publishers = cast("uplink-dip").members.iter().filter(|member| !member.publish.is_empty()).count();
    assert_eq!(publishers, 1);
}
