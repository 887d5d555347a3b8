//! Scenarios from files, or from those that ship, with `--set` applied.

use std::fs;
use std::path::Path;

use reports::metric;
use reports::verdict::Expectation;
use scenarios::{Diagnostics, MetricName, Override, Scenario, shipped};

use super::arguments::VaryArguments;
use crate::network::Trace;

/// The scenario that `name` stands for: a file if there is one of that name, else a shipped one.
///
/// # Errors
/// What is wrong, ready to be printed.
pub(super) fn load(name: &str, vary: &VaryArguments) -> Result<Scenario, String> {
    read(name, vary, scenarios::parse_with)
}

/// The same for one point of its sweep.
///
/// # Errors
/// What is wrong, ready to be printed.
pub(super) fn load_point(name: &str, vary: &VaryArguments) -> Result<Scenario, String> {
    read(name, vary, scenarios::parse_point)
}

type Parse = fn(&str, &str, &[Override], &[MetricName<'_>]) -> Result<Scenario, Diagnostics>;

fn read(name: &str, vary: &VaryArguments, parse: Parse) -> Result<Scenario, String> {
    let overrides: Vec<Override> = vary.set.iter().map(Override::new).collect();
    let metrics = metric::names();
    let (file, text) = text_of(name)?;
    let mut scenario = parse(&file, &text, &overrides, &metrics).map_err(|e| e.to_string())?;
    let folder = Path::new(name).parent().filter(|_| Path::new(name).is_file());
    scenario.read_traces(|trace| text_of_trace(folder, trace))?;
    for expect in &scenario.expect {
        Expectation::from(expect).validate().map_err(|error| format!("{file}: [[expect]]: {error}"))?;
    }
    Ok(scenario)
}

/// A trace beside the scenario's file.
fn text_of_trace(folder: Option<&Path>, trace: &str) -> Result<String, String> {
    let folder = folder.ok_or_else(|| format!("{trace}: scenarios that ship bring no traces"))?;
    let path = folder.join(trace);
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| told(&error))?;
    Trace::parse(&text).map_err(|error| told(&error))?;
    Ok(text)
}

fn text_of(name: &str) -> Result<(String, String), String> {
    let path = Path::new(name);
    if path.is_file() {
        let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        return Ok((name.to_owned(), text));
    }
    if let Some(shipped) = shipped::find(name) {
        return Ok((shipped.path.to_owned(), shipped.text.to_owned()));
    }
    let hint = shipped::nearest(name).map_or_else(
        || "`plenum list` names the scenarios that ship".to_owned(),
        |near| format!("did you mean the shipped scenario '{near}'?"),
    );
    Err(format!("no file and no shipped scenario is called '{name}'\n  hint: {hint}"))
}
