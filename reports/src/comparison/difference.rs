//! One quantity of two sides, pair by pair.

use super::bootstrap::{Resamples, median};
use super::values::{Over, Quantity, RunValues};
use crate::metric::Better;

/// A seed's number on both sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The seed.
    pub seed: u64,
    /// The number on the first side.
    pub base: f64,
    /// The number on the other.
    pub other: f64,
}

impl Pair {
    /// How much more the other side has.
    pub fn difference(&self) -> f64 {
        self.other - self.base
    }
}

/// What can be said of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// All pairs are equal.
    Same,
    /// The interval lies on the worse side of zero.
    Worse,
    /// The interval lies on the better side of zero.
    Better,
    /// The interval doesn't hold zero, and the metric knows no better or worse.
    Different,
    /// The interval holds zero: luck can explain it. Or there is no interval.
    Unclear,
}

impl Finding {
    /// As it is spelt in files and shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Finding::Same => "same",
            Finding::Worse => "worse",
            Finding::Better => "better",
            Finding::Different => "different",
            Finding::Unclear => "unclear",
        }
    }
}

/// A quantity on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Of what.
    pub quantity: Quantity,
    /// The pairs that have it on both sides, by seed.
    pub pairs: Vec<Pair>,
    /// Seeds that have it on the first side only: what isn't there is not zero.
    pub only_base: usize,
    /// Seeds that have it on the other side only.
    pub only_other: usize,
    /// The median on the first side; of pairs, like all that follow.
    pub base: f64,
    /// The median on the other side.
    pub other: f64,
    /// The median of the differences, other less base.
    pub median: f64,
    /// The 95 % bootstrap interval of that median; `None` with fewer than two pairs.
    pub interval: Option<(f64, f64)>,
    /// The share of pairs in which the other side is worse; `None` where a metric knows no worse, or without pairs.
    pub worse: Option<f64>,
    /// The share in which it is better.
    pub better: Option<f64>,
}

impl Difference {
    pub(super) fn collect(quantity: Quantity, pairs: &[(&RunValues, &RunValues)]) -> Self {
        // How many are missing is known of every run: none, unless said otherwise.
        let absent = (quantity.over == Over::NeverSeen).then_some(0.0);
        let (mut both, mut only_base, mut only_other) = (Vec::new(), 0, 0);
        for (left, right) in pairs {
            match (left.get(&quantity).or(absent), right.get(&quantity).or(absent)) {
                (Some(base), Some(other)) => both.push(Pair { seed: left.seed, base, other }),
                (Some(_), None) => only_base += 1,
                (None, Some(_)) => only_other += 1,
                (None, None) => {}
            }
        }
        let middle = |of: fn(&Pair) -> f64| median(&mut both.iter().map(of).collect::<Vec<_>>());
        let share = |ahead: fn(&Pair) -> bool| {
            (!both.is_empty())
                .then(|| both.iter().filter(|pair| ahead(pair)).count() as f64 / both.len() as f64)
        };
        let (above, below) = (share(|pair| pair.other > pair.base), share(|pair| pair.other < pair.base));
        let (worse, better) = match quantity.better() {
            Better::Lower => (above, below),
            Better::Higher => (below, above),
            Better::Neither => (None, None),
        };
        Difference {
            base: middle(|pair| pair.base),
            other: middle(|pair| pair.other),
            median: middle(Pair::difference),
            quantity,
            only_base,
            only_other,
            interval: None,
            worse,
            better,
            pairs: both,
        }
    }

    pub(super) fn with_interval(mut self, resamples: &Resamples) -> Self {
        let differences: Vec<f64> = self.pairs.iter().map(Pair::difference).collect();
        self.interval = resamples.interval(&differences, median);
        self
    }

    /// Whether all pairs are equal, and none lacks a side.
    pub fn is_same(&self) -> bool {
        self.only_base + self.only_other == 0 && self.pairs.iter().all(|pair| pair.base == pair.other)
    }

    /// What can be said of it.
    pub fn finding(&self) -> Finding {
        if self.is_same() {
            return Finding::Same;
        }
        let sign = match self.interval {
            Some((low, _)) if low > 0.0 => 1.0,
            Some((_, high)) if high < 0.0 => -1.0,
            _ => return Finding::Unclear,
        };
        match self.quantity.better() {
            Better::Lower if sign > 0.0 => Finding::Worse,
            Better::Higher if sign < 0.0 => Finding::Worse,
            Better::Neither => Finding::Different,
            _ => Finding::Better,
        }
    }

    /// The median difference over the first side's median; `None` where that is zero.
    pub fn relative(&self) -> Option<f64> {
        (self.base != 0.0).then(|| self.median / self.base.abs())
    }
}
