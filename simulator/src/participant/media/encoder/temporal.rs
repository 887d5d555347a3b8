//! Temporal layers: which frame is in which, and what it refers to.

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

/// The place of a frame in the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) temporal_id: u8,
    pub(super) depends_on: Option<u32>,
}

/// Places one frame after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Structure {
    layers: TemporalLayers,
    phase: usize,
    /// The last frame of layer 0, and of layer 0 or 1.
    last_base: u32,
    last_middle: u32,
}

impl Structure {
    pub(super) fn new(layers: TemporalLayers) -> Self {
        Structure { layers, phase: 0, last_base: 0, last_middle: 0 }
    }

    /// Places frame `number`; a key frame starts the pattern over.
    pub(super) fn place(&mut self, number: u32, key: bool) -> Placement {
        let pattern = self.layers.pattern();
        if key {
            self.phase = 0;
        }
        let temporal_id = pattern[self.phase];
        self.phase = (self.phase + 1) % pattern.len();
        let reference = if temporal_id == 2 { self.last_middle } else { self.last_base };
        if temporal_id == 0 {
            self.last_base = number;
        }
        if temporal_id < 2 {
            self.last_middle = number;
        }
        Placement { temporal_id, depends_on: (!key).then_some(reference) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_references() {
        type Row = (TemporalLayers, [(u8, Option<u32>); 9]);
        // Frames 0 and 6 are key frames.
        let rows: [Row; 3] = [
            (
                TemporalLayers::One,
                [
                    (0, None),
                    (0, Some(0)),
                    (0, Some(1)),
                    (0, Some(2)),
                    (0, Some(3)),
                    (0, Some(4)),
                    (0, None),
                    (0, Some(6)),
                    (0, Some(7)),
                ],
            ),
            (
                TemporalLayers::Two,
                [
                    (0, None),
                    (1, Some(0)),
                    (0, Some(0)),
                    (1, Some(2)),
                    (0, Some(2)),
                    (1, Some(4)),
                    (0, None),
                    (1, Some(6)),
                    (0, Some(6)),
                ],
            ),
            (
                TemporalLayers::Three,
                [
                    (0, None),
                    (2, Some(0)),
                    (1, Some(0)),
                    (2, Some(2)),
                    (0, Some(0)),
                    (2, Some(4)),
                    (0, None),
                    (2, Some(6)),
                    (1, Some(6)),
                ],
            ),
        ];
        for (layers, expected) in rows {
            let mut structure = Structure::new(layers);
            let placed = std::array::from_fn(|number| {
                let place = structure.place(number as u32, number % 6 == 0);
                (place.temporal_id, place.depends_on)
            });
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
