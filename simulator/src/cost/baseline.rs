//! Counts that were committed, and what has become of them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::REFERENCE;

const SCHEMA: u32 = 1;
/// How far a count may move either way, as a share of it. ★ Our choice: a change of 3 % is to be caught, and moving
/// code about without changing it makes a difference of a percent or so.
pub const TOLERANCE: f64 = 0.02;
/// How far the reference may be off for counts to be comparable.
const COMPARABLE: f64 = 0.001;

/// Counts that others are held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    schema: u32,
    /// Why it is what it is.
    pub reason: String,
    /// What isn't ours, instructions for each step.
    pub reference: f64,
    /// By benchmark.
    pub benchmarks: IndexMap<String, Cost>,
}

/// One benchmark's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Instructions for each packet in or out.
    pub instructions_per_packet: f64,
    /// How far that may move either way, as a share of it.
    pub tolerance: f64,
}

/// Why a baseline is of no use.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum BaselineError {
    /// Not such a file.
    #[error("not a baseline of costs: {0}")]
    Foreign(String),
    /// A benchmark is missing, or isn't one.
    #[error("the baseline's benchmarks are {found}, and not {known}: update it")]
    Benchmarks {
        /// Those in the file.
        found: String,
        /// Those that there are.
        known: String,
    },
    /// A tolerance that catches nothing, or everything.
    #[error("{name}: a tolerance of {tolerance} is not between 0 and 0.5")]
    Tolerance {
        /// The benchmark.
        name: String,
        /// Its tolerance.
        tolerance: f64,
    },
    /// Another compiler or other libraries.
    #[error(
        "counts can't be compared: {now} instructions for what isn't ours, where the baseline has {then}; another \
         compiler or other libraries have built one of them. Hold it against a program that is built here: --against"
    )]
    Incomparable {
        /// The reference now.
        now: f64,
        /// The reference in the baseline.
        then: f64,
    },
}

/// One benchmark's verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Its name.
    pub name: String,
    /// Instructions for each packet, before and now.
    pub before: f64,
    /// See `before`.
    pub now: f64,
    /// How far it may move.
    pub tolerance: f64,
}

impl Judged {
    /// The change as a share; above 0 it has become dearer.
    pub fn change(&self) -> f64 {
        self.now / self.before - 1.0
    }

    /// Whether it has moved no further than it may. What has become much cheaper fails as well: against the old
    /// count a later rise would pass unseen.
    pub fn passed(&self) -> bool {
        self.change().abs() <= self.tolerance
    }
}

impl Baseline {
    /// Of counts; tolerances are kept from `known`.
    pub fn new(reason: String, counts: &IndexMap<String, f64>, known: Option<&Baseline>) -> Baseline {
        let cost = |(name, count): (&String, &f64)| {
            let known = known.and_then(|known| known.benchmarks.get(name));
            let tolerance = known.map_or(TOLERANCE, |known| known.tolerance);
            (name.clone(), Cost { instructions_per_packet: *count, tolerance })
        };
        let ours = counts.iter().filter(|(name, _)| *name != REFERENCE);
        let reference = counts.get(REFERENCE).copied().unwrap_or_default();
        Baseline { schema: SCHEMA, reason, reference, benchmarks: ours.map(cost).collect() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it isn't such a file.
    pub fn read(text: &str) -> Result<Baseline, BaselineError> {
        let read: Baseline =
            serde_json::from_str(text).map_err(|error| BaselineError::Foreign(error.to_string()))?;
        if read.schema != SCHEMA {
            return Err(BaselineError::Foreign(format!("schema {} isn't {SCHEMA}", read.schema)));
        }
        for (name, cost) in &read.benchmarks {
            if !(cost.tolerance > 0.0 && cost.tolerance < 0.5) {
                return Err(BaselineError::Tolerance { name: name.clone(), tolerance: cost.tolerance });
            }
        }
        Ok(read)
    }

    /// As a file.
    pub fn text(&self) -> String {
        format!("{}\n", serde_json::to_string_pretty(self).expect("plain values"))
    }

    /// What has become of it.
    ///
    /// # Errors
    /// When the benchmarks are others, or when counts can't be compared.
    pub fn judge(&self, counts: &IndexMap<String, f64>) -> Result<Vec<Judged>, BaselineError> {
        let ours = || counts.iter().filter(|(name, _)| *name != REFERENCE);
        if ours().count() != self.benchmarks.len()
            || ours().any(|(name, _)| !self.benchmarks.contains_key(name))
        {
            let known: Vec<&str> = ours().map(|(name, _)| name.as_str()).collect();
            let found: Vec<&str> = self.benchmarks.keys().map(String::as_str).collect();
            return Err(BaselineError::Benchmarks { found: found.join(", "), known: known.join(", ") });
        }
        let (now, then) = (counts.get(REFERENCE).copied().unwrap_or_default(), self.reference);
        // No number at all is incomparable as well.
        let comparable = (now / then - 1.0).abs() <= COMPARABLE;
        if !comparable {
            return Err(BaselineError::Incomparable { now, then });
        }
        let judged = |(name, count): (&String, &f64)| {
            let Cost { instructions_per_packet, tolerance } = self.benchmarks[name];
            Judged { name: name.clone(), before: instructions_per_packet, now: *count, tolerance }
        };
        Ok(ours().map(judged).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(reference: f64, ten: f64) -> IndexMap<String, f64> {
        [(REFERENCE.to_owned(), reference), ("ten".to_owned(), ten)].into_iter().collect()
    }

    #[test]
    fn what_moves_too_far_either_way_fails() {
        let baseline = Baseline::new("first".into(), &counts(5_000.0, 1_000.0), None);
        assert_eq!(Baseline::read(&baseline.text()), Ok(baseline.clone()));
        for (now, passes) in
            [(1_000.0, true), (1_019.0, true), (1_030.0, false), (981.0, true), (970.0, false)]
        {
            let judged = baseline.judge(&counts(5_000.0, now)).expect("comparable");
            assert_eq!(judged.iter().map(Judged::passed).collect::<Vec<_>>(), [passes], "{now}");
        }
    }

    #[test]
    fn tolerances_stay_when_counts_are_renewed() {
        let mut known = Baseline::new("first".into(), &counts(5_000.0, 1_000.0), None);
        known.benchmarks["ten"].tolerance = 0.01;
        let renewed = Baseline::new("second".into(), &counts(5_000.0, 900.0), Some(&known));
        assert_eq!(renewed.benchmarks["ten"], Cost { instructions_per_packet: 900.0, tolerance: 0.01 });
    }

    #[test]
    fn other_machines_benchmarks_and_files_are_refused() {
        let baseline = Baseline::new("first".into(), &counts(5_000.0, 1_000.0), None);
        let refused = |counts| baseline.judge(&counts).expect_err("refused");
        assert!(matches!(refused(counts(5_006.0, 1_000.0)), BaselineError::Incomparable { .. }));
        assert!(matches!(refused(counts(f64::NAN, 1_000.0)), BaselineError::Incomparable { .. }));
        let mut other = counts(5_000.0, 1_000.0);
        other.insert("pair".to_owned(), 1.0);
        assert!(refused(other).to_string().contains("ten, and not ten, pair"));
        for (text, said) in [
            ("{}", "missing field"),
            (&baseline.text().replace("\"schema\": 1", "\"schema\": 2"), "schema 2"),
            (&baseline.text().replace("0.02", "0.7"), "tolerance of 0.7"),
            (&baseline.text().replace("\"tolerance\"", "\"tolerence\""), "unknown field"),
        ] {
            let error = Baseline::read(text).expect_err("refused").to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
