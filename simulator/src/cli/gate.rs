//! `plenum gate`: a scenario against its committed baseline.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use reports::files::RunDirectory;
use reports::gate::{self, Baseline, SeedReadings, Update};
use reports::verdict::ExitCode as Code;
use scenarios::Scenario;

use super::arguments::{Crypto, GateArguments};
use super::compare::changes;
use super::measured::measure;
use super::output::print;
use super::pool::{side_by_side, workers};
use super::progress::Progress;
use super::{fail, load};

type Failure = (Code, String);

/// Seeds of a new baseline.
const SEEDS: u64 = 20;

/// Judges, or updates the baseline.
pub(super) fn gate(arguments: &GateArguments) -> Code {
    match gated(arguments) {
        Ok(code) => code,
        Err((code, error)) => fail(code, error),
    }
}

fn gated(arguments: &GateArguments) -> Result<Code, Failure> {
    // Everything that doesn't fit is found out before the first run.
    let scenario = load::load(&arguments.scenario, &arguments.runs.vary).map_err(invalid)?;
    gate::validate(&scenario.name, &scenario.gate).map_err(invalid)?;
    let known = read(&arguments.baseline)?;
    let count = arguments.seeds.or(known.as_ref().map(|known| known.seeds.len() as u64)).unwrap_or(SEEDS);
    let seeds: Vec<u64> = (0..count).map(|step| scenario.seed.wrapping_add(step)).collect();
    if arguments.update {
        return update(arguments, &scenario, &seeds, known.as_ref());
    }
    let Some(baseline) = known else {
        let path = arguments.baseline.display();
        return Err(invalid(format!(
            "{path}: there is no baseline yet\n  hint: make one with --update --reason \"first baseline\""
        )));
    };
    baseline.check(&scenario.name, &scenario.gate, &seeds).map_err(invalid)?;
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| PathBuf::from("runs").join(format!("gate-{}", scenario.name)));
    let directory = RunDirectory::create(out).map_err(invalid)?;
    let measured = run(arguments, &scenario, &seeds)?;
    let judged = gate::judge(&scenario.name, &scenario.gate, &baseline, &measured).map_err(invalid)?;
    let replay = replay_line(arguments);
    gate::write(&directory, &scenario.name, &baseline, &judged, &replay).map_err(invalid)?;
    let passed = judged.iter().all(|one| one.passed);
    let code = if passed { Code::Pass } else { Code::Regression };
    if passed && arguments.runs.quiet {
        return Ok(code);
    }
    let text = gate::text(&scenario.name, &baseline, &judged);
    let report = directory.path().join("report.html");
    match print(format_args!("{text}\nreport: {}\n", report.display())) {
        Code::Pass => Ok(code),
        unprinted => Ok(unprinted),
    }
}

fn invalid(error: impl std::fmt::Display) -> Failure {
    (Code::Invalid, error.to_string())
}

fn read(path: &Path) -> Result<Option<Baseline>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let told = |error| invalid(format!("{}: {error}", path.display()));
            Baseline::read(&text).map(Some).map_err(told)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(invalid(format!("{}: {error}", path.display()))),
    }
}

fn update(
    arguments: &GateArguments,
    scenario: &Scenario,
    seeds: &[u64],
    known: Option<&Baseline>,
) -> Result<Code, Failure> {
    let reason = arguments.reason.as_deref().unwrap_or_default().trim().to_owned();
    if reason.is_empty() {
        return Err(invalid("--reason is empty: say why the baseline changes"));
    }
    if let Some(known) = known.filter(|known| known.scenario != scenario.name) {
        let (path, found) = (arguments.baseline.display(), &known.scenario);
        return Err(invalid(format!("{path} is the baseline of `{found}`, not of `{}`", scenario.name)));
    }
    let measured = run(arguments, scenario, seeds)?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let baseline = Baseline::of(&scenario.name, &scenario.gate, &measured, Update { version, reason }, known)
        .map_err(invalid)?;
    let name = arguments.baseline.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = arguments.baseline.parent().filter(|folder| !folder.as_os_str().is_empty());
    let directory = RunDirectory::create(folder.unwrap_or(Path::new("."))).map_err(invalid)?;
    directory.write(&name, baseline.text().as_bytes()).map_err(invalid)?;
    if arguments.runs.quiet {
        return Ok(Code::Pass);
    }
    let (path, gates) = (arguments.baseline.display(), baseline.gates.len());
    Ok(print(format_args!("{path}: {gates} gates over {} seeds\n", seeds.len())))
}

/// Runs every seed; of each the gates' statistics are kept.
fn run(arguments: &GateArguments, scenario: &Scenario, seeds: &[u64]) -> Result<Vec<SeedReadings>, Failure> {
    let progress = Progress::new(arguments.runs.quiet);
    let null_crypto = arguments.runs.vary.crypto == Crypto::Null;
    let one = |seed: &u64| -> Result<SeedReadings, Failure> {
        let summary = measure(scenario, *seed, null_crypto, &progress)?.sound(*seed)?;
        Ok(gate::measure(&scenario.gate, &summary))
    };
    let done = side_by_side(seeds, workers(arguments.runs.jobs, seeds.len()), one);
    (done.into_iter().zip(seeds))
        .map(|(result, seed)| {
            let crash = |said| (Code::Broken, format!("{}, seed {seed}: crash: {said}", scenario.name));
            result.map_err(crash)?
        })
        .collect()
}

/// The command that gives the same verdict again.
fn replay_line(arguments: &GateArguments) -> String {
    let seeds = arguments.seeds.map_or(String::new(), |seeds| format!(" --seeds {seeds}"));
    let baseline = arguments.baseline.display();
    format!(
        "plenum gate {} --baseline {baseline}{seeds}{}",
        arguments.scenario,
        changes(&arguments.runs.vary)
    )
}
