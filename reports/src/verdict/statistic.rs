//! What a statistic of merged samples reads, as precisely as it is known.

use scenarios::model::Stat;

use super::bounds::{Bounds, Side};
use crate::Distribution;

/// A statistic as it is spelt in scenarios.
pub(crate) fn name(stat: Stat) -> &'static str {
    match stat {
        Stat::Mean => "mean",
        Stat::Min => "min",
        Stat::P50 => "p50",
        Stat::P95 => "p95",
        Stat::P99 => "p99",
        Stat::Max => "max",
        Stat::Count => "count",
        Stat::Total => "total",
        Stat::Value => "value",
    }
}

/// Whether the statistic adds up over label sets, so that none of them can break a bound by itself.
pub(super) fn adds_up(stat: Stat) -> bool {
    matches!(stat, Stat::Count | Stat::Total)
}

/// What is held against a bound, and what is shown to people, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    compared: f64,
    shown: f64,
}

/// A statistic of some samples.
///
/// Percentiles are kept to three significant digits only: of them a bucket of values is known. The end of
/// the bucket that is kinder to the bound is compared, so that samples of exactly 40 ms keep a maximum of
/// 40 ms, although their percentile shows as 40.01 ms (the bucket's upper edge).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    against_min: Edge,
    against_max: Edge,
}

impl Reading {
    /// `stat` of `samples`, which have `scale` raw units per unit; `None` when there are none.
    pub(super) fn of(stat: Stat, samples: &Distribution, scale: f64) -> Option<Self> {
        let exactly = |value: f64| Reading::between(value, value);
        let percentile = |per_mille| {
            let (lowest, highest) = samples.percentile_range(per_mille)?;
            let (lowest, highest) = (lowest as f64 / scale, highest as f64 / scale);
            Some(Reading {
                against_min: Edge { compared: highest, shown: highest },
                against_max: Edge { compared: lowest, shown: highest },
            })
        };
        let (least, most) = (samples.min()? as f64 / scale, samples.max()? as f64 / scale);
        Some(match stat {
            Stat::Mean => exactly(samples.mean()? / scale),
            Stat::Min => exactly(least),
            Stat::P50 => percentile(500)?,
            Stat::P95 => percentile(950)?,
            Stat::P99 => percentile(990)?,
            Stat::Max => exactly(most),
            Stat::Count => exactly(samples.count() as f64),
            Stat::Total => exactly(samples.total() as f64 / scale),
            Stat::Value => Reading::between(least, most),
        })
    }

    fn between(low: f64, high: f64) -> Self {
        Reading {
            against_min: Edge { compared: low, shown: low },
            against_max: Edge { compared: high, shown: high },
        }
    }

    /// Which bound it breaks, if any.
    pub(super) fn breaks(&self, bounds: &Bounds) -> Option<Side> {
        bounds.broken_by(self.against_min.compared, self.against_max.compared)
    }

    /// The number to show where `side` is of interest.
    pub(super) fn shown(&self, side: Side) -> f64 {
        match side {
            Side::High => self.against_max.shown,
            Side::Low => self.against_min.shown,
        }
    }

    /// Whether it lies further out than `other` on `side`.
    pub(super) fn is_further_out(&self, other: &Reading, side: Side) -> bool {
        match side {
            Side::High => self.against_max.compared > other.against_max.compared,
            Side::Low => self.against_min.compared < other.against_min.compared,
        }
    }

    /// The bound with the least room left; the upper one when there are both and the room is equal.
    pub(super) fn nearest(&self, bounds: &Bounds) -> Side {
        let below = bounds.max.map_or(f64::INFINITY, |max| max - self.against_max.compared);
        let above = bounds.min.map_or(f64::INFINITY, |min| self.against_min.compared - min);
        if above < below { Side::Low } else { Side::High }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 to 100 ms, in nanoseconds.
    fn hundred() -> Distribution {
        Distribution::of((1..=100).map(|millis| millis * 1_000_000))
    }

    #[test]
    fn every_statistic_passes_at_its_value_and_fails_beside_it() {
        for (stat, low, high) in [
            (Stat::Mean, 50.5, 50.5),
            (Stat::Min, 1.0, 1.0),
            (Stat::P50, 50.0, 50.0),
            (Stat::P95, 95.0, 95.0),
            (Stat::P99, 99.0, 99.0),
            (Stat::Max, 100.0, 100.0),
            (Stat::Count, 100.0, 100.0),
            (Stat::Total, 5050.0, 5050.0),
            (Stat::Value, 1.0, 100.0),
        ] {
            let reading = Reading::of(stat, &hundred(), 1e6).expect("not empty");
            let judge = |min, max| reading.breaks(&Bounds { min: Some(min), max: Some(max) });
            assert_eq!(judge(low, high), None, "{stat:?}");
            // A thousandth is the resolution of percentiles.
            assert_eq!(judge(low, high * 0.998), Some(Side::High), "{stat:?}");
            assert_eq!(judge(low * 1.002, high), Some(Side::Low), "{stat:?}");
        }
    }

    #[test]
    fn a_percentile_has_the_benefit_of_its_resolution() {
        // 95 % are exactly 40 ms, and a few larger ones keep the exact maximum from helping.
        let samples = Distribution::of([40_000_000; 99].into_iter().chain([90_000_000]));
        let reading = Reading::of(Stat::P95, &samples, 1e6).expect("not empty");
        let shown = reading.shown(Side::High);
        assert!(shown > 40.0 && shown < 40.04, "{shown}");
        for (bounds, broken) in [
            (Bounds { min: Some(40.0), max: Some(40.0) }, None),
            (Bounds { min: None, max: Some(39.95) }, Some(Side::High)),
            (Bounds { min: Some(40.05), max: None }, Some(Side::Low)),
        ] {
            assert_eq!(reading.breaks(&bounds), broken, "{bounds:?}");
        }
    }

    #[test]
    fn nothing_reads_nothing() {
        assert_eq!(Reading::of(Stat::Count, &Distribution::default(), 1.0), None);
    }
}
