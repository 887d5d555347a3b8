//! Every metric in one table: the report, the expectations, `plenum metrics` and the docs read it.

mod conference;
mod data;
mod listing;
mod media;
mod network;
mod response;
mod speakers;

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

pub use listing::{json, text};

use crate::distribution::Stats;

/// What a metric is called, counted in and means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Definition {
    /// "video.freeze_w3c.ratio".
    pub id: &'static str,
    /// The unit of its statistics.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// The labels that each of its rows carries, in order.
    pub labels: &'static [&'static str],
    /// The statistic that stands for it where there is room for one.
    pub headline: Stat,
    /// How it is computed.
    pub definition: &'static str,
    /// The standard or document that it follows; empty when it is plain arithmetic.
    pub source: &'static str,
    /// The threshold or rule of our own choice (★) in it, where no standard gives one.
    pub own_choice: Option<&'static str>,
}

/// Units of `metrics.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds; recorded as nanoseconds.
    Ms,
    /// Kilobits (1000 bits) per second; recorded as bit/s.
    Kbps,
    /// Bytes.
    Bytes,
    /// A share, 1 is all of it; recorded as billionths.
    Ratio,
    /// A number of things, also per second or minute where the definition says so; recorded as millionths.
    Count,
    /// Pixels, also per second where the definition says so.
    Px,
}

impl Unit {
    /// Raw recorded units per unit.
    pub const fn scale(self) -> f64 {
        match self {
            Unit::Ms | Unit::Count => 1e6,
            Unit::Kbps => 1e3,
            Unit::Ratio => 1e9,
            Unit::Bytes | Unit::Px => 1.0,
        }
    }

    /// As it is spelt in files.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Ms => "ms",
            Unit::Kbps => "kbps",
            Unit::Bytes => "bytes",
            Unit::Ratio => "ratio",
            Unit::Count => "count",
            Unit::Px => "px",
        }
    }
}

/// Which way a metric gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither: it describes.
    Neither,
}

impl Better {
    /// As it is spelt in files.
    pub const fn name(self) -> &'static str {
        match self {
            Better::Lower => "lower",
            Better::Higher => "higher",
            Better::Neither => "neither",
        }
    }
}

/// A statistic of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// Arithmetic mean.
    Mean,
    /// Smallest value.
    Min,
    /// Median.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Largest value.
    Max,
}

/// A word that names no statistic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no statistic: mean, min, p50, p95, p99 and max are")]
pub struct UnknownStat(pub String);

impl Stat {
    /// All statistics, in the order of `metrics.json`.
    pub const ALL: [Stat; 6] = [Stat::Mean, Stat::Min, Stat::P50, Stat::P95, Stat::P99, Stat::Max];

    /// As it is spelt in files.
    pub const fn name(self) -> &'static str {
        match self {
            Stat::Mean => "mean",
            Stat::Min => "min",
            Stat::P50 => "p50",
            Stat::P95 => "p95",
            Stat::P99 => "p99",
            Stat::Max => "max",
        }
    }

    /// Its value among `stats`.
    pub const fn of(self, stats: &Stats) -> f64 {
        match self {
            Stat::Mean => stats.mean,
            Stat::Min => stats.min,
            Stat::P50 => stats.p50,
            Stat::P95 => stats.p95,
            Stat::P99 => stats.p99,
            Stat::Max => stats.max,
        }
    }
}

impl FromStr for Stat {
    type Err = UnknownStat;

    fn from_str(word: &str) -> Result<Self, UnknownStat> {
        let known = Stat::ALL.into_iter().find(|stat| stat.name() == word);
        known.ok_or_else(|| UnknownStat(word.to_owned()))
    }
}

impl fmt::Display for Stat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Stat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// All metrics, in the order of reports and files.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    media::VIDEO
        .iter()
        .chain(media::AUDIO)
        .chain(speakers::METRICS)
        .chain(network::METRICS)
        .chain(response::METRICS)
        .chain(conference::METRICS)
        .chain(data::METRICS)
}

/// What the reader of scenarios needs to know of every metric, for [`scenarios::parse_with`].
pub fn names() -> Vec<scenarios::MetricName<'static>> {
    let name = |metric: &'static Definition| scenarios::MetricName {
        id: metric.id,
        unit: metric.unit.name(),
        labels: metric.labels,
    };
    all().map(name).collect()
}

/// The metric called `id`, with its place in the table.
pub(crate) fn find_with_place(id: &str) -> Option<(usize, &'static Definition)> {
    all().enumerate().find(|(_, definition)| definition.id == id)
}

/// The metric called `id`.
pub fn find(id: &str) -> Option<&'static Definition> {
    find_with_place(id).map(|(_, definition)| definition)
}

/// Shorthand for the tables: the four that every metric has, and builders for the rest.
const fn declare(
    id: &'static str,
    unit: Unit,
    better: Better,
    labels: &'static [&'static str],
    definition: &'static str,
) -> Definition {
    Definition { id, unit, better, labels, headline: Stat::Mean, definition, source: "", own_choice: None }
}

impl Definition {
    const fn headline(mut self, stat: Stat) -> Self {
        self.headline = stat;
        self
    }

    const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    const fn own_choice(mut self, rule: &'static str) -> Self {
        self.own_choice = Some(rule);
        self
    }
}

/// Labels of metrics of one source on its way to one receiver.
const FLOW: &[&str] = &["receiver", "publisher", "source"];
/// The same where audio and video share a metric.
const FLOW_KIND: &[&str] = &["receiver", "publisher", "source", "kind"];
/// Labels of metrics of one source at its publisher.
const SOURCE: &[&str] = &["publisher", "source"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LatencyParts;

    #[test]
    fn ids_are_unique_and_speak() {
        let mut ids: Vec<_> = all().map(|definition| definition.id).collect();
        let declared = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), declared);
        for definition in all() {
            assert!(definition.definition.len() > 20, "{} says too little", definition.id);
        }
    }

    #[test]
    fn every_latency_part_is_a_metric() {
        for part in LatencyParts::NAMES {
            assert!(find(&format!("video.capture_to_render.{part}")).is_some(), "{part}");
        }
    }

    #[test]
    fn a_misspelt_metric_is_not_found() {
        assert_eq!(find("video.freeze_w3c.ration"), None);
        assert_eq!("p94".parse::<Stat>(), Err(UnknownStat("p94".to_owned())));
        assert_eq!("p95".parse(), Ok(Stat::P95));
    }
}
