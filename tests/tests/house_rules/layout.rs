//! The fixed top level.

use std::fs;
use std::path::Path;

/// What has to be there.
const NEEDED: [&str; 15] = [
    ".ci",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "reports",
    "rustfmt.toml",
    "scenarios",
    "sfu",
    "simulator",
];

/// What else may be there: this crate, and what tools leave behind.
const ALLOWED: [&str; 4] = [".git", "target", "runs", "tests"];

pub(crate) fn entries(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).expect("a readable root");
    entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect()
}

pub(crate) fn faults(entries: &[String]) -> Vec<String> {
    let known = |entry: &str| NEEDED.contains(&entry) || ALLOWED.contains(&entry);
    let extra = entries
        .iter()
        .filter(|entry| !known(entry))
        .map(|entry| format!("{entry}: find it a room, or change `NEEDED` here and ARCHITECTURE.md with it"));
    let missing = NEEDED.iter().filter(|needed| !entries.iter().any(|entry| entry == *needed));
    extra.chain(missing.map(|needed| format!("{needed}: missing"))).collect()
}

#[test]
fn strangers_and_gaps_show() {
    let mut entries: Vec<String> = NEEDED.iter().map(|name| (*name).to_owned()).collect();
    assert!(faults(&entries).is_empty());
    entries.push("utils".into());
    assert_eq!(faults(&entries).len(), 1);
    entries.retain(|entry| entry != "LICENSE-MIT");
    assert_eq!(faults(&entries).len(), 2);
}
