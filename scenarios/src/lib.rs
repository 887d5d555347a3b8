//! Scenario files: their model, units, diagnostics and expansion, and the scenarios that ship.
//!
//! [`parse`] reads a file, applies overrides and reports every fault that it finds; [`Scenario::expand`] then
//! gives the single participants, lines and events of a run. `FORMAT.md` describes the format.

pub mod diagnostics;
pub mod expand;
pub mod keys;
pub mod model;
pub mod shipped;
pub mod time;
pub mod units;
pub mod vocabulary;

mod overrides;
mod read;
mod tree;

#[cfg(test)]
mod tests;

pub use diagnostics::{Diagnostic, Diagnostics, Source};
pub use expand::{
    Call, Cast, Direction, FlowInstance, LinkIndex, LinkInstance, Member, MemberIndex, Planned, PlannedAction,
};
pub use model::Scenario;
pub use overrides::Override;
pub use time::Time;
pub use units::{Rate, Ratio, Size};
pub use vocabulary::MetricName;

use diagnostics::{Faults, Place};

/// Reads the scenario `text`, which messages call `name`, with `overrides` applied in order.
///
/// # Errors
/// [`Diagnostics`] with every fault found in one pass.
pub fn parse(name: &str, text: &str, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
    parse_with(name, text, overrides, &[])
}

/// Like [`parse`], and checks expectations against `metrics`: ids, labels and units. An empty list checks
/// nothing of these.
///
/// # Errors
/// [`Diagnostics`] with every fault found in one pass.
pub fn parse_with(
    name: &str,
    text: &str,
    overrides: &[Override],
    metrics: &[MetricName<'_>],
) -> Result<Scenario, Diagnostics> {
    read_tree(name, text, overrides, metrics, true)
}

/// Like [`parse_with`], for one point of a sweep: `[sweep]` itself is left out, and its other points aren't tried.
///
/// # Errors
/// [`Diagnostics`] with every fault found in one pass.
pub fn parse_point(
    name: &str,
    text: &str,
    overrides: &[Override],
    metrics: &[MetricName<'_>],
) -> Result<Scenario, Diagnostics> {
    read_tree(name, text, overrides, metrics, false)
}

fn read_tree(
    name: &str,
    text: &str,
    overrides: &[Override],
    metrics: &[MetricName<'_>],
    with_sweep: bool,
) -> Result<Scenario, Diagnostics> {
    let faults = Faults::default();
    let source = Source::new(name, text);
    let mut tree = tree::parse_document(&source, &faults);
    // What a syntax error leaves out would be reported as missing.
    if !faults.is_empty() {
        return Err(faults.into_diagnostics());
    }
    if !with_sweep {
        tree.entries.shift_remove("sweep");
    }
    for change in overrides {
        overrides::apply(&mut tree, change, &faults);
    }
    let start = Place::new(&source, 0..0);
    let scenario = read::scenario(&faults, &tree, &start, metrics);
    if faults.is_empty() {
        read::check_grid(&faults, &tree, &start);
    }
    faults.into_result(scenario)
}
