//! Which encodings are on, and at which rates.

use sfu::DataRate;

/// An encoding that is off comes on at this factor of its minimum only (libwebrtc,
/// `VideoHysteresisFactor`'s default), but no later than at its maximum.
const HYSTERESIS: f64 = 1.2;

/// What one encoding can use, headers included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) min: DataRate,
    pub(super) max: DataRate,
}

/// Divides a camera's rate over its encodings (libwebrtc,
/// `SimulcastRateAllocator::DistributeAllocationToSimulcastLayers`, with each layer's target at its maximum).
///
/// Lower encodings get all that they can use before higher ones get anything; the first that doesn't fit ends
/// it. The lowest always gets its minimum.
#[derive(Clone, Debug, Default)]
pub(super) struct LayerAllocator {
    /// Which encodings were on the last time; empty before the first, which knows no hysteresis.
    enabled: Vec<bool>,
}

impl LayerAllocator {
    /// Writes the rate of each encoding to `rates`: zero is off.
    pub(super) fn allocate(&mut self, available: DataRate, layers: &[Bounds], rates: &mut Vec<DataRate>) {
        let first_time = self.enabled.is_empty();
        self.enabled.resize(layers.len(), false);
        let lowest = layers.first().map_or(DataRate::ZERO, |layer| layer.min);
        let mut left = available.max(lowest);
        let mut fits = true;
        rates.clear();
        for (layer, enabled) in layers.iter().zip(&mut self.enabled) {
            let raised = if first_time || *enabled { layer.min } else { layer.min.scale(HYSTERESIS) };
            fits = fits && left >= raised.min(layer.max) || rates.is_empty();
            *enabled = fits;
            let rate = if fits { left.min(layer.max) } else { DataRate::ZERO };
            left = left.saturating_sub(rate);
            rates.push(rate);
        }
    }

    /// The camera is off: it comes back without hysteresis.
    pub(super) fn reset(&mut self) {
        self.enabled.clear();
    }
}

/// Divides a rate over cameras: each gets its minimum, and what is left is divided evenly as far as each can
/// use it (libwebrtc, `BitrateAllocator`'s normal and maximum allocations).
pub(super) fn share(available: DataRate, cameras: &[Bounds], rates: &mut Vec<DataRate>) {
    rates.clear();
    rates.extend(cameras.iter().map(|camera| camera.min));
    let mut left = available.saturating_sub(rates.iter().copied().sum());
    // Each round satisfies one camera at least, or divides all that is left.
    for _ in cameras {
        let open = rates.iter().zip(cameras).filter(|(rate, camera)| **rate < camera.max).count() as u64;
        if open == 0 {
            return;
        }
        let part = DataRate::from_bps(left.as_bps() / open);
        for (rate, camera) in rates.iter_mut().zip(cameras) {
            let more = part.min(camera.max.saturating_sub(*rate));
            *rate += more;
            left = left.saturating_sub(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: [Bounds; 3] = [bounds(50, 150), bounds(150, 500), bounds(600, 1_700)];

    const fn bounds(min: u64, max: u64) -> Bounds {
        Bounds { min: DataRate::from_kbps(min), max: DataRate::from_kbps(max) }
    }

    #[test]
    fn lower_encodings_are_served_before_higher_ones() {
        // Available, and the rates after it, one call after the other: hysteresis works on the way up only.
        let rows = [
            (300, [150, 150, 0]),
            (299, [150, 0, 0]),
            (329, [150, 0, 0]),
            (330, [150, 180, 0]),
            (1_300, [150, 500, 0]),
            (1_370, [150, 500, 720]),
            (1_260, [150, 500, 610]),
            (1_249, [150, 500, 0]),
            (9_000, [150, 500, 1_700]),
            (10, [50, 0, 0]),
        ];
        let (mut allocator, mut rates) = (LayerAllocator::default(), Vec::new());
        for (kbps, expected) in rows {
            allocator.allocate(DataRate::from_kbps(kbps), &LAYERS, &mut rates);
            assert_eq!(rates, expected.map(DataRate::from_kbps), "{kbps} kbps");
        }
    }

    #[test]
    fn an_encoding_is_not_kept_off_beyond_its_maximum() {
        let layers = [bounds(50, 100), bounds(100, 110)];
        let (mut allocator, mut rates) = (LayerAllocator::default(), Vec::new());
        for (kbps, second) in [(190, 0), (209, 0), (210, 110)] {
            allocator.allocate(DataRate::from_kbps(kbps), &layers, &mut rates);
            assert_eq!(rates[1], DataRate::from_kbps(second), "{kbps} kbps");
        }
    }

    #[test]
    fn cameras_share_evenly_as_far_as_each_can_use_it() {
        let cameras = [bounds(50, 200), bounds(100, 2_000), bounds(0, 0)];
        let rows =
            [(0, [50, 100, 0]), (350, [150, 200, 0]), (1_000, [200, 800, 0]), (9_000, [200, 2_000, 0])];
        let mut rates = Vec::new();
        for (kbps, expected) in rows {
            share(DataRate::from_kbps(kbps), &cameras, &mut rates);
            assert_eq!(rates, expected.map(DataRate::from_kbps), "{kbps} kbps");
        }
    }
}
