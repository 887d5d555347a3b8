//! `plenum run`: every scenario, every seed, side by side.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use reports::files::RunDirectory;
use reports::verdict::ExitCode as Code;
use scenarios::Scenario;

use super::arguments::{Crypto, Format, RunArguments};
use super::progress::{Progress, advance};
use super::run_directory::{Finished, finish_run, write_aggregate};
use super::{fail, load};
use crate::host::Stopwatch;
use crate::world::{Settings, World};

/// What came of one run: its files are written, or why not.
type RunResult = Result<Finished, (Code, String)>;

/// One run to do.
struct Job {
    scenario: usize,
    seed: u64,
    directory: RunDirectory,
}

/// Runs all and prints a summary of each.
pub(super) fn run(arguments: &RunArguments) -> Code {
    let mut scenarios = Vec::new();
    for name in &arguments.scenarios {
        match load::load(name, &arguments.vary) {
            Ok(mut scenario) => {
                scenario.seed = arguments.seed.unwrap_or(scenario.seed);
                scenarios.push(scenario);
            }
            Err(faults) => return fail(Code::Invalid, faults),
        }
    }
    let jobs = match make_directories(arguments, &scenarios) {
        Ok(jobs) => jobs,
        Err(error) => return fail(Code::Invalid, error),
    };
    let results = run_all(arguments, &scenarios, &jobs);
    let mut worst = Code::Pass;
    for (index, scenario) in scenarios.iter().enumerate() {
        let of_scenario: Vec<&RunResult> =
            jobs.iter().zip(&results).filter(|(job, _)| job.scenario == index).map(|(_, r)| r).collect();
        worst = worse(worst, conclude(arguments, scenario, index, &of_scenario));
    }
    worst
}

/// Prints what came of one scenario's runs, and writes their aggregate when there are several.
fn conclude(arguments: &RunArguments, scenario: &Scenario, index: usize, results: &[&RunResult]) -> Code {
    let mut worst = Code::Pass;
    let mut finished = Vec::new();
    for result in results {
        match result {
            Ok(done) => {
                worst = worse(worst, done.code);
                finished.push(done);
            }
            Err((code, error)) => worst = worse(worst, fail(*code, error)),
        }
    }
    if arguments.seeds > 1 && !finished.is_empty() {
        match write_aggregate(scenario, &top_level(arguments, scenario, index), &finished) {
            Ok(text) if !arguments.quiet => print!("{text}"),
            Ok(_) => {}
            Err(error) => worst = worse(worst, fail(Code::Invalid, error)),
        }
        return worst;
    }
    for done in finished {
        match arguments.format {
            Format::Json => println!("{}", done.json),
            Format::Text if !arguments.quiet || done.code != Code::Pass => print!("{}", done.text),
            Format::Text => {}
        }
    }
    worst
}

/// Everything that may go wrong with the output is found out before the first run.
fn make_directories(arguments: &RunArguments, scenarios: &[Scenario]) -> Result<Vec<Job>, String> {
    let mut jobs = Vec::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let top = top_level(arguments, scenario, index);
        for seed in (0..arguments.seeds).map(|step| scenario.seed.wrapping_add(step)) {
            let path = if arguments.seeds > 1 { top.join(format!("seed-{seed}")) } else { top.clone() };
            let directory = RunDirectory::create(path).map_err(|error| error.to_string())?;
            jobs.push(Job { scenario: index, seed, directory });
        }
    }
    Ok(jobs)
}

fn top_level(arguments: &RunArguments, scenario: &Scenario, index: usize) -> PathBuf {
    let named = |base: PathBuf| base.join(&scenario.name);
    match &arguments.out {
        None => named(PathBuf::from("runs")),
        Some(out) if arguments.scenarios.len() == 1 => out.clone(),
        Some(out) if arguments.scenarios[..index].contains(&arguments.scenarios[index]) => {
            out.join(format!("{}-{index}", scenario.name))
        }
        Some(out) => named(out.clone()),
    }
}

/// Runs every job, as many side by side as was asked for. Results come in the order of the jobs.
fn run_all(arguments: &RunArguments, scenarios: &[Scenario], jobs: &[Job]) -> Vec<RunResult> {
    let progress = Progress::new(arguments.quiet);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = arguments.jobs.map_or(processors, usize::from).min(jobs.len());
    let results: Vec<Mutex<Option<RunResult>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let result = run_one(arguments, &scenarios[job.scenario], job, &progress, workers);
                    *results[index].lock().expect("no holder of this lock panics") = Some(result);
                }
            });
        }
    });
    let done = results.into_iter().map(|slot| slot.into_inner().expect("no holder of this lock panics"));
    done.map(|result| result.expect("every job was taken by a worker, and workers don't stop early"))
        .collect()
}

fn run_one(
    arguments: &RunArguments,
    scenario: &Scenario,
    job: &Job,
    progress: &Progress,
    workers: usize,
) -> RunResult {
    let stopwatch = Stopwatch::start();
    let null_crypto = arguments.vary.crypto == Crypto::Null;
    let usage = |error: String| (Code::Invalid, error);
    let pcap = if arguments.pcap {
        let path = job.directory.path().join("sfu.pcap");
        let file = std::fs::File::create(&path).map_err(|e| usage(format!("{}: {e}", path.display())))?;
        Some(Box::new(std::io::BufWriter::new(file)) as Box<dyn std::io::Write>)
    } else {
        None
    };
    let settings = Settings { seed: job.seed, null_crypto, trace: None, pcap };
    let world = World::new(scenario, settings).map_err(|error| usage(error.to_string()))?;
    let bar = progress.bar(&format!("{} seed {}", scenario.name, job.seed), scenario.duration);
    let outcome = world.run(|now| advance(&bar, now)).map_err(|error| usage(error.to_string()))?;
    bar.finish_and_clear();
    let host = stopwatch.stop(scenario.duration, workers as u32);
    let replay = replay_line(arguments, &arguments.scenarios[job.scenario], job.seed);
    finish_run(scenario, job.seed, null_crypto, &job.directory, (outcome, &host), &replay)
}

/// The command that gives the same result again.
fn replay_line(arguments: &RunArguments, name: &str, seed: u64) -> String {
    let sets: String = arguments.vary.set.iter().map(|set| format!(" --set '{set}'")).collect();
    let crypto = if arguments.vary.crypto == Crypto::Null { " --crypto null" } else { "" };
    format!("plenum run {name} --seed {seed}{sets}{crypto}")
}

/// The graver of two exit codes: a crash before a failed expectation before a pass.
fn worse(left: Code, right: Code) -> Code {
    let rank = |code: Code| match code {
        Code::Pass => 0,
        Code::ExpectationFailed => 1,
        Code::Invalid => 2,
        _ => 3,
    };
    if rank(right) > rank(left) { right } else { left }
}
