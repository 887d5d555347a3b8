//! What packets cost in instructions: benchmarks that are the same every time, counted by callgrind.
//!
//! Seconds on a shared machine scatter by more than a change that is worth catching, instructions hardly at all. What
//! is counted is a tape of a simulated conference (see [`crate::calibration`]), played to a fresh SFU without a
//! cipher: ciphers are chosen by the processor, and they aren't ours. The conference itself and everybody's joining
//! are not counted.
//!
//! Counts are those of one compiler and one set of library routines. [`Baseline`] therefore holds the count of a
//! reference as well, which is nothing of ours: where that differs, counts can't be compared with the committed ones,
//! and the program of the base branch, built on the same machine, takes their place.

mod baseline;
mod callgrind;

use std::hint::black_box;
use std::time::Duration;

pub use baseline::{Baseline, BaselineError, Judged, TOLERANCE};
pub use callgrind::{CountError, count};

use crate::calibration::{CalibrationError, Stage};

/// A benchmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Benchmark {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// People in the conference.
    people: u32,
    /// What their lines lose, each way.
    loss: f64,
}

/// What isn't ours, counted to see whether counts can be compared.
pub const REFERENCE: &str = "reference";

/// All benchmarks.
pub const BENCHMARKS: [Benchmark; 3] = [
    Benchmark { name: "pair", about: "two people", people: 2, loss: 0.0 },
    Benchmark { name: "ten", about: "ten people", people: 10, loss: 0.0 },
    Benchmark {
        name: "ten-lossy",
        about: "ten people whose lines lose 2 % each way",
        people: 10,
        loss: 0.02,
    },
];

/// How long a conference runs, and how much of that is counted.
const BEFORE: Duration = Duration::from_secs(3);
const SPAN: Duration = Duration::from_secs(1);
const SEED: u64 = 7;

/// Carries out a benchmark, or [`REFERENCE`]; how many packets it took, in and out. `None` when there is none of that
/// name.
///
/// # Errors
/// When the conference can't be simulated or played.
pub fn work(name: &str) -> Option<Result<u64, CalibrationError>> {
    if name == REFERENCE {
        return Some(Ok(reference()));
    }
    let benchmark = BENCHMARKS.iter().find(|benchmark| benchmark.name == name)?;
    Some(played(benchmark))
}

fn played(benchmark: &Benchmark) -> Result<u64, CalibrationError> {
    let stage = Stage::record(benchmark.people, benchmark.loss, SEED, BEFORE, SPAN)?;
    let replay = stage.begin(SEED, true)?;
    // Instructions are counted, not time.
    let (passed, _) = counted(|| replay.core_alone(|| Duration::ZERO));
    Ok(passed.packets_in + passed.packets_out)
}

/// Copies, sorts and adds: what compilers and libraries make of it depends on them alone.
fn reference() -> u64 {
    const STEPS: u64 = 1_000;
    counted(|| {
        let (from, mut to) = (vec![7_u8; 1_200], vec![0_u8; 1_200]);
        let mut numbers: Vec<u64> = Vec::with_capacity(64);
        for step in 0..STEPS {
            to.copy_from_slice(black_box(&from));
            numbers.clear();
            numbers.extend((0..64).map(|n: u64| (n * 2_654_435_761 + step) % 97));
            numbers.sort_unstable();
            black_box((&to, &numbers, format!("{step:08x}")));
        }
    });
    STEPS
}

/// What runs in here is counted: [`callgrind`] knows this function by its name.
#[inline(never)]
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_the_same_every_time() {
        let packets = || work("pair").expect("it is one").expect("it can be played");
        let first = packets();
        assert!((1_200..2_000).contains(&first), "{first}");
        assert_eq!(packets(), first);
        assert!(work("trio").is_none());
    }
}
