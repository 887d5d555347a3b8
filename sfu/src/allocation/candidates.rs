//! The layers of one source that are worth giving, from low to high.

use smallvec::SmallVec;

use super::{LayerOffer, MAX_LAYERS};
use crate::DataRate;

/// Pictures larger than the smallest come at this frame rate at least, or the highest on offer: a sharper
/// picture isn't bought with motion (Jitsi Videobridge's preferred 30 fps).
const MIN_FPS: f64 = 30.0;

/// Candidate layers in ascending order, as (index into the source's layers, rate).
pub(super) type Candidates = SmallVec<[(u8, DataRate); MAX_LAYERS]>;

/// What may be given of `layers` in a tile of `max_height` lines, and whether the tile hides higher ones.
///
/// If even the smallest picture is larger than the tile, the smallest is given. A layer that is no cheaper than
/// a higher one is left out.
pub(super) fn candidates(layers: &[LayerOffer], max_height: u16, out: &mut Candidates) -> bool {
    out.clear();
    let layers = &layers[..layers.len().min(MAX_LAYERS)];
    let active = || layers.iter().filter(|offer| offer.active && offer.rate > DataRate::ZERO);
    let Some(lowest) = active().map(|offer| offer.height).min() else { return false };
    if max_height == 0 {
        return false;
    }
    let highest_fps = active().map(|offer| offer.fps).fold(0.0, f64::max);
    let shown = |offer: &LayerOffer| offer.height == lowest || offer.height <= max_height;
    for (index, offer) in layers.iter().enumerate() {
        let usable = offer.active && offer.rate > DataRate::ZERO && shown(offer);
        if usable && (offer.height == lowest || offer.fps >= MIN_FPS.min(highest_fps)) {
            out.push((index as u8, offer.rate));
        }
    }
    let quality = |index: u8| {
        let offer = &layers[usize::from(index)];
        (offer.height, offer.fps, offer.layer)
    };
    out.sort_unstable_by(|(a, _), (b, _)| {
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
    active().any(|offer| !shown(offer))
}
