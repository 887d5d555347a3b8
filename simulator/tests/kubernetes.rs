//! The manifest of the indexed job, carried out as Kubernetes would: what it says gives the bytes of the whole.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use std::process::Command;

use common::{Ended, Folder, PAIR, files};

const MANIFEST: &str = include_str!("../cluster/kubernetes.yaml");
const SWEEP: &str = "\n[sweep]\nseeds = 3\ngrid.\"link.line.rate\" = [\"500kbps\", \"10Mbps\"]\n";

/// The value of the only line with `key`.
fn value(key: &str) -> &'static str {
    let mut found = MANIFEST.lines().filter_map(|line| line.trim_start().strip_prefix(key));
    let value = found.next().unwrap_or_else(|| panic!("the manifest has no {key}"));
    assert_eq!(found.next(), None, "{key} is there once");
    value.trim()
}

/// The words of a list on one line: `[a, "b"]`.
fn words(key: &str) -> Vec<String> {
    let list = value(key).trim_start_matches('[').trim_end_matches(']');
    list.split(',').map(|word| word.trim().trim_matches('"').to_owned()).collect()
}

#[test]
fn its_indices_merge_to_the_bytes_of_the_whole() {
    let folder = Folder::new("kubernetes");
    let scenario = folder.file("sweep.toml", &format!("{}{SWEEP}", PAIR.replace("\"4s\"", "\"1500ms\"")));
    folder.plenum(&["sweep", &scenario, "--quiet", "--out", "whole"]).with_code(0);
    let completions: usize = value("completions:").parse().expect("a number");
    assert_eq!(value("parallelism:"), value("completions:"));
    assert_eq!(value("completionMode:"), "Indexed");
    assert!(MANIFEST.contains("metadata.annotations['batch.kubernetes.io/job-completion-index']"));
    let (command, arguments) = (words("command:"), words("args:"));
    assert_eq!(command[0], "plenum");
    let place = |word: &String, index: &str| {
        word.replace("$(JOB_COMPLETION_INDEX)", index)
            .replace("/scenarios/sweep.toml", &scenario)
            .replace("/data/", "")
    };
    let mut shards = Vec::new();
    for index in 0..completions {
        let index = index.to_string();
        let words = command[1..].iter().chain(&arguments).map(|word| place(word, &index));
        let mut pod = Command::new(env!("CARGO_BIN_EXE_plenum"));
        pod.args(words).env("JOB_COMPLETION_INDEX", &index).current_dir(folder.path());
        Ended::of(pod.output().expect("the program starts")).with_code(0);
        shards.push(format!("shard-{index}"));
    }
    let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
    folder.plenum(&[&["merge"], shards.as_slice(), &["--out", "merged", "--quiet"]].concat()).with_code(0);
    let (whole, merged) = (files(&folder.path().join("whole")), files(&folder.path().join("merged")));
    assert!(whole == merged, "{:?} and {:?}", whole.keys(), merged.keys());
}
