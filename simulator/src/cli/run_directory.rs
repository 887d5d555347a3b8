//! From an outcome to its files and its lines on the terminal.

use std::path::{Path, PathBuf};

use reports::files::{self, HostInfo, Manifest, Run, RunDirectory};
use reports::html::{self, ReportInput};
use reports::observation::Cast;
use reports::plot;
use reports::recording::Recording;
use reports::summary::{RunHeader, Summary};
use reports::terminal;
use reports::verdict::{AppliedCheck, Check, ExitCode as Code, Expectation, Verdict};
use scenarios::Scenario;

use super::choices::choices;
use crate::world::Outcome;

/// A run whose files are written.
pub(super) struct Finished {
    /// How it ended.
    pub(super) code: Code,
    /// For people.
    pub(super) text: String,
    /// For programs: `metrics.json`'s content.
    pub(super) json: String,
    cast: Cast,
    /// Until it is merged.
    summary: Summary,
    digest: String,
    verdict: Verdict,
    seed: u64,
}

impl Finished {
    /// A line for each demand that does not hold, and for a broken invariant.
    pub(super) fn broken(&self) -> impl Iterator<Item = String> {
        let invariant = self.verdict.broken.iter().map(|what| format!("BROKEN invariant: {what}"));
        let failed = self.verdict.checks.iter().filter(|check| !check.passed);
        let seed = self.seed;
        invariant.chain(failed.map(|check| check.line())).map(move |line| format!("seed {seed}: {line}"))
    }

    /// Adds the numbers to those of the scenario's other seeds, and lets go of all that only this seed has.
    pub(super) fn merge_into(&mut self, merged: &mut Option<Summary>) {
        let empty = || Summary { header: RunHeader::default(), rows: Vec::new(), absent: Vec::new() };
        let own = std::mem::replace(&mut self.summary, empty());
        merged.get_or_insert_with(empty).merge(&own);
        self.text = String::new();
        self.json = String::new();
    }
}

/// Judges an outcome and writes its run directory.
pub(super) fn finish_run(
    scenario: &Scenario,
    seed: u64,
    null_crypto: bool,
    directory: &RunDirectory,
    (outcome, host): (Outcome, &HostInfo),
    replay: &str,
) -> Result<Finished, (Code, String)> {
    let Outcome { recording, digest, failures, sfu_state, .. } = outcome;
    let header = RunHeader { scenario: scenario.name.clone(), seeds: vec![seed], digest: digest.clone() };
    let summary = Summary::of(&recording, header);
    let mut verdict = judge(scenario, &recording, &summary)?;
    if let Some(first) = failures.first() {
        let more =
            if failures.len() > 1 { format!(" (and {} more)", failures.len() - 1) } else { String::new() };
        verdict.broken.get_or_insert(format!("{first}{more}"));
    }
    let manifest = Manifest {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        name: scenario.name.clone(),
        seed,
        digest,
        crypto: if null_crypto { "null" } else { "real" }.to_owned(),
        choices: choices(scenario),
        scenario: Scenario { seed, ..scenario.clone() }.to_json(),
    };
    let write = || -> Result<(), files::FilesError> {
        let run = Run {
            recording: &recording,
            summary: &summary,
            verdict: &verdict,
            manifest: &manifest,
            host: Some(host),
        };
        files::write_run(directory, &run)?;
        if let Some(state) = &sfu_state {
            directory.write("sfu-state.json", format!("{state:#}\n").as_bytes())?;
        }
        write_page(scenario, directory, &run, replay)
    };
    write().map_err(|error| (Code::Invalid, error.to_string()))?;
    let report = directory.path().join("report.html");
    let mut text = terminal::summary(recording.cast(), &summary, &verdict, Some(&report.to_string_lossy()));
    text.push_str(&speed(host));
    for failure in &failures {
        text.push_str(&format!("fault: {failure}\n"));
    }
    let json = summary.json();
    // The recording goes with the run: of many seeds, only numbers are kept.
    let (cast, digest) = (recording.cast().clone(), manifest.digest);
    Ok(Finished { code: verdict.exit_code(), text, json, cast, summary, digest, verdict, seed })
}

/// Draws the pictures and writes them, and the page that holds them.
fn write_page(
    scenario: &Scenario,
    directory: &RunDirectory,
    run: &Run<'_>,
    replay: &str,
) -> Result<(), files::FilesError> {
    let figures = plot::all(run.recording);
    for figure in &figures {
        directory.write(&format!("plots/{}.svg", figure.name), figure.svg.as_bytes())?;
        directory.write(&format!("plots/{}.png", figure.name), &figure.png)?;
    }
    let page = html::render(&ReportInput {
        recording: run.recording,
        summary: run.summary,
        verdict: run.verdict,
        manifest: run.manifest,
        figures: &figures,
        about: &scenario.doc,
        scenario_text: "",
        replay,
    });
    directory.write("report.html", page.as_bytes())
}

/// Holds the scenario's expectations against what was measured.
pub(super) fn judge(
    scenario: &Scenario,
    recording: &Recording,
    summary: &Summary,
) -> Result<Verdict, (Code, String)> {
    let expectations: Vec<Expectation> = scenario.expect.iter().map(Expectation::from).collect();
    let applied: Vec<AppliedCheck> = scenario.applied.iter().map(AppliedCheck::from).collect();
    Verdict::of(recording, summary, &expectations, &applied)
        .map_err(|error| (Code::Invalid, error.to_string()))
}

/// What the run took, which is of interest and no part of the result.
fn speed(host: &HostInfo) -> String {
    format!(
        "{:.1} simulated seconds in {:.2} s of one processor: {:.1} per second; peak memory {:.0} MiB\n",
        host.simulated_s,
        host.cpu_s,
        host.simulated_s / host.cpu_s.max(1e-9),
        host.peak_rss_bytes as f64 / f64::from(1 << 20),
    )
}

/// Writes what several seeds of one scenario come to together; gives the text for the terminal and the content of
/// `metrics.json`. `summary` has the merged numbers.
pub(super) fn write_aggregate(
    scenario: &Scenario,
    top: &Path,
    finished: &[&Finished],
    mut summary: Summary,
) -> Result<(String, String), String> {
    let directory = RunDirectory::create(PathBuf::from(top)).map_err(|error| error.to_string())?;
    let seeds: Vec<u64> = finished.iter().map(|done| done.seed).collect();
    let digests: Vec<&str> = finished.iter().map(|done| done.digest.as_str()).collect();
    summary.header = RunHeader { scenario: scenario.name.clone(), seeds, digest: digests.join(",") };
    let passed = finished.iter().filter(|done| done.code == Code::Pass).count();
    let cast = &finished[0].cast;
    let verdict = merged_verdict(finished);
    let names: Vec<&str> = cast.participants.iter().map(|member| member.name.as_str()).collect();
    files::write_summary(&directory, &summary, &verdict, &names).map_err(|error| error.to_string())?;
    let mut failed = verdict;
    failed.checks.retain(|check| !check.passed);
    let mut text = terminal::summary(cast, &summary, &failed, Some(&top.to_string_lossy()));
    for done in finished {
        let word = if done.code == Code::Pass { "passed" } else { "FAILED" };
        text.push_str(&format!("seed {}: {word}\n", done.seed));
    }
    text.push_str(&format!("{passed} of {} seeds passed\n", finished.len()));
    Ok((text, summary.json()))
}

/// The checks of all seeds, each with its seed in front; broken when any of them is.
fn merged_verdict(finished: &[&Finished]) -> Verdict {
    let mut merged = Verdict::default();
    for Finished { verdict, seed, .. } in finished {
        let named =
            |check: &Check| Check { demand: format!("seed {seed}: {}", check.demand), ..check.clone() };
        merged.checks.extend(verdict.checks.iter().map(named));
        if let Some(broken) = &verdict.broken {
            merged.broken.get_or_insert_with(|| format!("seed {seed}: {broken}"));
        }
    }
    merged
}
