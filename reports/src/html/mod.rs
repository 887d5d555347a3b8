//! `report.html`: one self-contained page that reads without scripts, on paper and on a telephone.

mod document;
mod figures;
mod keys;
mod page;
mod run;
mod style;
mod tables;
mod verdict;

pub(crate) use document::frame;
pub use document::{Document, Section, document};
pub(crate) use keys::{KEYS, key_text};

use crate::files::Manifest;
use crate::plot::Figure;
use crate::recording::Recording;
use crate::summary::Summary;
use crate::verdict::Verdict;

/// What the page of one run is made from.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// What was recorded.
    pub recording: &'a Recording,
    /// Its statistics.
    pub summary: &'a Summary,
    /// The verdict on them.
    pub verdict: &'a Verdict,
    /// What the run was: version, scenario, seed, digest, choices.
    pub manifest: &'a Manifest,
    /// The pictures, of [`crate::plot::all`].
    pub figures: &'a [Figure],
    /// What the scenario says about itself; may be empty.
    pub about: &'a str,
    /// The effective scenario as it would be written in a file; when empty, the manifest's is shown.
    pub scenario_text: &'a str,
    /// The one command that gives this run again.
    pub replay: &'a str,
}

/// The page. Equal input gives equal bytes.
pub fn render(input: &ReportInput<'_>) -> String {
    page::page(input).into_string()
}

#[cfg(test)]
mod tests;
