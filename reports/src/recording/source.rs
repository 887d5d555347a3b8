//! What one published source's encodings produced, and which key frames were asked of it.

use crate::observation::Layer;

/// All that is kept of one published source; all within the measured time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRecord {
    /// Per encoding: bytes and frames produced.
    pub encodings: Vec<Encoded>,
    /// Key frames produced by all encodings.
    pub key_frames: u64,
    /// Key-frame requests from the SFU.
    pub requests: u64,
    /// Key-frame requests from receivers to the SFU.
    pub wanted: u64,
}

/// What one encoding produced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Frames of all temporal layers.
    pub frames: u64,
    /// Their encoded bytes.
    pub bytes: u64,
}

impl SourceRecord {
    pub(crate) fn encoded(&mut self, layer: Layer, key: bool, bytes: u32) {
        let place = usize::from(layer.spatial);
        if place >= self.encodings.len() {
            self.encodings.resize(place + 1, Encoded::default());
        }
        self.encodings[place].frames += 1;
        self.encodings[place].bytes += u64::from(bytes);
        self.key_frames += u64::from(key);
    }
}
