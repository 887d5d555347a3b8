//! Expectations held against what was measured, and proof that impairments bit.

mod applied;
mod bounds;
mod exit;
mod expectation;
mod statistic;

use crate::number::number;
use crate::recording::Recording;
use crate::summary::Summary;

pub use applied::AppliedCheck;
pub use exit::ExitCode;
pub use expectation::Expectation;
pub(crate) use statistic::name as stat_name;

/// An expectation that can't be judged: a fault of the scenario, not of the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// No metric has this id.
    #[error("no metric is called `{metric}`{}", hint(.similar))]
    UnknownMetric {
        /// As it was written.
        metric: String,
        /// The id that it is most like, if any.
        similar: Option<String>,
    },
    /// The metric's rows carry no such label.
    #[error("`{metric}` has no label `{label}`; its labels are: {}", .known.join(", "))]
    UnknownLabel {
        /// Which metric.
        metric: String,
        /// As it was written.
        label: String,
        /// The labels that it has.
        known: Vec<String>,
    },
    /// A bound has a unit that the statistic isn't in.
    #[error("a bound on `{metric}` is to be in {unit}, not in {given}")]
    WrongUnit {
        /// Which metric.
        metric: String,
        /// The statistic's unit.
        unit: &'static str,
        /// The bound's.
        given: &'static str,
    },
    /// No link of the run matches.
    #[error("no link is called `{link}`")]
    UnknownLink {
        /// The pattern.
        link: String,
    },
    /// Nothing was demanded.
    #[error("the check on `{subject}` has no bound")]
    NoBound {
        /// Metric or link.
        subject: String,
    },
}

fn hint(similar: &Option<String>) -> String {
    similar.as_ref().map_or(String::new(), |id| format!("; did you mean `{id}`?"))
}

/// What became of one check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The demand in words: "p95 video.capture_to_render ≤ 400 ms where receiver=bob".
    pub demand: String,
    /// Whether it holds.
    pub passed: bool,
    /// The statistic as measured over all that is selected, in `unit`; `None` without samples.
    pub measured: Option<f64>,
    /// The metric's unit, or "count" for a number of samples.
    pub unit: &'static str,
    /// The samples that the value rests on; packets offered to the lines, for a proof.
    pub samples: u64,
    /// Which label set is worst by itself, where to look first: "receiver=bob publisher=alice source=cam".
    pub worst: String,
    /// How many label sets are selected.
    pub label_sets: usize,
    /// When the check fails: how many of them are absent or break a bound by themselves.
    pub failed: usize,
    /// Why it fails; empty when it holds.
    pub note: String,
}

impl Check {
    /// One line for people: "PASS p95 … ≤ 400 ms: 212.4 ms (1200 samples, worst: receiver=bob)".
    pub fn line(&self) -> String {
        let word = if self.passed { "PASS" } else { "FAIL" };
        let unit = bounds::shown_unit(self.unit);
        let value =
            self.measured.map_or("no samples".to_owned(), |value| format!("{} {unit}", number(value)));
        let mut line = format!("{word} {}: {} ({} samples", self.demand, value.trim_end(), self.samples);
        if !self.worst.is_empty() {
            line.push_str(&format!(", worst: {}", self.worst));
        }
        if self.failed > 0 && self.label_sets > 1 {
            line.push_str(&format!(", {} of {} fail", self.failed, self.label_sets));
        }
        if !self.note.is_empty() {
            line.push_str(&format!("; {}", self.note));
        }
        line.push(')');
        line
    }
}

/// The outcome of all checks of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The checks in the scenario's order: one per expectation, then one per demand of each proof.
    pub checks: Vec<Check>,
    /// The first contradiction in what was observed, when there is any: the run is then worth nothing.
    pub broken: Option<String>,
}

impl Verdict {
    /// Judges a run.
    ///
    /// # Errors
    /// A check that can't be judged: unknown metric, label or link, a wrong unit, or no bound.
    pub fn of(
        recording: &Recording,
        summary: &Summary,
        expectations: &[Expectation],
        applied: &[AppliedCheck],
    ) -> Result<Self, CheckError> {
        let mut checks = Vec::with_capacity(expectations.len() + applied.len());
        for expectation in expectations {
            checks.push(expectation.check(summary)?);
        }
        for demand in applied {
            checks.extend(demand.checks(recording)?);
        }
        let broken = recording.broken();
        let first = broken.first.as_ref().map(|first| format!("{} in all, first {first}", broken.count()));
        Ok(Verdict { checks, broken: first })
    }

    /// Whether everything holds.
    pub fn passed(&self) -> bool {
        self.broken.is_none() && self.checks.iter().all(|check| check.passed)
    }

    /// What the program exits with.
    pub fn exit_code(&self) -> ExitCode {
        match (&self.broken, self.passed()) {
            (Some(_), _) => ExitCode::Broken,
            (None, false) => ExitCode::ExpectationFailed,
            (None, true) => ExitCode::Pass,
        }
    }
}

#[cfg(test)]
mod tests;
