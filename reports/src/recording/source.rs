//! What one published source's encodings produced, and which key frames were asked of it.

use crate::observation::Layer;

/// All that is kept of one published source; within the measured time but for the series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRecord {
    /// Bytes that all encodings produced, by bin of the whole run.
    pub bins: Vec<u32>,
    /// Per encoding: bytes and frames produced.
    pub encodings: Vec<Encoded>,
    /// Key frames produced by all encodings.
    pub key_frames: u64,
    /// Key-frame requests from the SFU.
    pub requests: u64,
    /// Key frames that an encoding produced after one or more requests for it.
    pub answers: u64,
    /// Key-frame requests from receivers to the SFU.
    pub wanted: u64,
    /// The encodings that were asked for a key frame and haven't produced one since, a bit each.
    asked: u8,
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
        if key {
            self.key_frames += 1;
            let asked = self.asked & bit(layer.spatial) != 0;
            self.answers += u64::from(asked);
            self.asked &= !bit(layer.spatial);
        }
    }

    /// A frame of so many bytes was produced in bin `bin`.
    pub(crate) fn produced(&mut self, bin: usize, bytes: u32) {
        if bin >= self.bins.len() {
            self.bins.resize(bin + 1, 0);
        }
        self.bins[bin] = self.bins[bin].saturating_add(bytes);
    }

    pub(crate) fn requested(&mut self, spatial: u8) {
        self.requests += 1;
        self.asked |= bit(spatial);
    }
}

/// Publishers have three encodings at most.
const fn bit(spatial: u8) -> u8 {
    1 << (spatial & 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_answers_all_requests_before_it_for_its_encoding() {
        let mut record = SourceRecord::default();
        let encoded = |record: &mut SourceRecord, spatial, key| {
            record.encoded(Layer { spatial, temporal: 0 }, key, 100);
        };
        // Unasked, as at the start of a stream.
        encoded(&mut record, 0, true);
        assert_eq!((record.key_frames, record.answers), (1, 0));
        record.requested(0);
        record.requested(0);
        encoded(&mut record, 0, false);
        encoded(&mut record, 1, true);
        assert_eq!((record.key_frames, record.answers), (2, 0));
        encoded(&mut record, 0, true);
        encoded(&mut record, 0, true);
        assert_eq!((record.requests, record.key_frames, record.answers), (2, 4, 1));
    }
}
