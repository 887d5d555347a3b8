//! What was recorded of one quantity: the form that statistics, merges and cumulative curves are read from.

use std::cmp::Ordering;

use serde::Serialize;

use crate::histogram::{Histogram, bucket_of, highest_in, lowest_in};

/// Occupied histogram buckets in ascending order, with exact count, sum, minimum and maximum.
///
/// Values are integers in the raw unit of their metric (see [`crate::metric::Unit`]). Merging is exact: merging two
/// distributions equals recording everything in one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    buckets: Vec<(u32, u64)>,
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
}

/// The statistics of a metric, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stats {
    /// Arithmetic mean, exact up to the final rounding.
    pub mean: f64,
    /// Smallest value, exact.
    pub min: f64,
    /// Median by nearest rank, to three significant digits.
    pub p50: f64,
    /// 95th percentile, likewise.
    pub p95: f64,
    /// 99th percentile, likewise.
    pub p99: f64,
    /// Largest value, exact.
    pub max: f64,
}

impl Distribution {
    pub(crate) fn from_parts(buckets: Vec<(u32, u64)>, count: u64, sum: u128, min: u64, max: u64) -> Self {
        let min = if count == 0 { 0 } else { min };
        Distribution { buckets, count, sum, min, max }
    }

    /// The distribution of one value, for metrics that have one per label set.
    pub fn single(value: u64) -> Self {
        Self::from_parts(vec![(bucket_of(value), 1)], 1, u128::from(value), value, value)
    }

    /// The distribution of `values`.
    pub fn of(values: impl IntoIterator<Item = u64>) -> Self {
        let mut histogram = Histogram::default();
        values.into_iter().for_each(|value| histogram.record(value));
        histogram.distribution()
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether there is none: then there are no statistics either, not zeroes.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The exact sum of all values in raw units; 0 when empty.
    pub fn total(&self) -> u128 {
        self.sum
    }

    /// The exact mean in raw units; `None` when empty.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The exact smallest value; `None` when empty.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The exact largest value; `None` when empty.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The nearest-rank percentile: the smallest recorded value that at least `per_mille` of all don't exceed.
    ///
    /// 500 asks for the median. Answers the upper edge of the value's bucket, but never outside the exact
    /// minimum and maximum; `None` when empty.
    pub fn percentile(&self, per_mille: u32) -> Option<u64> {
        self.percentile_range(per_mille).map(|(_, highest)| highest)
    }

    /// What is known of the nearest-rank percentile: the least and the greatest value that it may have.
    ///
    /// They are the edges of its bucket, a thousandth apart at most, and never outside the exact minimum and
    /// maximum; `None` when empty.
    pub fn percentile_range(&self, per_mille: u32) -> Option<(u64, u64)> {
        let rank = (u128::from(self.count) * u128::from(per_mille)).div_ceil(1000).max(1);
        let mut seen = 0_u128;
        let within = |value: u64| value.clamp(self.min, self.max);
        self.buckets.iter().find_map(|(bucket, count)| {
            seen += u128::from(*count);
            (seen >= rank).then(|| (within(lowest_in(*bucket)), within(highest_in(*bucket))))
        })
    }

    /// The cumulative curve: for each occupied bucket its value and the share of values that don't exceed it.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        let mut seen = 0_u64;
        self.buckets.iter().map(move |(bucket, count)| {
            seen += count;
            (highest_in(*bucket).clamp(self.min, self.max), seen as f64 / self.count as f64)
        })
    }

    /// All statistics, divided by `scale` raw units per unit; `None` when empty.
    pub fn stats(&self, scale: f64) -> Option<Stats> {
        let scaled = |raw: u64| raw as f64 / scale;
        Some(Stats {
            mean: self.mean()? / scale,
            min: scaled(self.min),
            p50: scaled(self.percentile(500)?),
            p95: scaled(self.percentile(950)?),
            p99: scaled(self.percentile(990)?),
            max: scaled(self.max),
        })
    }

    /// Adds all values of `other`.
    pub fn merge(&mut self, other: &Distribution) {
        if other.is_empty() {
            return;
        }
        self.min = if self.is_empty() { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
        self.buckets = merged(&self.buckets, &other.buckets);
    }
}

fn merged(left: &[(u32, u64)], right: &[(u32, u64)]) -> Vec<(u32, u64)> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (0, 0);
    while let (Some(a), Some(b)) = (left.get(l), right.get(r)) {
        let order = a.0.cmp(&b.0);
        out.push(match order {
            Ordering::Less => *a,
            Ordering::Greater => *b,
            Ordering::Equal => (a.0, a.1 + b.1),
        });
        l += usize::from(order.is_le());
        r += usize::from(order.is_ge());
    }
    out.extend_from_slice(&left[l..]);
    out.extend_from_slice(&right[r..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let hundred = Distribution::of(1..=100);
        for (per_mille, value) in [(0, 1), (10, 1), (500, 50), (950, 95), (990, 99), (1000, 100), (505, 51)] {
            assert_eq!(hundred.percentile(per_mille), Some(value), "{per_mille}");
        }
        let three = Distribution::of([30, 10, 20]);
        assert_eq!(three.percentile(500), Some(20));
        assert_eq!(three.percentile(950), Some(30));
    }

    #[test]
    fn absent_is_not_zero() {
        let empty = Distribution::default();
        assert_eq!(empty.stats(1.0), None);
        assert_eq!(empty.percentile(990), None);
        assert_eq!((empty.min(), empty.max(), empty.mean()), (None, None, None));
    }

    #[test]
    fn statistics_never_leave_the_exact_range() {
        // 100 ms in nanoseconds lies inside a bucket whose upper edge is larger.
        let stats = Distribution::of([100_000_000; 3]).stats(1e6).expect("three values");
        assert_eq!(stats, Stats { mean: 100.0, min: 100.0, p50: 100.0, p95: 100.0, p99: 100.0, max: 100.0 });
    }

    #[test]
    fn the_cumulative_curve_ends_at_one() {
        let curve: Vec<_> = Distribution::of([1, 1, 2, 5]).cumulative().collect();
        assert_eq!(curve, [(1, 0.5), (2, 0.75), (5, 1.0)]);
    }

    proptest! {
        #[test]
        fn merging_equals_recording_in_one(
            left in prop::collection::vec(0..u64::MAX >> 8, 0..50),
            right in prop::collection::vec(0..5000_u64, 0..50),
        ) {
            let mut merged = Distribution::of(left.iter().copied());
            merged.merge(&Distribution::of(right.iter().copied()));
            prop_assert_eq!(merged, Distribution::of(left.into_iter().chain(right)));
        }

        #[test]
        fn percentiles_are_within_a_thousandth_of_the_sorted_answer(
            mut values in prop::collection::vec(0..10_000_000_000_u64, 1..80), per_mille in 1..=1000_u32,
        ) {
            let distribution = Distribution::of(values.iter().copied());
            let found = distribution.percentile(per_mille).expect("not empty");
            values.sort_unstable();
            let exact = values[(values.len() * per_mille as usize).div_ceil(1000) - 1];
            prop_assert!(found >= exact && found - exact <= exact / 1000, "{} for {}", found, exact);
            let (lowest, highest) = distribution.percentile_range(per_mille).expect("not empty");
            prop_assert!(lowest <= exact && highest == found && highest - lowest <= exact / 1000);
        }
    }
}
