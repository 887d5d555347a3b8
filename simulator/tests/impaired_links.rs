//! Lines with every impairment: real stacks at both ends refuse what is damaged, and the call goes on.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use common::{Folder, files};
use serde_json::Value;

/// The seed is one by which no flight of a handshake is damaged: its hash covers that, so it ends, as it must.
const IMPAIRED: &str = r#"schema = 1
name = "impaired"
seed = 1
duration = "12s"
measure = { from = "6s" }

[link.line]
trace = "traces/steady.up"
queue = { kind = "QUEUE", ecn = true }
loss = { kind = "gilbert-elliott", mean = "1%", burst = 3 }
delay = { base = "10ms", jitter = "gauss", std = "2ms" }
policer = { rate = "20Mbps", burst = "100kB" }
corrupt = "2%"
duplicate = "2%"
reorder = { rate = "2%", by = "10ms" }

[participant.alice]
up = "line"
down = "line"

[participant.bob]
up = "line"
down = "line"

[[expect]]
metric = "participants.connected"
stat = "value"
min = 2
max = 2
"#;

/// The dual queue always marks, and has no key for it.
fn impaired(queue: &str) -> String {
    let text = IMPAIRED.replace("QUEUE", queue);
    if queue == "dual-pi2" { text.replace(", ecn = true", "") } else { text }
}

/// An opportunity per millisecond: 12 Mbit/s.
fn with_trace(name: &str) -> Folder {
    let folder = Folder::new(name);
    std::fs::create_dir(folder.path().join("traces")).expect("the folder takes a folder");
    let lines: String = (1..=100).map(|at| format!("{at}\n")).collect();
    folder.file("traces/steady.up", &lines);
    folder
}

#[test]
fn damaged_packets_reach_the_stack_and_are_refused() {
    for queue in ["codel", "fq-codel", "pie", "dual-pi2"] {
        let folder = with_trace(&format!("impaired-{queue}"));
        let scenario = folder.file("impaired.toml", &impaired(queue));
        folder.plenum(&["run", &scenario, "--out", "out", "--sfu-state"]).with_code(0);
        let written = files(&folder.path().join("out"));
        let state: Value = serde_json::from_slice(&written["sfu-state.json"]).expect("JSON");
        for reason in ["srtp_authentication", "srtp_replay"] {
            let refused = sum_of(&state, reason);
            assert!(refused > 5, "{queue}: {refused} datagrams refused for {reason}");
        }
    }
}

/// The numbers of that name anywhere in the state.
fn sum_of(state: &Value, name: &str) -> u64 {
    match state {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| if key == name { value.as_u64().unwrap_or(0) } else { sum_of(value, name) })
            .sum(),
        Value::Array(items) => items.iter().map(|item| sum_of(item, name)).sum(),
        _ => 0,
    }
}

#[test]
fn a_missing_or_broken_trace_is_told_with_its_path() {
    let folder = with_trace("broken-trace");
    let text = IMPAIRED.replace("QUEUE", "codel");
    let scenario = folder.file("impaired.toml", &text.replace("steady.up", "nowhere.up"));
    folder.plenum(&["run", &scenario, "--out", "out"]).complaining(&["traces/nowhere.up"]);
    folder.file("traces/broken.up", "1\n2\nthree\n");
    let scenario = folder.file("impaired.toml", &text.replace("steady.up", "broken.up"));
    let ended = folder.plenum(&["run", &scenario, "--out", "out"]);
    ended.complaining(&["traces/broken.up", "line 3"]);
}
