//! `plenum run`: every scenario, every seed, side by side.

use std::path::{Path, PathBuf};

use reports::files::RunDirectory;
use reports::summary::Summary;
use reports::verdict::ExitCode as Code;
use scenarios::Scenario;

use super::arguments::{Crypto, Format, RunArguments};
use super::compare::changes;
use super::output::{print, worse};
use super::pool::{in_turn, workers};
use super::progress::{Progress, advance};
use super::run_directory::{Finished, finish_run, write_aggregate};
use super::{fail, load, suite};
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
    let as_table = arguments.scenarios.iter().any(|name| suite::is_suite(name));
    let arguments = &match suite::expand(&arguments.scenarios) {
        Ok(scenarios) => RunArguments { scenarios, ..arguments.clone() },
        Err(error) => return fail(Code::Invalid, error),
    };
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
    let tops: Vec<PathBuf> =
        (0..scenarios.len()).map(|index| top_level(arguments, &scenarios, index)).collect();
    let jobs = match make_directories(arguments, &scenarios, &tops) {
        Ok(jobs) => jobs,
        Err(error) => return fail(Code::Invalid, error),
    };
    let (results, merged) = run_all(arguments, &scenarios, &jobs);
    let mut worst = Code::Pass;
    let (mut documents, mut rows) = (Vec::new(), Vec::new());
    for ((index, scenario), merged) in scenarios.iter().enumerate().zip(merged) {
        let of_scenario: Vec<&RunResult> =
            jobs.iter().zip(&results).filter(|(job, _)| job.scenario == index).map(|(_, r)| r).collect();
        let Concluded { code, text, json } =
            conclude(arguments, scenario, &tops[index], &of_scenario, merged);
        worst = worse(worst, code);
        let finished: Vec<&Finished> = of_scenario.iter().filter_map(|run| run.as_ref().ok()).collect();
        rows.push(suite::Row::new(scenario, code, of_scenario.len(), &finished));
        if let Some(text) = text.filter(|_| !as_table) {
            worst = worse(worst, print(text));
        }
        documents.extend(json);
    }
    if as_table && arguments.format == Format::Text && (!arguments.quiet || worst != Code::Pass) {
        worst = worse(worst, print(suite::table(&rows)));
    }
    match (arguments.format, arguments.scenarios.len()) {
        (Format::Text, _) => worst,
        (Format::Json, 1) => worse(worst, print(documents.concat())),
        (Format::Json, _) => worse(worst, print(format_args!("[{}]\n", documents.join(",")))),
    }
}

/// What came of one scenario's runs.
struct Concluded {
    code: Code,
    /// For people, if they are to see it.
    text: Option<String>,
    /// The content of the scenario's `metrics.json`.
    json: Option<String>,
}

/// Puts together what came of one scenario's runs, and writes their aggregate when there are several.
fn conclude(
    arguments: &RunArguments,
    scenario: &Scenario,
    top: &Path,
    results: &[&RunResult],
    merged: Option<Summary>,
) -> Concluded {
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
    let failed = |code| Concluded { code, text: None, json: None };
    let Some(first) = finished.first() else { return failed(worst) };
    let (text, json) = if let Some(merged) = merged {
        match write_aggregate(scenario, top, &finished, merged) {
            Ok((text, json)) => (text, json),
            Err(error) => return failed(worse(worst, fail(Code::Invalid, error))),
        }
    } else {
        (first.text.clone(), first.json.clone())
    };
    let shown = arguments.format == Format::Text && (!arguments.quiet || worst != Code::Pass);
    Concluded { code: worst, text: shown.then_some(text), json: Some(json) }
}

/// Everything that may go wrong with the output is found out before the first run.
fn make_directories(
    arguments: &RunArguments,
    scenarios: &[Scenario],
    tops: &[PathBuf],
) -> Result<Vec<Job>, String> {
    let mut jobs = Vec::new();
    for (index, (scenario, top)) in scenarios.iter().zip(tops).enumerate() {
        for seed in (0..arguments.seeds).map(|step| scenario.seed.wrapping_add(step)) {
            let path = if arguments.seeds > 1 { top.join(format!("seed-{seed}")) } else { top.clone() };
            let directory = RunDirectory::create(path).map_err(|error| error.to_string())?;
            jobs.push(Job { scenario: index, seed, directory });
        }
    }
    Ok(jobs)
}

/// Where the files of a scenario go. Two scenarios of one name, which may come from different files, get a folder
/// each.
fn top_level(arguments: &RunArguments, scenarios: &[Scenario], index: usize) -> PathBuf {
    let base = match &arguments.out {
        Some(out) if scenarios.len() == 1 => return out.clone(),
        Some(out) => out.clone(),
        None => PathBuf::from("runs"),
    };
    let name = &scenarios[index].name;
    let taken = scenarios[..index].iter().any(|earlier| earlier.name == *name);
    base.join(if taken { format!("{name}-{}", index + 1) } else { name.clone() })
}

/// Runs every job, as many side by side as was asked for. Results come in the order of the jobs; what several seeds
/// come to is gathered on the way, so that the numbers of one seed don't wait for the last.
fn run_all(
    arguments: &RunArguments,
    scenarios: &[Scenario],
    jobs: &[Job],
) -> (Vec<RunResult>, Vec<Option<Summary>>) {
    let progress = Progress::new(arguments.quiet);
    let workers = workers(arguments.jobs, jobs.len());
    let one = |job: &Job| run_one(arguments, &scenarios[job.scenario], job, &progress, workers);
    let (mut results, mut merged) = (Vec::with_capacity(jobs.len()), vec![None; scenarios.len()]);
    in_turn(jobs, workers, one, |place, result| {
        let Job { scenario, seed, .. } = &jobs[place];
        let crash =
            |said| (Code::Broken, format!("{}, seed {seed}: crash: {said}", scenarios[*scenario].name));
        let mut result = result.map_err(crash).and_then(|result| result);
        if let (true, Ok(done)) = (arguments.seeds > 1, &mut result) {
            done.merge_into(&mut merged[*scenario]);
        }
        results.push(result);
    });
    (results, merged)
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
    let settings =
        Settings { seed: job.seed, null_crypto, trace: None, pcap, sfu_state: arguments.sfu_state };
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
    format!("plenum run {name} --seed {seed}{}", changes(&arguments.vary))
}
