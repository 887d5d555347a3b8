//! Metrics over participants: the worst one, the one that 95 % do no worse than, and the mean; never the mean alone.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::{Row, Summary};
use crate::Distribution;
use crate::metric::{Better, Definition, Stat};

/// One metric over all participants that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Which metric.
    pub definition: &'static Definition,
    /// Which statistic of each participant: the metric's headline.
    pub stat: Stat,
    /// How many participants have it.
    pub participants: u64,
    /// Who is worst.
    pub worst_participant: String,
    /// The value of the worst.
    pub worst: f64,
    /// The nearest-rank value that 95 % of participants don't exceed, or, where more is better, don't fall below.
    pub p95: f64,
    /// The mean over participants.
    pub mean: f64,
}

/// All metrics that tell better from worse and belong to participants, in the table's order.
///
/// A participant's value is the headline statistic over all its label sets together. Who it belongs to: the
/// receiver of a flow, else the participant, else the publisher.
pub fn over_participants(summary: &Summary) -> Vec<Aggregate> {
    let mut metrics: IndexMap<usize, Vec<&Row>, FxBuildHasher> = IndexMap::default();
    for row in &summary.rows {
        if row.definition.better != Better::Neither && !is_split(row) && owner(row).is_some() {
            metrics.entry(row.place).or_default().push(row);
        }
    }
    metrics.values().map(|rows| aggregate(rows)).collect()
}

/// Labels that name a participant, the one that a row belongs to first.
pub(crate) const OWNERS: &[&str] = &["receiver", "participant", "publisher"];
/// Labels of which a participant has several values: a metric per layer, class or cause is no one value of a
/// participant.
pub(crate) const SPLITS: &[&str] = &["layer", "class", "cause", "window"];

/// Whose row it is.
pub(crate) fn owner(row: &Row) -> Option<&str> {
    OWNERS.iter().find_map(|name| row.label(name))
}

/// Whether the row is one of several of a participant.
pub(crate) fn is_split(row: &Row) -> bool {
    SPLITS.iter().any(|name| row.label(name).is_some())
}

fn aggregate(rows: &[&Row]) -> Aggregate {
    let definition = rows[0].definition;
    let mut people: IndexMap<&str, Distribution, FxBuildHasher> = IndexMap::default();
    for row in rows {
        let name = owner(row).expect("rows without an owner were left out");
        people.entry(name).or_default().merge(&row.distribution);
    }
    let scale = definition.unit.scale();
    let mut values: Vec<(f64, &str)> = people
        .iter()
        .map(|(name, values)| {
            let stats = values.stats(scale).expect("rows are made from at least one value");
            (definition.headline.of(&stats), *name)
        })
        .collect();
    let mean = values.iter().map(|(value, _)| value).sum::<f64>() / values.len() as f64;
    // From best to worst; of equals, the first in the cast is named.
    values.sort_by(|a, b| match definition.better {
        Better::Higher => b.0.total_cmp(&a.0),
        Better::Lower | Better::Neither => a.0.total_cmp(&b.0),
    });
    let (worst, _) = values[values.len() - 1];
    let worst_participant = values.iter().find(|(value, _)| *value == worst).map_or("", |(_, name)| name);
    Aggregate {
        definition,
        stat: definition.headline,
        participants: values.len() as u64,
        worst_participant: worst_participant.to_owned(),
        worst,
        p95: values[(values.len() * 95).div_ceil(100) - 1].0,
        mean,
    }
}
