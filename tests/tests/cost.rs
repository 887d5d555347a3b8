//! The gate of costs: instructions for each packet, as callgrind counts them.
//!
//! The program that is counted is this one, which plays itself when its environment says so.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use indexmap::IndexMap;
use sfu::planted::plant_waste;
use simulator::cost::{Baseline, Judged, REFERENCE, count, work};

/// How much is wasted on each datagram that comes in: turns of a loop.
const WASTE: &str = "PLENUM_TEST_WASTE";
const BENCHMARK: &str = "PLENUM_TEST_BENCHMARK";
const BENCH: &str = "pair";

#[test]
fn counted_program() {
    let Ok(name) = env::var(BENCHMARK) else { return };
    let waste = env::var(WASTE).expect("it goes with the benchmark");
    plant_waste(waste.parse().expect("a number of turns"));
    let packets = work(&name).expect("it is a benchmark").expect("it can be played");
    println!("\npackets: {packets}");
}

fn instructions(name: &str, waste: u32, folder: &Path) -> f64 {
    let this = env::current_exe().expect("a test has a program");
    let environment = [(BENCHMARK, name.to_owned()), (WASTE, waste.to_string())];
    let arguments = ["--exact", "counted_program", "--nocapture", "--test-threads", "1"];
    count(&this, &arguments, &environment, folder).unwrap_or_else(|error| panic!("{error}"))
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_gate_catches_three_percent_more_instructions_and_passes_unchanged_code() {
    let folder = Folder(env::temp_dir().join(format!("plenum-cost-test-{}", process::id())));
    fs::create_dir_all(&folder.0).expect("temporary files can be made");
    let of = |name, waste| instructions(name, waste, &folder.0);
    let counts = |waste| -> IndexMap<String, f64> {
        [(REFERENCE.to_owned(), of(REFERENCE, 0)), (BENCH.to_owned(), of(BENCH, waste))].into_iter().collect()
    };
    let before = counts(0);
    let baseline = Baseline::new("before".to_owned(), &before, None);
    let verdict = |counts: &IndexMap<String, f64>| -> Judged {
        baseline.judge(counts).expect("the same machine and compiler").remove(0)
    };

    let unchanged = verdict(&counts(0));
    assert!(unchanged.passed() && unchanged.change().abs() < 0.001, "{unchanged:?}");

    // How many turns are 3 %: some of them are tried.
    const TRIED: u32 = 100;
    let turn = (of(BENCH, TRIED) - before[BENCH]) / f64::from(TRIED);
    let turns = (0.03 * before[BENCH] / turn).round();
    let risen = verdict(&counts(turns as u32));
    assert!((0.028..0.032).contains(&risen.change()), "{turns} turns: {risen:?}");
    assert!(!risen.passed(), "{risen:?}");
}
