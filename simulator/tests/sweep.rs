//! `plenum sweep` and `plenum merge`: the same bytes in one go, after kills, and in shards.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Ended, Folder, PAIR, files, json};

/// 5 × 4 points of 10 seeds: 200 runs of a second and a half.
const SWEPT: &str = r#"schema = 1
name = "swept"
seed = 3
duration = "1500ms"
measure = { from = "500ms" }

[link.line]
rate = "10Mbps"
delay = { base = "10ms", jitter = "gauss", std = "2ms" }

[participant.alice]
up = "line"
down = "line"

[participant.bob]
up = "line"
down = "line"

[sweep]
seeds = 10
grid."link.line.rate" = { from = "300kbps", to = "10Mbps", steps = 5, scale = "log" }
grid."link.line.delay.base" = ["10ms", "20ms", "50ms", "100ms"]
"#;

/// As little as a sweep can be: 2 × 2 points of one seed.
fn small() -> String {
    SWEPT
        .replace("seeds = 10", "seeds = 1")
        .replace("steps = 5", "steps = 2")
        .replace(", \"50ms\", \"100ms\"", "")
}

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plenum"));
    command.args(arguments).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// How many results there are.
fn results(out: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(out.join("runs")) else { return 0 };
    let names = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with('.')).count()
}

/// Asserts that both folders have the same files, and names the first that differs.
fn same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(left), names(right));
    for (name, bytes) in left {
        assert!(bytes == &right[name], "{name} differs");
    }
}

#[test]
fn killed_three_times_and_resumed_it_gives_the_same_bytes() {
    // PLENUM_KILL_SEED=… repeats the moments of a run that failed.
    let seed = std::env::var("PLENUM_KILL_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("PLENUM_KILL_SEED={seed}");
    let folder = Folder::new("sweep-killed");
    let scenario = folder.file("swept.toml", SWEPT);
    let whole = ["sweep", scenario.as_str(), "--crypto", "null", "--out", "whole"];
    let first = folder.plenum(&whole).with_code(0);
    assert!(first.out.contains("200 runs, 0 of them were there already"), "{first:?}");
    let whole = files(&folder.path().join("whole"));
    assert_eq!(whole.keys().filter(|name| name.starts_with("runs/")).count(), 200);

    let out = folder.path().join("killed");
    let resume = ["sweep", scenario.as_str(), "--crypto", "null", "--out", "killed", "--resume"];
    let mut random = seed;
    let mut before = 0;
    for kill in 0..3 {
        let mut child = start(&folder, &resume);
        // Killed once so many more results are there, a moment later: anywhere in a run, or in the writing of one.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let more = 1 + (random >> 33) as usize % 50;
        while results(&out) < before + more && child.try_wait().expect("it can be asked").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros((random >> 40) % 20_000));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let there = results(&out);
        println!("kill {kill}: {there} results");
        assert!(
            there >= before + more && there < 200,
            "killed in the midst of it: {there} after {before} + {more}"
        );
        before = there;
    }
    let last = folder.plenum(&resume).with_code(0);
    assert!(last.out.contains(&format!("200 runs, {before} of them were there already")), "{last:?}");
    same(&whole, &files(&out));
    // Nothing is run again, and nothing is written anew but the same.
    let again = folder.plenum(&resume).with_code(0);
    assert!(again.out.contains("200 runs, 200 of them were there already"), "{again:?}");
    same(&whole, &files(&out));
}

#[test]
fn shards_merge_to_the_bytes_of_the_whole() {
    let folder = Folder::new("sweep-shards");
    let scenario = folder.file("swept.toml", &SWEPT.replace("seeds = 10", "seeds = 2"));
    let sweep = ["sweep", scenario.as_str(), "--crypto", "null", "--quiet", "--out"];
    let run = |out: &str, more: &[&str], env: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plenum"));
        command.args(sweep).arg(out).args(more).envs(env.iter().copied()).current_dir(folder.path());
        Ended::of(command.output().expect("the program starts")).with_code(0)
    };
    run("whole", &["--jobs", "1"], &[]);
    let whole = files(&folder.path().join("whole"));
    run("told-1", &["--shard", "1/3"], &[]);
    run("told-2", &["--shard", "2/3"], &[]);
    run("told-3", &["--shard", "3/3"], &[]);
    for (id, out) in [("1", "slurm-1"), ("2", "slurm-2"), ("3", "slurm-3"), ("4", "slurm-4")] {
        let array = [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_MAX", "4"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        let ended = run(out, &[], &array);
        assert!(ended.err.contains(&format!("shard {id}/4, as SLURM_ARRAY_TASK_ID says")), "{ended:?}");
    }
    for (index, out) in [("0", "kube-0"), ("1", "kube-1")] {
        run(out, &["--shards", "2"], &[("JOB_COMPLETION_INDEX", index)]);
    }
    for (out, shards) in [
        ("m3", &["told-3", "told-1", "told-2"][..]),
        ("m4", &["slurm-1", "slurm-2", "slurm-3", "slurm-4"]),
        ("m2", &["kube-0", "kube-1"]),
        ("m1", &["whole"]),
    ] {
        folder.plenum(&[&["merge"], shards, &["--out", out, "--quiet"]].concat()).with_code(0);
        same(&whole, &files(&folder.path().join(out)));
    }
    let missing = folder.plenum(&["merge", "told-1", "told-3", "--out", "m5"]).with_code(2);
    missing.complaining(&["13 runs have no result, the first is run 1", "--resume"]);
}

#[test]
fn a_folder_belongs_to_one_sweep_and_one_shard() {
    let folder = Folder::new("sweep-folder");
    let scenario = folder.file("small.toml", &small());
    let other = folder.file("other.toml", &small().replace("20ms", "30ms"));
    let sweep = |scenario: &str, more: &[&str]| {
        folder.plenum(&[&["sweep", scenario, "--crypto", "null", "--quiet"], more].concat())
    };
    sweep(&scenario, &["--out", "o"]).with_code(0);
    sweep(&scenario, &["--out", "o"]).with_code(2).complaining(&["has this sweep already", "--resume"]);
    sweep(&other, &["--out", "o", "--resume"]).with_code(2).complaining(&["has another sweep"]);
    sweep(&scenario, &["--out", "o", "--resume", "--shard", "1/2"])
        .with_code(2)
        .complaining(&["a folder of its own"]);
    sweep(&scenario, &["--out", "s", "--shard", "1/2"]).with_code(0);
    sweep(&scenario, &["--out", "s", "--resume", "--shard", "2/2"])
        .with_code(2)
        .complaining(&["has shard 1/2"]);
    sweep(&other, &["--out", "t", "--shard", "2/2"]).with_code(0);
    folder.plenum(&["merge", "s", "t", "--out", "m"]).with_code(2).complaining(&["different sweeps"]);
    folder.plenum(&["merge", "s", "nowhere", "--out", "m"]).with_code(2).complaining(&["nowhere"]);
    // A result that isn't whole is had again.
    let run = folder.path().join("o/runs/2.json");
    let text = std::fs::read_to_string(&run).expect("is there");
    std::fs::write(&run, &text[..text.len() / 2]).expect("can be cut");
    sweep(&scenario, &["--out", "o", "--resume"]).with_code(0);
    assert_eq!(std::fs::read_to_string(&run).expect("is there"), text);
}

#[test]
fn what_cannot_be_swept_is_told_before_the_first_run() {
    let folder = Folder::new("sweep-refuses");
    let none = folder.file("pair.toml", PAIR);
    folder.plenum(&["sweep", &none, "--out", "o"]).with_code(2).complaining(&["has no [sweep]"]);
    let scenario = folder.file("small.toml", &small());
    for (more, said) in [
        (&["--shard", "3/2"][..], "there is no part 3 of 2"),
        (&["--shard", "two"], "K/N"),
        (&["--shards", "2"], "give --shard K/N"),
        (&["--set", "link.line.rate=1"], "unit missing"),
    ] {
        folder
            .plenum(&[&["sweep", &scenario, "--out", "o"], more].concat())
            .with_code(2)
            .complaining(&[said]);
    }
    // Each value fits alone; together the warm-up lasts beyond the end.
    let both = small().replace(
        "grid.\"link.line.delay.base\" = [\"10ms\", \"20ms\"]",
        "grid.\"duration\" = [\"1s\", \"2s\"]\ngrid.\"measure.from\" = [\"100ms\", \"1200ms\"]",
    );
    let both = folder.file("both.toml", &both);
    let ended = folder.plenum(&["sweep", &both, "--out", "o"]).with_code(2);
    ended.complaining(&["point 1 (", "measure.from", "warm-up"]);
    assert!(!folder.path().join("o").exists());
}

#[test]
fn a_sweep_leaves_numbers_and_pictures() {
    let folder = Folder::new("sweep-files");
    let scenario = folder.file("small.toml", &small());
    folder.plenum(&["sweep", &scenario, "--crypto", "null", "--out", "o"]).with_code(0);
    let out = folder.path().join("o");
    let plan = json(&out.join("sweep.json"));
    assert_eq!(plan["grid"]["link.line.rate"], serde_json::json!(["\"300kbps\"", "\"10Mbps\""]));
    let csv = std::fs::read_to_string(out.join("results.csv")).expect("is there");
    let head = "run,seed,link.line.rate,link.line.delay.base,metric,over,stat,unit,better,value";
    assert_eq!(csv.lines().next(), Some(head));
    // A run of a sweep is the run of the same values on its own.
    let set = ["--set", "link.line.rate=10Mbps", "--set", "link.line.delay.base=20ms", "--crypto", "null"];
    folder.plenum(&[&["run", scenario.as_str(), "--out", "r", "--quiet"][..], &set].concat()).with_code(0);
    let digest = json(&folder.path().join("r/metrics.json"))["digest"].clone();
    assert_eq!(json(&out.join("runs/3.json"))["digest"], digest);
    let parquet = std::fs::read(out.join("results.parquet")).expect("is there");
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    for name in ["summary.md", "report.html"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    let plots = std::fs::read_dir(out.join("plots")).expect("is there").count();
    assert!(plots >= 4, "a heat map and curves, each twice: {plots}");
}
