//! `plenum explore`: draws whole scenarios, runs them, and shrinks what fails.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reports::files::RunDirectory;
use reports::verdict::ExitCode as Code;

use super::arguments::{Crypto, ExploreArguments, Format, RunArguments, VaryArguments};
use super::output::{complain, print_line, worse};
use super::pool::{in_turn, workers};
use super::{fail, load, run};
use crate::explore::{Failure, Plan, draw, shrink, try_plan};

/// How many plans a failure is shrunk by at most: a run of a few people takes a tenth of a second.
const MOST_STEPS: usize = 1_000;

/// Searches, and tells what was drawn and what failed.
pub(super) fn explore(arguments: &ExploreArguments) -> Code {
    explored(arguments).unwrap_or_else(|(code, error)| fail(code, error))
}

fn invalid(error: impl std::fmt::Display) -> (Code, String) {
    (Code::Invalid, error.to_string())
}

fn explored(arguments: &ExploreArguments) -> Result<Code, (Code, String)> {
    let scenario = load::load(&arguments.scenario, &arguments.runs.vary).map_err(invalid)?;
    let Some(ranges) = &scenario.explore else {
        let error = format!("`{}` has no [explore]: there is nothing to draw from", scenario.name);
        return Err(invalid(error));
    };
    let first = arguments.seed.unwrap_or(scenario.seed);
    let seeds: Vec<u64> = (0..arguments.seeds).map(|step| first.wrapping_add(step)).collect();
    let mine = arguments.shard.map_or_else(
        || seeds.clone(),
        |shard| seeds.iter().enumerate().filter(|(at, _)| shard.has(*at)).map(|(_, seed)| *seed).collect(),
    );
    let top = arguments.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&scenario.name));
    RunDirectory::create(top.clone()).map_err(invalid)?;
    let null_crypto = arguments.runs.vary.crypto == Crypto::Null;
    let plans: Vec<Plan> = mine.iter().map(|seed| draw(ranges, *seed)).collect();
    let mut failed: Vec<(Plan, Failure)> = Vec::new();
    let mut code = Code::Pass;
    in_turn(
        &plans,
        workers(arguments.runs.jobs, plans.len()),
        |plan| try_plan(plan, null_crypto),
        |place, result| {
            let plan = &plans[place];
            let outcome = match result.expect("panics of a run are its failure") {
                Ok(None) => "ok".to_owned(),
                Ok(Some(failure)) => {
                    let said = format!("BROKEN {}", failure.what);
                    failed.push((plan.clone(), failure));
                    said
                }
                Err(error) => {
                    code = worse(code, fail(Code::Invalid, format!("seed {}: {error}", plan.seed)));
                    return;
                }
            };
            if !arguments.runs.quiet || outcome != "ok" {
                print_line(format_args!("seed {}: {plan}: {outcome}", plan.seed));
            }
        },
    );
    print_line(format_args!("{} scenarios, {} broke something", plans.len(), failed.len()));
    let mut known = BTreeSet::new();
    for (plan, failure) in failed {
        code = worse(code, Code::Broken);
        // Of each kind one: the others are mostly the same.
        if known.insert(failure.check) {
            write_failure(arguments, &top, plan, failure, null_crypto)?;
        }
    }
    Ok(code)
}

/// Shrinks a failure, writes both scenarios and the report of the smaller one, and says how to see it again.
fn write_failure(
    arguments: &ExploreArguments,
    top: &std::path::Path,
    plan: Plan,
    failure: Failure,
    null_crypto: bool,
) -> Result<(), (Code, String)> {
    let folder = top.join(format!("{}-{}", failure.check, plan.seed));
    let directory = RunDirectory::create(folder.clone()).map_err(invalid)?;
    directory.write("drawn.toml", plan.toml().as_bytes()).map_err(invalid)?;
    let shrunk = shrink(plan, failure, null_crypto, MOST_STEPS).map_err(invalid)?;
    let seed = shrunk.plan.seed;
    let what =
        format!("# {}\n# Drawn by seed {seed}, shrunk in {} steps.\n", shrunk.failure.what, shrunk.tried);
    directory.write("minimal.toml", (what + &shrunk.plan.toml()).as_bytes()).map_err(invalid)?;
    let minimal = folder.join("minimal.toml");
    print_line(format_args!(
        "seed {seed}: {}\n  shrunk to {} people, {} lines, {} events, {} ms\n  again: plenum run {} --seed {seed}{}",
        shrunk.failure.what,
        shrunk.plan.people.len(),
        shrunk.plan.lines.len(),
        shrunk.plan.events.len(),
        shrunk.plan.duration,
        minimal.display(),
        if null_crypto { " --crypto null" } else { "" },
    ));
    let again = RunArguments {
        scenarios: vec![minimal.to_string_lossy().into_owned()],
        seed: Some(seed),
        seeds: 1,
        out: Some(folder.join("report")),
        vary: VaryArguments { set: Vec::new(), crypto: arguments.runs.vary.crypto },
        pcap: false,
        sfu_state: false,
        jobs: Some(1),
        format: Format::Text,
        quiet: true,
    };
    // A crash has no report.
    if shrunk.failure.check != "crash" && run::run(&again) == Code::Pass {
        complain(format_args!(
            "seed {seed}: what failed passes when it is run again: this is no determinism"
        ));
    }
    Ok(())
}
