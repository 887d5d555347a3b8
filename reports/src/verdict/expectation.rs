//! `[[expect]]`: bounds on a statistic of a metric.

use std::collections::BTreeSet;

use scenarios::model::{Bound, Expect, Stat};

use super::bounds::{Bounds, Side};
use super::statistic::{self, Reading};
use super::{Check, CheckError};
use crate::Distribution;
use crate::glob;
use crate::metric::{self, Better, Definition};
use crate::number::number;
use crate::summary::{Absent, Labels, Row, Summary};

/// Bounds that a statistic must keep.
///
/// The statistic is taken over the samples of all selected label sets, **merged**; with [`Stat::Value`] each
/// of these samples must lie within the bounds. A metric that has one value per label set, such as a share of
/// time, contributes one sample for each. A selected label set that should have samples and has none fails
/// the expectation: what never came keeps no bound.
///
/// Percentiles are known to three significant digits, and have the benefit of this resolution: p95 ≤ 40 ms
/// holds for samples of exactly 40 ms, although it shows as 40.01 ms.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The metric's id.
    pub metric: String,
    /// Label and pattern (`*` any characters, `?` one) that select label sets; all must match. A pattern for
    /// `link` may name a line or its link.
    pub selection: Vec<(String, String)>,
    /// Which statistic.
    pub stat: Stat,
    /// Smallest value allowed, in the metric's unit; a number of samples for [`Stat::Count`].
    pub min: Option<Bound>,
    /// Largest value allowed, likewise.
    pub max: Option<Bound>,
    /// Fewest samples, over all that is selected, that a verdict may rest on; 0 counts as 1.
    pub samples_min: u64,
}

impl From<&Expect> for Expectation {
    fn from(expect: &Expect) -> Self {
        let selection = expect.filter.iter().map(|(label, glob)| (label.clone(), glob.as_str().to_owned()));
        Expectation {
            metric: expect.metric.clone(),
            selection: selection.collect(),
            stat: expect.stat,
            min: expect.min,
            max: expect.max,
            samples_min: expect.samples_min,
        }
    }
}

/// What an expectation selects of a run.
struct Selected<'a> {
    rows: Vec<&'a Row>,
    absent: Vec<&'a Absent>,
    merged: Distribution,
}

impl Expectation {
    /// Finds what is wrong with it without a run: to be called when a scenario is read.
    ///
    /// # Errors
    /// An unknown metric or label, a bound in a unit that isn't the metric's, or no bound at all.
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
        let unit = self.unit(definition);
        let given = [self.min, self.max].into_iter().flatten().filter_map(|bound| bound.unit);
        if let Some(given) = given.map(|given| given.name()).find(|given| *given != unit) {
            return Err(CheckError::WrongUnit { metric: self.metric.clone(), unit, given });
        }
        if self.bounds().is_empty() {
            return Err(CheckError::NoBound { subject: self.metric.clone() });
        }
        Ok(definition)
    }

    /// Judges `summary`. A selection of nothing fails, for want of samples.
    ///
    /// # Errors
    /// As [`Expectation::validate`].
    pub fn check(&self, summary: &Summary) -> Result<Check, CheckError> {
        let definition = self.validate()?;
        let selected = self.select(summary);
        let samples = selected.merged.count();
        let reading = self.reading(definition, &selected.merged);
        let broken = reading.and_then(|reading| reading.breaks(&self.bounds()));
        let notes = self.notes(&selected, broken);
        let side = broken.or_else(|| Some(self.side_to_watch(definition, &reading?))).unwrap_or(Side::High);
        let passed = notes.is_empty();
        Ok(Check {
            demand: self.demand(definition),
            passed,
            measured: reading.map(|reading| reading.shown(side)),
            unit: self.unit(definition),
            samples,
            worst: self.worst(definition, &selected, side).map_or(String::new(), describe),
            label_sets: selected.label_sets().len(),
            failed: if passed { 0 } else { self.failed(definition, &selected) },
            note: notes.join(", "),
        })
    }

    /// The statistic of what is selected, without judging it.
    pub(crate) fn reading_of(&self, summary: &Summary) -> crate::gate::Reading {
        let selected = self.select(summary);
        let definition = metric::find(&self.metric);
        let reading = definition.and_then(|definition| self.reading(definition, &selected.merged));
        crate::gate::Reading {
            value: reading.map(|reading| reading.shown(Side::High)),
            label_sets: selected.rows.len(),
            never_seen: selected.absent.len(),
        }
    }

    fn select<'a>(&self, summary: &'a Summary) -> Selected<'a> {
        let of_metric = |definition: &Definition| definition.id == self.metric;
        let rows: Vec<&Row> = summary
            .rows
            .iter()
            .filter(|row| of_metric(row.definition) && self.selects(&row.labels))
            .collect();
        let absent = summary.absent.iter();
        let absent = absent.filter(|absent| of_metric(absent.definition) && self.selects(&absent.labels));
        let mut merged = Distribution::default();
        rows.iter().for_each(|row| merged.merge(&row.distribution));
        Selected { absent: absent.collect(), rows, merged }
    }

    fn selects(&self, labels: &Labels) -> bool {
        self.selection.iter().all(|(label, pattern)| {
            labels.iter().any(|(name, value)| *name == label.as_str() && fits(name, pattern, value))
        })
    }

    fn reading(&self, definition: &Definition, samples: &Distribution) -> Option<Reading> {
        Reading::of(self.stat, samples, definition.unit.scale())
    }

    fn bounds(&self) -> Bounds {
        let value = |bound: Option<Bound>| bound.map(|bound| bound.value);
        Bounds { min: value(self.min), max: value(self.max) }
    }

    fn unit(&self, definition: &Definition) -> &'static str {
        if self.stat == Stat::Count { "count" } else { definition.unit.name() }
    }

    /// Why it fails; nothing when it holds.
    fn notes(&self, selected: &Selected<'_>, broken: Option<Side>) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(first) = selected.absent.first() {
            notes.push(match first.longer_than_ms {
                Some(waited) => format!("it took longer than {} ms", number(waited)),
                None => "nothing was seen of it".to_owned(),
            });
        }
        let least = self.samples_min.max(1);
        if selected.merged.count() < least {
            notes.push(match least {
                1 => "nothing that was selected has a sample".to_owned(),
                _ => format!("fewer than {least} samples"),
            });
        }
        notes.extend(broken.map(|side| side.note().to_owned()));
        notes
    }

    /// On which side the worst label set is to be looked for while no bound is broken.
    fn side_to_watch(&self, definition: &Definition, reading: &Reading) -> Side {
        let bounds = self.bounds();
        match definition.better {
            _ if self.stat == Stat::Count => reading.nearest(&bounds),
            Better::Lower if bounds.max.is_some() => Side::High,
            Better::Higher if bounds.min.is_some() => Side::Low,
            _ => reading.nearest(&bounds),
        }
    }

    /// The label set that never showed anything, or else the one that is furthest out by itself.
    fn worst<'a>(&self, definition: &Definition, selected: &Selected<'a>, side: Side) -> Option<&'a Labels> {
        if let Some(absent) = selected.absent.first() {
            return Some(&absent.labels);
        }
        let mut worst: Option<(&Row, Reading)> = None;
        for row in &selected.rows {
            let reading = self.reading(definition, &row.distribution).expect("rows are never empty");
            if worst.is_none_or(|(_, known)| reading.is_further_out(&known, side)) {
                worst = Some((row, reading));
            }
        }
        worst.map(|(row, _)| &row.labels)
    }

    /// How many label sets are absent, or break a bound by themselves.
    fn failed(&self, definition: &Definition, selected: &Selected<'_>) -> usize {
        let breaks = |row: &&&Row| {
            !statistic::adds_up(self.stat)
                && self
                    .reading(definition, &row.distribution)
                    .is_some_and(|reading| reading.breaks(&self.bounds()).is_some())
        };
        let broken = selected.rows.iter().filter(breaks).map(|row| &row.labels);
        broken.chain(selected.absent.iter().map(|absent| &absent.labels)).collect::<BTreeSet<_>>().len()
    }

    fn demand(&self, definition: &Definition) -> String {
        let (stat, range) = (statistic::name(self.stat), self.bounds().text(self.unit(definition)));
        let mut demand = format!("{stat} {} {range}", self.metric);
        if !self.selection.is_empty() {
            let parts: Vec<String> =
                self.selection.iter().map(|(label, pattern)| format!("{label}={pattern}")).collect();
            demand.push_str(&format!(" where {}", parts.join(" ")));
        }
        demand
    }
}

impl<'a> Selected<'a> {
    fn label_sets(&self) -> BTreeSet<&'a Labels> {
        let rows = self.rows.iter().map(|row| &row.labels);
        rows.chain(self.absent.iter().map(|absent| &absent.labels)).collect()
    }
}

/// Whether a label's `value` matches; a line also by the link that it is of: `home` for "home/up@alice".
fn fits(label: &str, pattern: &str, value: &str) -> bool {
    let link = || value.split(['/', '@']).next().unwrap_or(value);
    glob::matches(pattern, value) || (label == "link" && glob::matches(pattern, link()))
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
