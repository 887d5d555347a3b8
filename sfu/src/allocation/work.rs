//! What is known of one source while layers are granted.

use std::cmp::Reverse;

use super::candidates::Candidates;
use super::steps::{Level, Steps};
use super::{AllocationConfig, Decision, LayerOffer, Memory, Policy, Reason, Source};
use crate::{DataRate, Time};

/// Base layers come before steps to a rate up to four times lower (two bits). So everyone's picture comes first as long
/// as the encoders are alike, and a source that has only a large picture doesn't cost all others theirs.
const BASE_PREFERENCE: u32 = 2;
/// What is watched comes before steps of others to more than half its rate (one bit): rates that sway by a little would
/// otherwise let equal sources take turns, a key frame and a freeze each time.
const KEPT_PREFERENCE: u32 = 1;
/// Bits by which a unit of priority makes a rate count less.
const PRIORITY_SHIFT: u32 = 2;
/// A camera on stage is served first up to this height (Jitsi Videobridge's preferred 360 lines).
const PREFERRED_HEIGHT: u16 = 360;

/// Room to work in, kept between calls so that none of them allocates.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(super) order: Vec<usize>,
    pub(super) work: Vec<Work>,
    /// The next step of each source that may take one.
    pub(super) steps: Steps,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub(super) candidates: Candidates,
    tile_hides: bool,
    /// Candidates granted: 0 is none, 1 the lowest …
    pub(super) granted: usize,
    /// … and how many the receiver gets now.
    pub(super) current: usize,
    /// Up to how many are served first on stage.
    pub(super) preferred: usize,
    /// How many show the smallest picture.
    pub(super) smallest: usize,
    pub(super) on_stage: bool,
    pub(super) detail: bool,
    priority: u32,
    /// Why it goes no higher; then it is done.
    pub(super) stopped: Option<Reason>,
    /// A step of this call exceeded the budget to keep.
    pub(super) is_over: bool,
    pub(super) memory: Memory,
    /// Since when the next layer has fitted: the next [`Memory::fits_since`].
    pub(super) fits_since: Option<Time>,
}

impl Workspace {
    /// Answers the rate of all that is shown now.
    pub(super) fn prepare<Id: Copy + Ord>(
        &mut self,
        config: &AllocationConfig,
        sources: &[Source<'_, Id>],
    ) -> DataRate {
        self.order.clear();
        self.order.extend(0..sources.len());
        let by_stage = config.policy == Policy::Stage;
        self.order.sort_unstable_by_key(|&index| {
            let source = &sources[index];
            let (stage, recency) = if by_stage { (source.on_stage, source.recency) } else { (false, 0) };
            (Reverse(stage), Reverse(source.priority), recency, source.id, index)
        });
        self.work.resize_with(sources.len(), Work::default);
        let mut standing = DataRate::ZERO;
        for (work, source) in self.work.iter_mut().zip(sources) {
            work.prepare(config, source);
            standing += work.rate_of(work.current);
        }
        standing
    }
}

impl Work {
    fn prepare<Id>(&mut self, config: &AllocationConfig, source: &Source<'_, Id>) {
        let by_stage = config.policy == Policy::Stage;
        self.tile_hides = self.candidates.find(config, source);
        self.granted = 0;
        self.is_over = false;
        self.memory = source.memory;
        self.fits_since = None;
        self.on_stage = source.on_stage;
        self.detail = source.detail;
        self.priority = u32::try_from(source.priority.max(0)).unwrap_or(0).min(8);
        let offer = |index: u8| &source.layers[usize::from(index)];
        let shown =
            |current| self.candidates.offers().iter().position(|index| offer(*index).layer == current);
        self.current = source.current.and_then(shown).map_or(0, |position| position + 1);
        let height = |index: &u8| offer(*index).height;
        let offers = self.candidates.offers();
        let lowest = offers.first().map(height);
        self.smallest = offers.iter().take_while(|index| Some(height(index)) == lowest).count();
        self.preferred = if by_stage && source.on_stage { self.preferred(source) } else { 0 };
        self.stopped = match (self.candidates.len() == 0, source.beyond_last_n, source.max_height) {
            (false, ..) => None,
            (true, Some(last_n), _) => Some(Reason::BeyondLastN { last_n }),
            (true, None, 0) => Some(Reason::PausedByView),
            (true, None, _) => Some(Reason::NoActiveLayer),
        };
    }

    /// How many candidates are served first on stage.
    fn preferred<Id>(&self, source: &Source<'_, Id>) -> usize {
        let height = |offer: &u8| source.layers[usize::from(*offer)].height;
        let offers = self.candidates.offers();
        let preferred = match source.detail || source.max_height <= PREFERRED_HEIGHT {
            true => u16::MAX,
            false => offers.first().map_or(0, |lowest| height(lowest).max(PREFERRED_HEIGHT)),
        };
        offers.iter().take_while(|offer| height(offer) <= preferred).count()
    }

    fn rate_of(&self, granted: usize) -> DataRate {
        granted.checked_sub(1).map_or(DataRate::ZERO, |index| self.candidates.rates()[index])
    }

    pub(super) fn rate(&self) -> DataRate {
        self.rate_of(self.granted)
    }

    /// Whether the next step is to what is shown already.
    pub(super) fn keeps(&self) -> bool {
        self.granted < self.current
    }

    /// Whether it isn't shown yet and its lowest layer comes before those that others show already.
    pub(super) fn is_new_priority(&self) -> bool {
        self.current == 0 && self.priority > 0 && self.stopped.is_none()
    }

    /// What the next step costs; `None` if there is none.
    pub(super) fn next_cost(&self) -> Option<DataRate> {
        self.candidates.rate(self.granted).map(|rate| rate.saturating_sub(self.rate()))
    }

    /// Where the next step comes in the order of all steps; `None` if there is none.
    ///
    /// First the base layers of what has priority, then those that are shown already: a picture that is shown stays
    /// before another one appears. Then by the policy's measure, and last of all what buys a sharper picture with motion.
    pub(super) fn next_level(&self, config: &AllocationConfig, layers: &[LayerOffer]) -> Option<Level> {
        let rate = self.candidates.rate(self.granted)?;
        let is_base = self.granted == 0;
        let preference = if is_base {
            BASE_PREFERENCE
        } else if self.keeps() {
            KEPT_PREFERENCE
        } else {
            0
        };
        let rate = rate.as_bps() >> (preference + PRIORITY_SHIFT * self.priority);
        let share = if config.policy == Policy::MaxMin { self.share(layers) } else { 0 };
        let flags =
            [self.is_slow(config, layers), !(is_base && self.priority > 0), !(is_base && self.keeps())];
        Some(Level::new(flags, share, rate))
    }

    /// Whether the next step is to a larger picture at few frames per second, which isn't shown yet.
    pub(super) fn is_slow(&self, config: &AllocationConfig, layers: &[LayerOffer]) -> bool {
        if self.granted >= self.candidates.len() {
            return false;
        }
        let offer = |rank: usize| &layers[usize::from(self.candidates.offers()[rank])];
        let next = offer(self.granted);
        let moves = self.detail || next.fps >= config.slow_fps || next.height == offer(0).height;
        !moves && !self.keeps()
    }

    /// How much of the best candidate's pixels per second is shown before the step, in millionths; a step to what is
    /// shown already counts as one to half of it.
    fn share(&self, layers: &[LayerOffer]) -> u64 {
        let Some(shown) = self.granted.checked_sub(1) else { return 0 };
        let offers = self.candidates.offers();
        let of = |rank: usize| {
            let offer = &layers[usize::from(offers[rank])];
            f64::from(offer.height) * f64::from(offer.height) * offer.fps
        };
        let best = of(offers.len() - 1).max(of(self.granted)).max(1.0);
        (of(shown) / best * 1e6) as u64 >> if self.keeps() { KEPT_PREFERENCE } else { 0 }
    }

    /// Whether it goes up to where hysteresis counts, or down.
    pub(super) fn turn(&self) -> (bool, bool) {
        let returns = self.current > 0 || self.memory.given_up.is_some();
        (self.granted > self.current && returns, self.granted < self.current)
    }

    pub(super) fn decision<Id: Copy>(&self, now: Time, source: &Source<'_, Id>) -> Decision<Id> {
        let mut memory = self.memory;
        let reason = match self.stopped.unwrap_or(Reason::FitsWish) {
            Reason::FitsWish if self.tile_hides => {
                Reason::CappedByTile { max_height: source.max_height, max_fps: source.max_fps }
            }
            reason => reason,
        };
        memory.fits_since = self.fits_since;
        if self.granted > 0 {
            memory.given_up = None;
        } else if self.current > 0 {
            memory.given_up = Some(now);
        }
        memory.settle(now, self.granted != self.current, self.is_over);
        let layer = self
            .granted
            .checked_sub(1)
            .map(|index| source.layers[usize::from(self.candidates.offers()[index])].layer);
        Decision { id: source.id, layer, rate: self.rate(), reason, memory }
    }
}
