//! The layers worth giving, looked for one condition after another.

use smallvec::SmallVec;

use crate::DataRate;
use crate::allocation::{AllocationConfig, LayerOffer, MAX_LAYERS, Source};

/// Candidate layers in ascending order, as (index into the source's layers, rate).
pub(super) type Candidates = SmallVec<[(u8, DataRate); MAX_LAYERS]>;

/// What may be given of a source in its tile, and whether the tile hides higher layers.
pub(super) fn candidates<Id>(
    config: &AllocationConfig,
    source: &Source<'_, Id>,
    out: &mut Candidates,
) -> bool {
    out.clear();
    let layers = &source.layers[..source.layers.len().min(MAX_LAYERS)];
    let active = || layers.iter().filter(|offer| is_usable(offer));
    let Some(lowest) = active().map(|offer| offer.height).min() else { return false };
    if source.max_height == 0 {
        return false;
    }
    let in_height = |offer: &LayerOffer| offer.height == lowest || offer.height <= source.max_height;
    let slowest =
        active().filter(|offer| in_height(offer)).map(|offer| offer.fps).fold(f64::INFINITY, f64::min);
    let max_fps = f64::from(source.max_fps).max(slowest);
    let shown = |offer: &LayerOffer| in_height(offer) && (source.max_fps == u8::MAX || offer.fps <= max_fps);
    let highest_fps = active().filter(|offer| shown(offer)).map(|offer| offer.fps).fold(0.0, f64::max);
    let shown_now = layers.iter().find(|offer| Some(offer.layer) == source.current);
    for (index, offer) in layers.iter().enumerate() {
        let rises = shown_now.is_some_and(|now| (now.height, now.fps) <= (offer.height, offer.fps));
        let min_fps =
            if rises || config.min_fps > config.slow_fps { config.min_fps } else { config.slow_fps };
        let moves = source.detail || offer.height == lowest || offer.fps >= min_fps.min(highest_fps);
        if is_usable(offer) && shown(offer) && moves {
            out.push((index as u8, offer.rate));
        }
    }
    sort(layers, out);
    active().any(|offer| !shown(offer))
}

fn is_usable(offer: &LayerOffer) -> bool {
    offer.active && offer.rate > DataRate::ZERO
}

fn sort(layers: &[LayerOffer], out: &mut Candidates) {
    let quality = |index: u8| {
        let offer = &layers[usize::from(index)];
        (offer.height, offer.fps, offer.layer)
    };
    out.sort_by(|(a, _), (b, _)| {
        let (a, b) = (quality(*a), quality(*b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2))
    });
    let mut cheapest_above = DataRate::INFINITE;
    for index in (0..out.len()).rev() {
        if out[index].1 >= cheapest_above {
            out.remove(index);
        } else {
            cheapest_above = out[index].1;
        }
    }
}
