//! What one run came to, in numbers that can be held against those of another run.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use crate::metric::{self, Better, Definition, Stat};
use crate::number::rounded;
use crate::summary::Summary;
use crate::summary::aggregate::{is_split, over_participants, owner};

/// Over whom a metric is taken, so that a run has one number of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// The worst participant.
    Worst,
    /// The participant that 95 % do no worse than.
    P95,
    /// The mean over participants.
    Mean,
    /// The conference as a whole.
    Conference,
    /// How many label sets that should have samples have none.
    NeverSeen,
}

impl Over {
    /// As it is spelt in files.
    pub const fn name(self) -> &'static str {
        match self {
            Over::Worst => "worst",
            Over::P95 => "p95",
            Over::Mean => "mean",
            Over::Conference => "conference",
            Over::NeverSeen => "never_seen",
        }
    }

    /// As it is shown to people.
    pub const fn words(self) -> &'static str {
        match self {
            Over::Worst => "worst participant",
            Over::P95 => "p95 participant",
            Over::Mean => "mean participant",
            Over::Conference => "conference",
            Over::NeverSeen => "never seen",
        }
    }
}

/// What a number is of. Ordered as the table of metrics.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    /// Which metric.
    pub definition: &'static Definition,
    place: usize,
    /// Over whom.
    pub over: Over,
}

impl Quantity {
    /// The quantity of the metric called `id`; `None` when there is no such metric.
    pub fn new(id: &str, over: Over) -> Option<Self> {
        metric::find_with_place(id).map(|(place, definition)| Quantity { definition, place, over })
    }

    /// Which way it gets better.
    pub fn better(&self) -> Better {
        if self.over == Over::NeverSeen { Better::Lower } else { self.definition.better }
    }

    /// The unit of its numbers.
    pub fn unit(&self) -> &'static str {
        if self.over == Over::NeverSeen { "count" } else { self.definition.unit.name() }
    }

    /// The statistic of each participant that it rests on.
    pub fn stat(&self) -> Stat {
        self.definition.headline
    }

    fn key(&self) -> (usize, Over) {
        (self.place, self.over)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// The numbers of one run, to six decimals as in `metrics.json`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunValues {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The digest of the run.
    pub digest: String,
    /// Quantities with their numbers, in the order of the table of metrics.
    pub values: Vec<(Quantity, f64)>,
    /// Of each metric the headline statistic of every label set, unordered: what cumulative curves are drawn from.
    pub spread: Vec<(&'static str, Vec<f64>)>,
    /// Ids that this version has no metric for, of a file of another version.
    pub unknown: Vec<String>,
}

/// Why a `metrics.json` can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// It isn't what `plenum run` writes.
    #[error("this is no metrics.json of a run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version of the format.
    #[error("schema {0} of metrics.json is unknown; this version reads schema 1")]
    Schema(u32),
    /// It is the aggregate of several runs, which have no common seed.
    #[error("this is the aggregate of several seeds, not one run")]
    Aggregate,
}

impl RunValues {
    /// The numbers of a summary of one seed.
    pub fn of(summary: &Summary) -> Self {
        let mut collected = Collected::default();
        for aggregate in over_participants(summary) {
            let id = aggregate.definition.id;
            collected.aggregate(id, [aggregate.worst, aggregate.p95, aggregate.mean]);
        }
        for row in &summary.rows {
            let headline = row.stat(row.definition.headline);
            collected.row(
                row.definition,
                row.labels.is_empty(),
                is_split(row),
                owner(row).is_some(),
                headline,
            );
        }
        summary.absent.iter().for_each(|absent| collected.absent(absent.definition.id));
        let seed = summary.header.seeds.first().copied().unwrap_or_default();
        collected.finish(summary.header.scenario.clone(), seed, summary.header.digest.clone())
    }

    /// The numbers of a run whose `metrics.json` says `text`.
    ///
    /// # Errors
    /// When it isn't the file of one run.
    pub fn read(text: &str) -> Result<Self, ValuesError> {
        let file: File = serde_json::from_str(text)?;
        if file.schema != crate::summary::SCHEMA {
            return Err(ValuesError::Schema(file.schema));
        }
        let seed = file.seed.ok_or(ValuesError::Aggregate)?;
        let mut collected = Collected::default();
        for one in &file.aggregates {
            collected.aggregate(&one.id, [one.worst, one.p95, one.mean]);
        }
        for row in &file.metrics {
            let Some(definition) = metric::find(&row.id) else {
                collected.unknown(&row.id);
                continue;
            };
            let has = |names: &[&str]| names.iter().any(|name| row.labels.contains_key(*name));
            let headline = row.stats.get(definition.headline.name()).copied();
            let (split, owned) =
                (has(crate::summary::aggregate::SPLITS), has(crate::summary::aggregate::OWNERS));
            if let Some(headline) = headline {
                collected.row(definition, row.labels.is_empty(), split, owned, headline);
            }
        }
        file.absent.iter().for_each(|absent| collected.absent(&absent.id));
        Ok(collected.finish(file.scenario, seed, file.digest))
    }

    /// The number of `quantity`, if the run has it.
    pub fn get(&self, quantity: &Quantity) -> Option<f64> {
        let place = self.values.binary_search_by(|(known, _)| known.cmp(quantity)).ok()?;
        Some(self.values[place].1)
    }
}

#[derive(Deserialize)]
struct File {
    schema: u32,
    scenario: String,
    seed: Option<u64>,
    digest: String,
    metrics: Vec<FileRow>,
    aggregates: Vec<FileAggregate>,
    absent: Vec<FileAbsent>,
}

#[derive(Deserialize)]
struct FileRow {
    id: String,
    labels: IndexMap<String, String>,
    stats: IndexMap<String, f64>,
}

#[derive(Deserialize)]
struct FileAggregate {
    id: String,
    worst: f64,
    p95: f64,
    mean: f64,
}

#[derive(Deserialize)]
struct FileAbsent {
    id: String,
}

/// Numbers of a run as they come.
#[derive(Default)]
struct Collected {
    values: Vec<(Quantity, f64)>,
    missing: IndexMap<String, u64, FxBuildHasher>,
    spread: IndexMap<&'static str, Vec<f64>, FxBuildHasher>,
    unknown: Vec<String>,
}

impl Collected {
    fn aggregate(&mut self, id: &str, [worst, p95, mean]: [f64; 3]) {
        for (over, value) in [(Over::Worst, worst), (Over::P95, p95), (Over::Mean, mean)] {
            match Quantity::new(id, over) {
                Some(quantity) => self.values.push((quantity, rounded(value))),
                None => self.unknown(id),
            }
        }
    }

    fn row(&mut self, definition: &'static Definition, bare: bool, split: bool, owned: bool, headline: f64) {
        let headline = rounded(headline);
        if bare {
            let quantity = Quantity::new(definition.id, Over::Conference).expect("it is in the table");
            self.values.push((quantity, headline));
        }
        if owned && !split && definition.better != Better::Neither {
            self.spread.entry(definition.id).or_default().push(headline);
        }
    }

    fn absent(&mut self, id: &str) {
        *self.missing.entry(id.to_owned()).or_default() += 1;
    }

    fn unknown(&mut self, id: &str) {
        if !self.unknown.iter().any(|known| known == id) {
            self.unknown.push(id.to_owned());
        }
    }

    fn finish(mut self, scenario: String, seed: u64, digest: String) -> RunValues {
        for (id, count) in std::mem::take(&mut self.missing) {
            match Quantity::new(&id, Over::NeverSeen) {
                Some(quantity) => self.values.push((quantity, count as f64)),
                None => self.unknown(&id),
            }
        }
        self.values.sort_by_key(|(quantity, _)| *quantity);
        let spread = self.spread.into_iter().collect();
        RunValues { scenario, seed, digest, values: self.values, spread, unknown: self.unknown }
    }
}
