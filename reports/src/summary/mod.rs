//! The statistics of a run: what `metrics.json` holds and expectations are checked against.

pub mod aggregate;
mod builder;
mod convergence;
mod data;
mod disturbance;
mod e_model;
mod estimates;
mod fairness;
mod flows;
mod json;
mod layers;
mod links;
mod people;
mod speakers;

use crate::Distribution;
use crate::fair_share::Shares;
use crate::metric::{Definition, Stat};
use crate::recording::Recording;
use builder::Builder;

pub use json::SCHEMA;

/// Labels of a row: name and value, in the order of the metric's definition.
pub type Labels = Vec<(&'static str, String)>;

/// Which run, or runs, a summary is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunHeader {
    /// The scenario's name.
    pub scenario: String,
    /// The seed, or the seeds that were merged.
    pub seeds: Vec<u64>,
    /// The trace digest in hexadecimal; of merged runs, whatever stands for all of theirs.
    pub digest: String,
}

/// One metric of one label set.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which metric.
    pub definition: &'static Definition,
    /// The definition's place in the table, which orders rows.
    place: usize,
    /// Of what.
    pub labels: Labels,
    /// How many samples it rests on.
    pub samples: u64,
    /// The values, in the raw unit of the metric.
    pub distribution: Distribution,
}

/// A label set that was expected to have samples and has none: absent is not zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Absent {
    /// Which metric.
    pub definition: &'static Definition,
    place: usize,
    /// Of what.
    pub labels: Labels,
    /// For something that was waited for: it took longer than this, ms.
    pub longer_than_ms: Option<f64>,
}

/// All metrics of one run, or of several merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Which run.
    pub header: RunHeader,
    /// The rows, in the order of the table of metrics, then of the cast.
    pub rows: Vec<Row>,
    /// What is missing.
    pub absent: Vec<Absent>,
}

impl Row {
    /// One statistic in the metric's unit; rows are never empty.
    pub fn stat(&self, stat: Stat) -> f64 {
        let stats = self.distribution.stats(self.definition.unit.scale());
        stat.of(&stats.expect("rows are made from at least one value"))
    }

    /// The value of a label, if the row has it.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Summary {
    /// The statistics of `recording`.
    pub fn of(recording: &Recording, header: RunHeader) -> Self {
        let mut rows = Builder::new(recording);
        flows::add(&mut rows);
        layers::add(&mut rows);
        links::add(&mut rows);
        people::add(&mut rows);
        let shares = Shares::of(recording);
        estimates::add(&mut rows, &shares);
        convergence::add(&mut rows, &shares);
        fairness::add(&mut rows, &shares);
        disturbance::add(&mut rows);
        speakers::add(&mut rows);
        data::add(&mut rows);
        rows.finish(header)
    }

    /// The rows of one metric.
    pub fn of_metric<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.definition.id == id)
    }

    /// The one row of a metric with exactly these label values, in the definition's order.
    pub fn row(&self, id: &str, values: &[&str]) -> Option<&Row> {
        self.rows.iter().find(|row| {
            row.definition.id == id
                && row.labels.iter().map(|(_, value)| value.as_str()).eq(values.iter().copied())
        })
    }

    /// Several runs in one: rows with the same metric and labels are merged, exactly.
    pub fn merged<'a>(runs: impl IntoIterator<Item = &'a Summary>, header: RunHeader) -> Self {
        let mut merged = Summary { header, rows: Vec::new(), absent: Vec::new() };
        runs.into_iter().for_each(|run| merged.merge(run));
        merged
    }

    /// Adds the rows of `run`, exactly; the header stays. Runs that are added one by one, in the same order, give the
    /// same as all at once.
    pub fn merge(&mut self, run: &Summary) {
        type Places<'a> = rustc_hash::FxHashMap<(usize, &'a Labels), usize>;
        let key = |row: &Row| (row.place, row.labels.clone());
        let own: Vec<(usize, Labels)> = self.rows.iter().map(key).collect();
        let places: Places<'_> =
            own.iter().enumerate().map(|(at, (place, labels))| ((*place, labels), at)).collect();
        for row in &run.rows {
            match places.get(&(row.place, &row.labels)) {
                Some(known) => {
                    let known = &mut self.rows[*known];
                    known.samples += row.samples;
                    known.distribution.merge(&row.distribution);
                }
                None => self.rows.push(row.clone()),
            }
        }
        self.absent.extend(run.absent.iter().cloned());
        self.rows.sort_by_key(|row| row.place);
        self.absent.sort_by_key(|absent| absent.place);
    }
}

#[cfg(test)]
mod tests;
