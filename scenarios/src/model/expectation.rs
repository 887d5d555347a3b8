//! What a run must show.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::Glob;
use crate::units::{Ratio, Size, optional_duration_text};

/// Bounds on a statistic of a metric, over the samples of all series that `filter` selects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expect {
    /// The metric's id.
    pub metric: String,
    /// Label to pattern; an absent label takes everything.
    #[serde(rename = "where")]
    pub filter: IndexMap<String, Glob>,
    /// Which statistic.
    pub stat: Stat,
    /// Least allowed; at least one of both bounds is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Bound>,
    /// Most allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Bound>,
    /// Fewer samples than this are a failure; at least 1, so that an empty selection fails.
    pub samples_min: u64,
}

/// A statistic over samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stat {
    /// Arithmetic mean.
    Mean,
    /// Least.
    Min,
    /// Median, nearest rank.
    P50,
    /// 95th percentile, nearest rank.
    P95,
    /// 99th percentile, nearest rank.
    P99,
    /// Greatest.
    Max,
    /// How many samples there are.
    Count,
    /// Sum.
    Total,
    /// Every sample: each must lie within the bounds.
    Value,
}

/// A bound: a number in the metric's unit, or a value with a unit of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// In the unit of `unit`, or in the metric's.
    pub value: f64,
    /// The unit that the file gave, if any.
    pub unit: Option<BoundUnit>,
}

/// The units of `metrics.json` that a bound can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundUnit {
    /// Milliseconds; written as any duration.
    Ms,
    /// Thousands of bits per second; written as any rate.
    Kbps,
    /// Bytes; written as any size.
    Bytes,
    /// A share; written in per cent.
    Ratio,
}

impl BoundUnit {
    /// Its name in `metrics.json`.
    pub fn name(self) -> &'static str {
        match self {
            BoundUnit::Ms => "ms",
            BoundUnit::Kbps => "kbps",
            BoundUnit::Bytes => "bytes",
            BoundUnit::Ratio => "ratio",
        }
    }
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.value)
    }
}

/// Proof that an impairment took effect on the lines that `link` selects, over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Applied {
    /// Link or line.
    pub link: Glob,
    /// Packets dropped by queues, summed over the lines: at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_min: Option<u64>,
    /// And at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_max: Option<u64>,
    /// Packets lost after queues, summed over the lines: at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_min: Option<u64>,
    /// And at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_max: Option<u64>,
    /// The longest wait in any of the queues: at least.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub queued_min: Option<Duration>,
    /// Delivered bits over capacity of the busiest line in its busiest second: at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilisation_min: Option<Ratio>,
    /// Bytes of cross traffic that left the queues, summed over the lines: at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_min: Option<Size>,
    /// Packets that left the lines with the mark of congestion: at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marked_min: Option<u64>,
}
