//! The run directory: what is written where, whole or not at all.

mod directory;
mod junit;
mod markdown;
mod series_csv;

use std::io;

use serde::Serialize;
use serde_json::Value;

pub use directory::{FilesError, RunDirectory};
pub(crate) use junit::text as junit;
pub(crate) use markdown::cell;

use crate::recording::Recording;
use crate::summary::Summary;
use crate::verdict::Verdict;

/// `manifest.json`: what a run was, so that it can be had again. Nothing about the host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Manifest {
    /// The version of the tool.
    pub tool_version: String,
    /// The scenario's name.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// The trace digest in hexadecimal.
    pub digest: String,
    /// "real" or "null".
    pub crypto: String,
    /// Where a rule left room: which reading was taken.
    pub choices: Vec<Choice>,
    /// The whole effective scenario.
    pub scenario: Value,
}

/// A reading taken where a rule leaves room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What was open.
    pub question: String,
    /// How it was read.
    pub answer: String,
}

/// `host.json`: what isn't part of the result; never digested, never compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostInfo {
    /// Wall-clock time of the run, s.
    pub wall_s: f64,
    /// CPU time of the run, s.
    pub cpu_s: f64,
    /// Virtual time of the run, s.
    pub simulated_s: f64,
    /// Peak resident memory, bytes.
    pub peak_rss_bytes: u64,
    /// Threads that the run used.
    pub threads: u32,
    /// Processor and operating system.
    pub machine: String,
}

/// What [`write_run`] writes from.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What was recorded.
    pub recording: &'a Recording,
    /// Its statistics.
    pub summary: &'a Summary,
    /// The verdict on them.
    pub verdict: &'a Verdict,
    /// What the run was.
    pub manifest: &'a Manifest,
    /// What it took; left out when `None`.
    pub host: Option<&'a HostInfo>,
}

/// Writes all files of one run but for plots and page: `manifest.json`, `host.json`, `metrics.json`, `series.csv`,
/// `events.jsonl`, `summary.md`, and `junit.xml` where there are checks.
///
/// # Errors
/// The first file that could not be written; files before it are whole, that file is as it was before.
pub fn write_run(directory: &RunDirectory, run: &Run<'_>) -> Result<(), FilesError> {
    directory.write("manifest.json", pretty(run.manifest).as_bytes())?;
    if let Some(host) = run.host {
        directory.write("host.json", pretty(host).as_bytes())?;
    }
    directory.write_with("series.csv", |out| series_csv::write(run.recording, out))?;
    directory.write_with("events.jsonl", |out| write_events(run.recording, out))?;
    let names: Vec<&str> = run.recording.cast().participants.iter().map(|who| who.name.as_str()).collect();
    write_summary(directory, run.summary, run.verdict, &names)
}

/// Writes what one run and several merged runs have in common: `metrics.json`, `summary.md`, and `junit.xml` where
/// there are checks. `participants` are named in the order of the table.
///
/// # Errors
/// As [`write_run`].
pub fn write_summary(
    directory: &RunDirectory,
    summary: &Summary,
    verdict: &Verdict,
    participants: &[&str],
) -> Result<(), FilesError> {
    directory.write("metrics.json", summary.json().as_bytes())?;
    directory.write("summary.md", markdown::text(summary, verdict, participants).as_bytes())?;
    if !verdict.checks.is_empty() || verdict.broken.is_some() {
        directory.write("junit.xml", junit::text(&summary.header.scenario, verdict).as_bytes())?;
    }
    Ok(())
}

fn write_events(recording: &Recording, out: &mut dyn io::Write) -> io::Result<()> {
    for event in recording.events() {
        writeln!(out, "{}", event.json(recording.cast()))?;
    }
    Ok(())
}

fn pretty(value: &impl Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(value).expect("plain data with string keys always serialises");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
