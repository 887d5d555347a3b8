//! What the layers of one encoding take, as measured.

use crate::codec::FrameDescription;
use crate::receive::rate::{RateMeter, SteadyRate};
use crate::time::Time;
use crate::units::{DataRate, DataSize};

/// Temporal layers that are told apart: as many as the two bits of a VP8 descriptor's TID can (RFC 7741 section 4.2).
pub(crate) const TEMPORAL_LAYERS: usize = 4;
/// Spatial layers that are told apart: as many as a source may announce.
pub(crate) const SPATIAL_LAYERS: usize = 3;

/// The rates of one encoding's layers; sound has one.
pub(crate) struct LayerRates {
    spatial: Vec<[Meters; TEMPORAL_LAYERS]>,
    /// When each spatial layer began to come.
    begun: [Option<Time>; SPATIAL_LAYERS],
    /// What all layers together take in the long run.
    sustained: SteadyRate,
}

/// One layer of both kinds.
#[derive(Default)]
struct Meters {
    all: Meter,
    /// Of this, what the spatial layers above need as well.
    used_above: Meter,
}

#[derive(Default)]
struct Meter {
    rate: RateMeter,
    /// The same, smoothed for the choice of layers.
    steady: SteadyRate,
}

impl Meter {
    fn steady(&mut self, now: Time) -> DataRate {
        self.steady.update(now, self.rate.rate(now))
    }
}

/// What a receiver of some layer would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerRate {
    pub(crate) spatial: u8,
    pub(crate) temporal: u8,
    /// Smoothed.
    pub(crate) rate: DataRate,
    /// Whether anything of this spatial layer itself came of late.
    pub(crate) comes: bool,
    /// Since when, if so.
    pub(crate) since: Option<Time>,
}

impl LayerRates {
    pub(crate) fn new(spatial_layers: u8) -> Self {
        let layers = usize::from(spatial_layers).clamp(1, SPATIAL_LAYERS);
        let spatial = (0..layers).map(|_| Default::default()).collect();
        LayerRates { spatial, begun: [None; SPATIAL_LAYERS], sustained: SteadyRate::default() }
    }

    /// Counts a packet; layers beyond those that are told apart count as the highest.
    pub(crate) fn add(&mut self, now: Time, frame: &FrameDescription, size: DataSize) {
        let spatial = usize::from(frame.spatial).min(self.spatial.len() - 1);
        self.begun[spatial].get_or_insert(now);
        let meters = &mut self.spatial[spatial][usize::from(frame.temporal).min(TEMPORAL_LAYERS - 1)];
        meters.all.rate.add(now, size);
        if frame.used_above {
            meters.used_above.rate.add(now, size);
        }
    }

    /// What each layer takes by itself, in bit/s: a list of temporal layers for each spatial one.
    pub(crate) fn measured(&self, now: Time) -> Vec<[u64; TEMPORAL_LAYERS]> {
        let of = |meters: &Meters| meters.all.rate.clone().rate(now).as_bps();
        self.spatial.iter().map(|meters| meters.each_ref().map(of)).collect()
    }

    /// Whether anything came of late.
    pub(crate) fn any(&mut self, now: Time) -> bool {
        self.spatial.iter_mut().flatten().any(|meters| meters.all.rate.rate(now) > DataRate::ZERO)
    }

    /// What all layers together take in the long run: half a minute, whatever a burst does to a second.
    pub(crate) fn sustained(&mut self, now: Time) -> DataRate {
        let own = |meters: &mut Meters| meters.all.rate.rate(now);
        let all = self.spatial.iter_mut().flatten().map(own).sum();
        self.sustained.sustain(now, all)
    }

    /// What a receiver of each layer would get, from low to high.
    pub(crate) fn for_receivers(
        &mut self,
        now: Time,
        temporal_layers: u8,
    ) -> impl Iterator<Item = LayerRate> {
        let temporal_layers = usize::from(temporal_layers).min(TEMPORAL_LAYERS);
        let mut below = [DataRate::ZERO; TEMPORAL_LAYERS];
        let layers = (0u8..).zip(self.spatial.iter_mut().zip(&mut self.begun));
        layers.flat_map(move |(spatial, (meters, begun))| {
            let comes = meters.iter_mut().any(|meters| meters.all.rate.rate(now) > DataRate::ZERO);
            begun.take_if(|_| !comes);
            let since = *begun;
            let mut own = DataRate::ZERO;
            let mut rates = [None; TEMPORAL_LAYERS];
            let needed_below = below;
            for (temporal, meters) in meters.iter_mut().enumerate().take(temporal_layers) {
                own += meters.all.steady(now);
                let rate = needed_below[..=temporal].iter().copied().sum::<DataRate>() + own;
                rates[temporal] = Some(LayerRate { spatial, temporal: temporal as u8, rate, comes, since });
                below[temporal] += meters.used_above.steady(now);
            }
            rates.into_iter().flatten()
        })
    }

    /// Counts a packet of sound.
    pub(crate) fn add_sound(&mut self, now: Time, size: DataSize) {
        self.spatial[0][0].all.rate.add(now, size);
    }

    /// What a stream of sound takes, with `overhead` while it is there; see [`SteadyRate::hold`].
    pub(crate) fn hold_sound(&mut self, now: Time, overhead: DataRate) -> DataRate {
        let meter = &mut self.spatial[0][0].all;
        let measured = meter.rate.rate(now);
        let sent = if measured > DataRate::ZERO { measured + overhead } else { measured };
        meter.steady.hold(now, sent)
    }

    /// Forgets everything: the stream starts anew.
    pub(crate) fn reset(&mut self) {
        self.spatial.fill_with(Default::default);
        self.begun = [None; SPATIAL_LAYERS];
        self.sustained = SteadyRate::default();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_receiver_of_an_upper_layer_gets_what_that_needs_below() {
        let mut rates = LayerRates::new(2);
        for picture in 0..30u64 {
            let now = Time::ZERO + Duration::from_millis(33 * picture);
            for spatial in 0..2 {
                let temporal = (picture % 2) as u8;
                // Only the pictures of the base layer are needed above.
                let frame = FrameDescription {
                    spatial,
                    temporal,
                    used_above: spatial == 0 && temporal == 0,
                    ..FrameDescription::plain(true, false, true)
                };
                rates.add(now, &frame, DataSize::from_bytes(1_000 << spatial));
            }
        }
        let now = Time::from_secs(1);
        let got: Vec<_> = rates.for_receivers(now, 2).map(|l| (l.spatial, l.temporal, l.rate)).collect();
        // 30 pictures in 1.018 s.
        let base = 117_894;
        let expected = [(0, 0, base), (0, 1, 2 * base), (1, 0, 3 * base), (1, 1, 5 * base)];
        for ((spatial, temporal, rate), wanted) in got.into_iter().zip(expected) {
            assert_eq!((spatial, temporal), (wanted.0, wanted.1));
            assert!(rate.as_bps().abs_diff(wanted.2) < 10, "{spatial} {temporal}: {rate:?}");
        }
        assert!(rates.any(now) && !rates.any(Time::from_secs(3)));
    }
}
