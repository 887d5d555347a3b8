//! The same allocation, put plainly: every source and step with all its conditions each time, a heap of tuples, nothing
//! taken together. What the quick one decides is compared with it.

mod candidates;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use self::candidates::{Candidates, candidates};
use crate::allocation::*;
use crate::{DataRate, Time};

const NEAR: f64 = 0.85;
const BASE_PREFERENCE: u64 = 4;
const KEPT_PREFERENCE: u64 = 2;
const PRIORITY_SHIFT: u32 = 2;
const PREFERRED_HEIGHT: u16 = 360;

#[derive(Debug, Default)]
pub(super) struct Plain {
    order: Vec<usize>,
    work: Vec<Work>,
    /// The next step of each source that may take one: (level, place in the order).
    steps: BinaryHeap<Reverse<(Level, usize)>>,
}

type Level = (bool, bool, bool, u64, u64);

#[derive(Clone, Debug, Default)]
struct Work {
    candidates: Candidates,
    tile_hides: bool,
    /// Candidates granted: 0 is none, 1 the lowest …
    granted: usize,
    /// … and how many the receiver gets now.
    current: usize,
    /// Up to how many are served first on stage.
    preferred: usize,
    smallest: usize,
    on_stage: bool,
    detail: bool,
    priority: u32,
    /// Why it goes no higher; then it is done.
    stopped: Option<Reason>,
    /// A step of this call exceeded the budget to keep.
    is_over: bool,
    memory: Memory,
}

impl Plain {
    fn prepare<Id: Copy + Ord>(&mut self, config: &AllocationConfig, sources: &[Source<'_, Id>]) {
        self.order.clear();
        self.order.extend(0..sources.len());
        let by_stage = config.policy == Policy::Stage;
        self.order.sort_unstable_by_key(|&index| {
            let source = &sources[index];
            let (stage, recency) = if by_stage { (source.on_stage, source.recency) } else { (false, 0) };
            (Reverse(stage), Reverse(source.priority), recency, source.id, index)
        });
        self.work.resize_with(sources.len(), Work::default);
        for (work, source) in self.work.iter_mut().zip(sources) {
            work.prepare(config, source);
        }
    }

    /// The rate of all that is shown now.
    fn standing(&self) -> DataRate {
        self.work.iter().map(|work| work.rate_of(work.current)).sum()
    }
}

impl Work {
    fn prepare<Id>(&mut self, config: &AllocationConfig, source: &Source<'_, Id>) {
        self.tile_hides = candidates(config, source, &mut self.candidates);
        self.granted = 0;
        self.is_over = false;
        self.memory = source.memory;
        self.on_stage = source.on_stage;
        self.detail = source.detail;
        self.priority = u32::try_from(source.priority.max(0)).unwrap_or(0).min(8);
        let offer = |index: u8| &source.layers[usize::from(index)];
        let is_current = |&(index, _): &(u8, DataRate)| Some(offer(index).layer) == source.current;
        self.current = self.candidates.iter().position(is_current).map_or(0, |position| position + 1);
        let height = |index: u8| offer(index).height;
        let lowest = self.candidates.first().map(|(index, _)| height(*index));
        self.smallest = self.candidates.iter().filter(|(index, _)| Some(height(*index)) == lowest).count();
        let preferred = match source.detail || source.max_height <= PREFERRED_HEIGHT {
            true => u16::MAX,
            false => {
                self.candidates.first().map_or(0, |(lowest, _)| offer(*lowest).height.max(PREFERRED_HEIGHT))
            }
        };
        let is_preferred = |&&(index, _): &&(u8, DataRate)| offer(index).height <= preferred;
        self.preferred = self.candidates.iter().take_while(is_preferred).count();
        self.stopped = match (self.candidates.is_empty(), source.beyond_last_n, source.max_height) {
            (false, ..) => None,
            (true, Some(last_n), _) => Some(Reason::BeyondLastN { last_n }),
            (true, None, 0) => Some(Reason::PausedByView),
            (true, None, _) => Some(Reason::NoActiveLayer),
        };
    }

    fn rate_of(&self, granted: usize) -> DataRate {
        granted.checked_sub(1).map_or(DataRate::ZERO, |index| self.candidates[index].1)
    }

    fn rate(&self) -> DataRate {
        self.rate_of(self.granted)
    }

    /// Whether the next step is to what is shown already.
    fn keeps(&self) -> bool {
        self.granted < self.current
    }

    /// What the next step costs; `None` if there is none.
    fn next_cost(&self) -> Option<DataRate> {
        self.candidates.get(self.granted).map(|(_, rate)| rate.saturating_sub(self.rate()))
    }

    /// Where the next step comes in the order of all steps; `None` if there is none.
    ///
    /// First the base layers of what has priority, then those that are shown already: a picture that is shown stays
    /// before another one appears. Then by the policy's measure.
    fn next_level(&self, config: &AllocationConfig, layers: &[LayerOffer]) -> Option<Level> {
        let (offer, rate) = self.candidates.get(self.granted)?;
        let is_base = self.granted == 0;
        let preference = if is_base {
            BASE_PREFERENCE
        } else if self.keeps() {
            KEPT_PREFERENCE
        } else {
            1
        };
        let rate = (rate.as_bps() / preference) >> (PRIORITY_SHIFT * self.priority);
        let next = &layers[usize::from(*offer)];
        let lowest = layers[usize::from(self.candidates[0].0)].height;
        let moves = self.detail || next.height == lowest || next.fps >= config.slow_fps;
        let (most, by_rate) = match config.policy {
            Policy::MaxMin => (self.share(&layers[usize::from(*offer)], layers), rate),
            Policy::Fair | Policy::Stage => (rate, 0),
        };
        let is_slow = !moves && !self.keeps();
        Some((is_slow, !(is_base && self.priority > 0), !(is_base && self.keeps()), most, by_rate))
    }

    /// How much of the best candidate's pixels per second is shown before the step, in millionths; a step to what is
    /// shown already counts as one to half of it.
    fn share(&self, next: &LayerOffer, layers: &[LayerOffer]) -> u64 {
        let pixels = |offer: &LayerOffer| f64::from(offer.height) * f64::from(offer.height) * offer.fps;
        let of = |granted: usize| pixels(&layers[usize::from(self.candidates[granted].0)]);
        let best = of(self.candidates.len() - 1).max(pixels(next)).max(1.0);
        let shown = self.granted.checked_sub(1).map_or(0.0, of);
        (shown / best * 1e6) as u64 / if self.keeps() { KEPT_PREFERENCE } else { 1 }
    }

    /// Whether it goes up to where hysteresis counts, or down.
    fn turn(&self) -> (bool, bool) {
        let returns = self.current > 0 || self.memory.given_up.is_some();
        (self.granted > self.current && returns, self.granted < self.current)
    }

    fn decision<Id: Copy>(&self, now: Time, source: &Source<'_, Id>) -> Decision<Id> {
        let mut memory = self.memory;
        let reason = match self.stopped.unwrap_or(Reason::FitsWish) {
            Reason::FitsWish if self.tile_hides => {
                Reason::CappedByTile { max_height: source.max_height, max_fps: source.max_fps }
            }
            reason => reason,
        };
        let waits = self.granted >= self.current
            && matches!(reason, Reason::CappedByBudget { .. } | Reason::NoBudgetForBase { .. });
        if !waits && !matches!(reason, Reason::HeldByHysteresis { .. }) {
            memory.fits_since = None;
        }
        if self.granted > 0 {
            memory.given_up = None;
        } else if self.current > 0 {
            memory.given_up = Some(now);
        }
        memory.settle(now, self.granted != self.current, self.is_over);
        let layer = self.granted.checked_sub(1).map(|index| {
            let (offer, _) = self.candidates[index];
            source.layers[usize::from(offer)].layer
        });
        Decision { id: source.id, layer, rate: self.rate(), reason, memory }
    }
}

pub(super) fn allocate<Id: Copy + Ord>(
    config: &AllocationConfig,
    now: Time,
    budget: &Budget,
    line: LineMemory,
    sources: &[Source<'_, Id>],
    workspace: &mut Plain,
    out: &mut Vec<Decision<Id>>,
) -> LineMemory {
    workspace.prepare(config, sources);
    let standing = budget.audio + workspace.standing();
    let (used, total) = (DataRate::ZERO, standing);
    let line = line.estimated(config, now, budget.estimate);
    let keep = budget.part_for_video(config.keep);
    let mut fill = Fill {
        config,
        now,
        budget: *budget,
        line,
        keep,
        keep_larger: keep,
        used,
        total,
        blocked: false,
        has_raised: false,
        has_lowered: false,
        bears: true,
        bursting: false,
    };
    let mut again = fill.clone();
    fill.all(sources, workspace);
    if fill.has_lowered {
        workspace.prepare(config, sources);
        (again.keep_larger, again.bears) = (budget.to_raise(config.raise), false);
        again.all(sources, workspace);
        fill = again;
    }
    out.clear();
    out.extend(sources.iter().zip(&workspace.work).map(|(source, work)| work.decision(now, source)));
    let turns = workspace.work.iter().map(Work::turn);
    let (raised, lowered) = turns.fold((false, false), |all, one| (all.0 | one.0, all.1 | one.1));
    line.after(config, now, (raised, lowered && !fill.has_raised), standing)
}

enum Step {
    Granted,
    Stopped(Reason),
}

#[derive(Clone)]
struct Fill<'a> {
    config: &'a AllocationConfig,
    now: Time,
    budget: Budget,
    line: LineMemory,
    /// What all video may take before layers are lowered.
    keep: DataRate,
    keep_larger: DataRate,
    used: DataRate,
    /// Audio, what is shown now, and the raises granted.
    total: DataRate,
    /// A step didn't fit.
    blocked: bool,
    /// A step was granted to what isn't shown.
    has_raised: bool,
    has_lowered: bool,
    bears: bool,
    bursting: bool,
}

impl Fill<'_> {
    fn all<Id>(&mut self, sources: &[Source<'_, Id>], workspace: &mut Plain) {
        match self.config.policy {
            Policy::Fair | Policy::MaxMin => self.by_level(sources, workspace),
            Policy::Stage => self.by_stage(workspace),
        }
    }

    /// Grants the lowest step by [`Work::next_level`], until no source takes another.
    fn by_level<Id>(&mut self, sources: &[Source<'_, Id>], workspace: &mut Plain) {
        let Plain { order, work, steps } = workspace;
        let config = self.config;
        steps.clear();
        for (place, &index) in order.iter().enumerate() {
            let level = work[index].next_level(config, sources[index].layers);
            steps.extend(level.map(|level| Reverse((level, place))));
        }
        while let Some(Reverse((level, place))) = steps.pop() {
            let index = order[place];
            let work = &mut work[index];
            match self.step(work, place == 0 && !level.0) {
                Step::Granted => {
                    let level = work.next_level(config, sources[index].layers);
                    steps.extend(level.map(|level| Reverse((level, place))));
                }
                Step::Stopped(reason) => work.stopped = Some(reason),
            }
        }
    }

    /// The stage first, then a step for each of the others, then for everyone in turns.
    fn by_stage(&mut self, workspace: &mut Plain) {
        let Plain { order, work, .. } = workspace;
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
        let left = self.to_raise(self.config.raise);
        if needed <= left { Reason::SavedForOthers { needed, left } } else { refusal(work, needed, left) }
    }

    fn to_raise(&self, part: f64) -> DataRate {
        self.budget.to_raise(part).saturating_sub(self.used)
    }

    fn step(&mut self, work: &mut Work, is_first: bool) -> Step {
        let Some(needed) = work.next_cost() else { return Step::Stopped(Reason::FitsWish) };
        let keeps = work.keeps();
        let left = match keeps {
            true if work.granted >= work.smallest => {
                self.keep.min(self.keep_larger).saturating_sub(self.used)
            }
            true => self.keep.saturating_sub(self.used),
            false => self.to_raise(self.config.raise),
        };
        let fits = needed <= left;
        if keeps {
            if !fits && !self.is_borne(work, needed) {
                self.blocked = true;
                self.has_lowered |= !self.has_raised;
                return Step::Stopped(refusal(work, needed, left));
            }
        } else if !fits {
            if needed > self.to_raise(self.config.sway) {
                work.memory.fits_since = None;
            }
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
            self.has_raised = true;
            self.keep = self.keep.min(self.budget.to_raise(self.config.sway));
        }
        self.used += needed;
        work.granted += 1;
        Step::Granted
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
        let may_be = is_bursting || ((self.bears || work.granted < work.smallest) && !self.has_raised);
        let is_borne = may_be && within && self.now.since(since) < grace;
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
        let fitted = self.now.since(*work.memory.fits_since.get_or_insert(self.now));
        let before = if work.granted == 0 { self.budget.audio + self.used } else { self.total };
        let required =
            required(&self.line, self.config, (self.now, &self.budget), before + needed, work.current > 0);
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

fn required(
    line: &LineMemory,
    config: &AllocationConfig,
    (now, budget): (Time, &Budget),
    total: DataRate,
    is_shown: bool,
) -> Duration {
    let is_near = line.lowered.is_some() && total >= line.failed.scale(NEAR);
    let has_recovered = budget.estimate.scale(config.raise) >= line.failed.scale(config.recovered);
    let patience = if is_near && !has_recovered { line.patience } else { Duration::ZERO };
    let is_tight = line.has_teeth(config, now) && total >= budget.estimate.scale(config.tight);
    let hold = if is_tight { patience.max(config.raise_hold_tight) } else { patience };
    config.raise_hold.max(if is_shown { hold } else { hold / 2 })
}
