//! A scenario's statistics held against those of a committed baseline, seed by seed.
//!
//! Equal code gives equal numbers, so unchanged code can't fail. Changed code draws other luck in every seed; what is
//! judged is therefore the median and the mean of the paired differences, each with its bootstrap interval: a change
//! counts when it is larger than allowed **and** its interval doesn't hold zero.

mod baseline;
mod files;
mod judge;

use scenarios::model::{Gate, Stat};

pub use baseline::{Baseline, Update};
pub use files::{text, write};
pub use judge::{Change, Judged, judge};

use crate::metric::{self, Better, Definition};
use crate::summary::Summary;
use crate::verdict::{CheckError, Expectation};

/// Why there is nothing to judge: a fault of the call, of the scenario or of the baseline, never of the run.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The scenario asks for nothing.
    #[error("`{0}` has no [[gate]]: there is nothing to hold against a baseline")]
    NoGate(String),
    /// A gate can't be judged.
    #[error("[[gate]]: {0}")]
    Check(#[from] CheckError),
    /// Two gates are the same.
    #[error("two gates hold `{0}`")]
    Twice(String),
    /// A gate selects nothing in any run.
    #[error("`{of}` selects nothing: no run has it")]
    Empty {
        /// What the gate holds.
        of: String,
    },
    /// A baseline can't be made of this.
    #[error("`{of}` has no value with seed {seed}: a baseline needs one of every seed")]
    NoValue {
        /// What the gate holds.
        of: String,
        /// The seed without a value.
        seed: u64,
    },
    /// The file isn't a baseline.
    #[error("this is no baseline: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The file is of another version.
    #[error("schema {0} of a baseline is unknown; this version reads schema 1")]
    Schema(u32),
    /// The baseline is of another scenario.
    #[error("the baseline is of the scenario `{found}`, not of `{expected}`")]
    OtherScenario {
        /// Whose gates were to be judged.
        expected: String,
        /// Whose the baseline is.
        found: String,
    },
    /// The baseline doesn't know a seed.
    #[error("the baseline has no seed {seed}; update it, with a reason")]
    MissingSeed {
        /// Which seed.
        seed: u64,
    },
    /// The baseline's gate lacks a seed that the baseline has.
    #[error("the baseline has no value of `{of}` with seed {seed}: it was damaged, or edited by hand")]
    MissingValue {
        /// What the gate holds.
        of: String,
        /// Which seed.
        seed: u64,
    },
    /// The scenario asks for what the baseline doesn't have.
    #[error("the baseline doesn't have `{of}`; update it, with a reason")]
    NotInBaseline {
        /// What the gate holds.
        of: String,
    },
    /// The baseline has what the scenario no longer asks for: a guard that was lost unseen.
    #[error("the baseline has `{of}`, which the scenario no longer holds; update it, with a reason")]
    NotInScenario {
        /// What the baseline holds.
        of: String,
    },
}

/// A gate's statistic of one seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// In the metric's unit; `None` without samples.
    pub value: Option<f64>,
    /// How many label sets are selected and have samples.
    pub label_sets: usize,
    /// How many are selected, should have samples, and have none.
    pub never_seen: usize,
}

/// All gates' statistics of one seed, in the scenario's order.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedReadings {
    /// The seed.
    pub seed: u64,
    /// One per gate.
    pub readings: Vec<Reading>,
}

/// What `gate` holds, in words that tell it from other gates: "p95 queue.delay_added where link=home-up".
pub fn name(gate: &Gate) -> String {
    let mut name = format!("{} {}", stat_name(gate.stat), gate.metric);
    if !gate.filter.is_empty() {
        let parts: Vec<String> = gate.filter.iter().map(|(label, glob)| format!("{label}={glob}")).collect();
        name.push_str(&format!(" where {}", parts.join(" ")));
    }
    name
}

/// Finds what is wrong with a scenario's gates without a run.
///
/// # Errors
/// No gate, two of a kind, or one with an unknown metric, label or unit.
pub fn validate(scenario: &str, gates: &[Gate]) -> Result<(), GateError> {
    if gates.is_empty() {
        return Err(GateError::NoGate(scenario.to_owned()));
    }
    for (at, gate) in gates.iter().enumerate() {
        expectation(gate).validate()?;
        if gates[..at].iter().any(|earlier| name(earlier) == name(gate)) {
            return Err(GateError::Twice(name(gate)));
        }
    }
    Ok(())
}

/// The statistics of one seed's run.
pub fn measure(gates: &[Gate], summary: &Summary) -> SeedReadings {
    let readings = gates.iter().map(|gate| expectation(gate).reading_of(summary)).collect();
    SeedReadings { seed: summary.header.seeds.first().copied().unwrap_or_default(), readings }
}

/// The gate as what selects and names a statistic; its bounds are those of the change.
fn expectation(gate: &Gate) -> Expectation {
    let selection = gate.filter.iter().map(|(label, glob)| (label.clone(), glob.as_str().to_owned()));
    Expectation {
        metric: gate.metric.clone(),
        selection: selection.collect(),
        stat: gate.stat,
        min: gate.fall.or(gate.fall_share.map(|_| NOTHING)),
        max: gate.rise.or(gate.rise_share.map(|_| NOTHING)),
        samples_min: 1,
    }
}

const NOTHING: scenarios::model::Bound = scenarios::model::Bound { value: 0.0, unit: None };

fn definition(gate: &Gate) -> &'static Definition {
    metric::find(&gate.metric).expect("gates are validated before they are judged")
}

/// The unit of what a gate holds.
fn unit(gate: &Gate) -> &'static str {
    if gate.stat == Stat::Count { "count" } else { definition(gate).unit.name() }
}

/// Which way it gets better; of a number of samples nobody knows.
fn better(gate: &Gate) -> Better {
    if gate.stat == Stat::Count { Better::Neither } else { definition(gate).better }
}

fn stat_name(stat: Stat) -> &'static str {
    crate::verdict::stat_name(stat)
}

#[cfg(test)]
mod tests;
