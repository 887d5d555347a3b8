//! Granting layers step by step until the budget is used.

use std::cmp::Reverse;
use std::time::Duration;

use super::work::Work;
use super::{AllocationConfig, Budget, Decision, LineMemory, Policy, Reason, Source, Workspace};
use crate::{DataRate, Time};

/// Decides on a layer for each of `sources`. Writes one decision per source to `out`, which it clears, in the
/// order of `sources`; answers what to remember of the line. The rates of the layers given add up to no more than
/// `config.guard` times the estimate, less the audio; while a screen share bursts, to `config.burst` times.
///
/// Where no source has a present layer to keep, more budget never gives the first source of the order (on stage, if
/// the policy knows one; the highest priority; then the lowest id) less: steps come in an order that doesn't depend on
/// the budget, and the first source takes none after the first step that didn't fit. What is left by then goes to the
/// others. A present layer it keeps even then, if that fits, rather than lose it to what may fit one day.
pub fn allocate<Id: Copy + Ord>(
    config: &AllocationConfig,
    now: Time,
    budget: &Budget,
    line: LineMemory,
    sources: &[Source<'_, Id>],
    workspace: &mut Workspace,
    out: &mut Vec<Decision<Id>>,
) -> LineMemory {
    workspace.prepare(config.policy, sources);
    let standing = budget.audio + workspace.standing();
    let (used, total) = (DataRate::ZERO, standing);
    let mut fill = Fill { config, now, budget: *budget, line, used, total, blocked: false };
    match config.policy {
        Policy::Fair | Policy::MaxMin => fill.by_level(sources, workspace),
        Policy::Stage => fill.by_stage(workspace),
    }
    out.clear();
    out.extend(sources.iter().zip(&workspace.work).map(|(source, work)| work.decision(now, source)));
    let turns = workspace.work.iter().map(Work::turn);
    let either = turns.fold((false, false), |all, one| (all.0 | one.0, all.1 | one.1));
    line.after(config, now, either, standing)
}

enum Step {
    Granted,
    Stopped(Reason),
}

struct Fill<'a> {
    config: &'a AllocationConfig,
    now: Time,
    budget: Budget,
    line: LineMemory,
    used: DataRate,
    /// Audio, what is shown now, and the raises granted.
    total: DataRate,
    /// A step didn't fit.
    blocked: bool,
}

impl Fill<'_> {
    /// Grants the lowest step by [`Work::next_level`], until no source takes another.
    fn by_level<Id>(&mut self, sources: &[Source<'_, Id>], workspace: &mut Workspace) {
        let Workspace { order, work, steps } = workspace;
        let policy = self.config.policy;
        steps.clear();
        for (place, &index) in order.iter().enumerate() {
            let level = work[index].next_level(policy, sources[index].layers);
            steps.extend(level.map(|level| Reverse((level, place))));
        }
        while let Some(Reverse((_, place))) = steps.pop() {
            let index = order[place];
            let work = &mut work[index];
            match self.step(work, place == 0) {
                Step::Granted => {
                    let level = work.next_level(policy, sources[index].layers);
                    steps.extend(level.map(|level| Reverse((level, place))));
                }
                Step::Stopped(reason) => work.stopped = Some(reason),
            }
        }
    }

    /// The stage first, then a step for each of the others, then for everyone in turns.
    fn by_stage(&mut self, workspace: &mut Workspace) {
        let Workspace { order, work, .. } = workspace;
        let mut saving = false;
        for (place, &index) in order.iter().enumerate() {
            let work = &mut work[index];
            if !work.on_stage {
                continue;
            }
            while work.stopped.is_none() && work.granted < work.preferred {
                self.take(work, place == 0);
            }
            saving |= work.stopped.is_some() && work.granted < work.preferred;
        }
        let mut round = 0;
        loop {
            let mut granted = false;
            for (place, &index) in order.iter().enumerate() {
                let work = &mut work[index];
                if work.stopped.is_some() || (round == 0 && work.on_stage) {
                    continue;
                }
                if saving && !work.keeps() {
                    work.stopped = Some(self.save(work));
                    continue;
                }
                granted |= self.take(work, place == 0);
            }
            if !granted && round > 0 {
                return;
            }
            round += 1;
        }
    }

    /// Takes a step; answers whether it was granted.
    fn take(&mut self, work: &mut Work, is_first: bool) -> bool {
        match self.step(work, is_first) {
            Step::Granted => true,
            Step::Stopped(reason) => {
                work.stopped = Some(reason);
                false
            }
        }
    }

    /// Why a step isn't granted while the stage lacks something.
    fn save(&mut self, work: &mut Work) -> Reason {
        let Some(needed) = work.next_cost() else { return Reason::FitsWish };
        work.memory.fits_since = None;
        let left = self.left(self.config.raise);
        if needed <= left { Reason::SavedForOthers { needed, left } } else { refusal(work, needed, left) }
    }

    fn left(&self, part: f64) -> DataRate {
        self.budget.part_for_video(part).saturating_sub(self.used)
    }

    fn step(&mut self, work: &mut Work, is_first: bool) -> Step {
        let Some(needed) = work.next_cost() else { return Step::Stopped(Reason::FitsWish) };
        let keeps = work.keeps();
        let left = self.left(if keeps { self.config.keep } else { self.config.raise });
        let fits = needed <= left;
        if keeps {
            if !fits && !self.is_borne(work, needed) {
                self.blocked = true;
                return Step::Stopped(refusal(work, needed, left));
            }
        } else if !fits {
            work.memory.fits_since = None;
            self.blocked = true;
            return Step::Stopped(refusal(work, needed, left));
        } else if is_first && self.blocked {
            work.memory.fits_since = None;
            return Step::Stopped(Reason::SavedForOthers { needed, left });
        } else if let Some(reason) = self.holds(work, needed, left) {
            return Step::Stopped(reason);
        }
        if !keeps {
            self.total += needed;
        }
        self.used += needed;
        work.granted += 1;
        Step::Granted
    }

    /// The present layer exceeds the budget to keep it, but by little and not for long.
    fn is_borne(&self, work: &mut Work, needed: DataRate) -> bool {
        work.is_over = true;
        let part = if work.detail && work.granted == 0 { self.config.burst } else { self.config.guard };
        let since = *work.memory.over_since.get_or_insert(self.now);
        let within = self.used + needed <= self.budget.part_for_video(part);
        within && self.now.since(since) < self.config.grace
    }

    /// A layer above the present one must have fitted for a while, the longer if the line failed at that level. A
    /// source that isn't seen at all waits for nothing, unless it was given up; even then what others get above their
    /// base layers doesn't count, since that makes room for it.
    fn holds(&self, work: &mut Work, needed: DataRate, left: DataRate) -> Option<Reason> {
        if work.current == 0 && work.memory.given_up.is_none() {
            return None;
        }
        let fitted = self.now.since(*work.memory.fits_since.get_or_insert(self.now));
        let before = if work.granted == 0 { self.budget.audio + self.used } else { self.total };
        let required = self.line.required(self.config, &self.budget, before + needed);
        (fitted < required).then(|| Reason::HeldByHysteresis {
            needed,
            left,
            fitted_millis: millis(fitted),
            required_millis: millis(required),
        })
    }
}

fn refusal(work: &Work, needed: DataRate, left: DataRate) -> Reason {
    match work.granted {
        0 => Reason::NoBudgetForBase { needed, left },
        _ => Reason::CappedByBudget { needed, left },
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
