//! How far a run may be from its baseline.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Bound, Glob, Stat};
use crate::units::Ratio;

/// Thresholds on the change of a statistic against a committed baseline, both ways.
///
/// The statistic is taken per seed over the samples of all series that `filter` selects, and the change is the
/// difference to the same seed of the baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// The metric's id.
    pub metric: String,
    /// Label to pattern; an absent label takes everything.
    #[serde(rename = "where", skip_serializing_if = "IndexMap::is_empty")]
    pub filter: IndexMap<String, Glob>,
    /// Which statistic; never [`Stat::Value`].
    pub stat: Stat,
    /// How much it may rise, in the metric's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rise: Option<Bound>,
    /// How much it may rise, as a share of the baseline's median; the greater of both allowances counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rise_share: Option<Ratio>,
    /// How much it may fall, in the metric's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fall: Option<Bound>,
    /// How much it may fall, as a share of the baseline's median; the greater of both allowances counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fall_share: Option<Ratio>,
}

impl Gate {
    /// How much the statistic may rise where the baseline's median is `base`, in the metric's unit.
    pub fn rise_allowed(&self, base: f64) -> f64 {
        allowed(self.rise, self.rise_share, base)
    }

    /// How much it may fall.
    pub fn fall_allowed(&self, base: f64) -> f64 {
        allowed(self.fall, self.fall_share, base)
    }
}

fn allowed(absolute: Option<Bound>, share: Option<Ratio>, base: f64) -> f64 {
    let absolute = absolute.map_or(0.0, |bound| bound.value);
    share.map_or(0.0, |share| share.get() * base.abs()).max(absolute)
}
