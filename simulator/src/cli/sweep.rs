//! `plenum sweep`: grid × seeds of a scenario, on all cores, in pieces and after a kill.
//!
//! Each run's result is a file that appears whole or not at all; what is there is never run again.

mod results;
pub(super) mod shard;

use std::fs;
use std::path::{Path, PathBuf};

use reports::comparison::RunValues;
use reports::files::RunDirectory;
use reports::sweep::{self, Plan, Record, Shard};
use reports::verdict::ExitCode as Code;
use scenarios::Scenario;

use super::arguments::{Crypto, MergeArguments, SweepArguments};
use super::measured::measure;
use super::output::{complain, print, print_line, worse};
use super::pool::{in_turn, workers};
use super::progress::{Progress, Tally};
use super::{fail, load};

type Failure = (Code, String);

fn invalid(error: impl std::fmt::Display) -> Failure {
    (Code::Invalid, error.to_string())
}

/// Runs a sweep, or a shard of it.
pub(super) fn sweep(arguments: &SweepArguments) -> Code {
    swept(arguments).unwrap_or_else(|(code, error)| fail(code, error))
}

fn swept(arguments: &SweepArguments) -> Result<Code, Failure> {
    let scenario = load::load(&arguments.scenario, &arguments.runs.vary).map_err(invalid)?;
    let Some(grid) = &scenario.sweep else {
        return Err(invalid(format!("`{}` has no [sweep]: there is nothing to vary", scenario.name)));
    };
    let crypto = if arguments.runs.vary.crypto == Crypto::Null { "null" } else { "real" };
    let plan = Plan::new(env!("CARGO_PKG_VERSION"), &scenario, grid, crypto);
    let shard = shard::of(arguments, |name| std::env::var(name).ok()).map_err(invalid)?;
    // A value that fits alone may not fit with others: that is found out before the first run.
    let points = points(arguments, &plan).map_err(invalid)?;
    let directory = RunDirectory::create(arguments.out.clone()).map_err(invalid)?;
    results::claim(&directory, &plan, shard, arguments.resume).map_err(invalid)?;
    let mine: Vec<usize> = (0..plan.runs()).filter(|run| shard.has(*run)).collect();
    let todo: Vec<usize> =
        mine.iter().copied().filter(|run| results::read(directory.path(), &plan, *run).is_none()).collect();
    let code = run_all(arguments, &directory, &plan, &points, &todo)?;
    let records = results::all(directory.path(), &plan, &mine).map_err(invalid)?;
    sweep::write(&directory, &plan, &records, &replay_line(&plan)).map_err(invalid)?;
    let broken = records.iter().filter(|record| record.broken.is_some()).count();
    if !arguments.runs.quiet {
        let known = mine.len() - todo.len();
        let part = if shard == Shard::WHOLE {
            String::new()
        } else {
            format!(", shard {}/{}", shard.index, shard.of)
        };
        let text = format!(
            "{}{part}: {} runs, {known} of them were there already, {broken} are worth nothing\nreport: {}",
            plan.scenario,
            mine.len(),
            directory.path().join("report.html").display()
        );
        print_line(text);
    }
    Ok(if broken > 0 { worse(code, Code::Broken) } else { code })
}

/// The scenario at each point of the grid.
fn points(arguments: &SweepArguments, plan: &Plan) -> Result<Vec<Scenario>, String> {
    (0..plan.points())
        .map(|point| {
            let mut vary = arguments.runs.vary.clone();
            vary.set.extend(plan.overrides(point));
            let named = |error| format!("point {point} ({}): {error}", plan.overrides(point).join(", "));
            load::load_point(&arguments.scenario, &vary).map_err(named)
        })
        .collect()
}

fn run_all(
    arguments: &SweepArguments,
    directory: &RunDirectory,
    plan: &Plan,
    points: &[Scenario],
    todo: &[usize],
) -> Result<Code, Failure> {
    let null_crypto = arguments.runs.vary.crypto == Crypto::Null;
    let silent = Progress::new(true);
    let tally = Tally::new(arguments.runs.quiet, &plan.scenario, todo.len());
    let one = |run: &usize| -> Result<(), String> {
        let (point, seed) = plan.run(*run);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            measure(&points[point], seed, null_crypto, &silent)
        }));
        let record = match result {
            Ok(Ok(measured)) => match measured.broken.first() {
                Some(first) => {
                    Record::broken(*run, seed, measured.summary.header.digest.clone(), first.clone())
                }
                None => Record::of(*run, RunValues::of(&measured.summary), measured.failed),
            },
            Ok(Err((_, error))) => return Err(error),
            Err(panic) => {
                let said = super::pool::message(&*panic);
                Record::broken(*run, seed, String::new(), format!("crash: {said}"))
            }
        };
        directory.write_durably(&plan.file(*run), record.text().as_bytes()).map_err(|error| error.to_string())
    };
    let mut failure = None;
    in_turn(todo, workers(arguments.runs.jobs, todo.len()), one, |_, result| {
        tally.step();
        let result = result.unwrap_or_else(|said| Err(format!("crash: {said}")));
        if let Err(error) = result {
            failure.get_or_insert(error);
        }
    });
    tally.finish();
    failure.map_or(Ok(Code::Pass), |error| Err(invalid(error)))
}

/// The command that gives the same results again.
fn replay_line(plan: &Plan) -> String {
    format!("plenum sweep {} --out DIR", plan.scenario)
}

/// Puts shards together.
pub(super) fn merge(arguments: &MergeArguments) -> Code {
    merged(arguments).unwrap_or_else(|(code, error)| fail(code, error))
}

fn merged(arguments: &MergeArguments) -> Result<Code, Failure> {
    let first = results::plan(&arguments.shards[0]).map_err(invalid)?;
    for folder in &arguments.shards[1..] {
        if results::plan(folder).map_err(invalid)? != first {
            let (one, other) = (arguments.shards[0].display(), folder.display());
            return Err(invalid(format!(
                "{one} and {other} are of different sweeps: their sweep.json differ"
            )));
        }
    }
    let mut texts: Vec<Option<(String, PathBuf)>> = vec![None; first.runs()];
    for folder in &arguments.shards {
        gather(folder, &first, &mut texts)?;
    }
    let missing: Vec<usize> = (0..texts.len()).filter(|run| texts[*run].is_none()).collect();
    if let Some(run) = missing.first() {
        let hint = "finish the shards with `plenum sweep --resume`, and name all of them";
        return Err(invalid(format!(
            "{} runs have no result, the first is run {run}\n  hint: {hint}",
            missing.len()
        )));
    }
    let directory = RunDirectory::create(arguments.out.clone()).map_err(invalid)?;
    results::claim(&directory, &first, Shard::WHOLE, false).map_err(invalid)?;
    for (run, found) in texts.iter().enumerate() {
        let (text, _) = found.as_ref().expect("none is missing");
        directory.write(&first.file(run), text.as_bytes()).map_err(invalid)?;
    }
    let all: Vec<usize> = (0..first.runs()).collect();
    let records = results::all(directory.path(), &first, &all).map_err(invalid)?;
    sweep::write(&directory, &first, &records, &replay_line(&first)).map_err(invalid)?;
    let broken = records.iter().filter(|record| record.broken.is_some()).count();
    if !arguments.quiet {
        let report = directory.path().join("report.html");
        let (count, runs) = (arguments.shards.len(), records.len());
        print(format_args!(
            "{count} shards, {runs} runs, {broken} are worth nothing\nreport: {}\n",
            report.display()
        ));
    }
    Ok(if broken > 0 { Code::Broken } else { Code::Pass })
}

/// Takes the results of one folder; the same run twice has to be the same.
fn gather(folder: &Path, plan: &Plan, texts: &mut [Option<(String, PathBuf)>]) -> Result<(), Failure> {
    for (run, known) in texts.iter_mut().enumerate() {
        let path = folder.join(plan.file(run));
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Err(error) = Record::read(&text) {
            complain(format_args!("warning: {}: left out: {error}", path.display()));
            continue;
        }
        match known {
            None => *known = Some((text, path)),
            Some((same, _)) if *same == text => {}
            Some((_, other)) => {
                let (one, other) = (other.display(), path.display());
                return Err((
                    Code::NotDeterministic,
                    format!("run {run} has different results: {one} and {other}"),
                ));
            }
        }
    }
    Ok(())
}
