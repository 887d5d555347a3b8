//! Granting layers step by step until the budget is used.

use std::time::Duration;

use super::memory::Hold;
use super::work::Work;
use super::{AllocationConfig, Budget, Decision, LineMemory, Policy, Reason, Source, Workspace};
use crate::{DataRate, Time};

/// Decides on a layer for each of `sources`. Writes one decision per source to `out`, which it clears, in the
/// order of `sources`; answers what to remember of the line. The rates of the layers given add up to no more than
/// `config.guard` times the estimate, less the audio; while a screen share bursts, to `config.burst` times.
///
/// Where no source has a present layer to keep, nor waits for one that was given up, more budget never gives the first
/// source of the order (on stage, if the policy knows one; the highest priority; then the lowest id) less: steps come in
/// an order that doesn't depend on the budget, and the first source takes none after the first step that didn't fit.
/// What is left by then goes to the others. A present layer it keeps even then, if that fits, rather than lose it to
/// what may fit one day.
pub fn allocate<Id: Copy + Ord>(
    config: &AllocationConfig,
    now: Time,
    budget: &Budget,
    line: LineMemory,
    sources: &[Source<'_, Id>],
    workspace: &mut Workspace,
    out: &mut Vec<Decision<Id>>,
) -> LineMemory {
    let standing = budget.audio + workspace.prepare(config, sources);
    let line = line.estimated(config, now, budget.estimate);
    let mut fill = Fill::new(config, now, budget, &line, standing);
    fill.all(sources, workspace);
    if fill.has_lowered {
        // Who goes down goes to where it would be raised: the queue that made the estimate fall has to drain. But the
        // smallest picture isn't slowed for that.
        workspace.prepare(config, sources);
        fill =
            Fill { keep_larger: fill.raise, bears: false, ..Fill::new(config, now, budget, &line, standing) };
        fill.all(sources, workspace);
    }
    out.clear();
    out.extend(sources.iter().zip(&workspace.work).map(|(source, work)| work.decision(now, source)));
    let turns = workspace.work.iter().map(Work::turn);
    let (raised, lowered) = turns.fold((false, false), |all, one| (all.0 | one.0, all.1 | one.1));
    // What made room for a raise doesn't show that the line was too thin.
    line.after(config, now, (raised, lowered && !fill.has_raised), standing)
}

struct Fill<'a> {
    config: &'a AllocationConfig,
    now: Time,
    budget: Budget,
    /// What all video may take when layers are raised, …
    raise: DataRate,
    /// … before it counts that they don't fit …
    sway: DataRate,
    /// … and before layers are lowered; …
    keep: DataRate,
    /// … those of larger pictures than the smallest.
    keep_larger: DataRate,
    /// How long a step must have fitted.
    hold: Hold,
    used: DataRate,
    /// Audio, what is shown now, and the raises granted.
    total: DataRate,
    /// A step didn't fit.
    blocked: bool,
    /// A step was granted to what isn't shown.
    has_raised: bool,
    /// What is shown doesn't fit, and isn't borne.
    has_lowered: bool,
    /// What exceeds the budget to keep by little may be borne.
    bears: bool,
    /// A screen share's burst is borne.
    bursting: bool,
}

impl<'a> Fill<'a> {
    fn new(
        config: &'a AllocationConfig,
        now: Time,
        budget: &Budget,
        line: &LineMemory,
        standing: DataRate,
    ) -> Self {
        Fill {
            config,
            now,
            budget: *budget,
            raise: budget.to_raise(config.raise),
            sway: budget.to_raise(config.sway),
            keep: budget.part_for_video(config.keep),
            keep_larger: budget.part_for_video(config.keep),
            hold: line.hold(config, now, budget),
            used: DataRate::ZERO,
            total: standing,
            blocked: false,
            has_raised: false,
            has_lowered: false,
            bears: true,
            bursting: false,
        }
    }

    fn all<Id>(&mut self, sources: &[Source<'_, Id>], workspace: &mut Workspace) {
        match self.config.policy {
            Policy::Fair | Policy::MaxMin => self.by_level(sources, workspace),
            Policy::Stage => self.by_stage(workspace),
        }
    }

    /// Grants the lowest step by [`Work::next_level`], until no source takes another.
    fn by_level<Id>(&mut self, sources: &[Source<'_, Id>], workspace: &mut Workspace) {
        let Workspace { order, work, steps } = workspace;
        let config = self.config;
        self.keep_bases(work);
        let levels = order.iter().map(|&index| work[index].next_level(config, sources[index].layers));
        let mut turn = steps.start(levels);
        while let Some(place) = turn {
            let index = order[place];
            let work = &mut work[index];
            // What no other step makes use of is saved for nobody.
            let is_first = place == 0 && !work.is_slow(config, sources[index].layers);
            let granted = self.step(work, is_first);
            let next = if granted { work.next_level(config, sources[index].layers) } else { None };
            turn = steps.next(place, next);
        }
    }

    /// Grants the lowest layer of whatever is shown, all at once, if they fit together: they come first whatever their
    /// order, unless there are others that have priority.
    fn keep_bases(&mut self, work: &mut [Work]) {
        let (mut bases, mut come_first) = (DataRate::ZERO, true);
        for work in work.iter() {
            bases += work.next_cost().filter(|_| work.keeps()).unwrap_or_default();
            come_first &= !work.is_new_priority();
        }
        if bases <= self.keep && come_first {
            self.used = bases;
            work.iter_mut().for_each(|work| work.granted = usize::from(work.keeps()));
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
                self.step(work, place == 0);
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
                granted |= self.step(work, place == 0);
            }
            if !granted && round > 0 {
                return;
            }
            round += 1;
        }
    }

    /// Why a step isn't granted while the stage lacks something.
    fn save(&mut self, work: &mut Work) -> Reason {
        let Some(needed) = work.next_cost() else { return Reason::FitsWish };
        let left = self.raise.saturating_sub(self.used);
        if needed <= left { Reason::SavedForOthers { needed, left } } else { refusal(work, needed, left) }
    }

    /// Takes a step; answers whether it was granted, or else says in `work` why not.
    fn step(&mut self, work: &mut Work, is_first: bool) -> bool {
        let stopped = match work.next_cost() {
            Some(needed) if work.keeps() => self.keep(work, needed),
            Some(needed) => self.raise(work, needed, is_first),
            None => Some(Reason::FitsWish),
        };
        match stopped {
            None => work.granted += 1,
            reason => work.stopped = reason,
        }
        work.stopped.is_none()
    }

    /// A step to what is shown already.
    fn keep(&mut self, work: &mut Work, needed: DataRate) -> Option<Reason> {
        let is_larger = work.granted >= work.smallest;
        let keep = if is_larger { self.keep.min(self.keep_larger) } else { self.keep };
        let left = keep.saturating_sub(self.used);
        if needed > left && !self.is_borne(work, needed) {
            self.blocked = true;
            self.has_lowered |= !self.has_raised;
            return Some(refusal(work, needed, left));
        }
        self.used += needed;
        None
    }

    fn raise(&mut self, work: &mut Work, needed: DataRate, is_first: bool) -> Option<Reason> {
        let left = self.raise.saturating_sub(self.used);
        work.fits_since = None;
        if needed > left {
            let sways = needed <= self.sway.saturating_sub(self.used);
            work.fits_since = work.memory.fits_since.filter(|_| sways);
            self.blocked = true;
            return Some(refusal(work, needed, left));
        }
        if is_first && self.blocked {
            return Some(Reason::SavedForOthers { needed, left });
        }
        let held = self.holds(work, needed, left);
        if held.is_none() {
            self.total += needed;
            self.used += needed;
            // What makes room for it may not fill the line beyond what is raised to.
            self.keep = self.keep.min(self.sway);
            self.has_raised = true;
        }
        held
    }

    /// The present layer exceeds the budget to keep it, but by little and not for long.
    fn is_borne(&mut self, work: &mut Work, needed: DataRate) -> bool {
        let is_bursting = work.granted == 0 && (work.detail || self.bursting);
        let (part, grace) = match is_bursting {
            true => (self.config.burst, self.config.burst_grace),
            false => (self.config.guard, self.config.grace),
        };
        work.is_over = true;
        let since = work.memory.over(self.now, work.granted >= work.smallest);
        let within = self.used + needed <= self.budget.part_for_video(part);
        let is_borne = within
            && self.now.since(since) < grace
            && (is_bursting || ((self.bears || work.granted < work.smallest) && !self.has_raised));
        self.bursting |= is_borne && work.detail;
        is_borne
    }

    /// A layer above the present one must have fitted for a while, the longer if the line failed at that level. A
    /// source that isn't seen at all waits for nothing, unless it was given up; even then what others get above their
    /// base layers doesn't count, since that makes room for it.
    fn holds(&self, work: &mut Work, needed: DataRate, left: DataRate) -> Option<Reason> {
        if work.current == 0 && work.memory.given_up.is_none() {
            return None;
        }
        let since = work.memory.fits_since.unwrap_or(self.now);
        let fitted = self.now.since(since);
        let before = if work.granted == 0 { self.budget.audio + self.used } else { self.total };
        let required = self.hold.required(before + needed, work.current > 0);
        (fitted < required).then(|| {
            work.fits_since = Some(since);
            let (fitted_millis, required_millis) = (millis(fitted), millis(required));
            Reason::HeldByHysteresis { needed, left, fitted_millis, required_millis }
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
