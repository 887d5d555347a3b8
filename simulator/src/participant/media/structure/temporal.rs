//! Temporal layers as VP8 encoders arrange them.
//!
//! The rule is that of libwebrtc's default VP8 temporal layers: a base frame refers to the base frame before
//! it, a higher frame to the newest frame of each lower layer since that base frame, and to no frame of its
//! own layer. So frames of the top layer can be dropped freely, and a higher frame that refers to nothing
//! but the base is a point at which a receiver may step up (Y, RFC 7741 section 4.2). The first frame of each
//! layer after a key frame refers to the base only, wherever in the pattern the key frame fell: libwebrtc's
//! receiver cannot place it otherwise.

use super::Dependencies;

/// Most temporal layers that VP8's two-bit TID can name.
const LAYERS: usize = 4;

/// Follows one encoding's frames and derives their dependencies.
#[derive(Clone, Copy, Debug)]
pub struct TemporalStructure {
    layers: u8,
    /// The newest frame of each layer since the last base frame.
    newest: [Option<u32>; LAYERS],
    /// Which layers had a frame since the key frame.
    begun: [bool; LAYERS],
}

impl TemporalStructure {
    /// For an encoding of `layers` temporal layers, 1 to 4.
    pub fn new(layers: u8) -> Self {
        TemporalStructure {
            layers: layers.clamp(1, LAYERS as u8),
            newest: [None; LAYERS],
            begun: [false; LAYERS],
        }
    }

    /// The dependencies of the encoding's frame number `frame`, which is a key frame or of layer `temporal`.
    pub fn next(&mut self, frame: u32, key: bool, temporal: u8) -> Dependencies {
        let layer = if key { 0 } else { usize::from(temporal).min(LAYERS - 1) };
        let mut found = Dependencies {
            non_reference: self.layers > 1 && layer + 1 == usize::from(self.layers),
            ..Dependencies::default()
        };
        if key {
            self.newest = [None; LAYERS];
            self.begun = [false; LAYERS];
        }
        let begins = !std::mem::replace(&mut self.begun[layer], true);
        let lower = if layer == 0 || begins { &self.newest[..1] } else { &self.newest[..layer] };
        let mut distances = lower.iter().flatten().map(|&earlier| frame.wrapping_sub(earlier));
        for slot in &mut found.references {
            // A distance that does not fit would be a base frame 256 frames back: no structure has that.
            *slot = distances.next().map_or(0, |distance| u8::try_from(distance).unwrap_or(u8::MAX));
        }
        found.inter_picture = !key;
        found.layer_sync = layer > 0 && (begins || self.newest[1..layer].iter().all(Option::is_none));
        if layer == 0 {
            self.newest = [None; LAYERS];
        }
        self.newest[layer] = Some(frame);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_layers_as_libwebrtc_arranges_them() {
        let mut structure = TemporalStructure::new(3);
        // temporal, key, references, layer sync, non-reference
        let rows: [(u8, bool, [u8; 3], bool, bool); 9] = [
            (0, true, [0, 0, 0], false, false),
            (2, false, [1, 0, 0], true, true),
            (1, false, [2, 0, 0], true, false),
            (2, false, [3, 1, 0], false, true),
            (0, false, [4, 0, 0], false, false),
            (2, false, [1, 0, 0], true, true),
            (1, false, [2, 0, 0], true, false),
            (2, false, [3, 1, 0], false, true),
            (0, true, [0, 0, 0], false, false),
        ];
        for (n, (temporal, key, references, layer_sync, non_reference)) in (0..).zip(rows) {
            let expected = Dependencies {
                references,
                layer_sync,
                non_reference,
                inter_picture: !key,
                inter_layer: false,
            };
            assert_eq!(structure.next(100 + n, key, temporal), expected, "frame {n}");
        }
    }

    #[test]
    fn a_layer_begins_with_a_sync_frame_wherever_the_key_frame_fell() {
        let mut structure = TemporalStructure::new(3);
        structure.next(0, true, 0);
        structure.next(1, false, 1);
        let found = structure.next(2, false, 2);
        assert_eq!((found.references, found.layer_sync), ([2, 0, 0], true));
    }

    #[test]
    fn one_layer_is_a_chain() {
        let mut structure = TemporalStructure::new(1);
        assert_eq!(structure.next(0, true, 0), Dependencies::default());
        for n in 1..5 {
            let expected =
                Dependencies { references: [1, 0, 0], inter_picture: true, ..Dependencies::default() };
            assert_eq!(structure.next(n, false, 0), expected);
        }
    }
}
