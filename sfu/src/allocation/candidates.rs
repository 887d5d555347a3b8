//! The layers of one source that are worth giving, from low to high.

use std::cmp::Ordering;

use super::{AllocationConfig, LayerOffer, MAX_LAYERS, Source};
use crate::DataRate;

/// Candidate layers in ascending order. In place and by column: a conference's worth of them stays in the cache.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    count: usize,
    /// Each one's rate, …
    rates: [DataRate; MAX_LAYERS],
    /// … and its place among the source's layers.
    offers: [u8; MAX_LAYERS],
}

impl Candidates {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn rates(&self) -> &[DataRate] {
        &self.rates[..self.count]
    }

    pub(super) fn offers(&self) -> &[u8] {
        &self.offers[..self.count]
    }

    /// The rate of the one of `rank`, from 0, if there are so many.
    pub(super) fn rate(&self, rank: usize) -> Option<DataRate> {
        self.rates().get(rank).copied()
    }

    /// Finds what may be given of a source in its tile; answers whether the tile hides higher layers.
    ///
    /// If even the smallest picture is larger than the tile, the smallest is given; if even the lowest frame rate is
    /// higher than wanted, the lowest. Where detail counts, every layer may be given. A layer that is no cheaper than a
    /// higher one is left out.
    pub(super) fn find<Id>(&mut self, config: &AllocationConfig, source: &Source<'_, Id>) -> bool {
        self.count = 0;
        if source.max_height == 0 {
            return false;
        }
        let layers = &source.layers[..source.layers.len().min(MAX_LAYERS)];
        let pace = Pace::new(config, source, layers);
        self.climb(&pace, source, layers).unwrap_or_else(|| self.search(&pace, source, layers))
    }

    /// [`Self::find`] for layers that are listed from low to high, each dearer than the one before, and whose frame rate
    /// isn't limited; `None` for others. It is the usual case, and takes a single look at each layer.
    fn climb<Id>(&mut self, pace: &Pace, source: &Source<'_, Id>, layers: &[LayerOffer]) -> Option<bool> {
        if source.max_fps != u8::MAX {
            return None;
        }
        let Some(first) = layers.iter().position(is_usable) else { return Some(false) };
        let lowest = layers[first].height;
        let max_height = source.max_height.max(lowest);
        let (mut hides, mut highest_fps) = (false, 0.0);
        let (mut last_height, mut last_fps, mut last_rate) = (lowest, f64::NEG_INFINITY, DataRate::ZERO);
        let mut count = 0;
        for (index, offer) in layers.iter().enumerate().skip(first) {
            let LayerOffer { height, fps, rate, .. } = *offer;
            if !is_usable(offer) {
                continue;
            }
            if height > max_height {
                hides = true;
                continue;
            }
            let is_slow = fps < pace.least(offer) && height > lowest && !source.detail;
            if is_slow && fps < highest_fps {
                continue;
            }
            let follows = height > last_height || (height == last_height && fps > last_fps);
            // Whether a slow picture is given depends on what comes after it.
            if is_slow || !follows || rate <= last_rate {
                return None;
            }
            (last_height, last_fps, last_rate) = (height, fps, rate);
            if fps > highest_fps {
                highest_fps = fps;
            }
            (self.rates[count], self.offers[count]) = (rate, index as u8);
            count += 1;
        }
        self.count = count;
        Some(hides)
    }

    /// [`Self::find`] for any layers.
    fn search<Id>(&mut self, pace: &Pace, source: &Source<'_, Id>, layers: &[LayerOffer]) -> bool {
        self.count = 0;
        let usable = || layers.iter().enumerate().filter(|(_, offer)| is_usable(offer));
        let lowest = usable().fold(u16::MAX, |lowest, (_, offer)| lowest.min(offer.height));
        let max_height = source.max_height.max(lowest);
        let in_height = || usable().filter(|(_, offer)| offer.height <= max_height);
        let slowest = in_height().fold(f64::INFINITY, |slowest, (_, offer)| slowest.min(offer.fps));
        let max_fps = match source.max_fps {
            u8::MAX => f64::INFINITY,
            wanted => slowest.max(f64::from(wanted)),
        };
        let shown = || in_height().filter(|(_, offer)| offer.fps <= max_fps);
        let highest_fps = shown().fold(0.0_f64, |highest, (_, offer)| highest.max(offer.fps));
        for (index, offer) in shown() {
            let least = pace.least(offer).min(highest_fps);
            if source.detail || offer.height == lowest || offer.fps >= least {
                self.push(index as u8, offer.rate);
            }
        }
        self.sort(layers);
        usable().count() > shown().count()
    }

    fn push(&mut self, offer: u8, rate: DataRate) {
        self.rates[self.count] = rate;
        self.offers[self.count] = offer;
        self.count += 1;
    }

    fn sort(&mut self, layers: &[LayerOffer]) {
        let offer = |index: u8| &layers[usize::from(index)];
        let offers = &mut self.offers[..self.count];
        offers.sort_unstable_by(|a, b| by_quality(offer(*a), offer(*b)).then(a.cmp(b)));
        let sorted = self.offers;
        let is_cheaper = |&rank: &usize| {
            let above = &sorted[rank + 1..self.count];
            above.iter().all(|higher| offer(sorted[rank]).rate < offer(*higher).rate)
        };
        let mut kept = 0;
        for rank in (0..self.count).filter(is_cheaper) {
            self.offers[kept] = sorted[rank];
            self.rates[kept] = offer(sorted[rank]).rate;
            kept += 1;
        }
        self.count = kept;
    }
}

/// How fast pictures larger than the smallest have to be.
struct Pace {
    min_fps: f64,
    slow_fps: f64,
    /// What is shown now: lines, and frames per second.
    current: Option<(u16, f64)>,
}

impl Pace {
    fn new<Id>(config: &AllocationConfig, source: &Source<'_, Id>, layers: &[LayerOffer]) -> Self {
        let shown = source.current.and_then(|current| layers.iter().find(|offer| offer.layer == current));
        let current = shown.map(|offer| (offer.height, offer.fps));
        Pace { min_fps: config.min_fps, slow_fps: config.slow_fps, current }
    }

    /// Frames per second that `offer` has to have at least.
    fn least(&self, offer: &LayerOffer) -> f64 {
        let rises = self.current.is_some_and(|current| current <= (offer.height, offer.fps));
        if rises { self.min_fps } else { self.slow_fps.max(self.min_fps) }
    }
}

fn is_usable(offer: &LayerOffer) -> bool {
    offer.active & (offer.rate > DataRate::ZERO)
}

fn by_quality(a: &LayerOffer, b: &LayerOffer) -> Ordering {
    a.height.cmp(&b.height).then(a.fps.total_cmp(&b.fps)).then(a.layer.cmp(&b.layer))
}
