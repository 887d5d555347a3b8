//! What a published source has to offer to the allocation.

use smallvec::SmallVec;

use crate::allocation::{Layer, LayerOffer};
use crate::participant::source::Source;
use crate::participant::{EncodingDescription, SourceDescription};
use crate::units::DataRate;

/// An encoder's rate over seconds is no more than it is set to, whatever a key frame does to one second: so
/// much above the declared rate is believed, and no more.
const BELIEVED: f64 = 1.1;
/// RTP header, extensions, tag, UDP and IP of one packet against 1,100 bytes of payload.
const OVERHEAD: f64 = 1.08;
/// What a spatial layer is set to against the one of twice its height, where nobody declared it: encoders give a
/// quarter of the pixels about three tenths of the rate (libwebrtc's limits for 640 × 360 and 1280 × 720).
const HALF_HEIGHT: f64 = 0.3;

/// A video subscription's offers: up to three encodings, or spatial layers, of up to four temporal layers.
pub(super) type Offers = SmallVec<[LayerOffer; 12]>;

/// The declared rate of the best layer no higher than `max_height`, or of the lowest; nothing at height 0.
pub(super) fn declared_rate(description: &SourceDescription, max_height: u16) -> DataRate {
    let layers = description.encodings.iter().flat_map(|encoding| {
        (0..encoding.spatial_layers).map(move |spatial| (encoding, encoding.spatial_layers - 1 - spatial))
    });
    let height = |(encoding, below): &(&EncodingDescription, u8)| encoding.height >> below;
    let within = layers.clone().filter(|layer| height(layer) <= max_height).last();
    let best = within.or_else(|| layers.clone().next()).filter(|_| max_height > 0);
    best.map_or(DataRate::ZERO, |(encoding, below)| {
        let share = (0..below).fold(OVERHEAD, |share, _| share * HALF_HEIGHT);
        DataRate::from_kbps(u64::from(encoding.max_kbps)).scale(share)
    })
}

/// What a source offers now. An encoding is active while its packets come; its rate is what was measured.
pub(super) fn offers_of(source: &mut Source, now: crate::Time, offers: &mut Offers) {
    let described = source.description.encodings.iter();
    for (index, (description, encoding)) in described.zip(&mut source.encodings).enumerate() {
        let believed = DataRate::from_kbps(u64::from(description.max_kbps)).scale(BELIEVED);
        let top = description.temporal_layers - 1;
        let comes = encoding.rates.any(now);
        encoding.active_since.take_if(|_| !comes);
        let active = encoding.active_since.is_some() && !source.muted;
        for layer in encoding.rates.for_receivers(now, description.temporal_layers) {
            let part = 1.0 / f64::from(1_u32 << (top - layer.temporal));
            let below = description.spatial_layers.saturating_sub(1 + layer.spatial);
            offers.push(LayerOffer {
                layer: Layer { encoding: index as u8, spatial: layer.spatial, temporal: layer.temporal },
                // Each spatial layer is half as high as the one above.
                height: description.height >> below,
                // Each temporal layer doubles the frame rate (RFC 7741's and libvpx's usual patterns).
                fps: f64::from(description.fps) * part,
                rate: layer.rate.min(believed).scale(OVERHEAD),
                active: active && layer.comes && layer.rate > DataRate::ZERO,
            });
        }
    }
}
