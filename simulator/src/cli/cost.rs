//! `plenum cost`: instructions for each packet, against the committed baseline or another build.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use reports::number::fixed;
use reports::plot::Table;
use reports::verdict::ExitCode as Code;

use super::arguments::{CostArguments, CostWorkArguments};
use super::fail;
use super::output::{print, print_line};
use super::progress::Tally;
use crate::capacity::report::aligned;
use crate::cost::{BENCHMARKS, Baseline, Judged, REFERENCE, count, work};

type Failure = (Code, String);

/// Judges, or updates the baseline.
pub(super) fn cost(arguments: &CostArguments) -> Code {
    judged(arguments).unwrap_or_else(|(code, error)| fail(code, error))
}

/// Carries out one benchmark, to be counted.
pub(super) fn cost_work(arguments: &CostWorkArguments) -> Code {
    match work(&arguments.name) {
        Some(Ok(packets)) => print_line(format_args!("packets: {packets}")),
        Some(Err(error)) => fail(Code::Broken, error),
        None => fail(Code::Invalid, format!("{} is no benchmark", arguments.name)),
    }
}

fn judged(arguments: &CostArguments) -> Result<Code, Failure> {
    let path = &arguments.baseline;
    let known = read(path)?;
    let reason = arguments.reason.as_deref().map(str::trim);
    if reason == Some("") {
        return Err(invalid("--reason is empty: say why the baseline changes"));
    }
    let programs = if arguments.against.is_some() { 2 } else { 1 };
    let tally = Tally::new(arguments.quiet, "cost", (BENCHMARKS.len() + 1) * programs);
    let this = std::env::current_exe().map_err(invalid)?;
    if let Some(reason) = reason {
        let baseline = Baseline::new(reason.to_owned(), &counts(&this, &tally)?, known.as_ref());
        fs::write(path, baseline.text()).map_err(|error| invalid(format!("{}: {error}", path.display())))?;
        tally.finish();
        return Ok(Code::Pass);
    }
    let mut baseline = known.ok_or_else(|| {
        let hint = "make one with --update --reason \"first baseline\"";
        invalid(format!("{}: there is no baseline yet\n  hint: {hint}", path.display()))
    })?;
    if let Some(other) = &arguments.against {
        baseline = Baseline::new(baseline.reason.clone(), &counts(other, &tally)?, Some(&baseline));
    }
    let verdicts = baseline.judge(&counts(&this, &tally)?).map_err(invalid)?;
    tally.finish();
    let passed = verdicts.iter().all(Judged::passed);
    let code = if passed { Code::Pass } else { Code::Regression };
    if passed && arguments.quiet {
        return Ok(code);
    }
    match print(text(&verdicts, passed)) {
        Code::Pass => Ok(code),
        unprinted => Ok(unprinted),
    }
}

fn text(verdicts: &[Judged], passed: bool) -> String {
    let mut table = Table::new(&["benchmark", "instructions per packet", "before", "change", "allowed", ""]);
    for one in verdicts {
        let percent = |share: f64| format!("{} %", fixed(share * 100.0, 2));
        let word = match (one.passed(), one.change() > 0.0) {
            (true, _) => "",
            (false, true) => "dearer",
            (false, false) => "cheaper",
        };
        table.row([
            one.name.clone(),
            fixed(one.now, 1),
            fixed(one.before, 1),
            percent(one.change()),
            percent(one.tolerance),
            word.to_owned(),
        ]);
    }
    let mut out = aligned(&table);
    if !passed {
        out.push_str("\nIf that is on purpose, or a gain to be kept: --update --reason \"why\".\n");
    }
    out
}

/// Counts of every benchmark and of the reference.
fn counts(program: &Path, tally: &Tally) -> Result<IndexMap<String, f64>, Failure> {
    let folder = Scratch::new().map_err(invalid)?;
    let mut counts = IndexMap::new();
    for name in BENCHMARKS.iter().map(|benchmark| benchmark.name).chain([REFERENCE]) {
        let instructions = count(program, &["cost-work", name], &[], &folder.0).map_err(invalid)?;
        counts.insert(name.to_owned(), instructions);
        tally.step();
    }
    Ok(counts)
}

/// A folder that goes when it has served.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("plenum-cost-{}", std::process::id()));
        fs::create_dir_all(&folder).map(|()| Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is the system's to clear away.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(path: &Path) -> Result<Option<Baseline>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => {
            Baseline::read(&text).map(Some).map_err(|error| invalid(format!("{}: {error}", path.display())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(invalid(format!("{}: {error}", path.display()))),
    }
}

fn invalid(error: impl std::fmt::Display) -> Failure {
    (Code::Invalid, error.to_string())
}
