//! What hysteresis has to know of the past.

use std::time::Duration;

use super::{AllocationConfig, Budget};
use crate::{DataRate, Time};

/// A failed level is met again by whatever comes this close to it: rates are measured, and sway.
const NEAR: f64 = 0.85;

/// The past of one source at one receiver. Starts as [`Default`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Since when the next higher layer has fitted without a break.
    pub fits_since: Option<Time>,
    /// Since when the present layer has been beyond the budget to keep it; later by twice the breaks in which it fitted.
    pub over_since: Option<Time>,
    /// Since when it has fitted again after that.
    pub eased_since: Option<Time>,
    /// When the source was given up altogether for want of budget, if it hasn't come back.
    pub given_up: Option<Time>,
}

impl Memory {
    /// The layer is beyond the budget to keep it: answers since when. An estimate whose teeth follow each other, each over
    /// before patience is, would keep a line filled to the brim for as long as chance has it: where `sums`, what exceeded
    /// the budget for longer than it has fitted since goes on.
    pub(super) fn over(&mut self, now: Time, sums: bool) -> Time {
        let since = match (self.over_since, self.eased_since.take()) {
            (Some(since), Some(eased)) if sums => (since + now.since(eased) * 2).min(now),
            (Some(since), None) => since,
            _ => now,
        };
        self.over_since = Some(since);
        since
    }

    /// A decision was taken: for another layer, or the same, which exceeded the budget or fitted.
    pub(super) fn settle(&mut self, now: Time, changes: bool, is_over: bool) {
        let Some(since) = self.over_since.filter(|_| changes || !is_over) else { return };
        let eased = *self.eased_since.get_or_insert(now);
        if changes || since + now.since(eased) * 2 >= now {
            (self.over_since, self.eased_since) = (None, None);
        }
    }
}

/// The past of one receiver's line. Starts as [`Default`].
///
/// It is the line that didn't carry what was tried, not the source: where each source remembered by itself, one was
/// raised as soon as another was lowered, to fail at the same level again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineMemory {
    /// What was given in all, audio included, when the line last proved too thin for it.
    pub failed: DataRate,
    /// When a layer last went down for want of budget.
    pub lowered: Option<Time>,
    /// When a layer last went up after that.
    pub raised: Option<Time>,
    /// For how long a step to the failed level must have fitted.
    pub patience: Duration,
    /// When it was first estimated.
    pub begun: Option<Time>,
    /// The highest estimate so far.
    pub highest: DataRate,
    /// Whether the estimate has ever come down from it: until then it has been rising since the beginning, and has no
    /// teeth whose tips could be taken for the line.
    pub has_come_down: bool,
    /// The estimate with its teeth evened out, and as of when.
    pub evened: Option<(Time, DataRate)>,
}

/// An estimate that is less than this part of the highest has come down: GCC backs off to 0.85 of what arrives.
const DOWN: f64 = 0.9;

/// The foot of a tooth is this part of its tip: GCC backs off to so much of what arrives.
const TOOTH: f64 = 0.85;

/// How long a step must have fitted, by what it leads to.
pub(super) struct Hold {
    usual: Duration,
    /// For what takes this much or more.
    tight: (DataRate, Duration),
    /// The same.
    near: (DataRate, Duration),
}

impl Hold {
    /// For a step that leads to `total`, audio included; of what is shown already, or of what was given up.
    pub(super) fn required(&self, total: DataRate, is_shown: bool) -> Duration {
        let from = |(rate, hold): (DataRate, Duration)| if total >= rate { hold } else { Duration::ZERO };
        let hold = from(self.tight).max(from(self.near));
        // Half as long for what is away altogether: nothing is worse.
        self.usual.max(if is_shown { hold } else { hold / 2 })
    }
}

impl LineMemory {
    /// What becomes of it when it is estimated at so much.
    #[must_use]
    pub(super) fn estimated(mut self, config: &AllocationConfig, now: Time, estimate: DataRate) -> Self {
        self.evened = Some((now, self.steady(config, now, estimate)));
        self.begun.get_or_insert(now);
        self.highest = self.highest.max(estimate);
        self.has_come_down |= estimate < self.highest.scale(DOWN);
        self
    }

    /// What the line is estimated at, the teeth evened out, if that is `estimate` now. Once the estimate has come down, it
    /// rises and falls over [`AllocationConfig::evening`], and beyond what teeth are like over a quarter of that.
    pub fn steady(&self, config: &AllocationConfig, now: Time, estimate: DataRate) -> DataRate {
        let Some((at, evened)) = self.evened.filter(|_| self.has_come_down) else { return estimate };
        let is_tooth = estimate >= evened.scale(TOOTH) && estimate.scale(TOOTH) <= evened;
        let evening = if is_tooth { config.evening } else { config.evening / 4 };
        let (seconds, settling) = (now.since(at).as_nanos() as f64, evening.as_nanos() as f64);
        let weight = seconds / (seconds + settling).max(1.0);
        evened.scale(1.0 - weight) + estimate.scale(weight)
    }

    /// The estimate has come down, and not only from what was assumed at first.
    pub(super) fn has_teeth(&self, config: &AllocationConfig, now: Time) -> bool {
        self.has_come_down && self.begun.is_none_or(|begun| now.since(begun) >= config.beginning)
    }

    /// How long steps must have fitted.
    pub(super) fn hold(&self, config: &AllocationConfig, now: Time, budget: &Budget) -> Hold {
        let has_recovered = budget.estimate.scale(config.raise) >= self.failed.scale(config.recovered);
        let is_thin = self.lowered.is_some() && !has_recovered;
        Hold {
            usual: config.raise_hold,
            tight: (
                budget.estimate.scale(config.tight),
                if self.has_teeth(config, now) { config.raise_hold_tight } else { Duration::ZERO },
            ),
            near: (self.failed.scale(NEAR), if is_thin { self.patience } else { Duration::ZERO }),
        }
    }

    /// What becomes of it when layers went up or down; `total` is what was given before, audio included.
    pub(super) fn after(
        mut self,
        config: &AllocationConfig,
        now: Time,
        (raised, lowered): (bool, bool),
        total: DataRate,
    ) -> Self {
        let first = config.raise_hold_after_lowering;
        if lowered {
            let falls_on = self.raised.is_none() && self.lowered.is_some_and(|at| now.since(at) < first);
            // Several steps down in a row are one fall, from the highest level.
            self.failed = if falls_on { self.failed.max(total) } else { total };
            self.patience = match (self.lowered, self.raised) {
                (None, _) => first,
                (Some(_), None) => self.patience,
                (Some(_), Some(at)) if now.since(at) < config.raise_proven => {
                    (self.patience * 4).min(config.raise_hold_limit)
                }
                (Some(_), Some(at)) if now.since(at) < config.raise_hold_limit => self.patience,
                (Some(_), Some(_)) => first,
            };
            (self.lowered, self.raised) = (Some(now), None);
        } else if raised && self.lowered.is_some() {
            self.raised = Some(now);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teeth_are_evened_out_and_leaps_are_not() {
        let config = AllocationConfig::default();
        let steady = |estimates: &mut dyn Iterator<Item = u64>| {
            let (mut line, mut got) = (LineMemory::default(), Vec::new());
            for (tenth, kbps) in estimates.enumerate() {
                let (now, estimate) = (Time::from_millis(tenth as u64 * 100), DataRate::from_kbps(kbps));
                got.push(line.steady(&config, now, estimate).as_kbps());
                line = line.estimated(&config, now, estimate);
            }
            got
        };
        let rises = steady(&mut (500..600));
        assert_eq!(rises, (500..600).collect::<Vec<_>>(), "no teeth so far");
        let teeth = steady(&mut (0..900).map(|tenth| 850 + tenth % 60 * 5));
        assert!(teeth[300..].iter().all(|kbps| (950..1_060).contains(kbps)), "{teeth:?}");
        let falls = steady(&mut (0..100).map(|tenth| if tenth < 50 { 1_000 } else { 500 }));
        assert_eq!(falls[50], 500, "the first fall is no tooth");
        let leap = |tenth| if (1..10).contains(&tenth) { 100 } else { 1_000 };
        let leaps = steady(&mut (0..100).map(leap));
        // A second counts for four tenths of the leap, five for nine.
        assert!((400..500).contains(&leaps[20]) && (850..950).contains(&leaps[60]), "{leaps:?}");
    }

    #[test]
    fn only_an_estimate_that_has_come_down_makes_a_tight_step_wait() {
        let config = AllocationConfig::default();
        let kbps = DataRate::from_kbps;
        let required = |estimates: &[u64]| {
            let start = LineMemory::default();
            let line = estimates
                .iter()
                .fold(start, |line, estimate| line.estimated(&config, Time::ZERO, kbps(*estimate)));
            let budget = Budget::new(kbps(1_000), DataRate::ZERO);
            let at = |now| line.hold(&config, now, &budget);
            let [begins, later] = [Time::from_secs(9), Time::from_secs(10)].map(at);
            assert_eq!(begins.required(kbps(800), true), config.raise_hold, "it may be a correction");
            (later.required(kbps(800), true), later.required(kbps(600), true))
        };
        let (usual, tight) = (config.raise_hold, config.raise_hold_tight);
        for rising in [&[500, 700, 1_000][..], &[1_000, 950, 1_000]] {
            assert_eq!(required(rising), (usual, usual), "{rising:?}");
        }
        assert_eq!(required(&[1_000, 850, 1_000]), (tight, usual), "a tooth of GCC's");
    }
}
