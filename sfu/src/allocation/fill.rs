//! Granting layers step by step until the budget is used.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::candidates::{Candidates, candidates};
use super::{AllocationConfig, Budget, Decision, Memory, Policy, Reason, Source};
use crate::{DataRate, Time};

/// Base layers come before steps to a rate up to so many times lower. So everyone's picture comes first as long
/// as the encoders are alike, and a source that has only a large picture doesn't cost all others theirs.
const BASE_PREFERENCE: u64 = 4;

/// Room to work in, kept between calls so that none of them allocates.
#[derive(Debug, Default)]
pub struct Workspace {
    order: Vec<usize>,
    work: Vec<Work>,
    /// The next step of each source that may take one: (level, place in the order).
    steps: BinaryHeap<Reverse<(Level, usize)>>,
}

#[derive(Clone, Debug, Default)]
struct Work {
    candidates: Candidates,
    tile_hides: bool,
    /// Candidates granted: 0 is none, 1 the lowest …
    granted: usize,
    /// … and how many the receiver gets now.
    current: usize,
    /// Why it goes no higher; then it is done.
    stopped: Option<Reason>,
    /// A step of this call exceeded the budget to keep.
    is_over: bool,
    memory: Memory,
}

/// The order of steps: base layers that are shown already, then everything by rate.
type Level = (bool, u64);

enum Step {
    Granted,
    Stopped(Reason),
}

/// Decides on a layer for each of `sources`. Writes one decision per source to `out`, which it clears, in the
/// order of `sources`. The rates of the layers given add up to no more than `config.guard` times
/// the estimate, less the audio.
///
/// Where no source has a present layer to keep, more budget never gives the first source of the order (the
/// highest priority, then the lowest id) less: steps come in an order that doesn't depend on the budget, and the
/// first source takes none after the first step that didn't fit. What is left by then goes to the others. A
/// present layer it keeps even then, if that fits, rather than lose it to what may fit one day.
pub fn allocate<Id: Copy + Ord>(
    config: &AllocationConfig,
    now: Time,
    budget: &Budget,
    sources: &[Source<'_, Id>],
    workspace: &mut Workspace,
    out: &mut Vec<Decision<Id>>,
) {
    workspace.prepare(sources);
    let mut fill = Fill { config, now, budget: *budget, used: DataRate::ZERO, blocked: false };
    match config.policy {
        Policy::Grid => fill.by_water_level(workspace),
    }
    out.clear();
    out.extend(sources.iter().zip(&workspace.work).map(|(source, work)| work.decision(config, now, source)));
}

struct Fill<'a> {
    config: &'a AllocationConfig,
    now: Time,
    budget: Budget,
    used: DataRate,
    /// A step didn't fit.
    blocked: bool,
}

impl Fill<'_> {
    /// Grants the step that leads to the lowest rate, base layers counting a quarter of theirs, until no
    /// source takes another.
    fn by_water_level(&mut self, workspace: &mut Workspace) {
        let Workspace { order, work, steps } = workspace;
        steps.clear();
        for (place, &index) in order.iter().enumerate() {
            steps.extend(work[index].next_level().map(|level| Reverse((level, place))));
        }
        while let Some(Reverse((_, place))) = steps.pop() {
            let work = &mut work[order[place]];
            match self.step(work, place == 0) {
                Step::Granted => steps.extend(work.next_level().map(|level| Reverse((level, place)))),
                Step::Stopped(reason) => work.stopped = Some(reason),
            }
        }
    }

    fn step(&mut self, work: &mut Work, is_first: bool) -> Step {
        let Some(needed) = work.next_cost() else { return Step::Stopped(Reason::FitsWish) };
        let keeps = work.granted < work.current;
        let part = if keeps { self.config.keep } else { self.config.raise };
        let left = self.budget.part_for_video(part).saturating_sub(self.used);
        let fits = needed <= left;
        if keeps {
            if !fits && !self.is_borne(work, needed) {
                return self.refuse(work, needed, left);
            }
        } else if !fits {
            work.memory.fits_since = None;
            return self.refuse(work, needed, left);
        } else if is_first && self.blocked {
            work.memory.fits_since = None;
            return Step::Stopped(Reason::SavedForOthers { needed, left });
        } else if let Some(reason) = self.holds(work, needed, left) {
            return Step::Stopped(reason);
        }
        self.used += needed;
        work.granted += 1;
        Step::Granted
    }

    /// The present layer exceeds the budget to keep it, but by little and not for long.
    fn is_borne(&self, work: &mut Work, needed: DataRate) -> bool {
        work.is_over = true;
        let since = *work.memory.over_since.get_or_insert(self.now);
        let within = self.used + needed <= self.budget.part_for_video(self.config.guard);
        within && self.now.since(since) < self.config.grace
    }

    fn refuse(&mut self, work: &Work, needed: DataRate, left: DataRate) -> Step {
        self.blocked = true;
        Step::Stopped(match work.granted {
            0 => Reason::NoBudgetForBase { needed, left },
            _ => Reason::CappedByBudget { needed, left },
        })
    }

    /// A layer above the present one must have fitted for a while. A source that isn't seen at all waits for
    /// nothing, unless it was given up lately.
    fn holds(&self, work: &mut Work, needed: DataRate, left: DataRate) -> Option<Reason> {
        let after = work.memory.patience;
        let lowered = work.memory.lowered.is_some_and(|at| self.now.since(at) < after);
        if work.current == 0 && !lowered {
            return None;
        }
        let fitted = self.now.since(*work.memory.fits_since.get_or_insert(self.now));
        let required = if lowered { after } else { self.config.raise_hold };
        (fitted < required).then(|| Reason::HeldByHysteresis {
            needed,
            left,
            fitted_millis: millis(fitted),
            required_millis: millis(required),
        })
    }
}

impl Workspace {
    fn prepare<Id: Copy + Ord>(&mut self, sources: &[Source<'_, Id>]) {
        self.order.clear();
        self.order.extend(0..sources.len());
        self.order
            .sort_unstable_by_key(|&index| (Reverse(sources[index].priority), sources[index].id, index));
        self.work.resize_with(sources.len(), Work::default);
        for (work, source) in self.work.iter_mut().zip(sources) {
            work.prepare(source);
        }
    }
}

impl Work {
    fn prepare<Id>(&mut self, source: &Source<'_, Id>) {
        self.tile_hides = candidates(source.layers, source.max_height, &mut self.candidates);
        self.granted = 0;
        self.is_over = false;
        self.memory = source.memory;
        let is_current =
            |&(index, _): &(u8, DataRate)| Some(source.layers[usize::from(index)].layer) == source.current;
        self.current = self.candidates.iter().position(is_current).map_or(0, |position| position + 1);
        self.stopped = match (self.candidates.is_empty(), source.max_height) {
            (false, _) => None,
            (true, 0) => Some(Reason::PausedByView),
            (true, _) => Some(Reason::NoActiveLayer),
        };
    }

    fn rate(&self) -> DataRate {
        self.granted.checked_sub(1).map_or(DataRate::ZERO, |index| self.candidates[index].1)
    }

    /// Where the next step comes in the order of all steps; `None` if there is none.
    ///
    /// A picture that is shown stays before another one appears: rates that sway by a little would otherwise
    /// let equal sources take turns, a key frame and a freeze each time.
    fn next_level(&self) -> Option<Level> {
        let rate = self.candidates.get(self.granted)?.1.as_bps();
        let kept = self.granted == 0 && self.current > 0;
        Some((!kept, if self.granted == 0 { rate / BASE_PREFERENCE } else { rate }))
    }

    fn next_cost(&self) -> Option<DataRate> {
        self.candidates.get(self.granted).map(|(_, rate)| rate.saturating_sub(self.rate()))
    }

    fn decision<Id: Copy>(
        &self,
        config: &AllocationConfig,
        now: Time,
        source: &Source<'_, Id>,
    ) -> Decision<Id> {
        let mut memory = self.memory;
        let reason = match self.stopped.unwrap_or(Reason::FitsWish) {
            Reason::FitsWish if self.tile_hides => Reason::CappedByTile { max_height: source.max_height },
            reason => reason,
        };
        if !matches!(reason, Reason::HeldByHysteresis { .. }) {
            memory.fits_since = None;
        }
        if self.granted < self.current {
            memory.lower(config, now);
        }
        memory.raised |= self.granted > self.current;
        if self.granted != self.current || !self.is_over {
            memory.over_since = None;
        }
        let layer = self.granted.checked_sub(1).map(|index| {
            let (offer, _) = self.candidates[index];
            source.layers[usize::from(offer)].layer
        });
        Decision { id: source.id, layer, rate: self.rate(), reason, memory }
    }
}

impl Memory {
    /// The layer goes down. Several steps down in a row are one lowering.
    fn lower(&mut self, config: &AllocationConfig, now: Time) {
        let limit = config.raise_hold_limit;
        let again = self.lowered.is_some_and(|at| now.since(at) < limit);
        self.patience = match (again, self.raised) {
            (true, true) => (self.patience * 2).min(limit),
            (true, false) => self.patience,
            (false, _) => config.raise_hold_after_lowering,
        };
        (self.lowered, self.raised) = (Some(now), false);
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
