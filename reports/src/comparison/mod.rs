//! Runs held against runs of the same seeds, pair by pair.
//!
//! Pairing takes the luck of a seed out of the difference: what differs between the sides is what was changed.

pub mod bootstrap;
mod courses;
mod difference;
mod files;
mod page;
mod table;
mod values;

use std::collections::{BTreeMap, BTreeSet};

pub use courses::{Course, CourseError};
pub use difference::{Difference, Finding, Pair};
pub use files::{json, markdown, text, write};
pub use page::{figures, page};
pub(crate) use table::readable;
pub use values::{Over, Quantity, RunValues, ValuesError};

use bootstrap::Resamples;

/// One side: several seeds of one thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// What people call it: "sfu.main.config.rtx=false", or a folder.
    pub name: String,
    /// Its runs, one per seed.
    pub runs: Vec<RunValues>,
    /// Its runs over time, where that is known.
    pub courses: Vec<Course>,
}

/// Why sides can't be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComparisonError {
    /// Nothing to pair.
    #[error("`{base}` and `{other}` have no seed in common")]
    NoCommonSeed {
        /// The first side.
        base: String,
        /// The side that doesn't fit it.
        other: String,
    },
    /// A seed can be paired in several ways.
    #[error("`{side}` has seed {seed} twice")]
    SeedTwice {
        /// Which side.
        side: String,
        /// Which seed.
        seed: u64,
    },
}

/// One side against the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    /// Which side.
    pub side: Side,
    /// The seeds that both have, ascending.
    pub seeds: Vec<u64>,
    /// Seeds that only one of both has: they are left out.
    pub unpaired: Vec<u64>,
    /// Every quantity that a pair has on either side, in the order of the table of metrics.
    pub differences: Vec<Difference>,
}

/// Sides held against the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What the title says.
    pub title: String,
    /// The side that the others are held against.
    pub base: Side,
    /// The others.
    pub others: Vec<Against>,
}

impl Comparison {
    /// Compares `others` with `base`, pairing by seed.
    ///
    /// # Errors
    /// A side has a seed twice, or none in common with `base`.
    pub fn of(title: String, base: Side, others: Vec<Side>) -> Result<Self, ComparisonError> {
        let base_seeds = by_seed(&base)?;
        let mut compared = Vec::with_capacity(others.len());
        for side in others {
            let of_side = by_seed(&side)?;
            let seeds: Vec<u64> =
                base_seeds.keys().copied().filter(|seed| of_side.contains_key(seed)).collect();
            if seeds.is_empty() {
                return Err(ComparisonError::NoCommonSeed { base: base.name.clone(), other: side.name });
            }
            let all: BTreeSet<u64> = base_seeds.keys().chain(of_side.keys()).copied().collect();
            let unpaired = all.into_iter().filter(|seed| !seeds.contains(seed)).collect();
            let pairs: Vec<(&RunValues, &RunValues)> =
                seeds.iter().map(|seed| (base_seeds[seed], of_side[seed])).collect();
            let differences = differences(&pairs);
            compared.push(Against { seeds, unpaired, differences, side });
        }
        Ok(Comparison { title, base, others: compared })
    }

    /// What there is to know before one believes the numbers: notes in full sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for against in &self.others {
            let name = &against.side.name;
            if !against.unpaired.is_empty() {
                let seeds: Vec<String> = against.unpaired.iter().map(u64::to_string).collect();
                notes.push(format!("{name}: seeds on one side only, left out: {}.", seeds.join(", ")));
            }
            if against.seeds.len() < bootstrap::FEWEST {
                notes.push(format!(
                    "{name}: {} of seeds is too few for an interval that keeps 95 %; take {} or more.",
                    if against.seeds.len() == 1 {
                        "one pair".to_owned()
                    } else {
                        format!("{} pairs", against.seeds.len())
                    },
                    bootstrap::FEWEST
                ));
            }
            let scenarios: BTreeSet<&str> =
                self.base.runs.iter().chain(&against.side.runs).map(|run| run.scenario.as_str()).collect();
            if scenarios.len() > 1 {
                let scenarios: Vec<&str> = scenarios.into_iter().collect();
                notes.push(format!("{name}: the scenarios differ: {}.", scenarios.join(", ")));
            }
        }
        let sides = std::iter::once(&self.base).chain(self.others.iter().map(|against| &against.side));
        let unknown: BTreeSet<&str> =
            sides.flat_map(|side| &side.runs).flat_map(|run| &run.unknown).map(String::as_str).collect();
        if !unknown.is_empty() {
            let unknown: Vec<&str> = unknown.into_iter().collect();
            notes.push(format!("Left out, since this version doesn't know them: {}.", unknown.join(", ")));
        }
        notes
    }
}

fn by_seed(side: &Side) -> Result<BTreeMap<u64, &RunValues>, ComparisonError> {
    let mut runs = BTreeMap::new();
    for run in &side.runs {
        if runs.insert(run.seed, run).is_some() {
            return Err(ComparisonError::SeedTwice { side: side.name.clone(), seed: run.seed });
        }
    }
    Ok(runs)
}

fn differences(pairs: &[(&RunValues, &RunValues)]) -> Vec<Difference> {
    let quantities: BTreeSet<Quantity> = (pairs.iter())
        .flat_map(|(left, right)| left.values.iter().chain(&right.values))
        .map(|(quantity, _)| *quantity)
        .collect();
    let mut drawn: BTreeMap<usize, Resamples> = BTreeMap::new();
    (quantities.into_iter())
        .map(|quantity| {
            let difference = Difference::collect(quantity, pairs);
            let n = difference.pairs.len();
            let resamples = drawn.entry(n).or_insert_with(|| Resamples::new(n));
            difference.with_interval(resamples)
        })
        .collect()
}

#[cfg(test)]
mod tests;
