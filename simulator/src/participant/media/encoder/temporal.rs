//! Temporal layers: which picture is in which.

/// How many temporal layers an encoding has, in the patterns that VP8 encoders use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TemporalLayers {
    /// All frames in layer 0; each refers to the one before.
    #[default]
    One,
    /// 0 1: halving the frame rate.
    Two,
    /// 0 2 1 2: quartering it.
    Three,
}

impl TemporalLayers {
    fn pattern(self) -> &'static [u8] {
        match self {
            TemporalLayers::One => &[0],
            TemporalLayers::Two => &[0, 1],
            TemporalLayers::Three => &[0, 2, 1, 2],
        }
    }

    /// Size of a frame relative to the mean, from libwebrtc's default split of the rate (60 / 40 % for two
    /// layers, 40 / 20 / 40 % for three) and the frequency of the layer.
    pub(super) fn weight(self, temporal_id: u8) -> f64 {
        match (self, temporal_id) {
            (TemporalLayers::One, _) => 1.0,
            (TemporalLayers::Two, 0) => 1.2,
            (TemporalLayers::Three, 0) => 1.6,
            _ => 0.8,
        }
    }
}

/// Gives each picture its temporal layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Structure {
    layers: TemporalLayers,
    phase: usize,
}

impl Structure {
    pub(super) fn new(layers: TemporalLayers) -> Self {
        Structure { layers, phase: 0 }
    }

    /// Whether the next picture is one of layer 0.
    pub(super) fn next_is_base(&self) -> bool {
        self.phase == 0
    }

    /// The temporal layer of the next picture; a key picture starts the pattern over.
    pub(super) fn place(&mut self, key: bool) -> u8 {
        let pattern = self.layers.pattern();
        if key {
            self.phase = 0;
        }
        let temporal_id = pattern[self.phase];
        self.phase = (self.phase + 1) % pattern.len();
        temporal_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_pictures_start_the_pattern_over() {
        // Pictures 0 and 6 are key pictures.
        let rows = [
            (TemporalLayers::One, [0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (TemporalLayers::Two, [0, 1, 0, 1, 0, 1, 0, 1, 0]),
            (TemporalLayers::Three, [0, 2, 1, 2, 0, 2, 0, 2, 1]),
        ];
        for (layers, expected) in rows {
            let mut structure = Structure::new(layers);
            let placed = std::array::from_fn(|number| structure.place(number % 6 == 0));
            assert_eq!(placed, expected, "{layers:?}");
        }
    }

    #[test]
    fn weights_average_to_one() {
        for layers in [TemporalLayers::One, TemporalLayers::Two, TemporalLayers::Three] {
            let pattern = layers.pattern();
            let sum: f64 = pattern.iter().map(|&id| layers.weight(id)).sum();
            assert!((sum - pattern.len() as f64).abs() < 1e-9, "{layers:?}");
        }
    }
}
