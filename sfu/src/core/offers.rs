//! What a published source has to offer to the allocation.

use std::time::Duration;

use smallvec::SmallVec;

use super::allocate::BEGINNING;
use crate::allocation::{Layer, LayerOffer};
use crate::participant::EncodingDescription;
use crate::participant::layer_rates::{SPATIAL_LAYERS, TEMPORAL_LAYERS};
use crate::participant::source::Source;
use crate::units::DataRate;

/// An encoder's rate over seconds is no more than it is set to, whatever a key frame or a scrolled page does to some of
/// them: so much above the declared rate is believed, and no more; unless the stream takes more in the long run, whatever
/// it declared.
const BELIEVED: f64 = 1.1;
/// What an encoding begins with is key frames, all in the lowest temporal layer: it measures three times what it takes
/// until so long after that. Till then what the layers are set to is believed.
const SETTLES: Duration = Duration::from_secs(10);
/// How long an upper encoding, or spatial layer, takes from its first packet to its rate: its sender's estimate rises by
/// probes (within a second), and encoders follow. Till then it is believed to take what it is set to, or whoever sees it
/// begin takes it for next to nothing, and soon gets several times its estimate.
const RISES: Duration = Duration::from_secs(2);
/// What temporal layers are set to of their encoding, by how many there are, each with those below it (libwebrtc,
/// `simulcast_rate_allocator.cc`).
const SHARES: [[f64; TEMPORAL_LAYERS]; TEMPORAL_LAYERS] =
    [[1.0, 1.0, 1.0, 1.0], [0.6, 1.0, 1.0, 1.0], [0.4, 0.6, 1.0, 1.0], [0.25, 0.4, 0.6, 1.0]];

/// RTP header, extensions, tag, UDP and IP of one packet against 1,100 bytes of payload.
const OVERHEAD: f64 = 1.08;
/// What a spatial layer is set to against the one of twice its height, where nobody declared it: encoders give a
/// quarter of the pixels about three tenths of the rate (libwebrtc's limits for 640 × 360 and 1280 × 720).
const HALF_HEIGHT: f64 = 0.3;

/// A video subscription's offers: up to three encodings, or spatial layers, of up to four temporal layers.
pub(super) type Offers = SmallVec<[LayerOffer; 12]>;

/// The rate that is announced for the best layer no higher than `max_height`, or for the lowest: what the sender says
/// at present, or else what it was set to. Nothing at height 0.
pub(super) fn declared_rate(source: &Source, max_height: u16) -> DataRate {
    if max_height == 0 {
        return DataRate::ZERO;
    }
    let (mut best, mut lowest) = (None, None);
    for (description, encoding) in source.description.encodings.iter().zip(&source.encodings) {
        for spatial in 0..description.spatial_layers {
            let below = description.spatial_layers - 1 - spatial;
            let rate = Some(set_rate(description, encoding.announced.as_ref(), spatial));
            let rate = rate.filter(|rate| *rate > DataRate::ZERO);
            lowest = lowest.or(rate);
            if description.height >> below <= max_height {
                best = rate.or(best);
            }
        }
    }
    best.or(lowest).unwrap_or(DataRate::ZERO).scale(OVERHEAD)
}

/// What a receiver of a spatial layer would get by what the sender says, or else by what it was set to.
fn set_rate(
    description: &EncodingDescription,
    announced: Option<&[DataRate; SPATIAL_LAYERS]>,
    spatial: u8,
) -> DataRate {
    if let Some(announced) = announced {
        return announced.get(usize::from(spatial)).copied().unwrap_or(DataRate::ZERO);
    }
    let below = description.spatial_layers.saturating_sub(1 + spatial);
    let share = (0..below).fold(1.0, |share, _| share * HALF_HEIGHT);
    DataRate::from_kbps(u64::from(description.max_kbps)).scale(share)
}

/// What a source offers now. An encoding is active while its packets come; its rate is what was measured. Repair
/// packets take the part `protection` of it besides.
///
/// A stream of several spatial layers begins with a packet of the lowest. The others are believed to follow, since who
/// doesn't take them from this key picture on needs another one.
pub(super) fn offers_of(source: &mut Source, now: crate::Time, protection: f64, offers: &mut Offers) {
    let is_beginning = source.begun.is_some_and(|begun| now.since(begun) < BEGINNING);
    let described = source.description.encodings.iter();
    for (index, (description, encoding)) in described.zip(&mut source.encodings).enumerate() {
        let declared = DataRate::from_kbps(u64::from(description.max_kbps)).scale(BELIEVED);
        let believed = declared.max(encoding.rates.sustained(now));
        let top = description.temporal_layers - 1;
        let comes = encoding.rates.any(now);
        encoding.active_since.take_if(|_| !comes);
        let active = encoding.active_since.is_some() && !source.muted;
        let settles = encoding.active_since.is_some_and(|since| now.since(since) < SETTLES);
        let is_young = |since: Option<crate::Time>| since.is_some_and(|since| now.since(since) < RISES);
        let begins = index > 0 && is_young(encoding.active_since);
        let shares = SHARES[usize::from(top).min(TEMPORAL_LAYERS - 1)];
        for layer in encoding.rates.for_receivers(now, description.temporal_layers) {
            let part = 1.0 / f64::from(1_u32 << (top - layer.temporal));
            let below = description.spatial_layers.saturating_sub(1 + layer.spatial);
            let expected = is_beginning && layer.spatial > 0 && !layer.comes;
            let rises = begins || (layer.spatial > 0 && is_young(layer.since));
            let rate = if expected {
                let set = set_rate(description, encoding.announced.as_ref(), layer.spatial);
                set.scale(f64::from(layer.temporal + 1) / f64::from(top + 1))
            } else if rises {
                let set = set_rate(description, encoding.announced.as_ref(), layer.spatial);
                layer.rate.max(set.scale(shares[usize::from(layer.temporal)]))
            } else {
                layer.rate
            };
            let share = if settles { shares[usize::from(layer.temporal)] } else { 1.0 };
            offers.push(LayerOffer {
                layer: Layer { encoding: index as u8, spatial: layer.spatial, temporal: layer.temporal },
                // Each spatial layer is half as high as the one above.
                height: description.height >> below,
                // Each temporal layer doubles the frame rate (RFC 7741's and libvpx's usual patterns).
                fps: f64::from(description.fps) * part,
                rate: rate.min(believed.scale(share)).scale(OVERHEAD * (1.0 + protection)),
                active: active && (layer.comes || expected) && rate > DataRate::ZERO,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;
    use crate::codec::Codec;
    use crate::participant::{Content, SourceDescription};
    use crate::rtp::VideoLayersAllocation;
    use crate::rtp::video_layers_allocation::LayerAllocation;

    fn source(encodings: &[(u16, u32, u8)]) -> Source {
        let encodings = encodings.iter().map(|&(height, max_kbps, spatial_layers)| EncodingDescription {
            rid: height.to_string(),
            height,
            fps: 30,
            max_kbps,
            temporal_layers: 3,
            spatial_layers,
        });
        let encodings = encodings.collect();
        let (name, mid) = ("cam".into(), "0".into());
        let content = Content::Camera;
        Source::new(SourceDescription { name, codec: Codec::Vp9, mid, content, encodings })
    }

    #[test]
    fn what_is_announced_counts_before_what_was_set() {
        let kbps =
            |source: &Source| [0, 90, 180, 400, 720].map(|h| declared_rate(source, h).as_bps() / 1_080);
        let simulcast = source(&[(180, 150, 1), (360, 500, 1), (720, 1_700, 1)]);
        assert_eq!(kbps(&simulcast), [0, 150, 150, 500, 1_700]);
        let mut svc = source(&[(720, 1_000, 3)]);
        assert_eq!(kbps(&svc), [0, 90, 90, 300, 1_000]);
        // Two of the three layers are on, 100 and 250 kbit/s by themselves.
        let layer = |kbps| Some(LayerAllocation::new(&[DataRate::from_kbps(kbps)]));
        let mut allocation = VideoLayersAllocation { streams: 1, ..VideoLayersAllocation::default() };
        allocation.layers[0][..2].copy_from_slice(&[layer(100), layer(250)]);
        let mut bytes = [0; 64];
        let len = allocation.write(&mut bytes).expect("sound");
        svc.take_allocation(&bytes[..len]);
        assert_eq!(kbps(&svc), [0, 100, 100, 350, 350]);
        // Everything off; then a restart, after which what was set counts again.
        svc.take_allocation(&[0]);
        assert_eq!(kbps(&svc), [0; 5]);
        svc.encodings[0].restart(1);
        svc.encodings[0].restart(2);
        assert_eq!(kbps(&svc), [0, 90, 90, 300, 1_000]);
    }

    /// 200 kbit/s in key frames of the lowest temporal layer, where 100 are set for all three.
    #[test]
    fn what_an_encoding_begins_with_is_not_what_it_takes() {
        let mut camera = source(&[(180, 100, 1)]);
        camera.encodings[0].active_since = Some(Time::ZERO);
        let mut lowest = Vec::new();
        for second in 1..=20 {
            for tenth in 0..10 {
                let now = Time::from_millis(second * 1_000 + tenth * 100);
                let frame = crate::codec::FrameDescription::plain(true, false, true);
                camera.encodings[0].rates.add(now, &frame, crate::DataSize::from_bytes(2_500));
            }
            let mut offers = Offers::new();
            offers_of(&mut camera, Time::from_secs(second + 1), 0.0, &mut offers);
            lowest.push(offers[0].rate.as_bps() / 1_080);
        }
        // 0.4 and all of what is believed; then what comes in the long run.
        assert_eq!((lowest[7], lowest[8]), (44, 110));
        assert!(lowest[19] >= 110);
    }

    /// 1,000 kbit/s are set, in 40 % and 60 % for the lower temporal layers; next to nothing comes, from three seconds on.
    #[test]
    fn an_upper_layer_that_has_just_begun_is_believed_at_what_it_is_set_to() {
        let simulcast = || source(&[(180, 100, 1), (360, 1_000, 1)]);
        let svc = || source(&[(360, 1_000, 2)]);
        for (mut camera, encoding, spatial) in [(simulcast(), 1, 0), (svc(), 0, 1)] {
            let mut upper = Vec::new();
            camera.encodings[0].active_since = Some(Time::ZERO);
            for tenth in 1..=80 {
                let now = Time::from_millis(tenth * 100);
                let mut frame = crate::codec::FrameDescription::plain(false, false, true);
                camera.encodings[0].rates.add(now, &frame, crate::DataSize::from_bytes(100));
                if tenth >= 30 {
                    frame.spatial = spatial;
                    camera.encodings[encoding].active_since.get_or_insert(now);
                    camera.encodings[encoding].rates.add(now, &frame, crate::DataSize::from_bytes(100));
                }
                let mut offers = Offers::new();
                offers_of(&mut camera, now, 0.0, &mut offers);
                let layer = |temporal| Layer { encoding: encoding as u8, spatial, temporal };
                let offer = |temporal| offers.iter().find(|offer| offer.layer == layer(temporal));
                upper.push([0, 2].map(|temporal| {
                    offer(temporal)
                        .filter(|offer| offer.active)
                        .map_or(0, |offer| offer.rate.as_bps() / 1_080)
                }));
            }
            assert_eq!(upper[20], [0, 0], "it doesn't come");
            for at in [29, 40, 48] {
                assert_eq!(upper[at], [400, 1_000], "tenth {at}");
            }
            assert!(upper[60][1] < 50, "what it takes in the end is measured: {:?}", upper[60]);
        }
    }
}
