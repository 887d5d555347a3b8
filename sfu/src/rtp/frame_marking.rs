//! The frame marking extension (draft-ietf-avtext-framemarking-16): a frame's place among the layers, for forwarders
//! that can't read the payload.

use thiserror::Error;

/// Why an extension is no frame marking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameMarkingError {
    /// The value is empty.
    #[error("frame marking is empty")]
    Empty,
    /// The value is longer than the three bytes of the long form.
    #[error("frame marking of {0} bytes is longer than its long form")]
    TooLong(usize),
}

/// What a packet's marking says.
///
/// The short form, one byte, is for streams without layers; the long form, two or three bytes, for those with them
/// (section 3.1 and 3.2 of the draft).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameMarking {
    /// S: the packet is the first of its frame.
    pub start_of_frame: bool,
    /// E: the packet is the last of its frame.
    pub end_of_frame: bool,
    /// I: the frame decodes without any before it.
    pub independent: bool,
    /// D: no later frame depends on it.
    pub discardable: bool,
    /// B: the frame depends on the base temporal layer only, so a receiver may step up here. Not in the base layer.
    pub base_layer_sync: bool,
    /// Temporal layer, 0 to 7; 0 in streams without layers.
    pub temporal_id: u8,
    /// LID: the spatial or quality layer, in the codec's own terms; the long form has it.
    pub layer_id: Option<u8>,
    /// TL0PICIDX: counts frames of the base temporal layer; only with a layer id.
    pub tl0_picture_index: Option<u8>,
}

impl FrameMarking {
    /// Reads an extension's value.
    ///
    /// # Errors
    /// When it has no bytes or more than three.
    pub fn parse(bytes: &[u8]) -> Result<FrameMarking, FrameMarkingError> {
        let (&flags, layers) = bytes.split_first().ok_or(FrameMarkingError::Empty)?;
        if layers.len() > 2 {
            return Err(FrameMarkingError::TooLong(bytes.len()));
        }
        Ok(FrameMarking {
            start_of_frame: flags & 0x80 != 0,
            end_of_frame: flags & 0x40 != 0,
            independent: flags & 0x20 != 0,
            discardable: flags & 0x10 != 0,
            base_layer_sync: flags & 0x08 != 0,
            temporal_id: flags & 0x07,
            layer_id: layers.first().copied(),
            tl0_picture_index: layers.get(1).copied(),
        })
    }

    /// Writes the extension's value to the start of `out` and returns its length: 1, or 2 or 3 with a layer id.
    pub fn write(&self, out: &mut [u8; 3]) -> usize {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        out[0] = bit(self.start_of_frame, 0x80)
            | bit(self.end_of_frame, 0x40)
            | bit(self.independent, 0x20)
            | bit(self.discardable, 0x10)
            | bit(self.base_layer_sync, 0x08)
            | (self.temporal_id & 0x07);
        let Some(layer_id) = self.layer_id else { return 1 };
        out[1] = layer_id;
        let Some(index) = self.tl0_picture_index else { return 2 };
        out[2] = index;
        3
    }

    /// Whether the packet starts a frame that decodes without any before it.
    pub const fn key_frame_start(&self) -> bool {
        self.start_of_frame && self.independent
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms() {
        let row = FrameMarking::default();
        let rows: [(&[u8], FrameMarking); 7] = [
            (&[0x00], row),
            (&[0xe0], FrameMarking { start_of_frame: true, end_of_frame: true, independent: true, ..row }),
            (&[0x50], FrameMarking { end_of_frame: true, discardable: true, ..row }),
            (&[0x0a], FrameMarking { base_layer_sync: true, temporal_id: 2, ..row }),
            (&[0x80, 0], FrameMarking { start_of_frame: true, layer_id: Some(0), ..row }),
            (&[0x87, 2], FrameMarking { start_of_frame: true, temporal_id: 7, layer_id: Some(2), ..row }),
            (
                &[0x98, 1, 255],
                FrameMarking {
                    start_of_frame: true,
                    discardable: true,
                    base_layer_sync: true,
                    layer_id: Some(1),
                    tl0_picture_index: Some(255),
                    ..row
                },
            ),
        ];
        for (bytes, expected) in rows {
            assert_eq!(FrameMarking::parse(bytes), Ok(expected), "{bytes:02x?}");
            assert_eq!(expected.key_frame_start(), bytes[0] & 0xa0 == 0xa0);
            let mut out = [0xee; 3];
            let len = expected.write(&mut out);
            assert_eq!(out[..len], *bytes);
        }
        assert_eq!(FrameMarking::parse(&[]), Err(FrameMarkingError::Empty));
        assert_eq!(FrameMarking::parse(&[0; 4]), Err(FrameMarkingError::TooLong(4)));
    }

    proptest! {
        #[test]
        fn writes_what_it_reads(bytes in prop::collection::vec(any::<u8>(), 0..6)) {
            let mut out = [0; 3];
            match FrameMarking::parse(&bytes) {
                Ok(marking) => {
                    let len = marking.write(&mut out);
                    prop_assert_eq!(&out[..len], &bytes);
                }
                Err(_) => prop_assert!(bytes.is_empty() || bytes.len() > 3),
            }
        }
    }
}
