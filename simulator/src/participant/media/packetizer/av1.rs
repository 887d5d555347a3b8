//! AV1 frames (AOM's RTP payload format 1.0): one OBU each, behind a sequence header where a sequence starts.

use sfu::codec::av1::{AggregationHeader, ObuHeader, obu_type, write_element_length};

use super::shape::Part;
use crate::participant::media::bits::BitWriter;

/// Bytes of the sequence header OBU at most.
const SEQUENCE_LEN: usize = 16;

/// A frame: one spatial layer of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Av1Frame {
    /// Whether it starts a coded video sequence.
    pub(super) starts_sequence: bool,
    /// Temporal and spatial id, where a stream has several layers.
    pub(super) layer: Option<(u8, u8)>,
    /// The size of the whole stream's pictures.
    pub(super) largest: (u16, u16),
}

impl Av1Frame {
    /// The aggregation header, and the sequence header with its length.
    pub(super) const fn overhead(&self) -> usize {
        1 + if self.starts_sequence { 1 + SEQUENCE_LEN } else { 0 }
    }

    /// The OBU's header and the first byte of the frame's.
    pub(super) const fn head_len(&self) -> usize {
        if self.layer.is_some() { 3 } else { 2 }
    }

    /// Writes what stands before the OBU and, in the first packet, the OBU's head; returns the length of each.
    pub(super) fn write(&self, part: &Part, out: &mut [u8]) -> (usize, usize) {
        let new_sequence = self.starts_sequence && part.first;
        let aggregation = AggregationHeader {
            continues: !part.first,
            continued: !part.last,
            elements: 1 + u8::from(new_sequence),
            new_sequence,
        };
        out[0] = aggregation.to_byte();
        let mut at = 1;
        if new_sequence {
            let mut sequence = [0; SEQUENCE_LEN];
            let len = write_sequence(&mut sequence, self.largest);
            at += write_element_length(len, &mut out[at..]);
            out[at..at + len].copy_from_slice(&sequence[..len]);
            at += len;
        }
        if !part.first {
            return (at, 0);
        }
        let header = ObuHeader { obu_type: obu_type::FRAME, layer: self.layer, has_size: false };
        let len = header.write(&mut out[at..]);
        // show_existing_frame 0, frame_type (key 0, inter 1), show_frame 1.
        out[at + len] = if self.starts_sequence { 0x10 } else { 0x30 };
        (at, len + 1)
    }
}

/// A sequence header OBU of profile 0 (AV1 bitstream specification, section 5.5); returns its length.
fn write_sequence(out: &mut [u8; SEQUENCE_LEN], (width, height): (u16, u16)) -> usize {
    let header = ObuHeader { obu_type: obu_type::SEQUENCE_HEADER, layer: None, has_size: false };
    let at = header.write(out);
    let mut bits = BitWriter::new(&mut out[at..]);
    // Profile 0, no still picture, no timing, no display model, one operating point for all layers, level 3.1.
    bits.put(0, 3 + 2 + 2 + 5 + 12);
    bits.put(5, 5);
    bits.put(0xff, 8);
    bits.put(u32::from(width.wrapping_sub(1)), 16);
    bits.put(u32::from(height.wrapping_sub(1)), 16);
    // No frame ids, small superblocks, and none of the tools up to the order hint.
    bits.put(0, 1 + 3 + 5);
    // Screen content tools and integer vectors by frame; no super-resolution, CDEF or restoration.
    bits.put(0b11_000, 5);
    // 8 bits, colour, 4:2:0 of unknown position; no film grain.
    bits.put(0, 7 + 1);
    at + bits.stop()
}
