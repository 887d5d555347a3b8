//! `[[expect]]`: bounds on a statistic of a metric.

use super::{Check, CheckError};
use crate::glob;
use crate::metric::{self, Definition, Stat};
use crate::number::number;
use crate::summary::{Absent, Labels, Row, Summary};

/// Bounds that a statistic must keep.
///
/// The statistic is taken of each selected label set by itself, and **every one of them must keep the
/// bounds**; `samples_min` too is demanded of each. A selected label set that should have samples and has
/// none fails the expectation: what never came keeps no bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The metric's id.
    pub metric: String,
    /// Label and pattern (`*` any characters, `?` one) that select label sets; all must match.
    pub selection: Vec<(String, String)>,
    /// Which statistic.
    pub stat: Stat,
    /// Smallest value allowed, in the metric's unit.
    pub min: Option<f64>,
    /// Largest value allowed, in the metric's unit.
    pub max: Option<f64>,
    /// Fewest samples that a verdict may rest on.
    pub samples_min: Option<u64>,
}

impl Expectation {
    /// Finds what is wrong with it without a run: to be called when a scenario is read.
    ///
    /// # Errors
    /// An unknown metric or label, or no bound at all.
    pub fn validate(&self) -> Result<&'static Definition, CheckError> {
        let Some(definition) = metric::find(&self.metric) else {
            return Err(CheckError::UnknownMetric {
                metric: self.metric.clone(),
                similar: similar(&self.metric),
            });
        };
        if let Some((label, _)) =
            self.selection.iter().find(|(label, _)| !definition.labels.contains(&label.as_str()))
        {
            return Err(CheckError::UnknownLabel {
                metric: self.metric.clone(),
                label: label.clone(),
                known: definition.labels.iter().map(|label| (*label).to_owned()).collect(),
            });
        }
        if self.min.is_none() && self.max.is_none() && self.samples_min.is_none() {
            return Err(CheckError::NoBound { subject: self.metric.clone() });
        }
        Ok(definition)
    }

    /// Judges `summary`.
    ///
    /// # Errors
    /// As [`Expectation::validate`], and a selection of nothing.
    pub fn check(&self, summary: &Summary) -> Result<Check, CheckError> {
        let definition = self.validate()?;
        let rows: Vec<&Row> =
            summary.of_metric(&self.metric).filter(|row| self.selects(&row.labels)).collect();
        let absent: Vec<&Absent> = summary
            .absent
            .iter()
            .filter(|absent| absent.definition.id == self.metric && self.selects(&absent.labels))
            .collect();
        if rows.is_empty() && absent.is_empty() {
            let selection = self.describe_selection();
            return Err(CheckError::EmptySelection { metric: self.metric.clone(), selection });
        }
        let failed = absent.len() + rows.iter().filter(|row| self.failure(row).is_some()).count();
        let mut check = Check {
            demand: self.demand(definition),
            passed: failed == 0,
            measured: None,
            unit: definition.unit.name(),
            samples: 0,
            worst: String::new(),
            label_sets: rows.len() + absent.len(),
            failed,
            note: String::new(),
        };
        match (absent.first(), self.worst(&rows)) {
            (Some(absent), _) => {
                check.worst = describe(&absent.labels);
                check.note = absent
                    .longer_than_ms
                    .map_or(String::new(), |waited| format!("it took longer than {} ms", number(waited)));
            }
            (None, Some(row)) => {
                check.measured = Some(row.stat(self.stat));
                check.samples = row.samples;
                check.worst = describe(&row.labels);
                check.note = self.failure(row).unwrap_or_default();
            }
            (None, None) => unreachable!("an empty selection was refused above"),
        }
        Ok(check)
    }

    fn selects(&self, labels: &Labels) -> bool {
        self.selection.iter().all(|(label, pattern)| {
            labels.iter().any(|(name, value)| *name == label.as_str() && glob::matches(pattern, value))
        })
    }

    /// The row with the least room to a bound; too few samples leave none at all.
    fn worst<'a>(&self, rows: &[&'a Row]) -> Option<&'a Row> {
        let room = |row: &Row| {
            let value = row.stat(self.stat);
            let below = self.max.map_or(f64::INFINITY, |max| max - value);
            let above = self.min.map_or(f64::INFINITY, |min| value - min);
            (!self.has_too_few(row), below.min(above))
        };
        rows.iter().copied().min_by(|a, b| {
            let (a, b) = (room(a), room(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
    }

    fn has_too_few(&self, row: &Row) -> bool {
        self.samples_min.is_some_and(|least| row.samples < least)
    }

    fn failure(&self, row: &Row) -> Option<String> {
        let value = row.stat(self.stat);
        if self.has_too_few(row) {
            return Some(format!("fewer than {} samples", self.samples_min.unwrap_or(0)));
        }
        let is_above = self.max.is_some_and(|max| value > max);
        let is_below = self.min.is_some_and(|min| value < min);
        (is_above || is_below).then(|| if is_above { "too much" } else { "too little" }.to_owned())
    }

    fn demand(&self, definition: &Definition) -> String {
        let (stat, metric, unit) = (self.stat, &self.metric, definition.unit.name());
        let mut demand = match (self.min, self.max) {
            (Some(min), Some(max)) => {
                format!("{stat} {metric} between {} and {} {unit}", number(min), number(max))
            }
            (Some(min), None) => format!("{stat} {metric} ≥ {} {unit}", number(min)),
            (None, Some(max)) => format!("{stat} {metric} ≤ {} {unit}", number(max)),
            (None, None) => format!("{metric} from {} samples", self.samples_min.unwrap_or(0)),
        };
        if !self.selection.is_empty() {
            demand.push_str(&format!(" where {}", self.describe_selection()));
        }
        demand
    }

    fn describe_selection(&self) -> String {
        if self.selection.is_empty() {
            return "anything".to_owned();
        }
        let parts: Vec<String> =
            self.selection.iter().map(|(label, pattern)| format!("{label}={pattern}")).collect();
        parts.join(" ")
    }
}

fn describe(labels: &Labels) -> String {
    let parts: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    parts.join(" ")
}

/// The id that shares the longest start with `misspelt`, if that is at least half of it.
fn similar(misspelt: &str) -> Option<String> {
    let shared = |id: &str| id.bytes().zip(misspelt.bytes()).take_while(|(a, b)| a == b).count();
    let best = metric::all()
        .map(|definition| definition.id)
        .max_by_key(|id| (shared(id), std::cmp::Reverse(id.len())))?;
    (shared(best) * 2 >= misspelt.len()).then(|| best.to_owned())
}
