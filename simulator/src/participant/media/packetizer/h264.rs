//! H.264 pictures (RFC 6184) in modes 0 and 1.

use sfu::codec::h264::{Mode, NalHeader, fu_a_header, nal_type, write_stap_a};

use super::shape::Part;
use crate::participant::media::bits::BitWriter;
use crate::participant::media::stamp::VideoStamp;

/// Bytes of the head of a slice that are written.
pub const SLICE_HEADER_LEN: usize = 4;
/// A stamp in bytes none of which is zero, since no NAL unit may hold what looks like a start code (H.264 section
/// 7.4.1): seven bits to a byte, the highest set.
pub(super) const ARMOURED_LEN: usize = (VideoStamp::LEN * 8).div_ceil(7);
/// Macroblocks to a side of which there are 16 pixels.
const MACROBLOCK: u16 = 16;
/// Bytes of a sequence parameter set at most.
const SPS_LEN: usize = 24;
/// Picture parameter set 0: CAVLC, one slice group, one reference (H.264 section 7.3.2.2).
const PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];
/// What an aggregate of parameter sets and a slice adds to the slice: its header, and each unit's length.
const AGGREGATE_LEN: usize = 1 + 2 * 3;

/// The bytes of an armoured stamp, plain again.
pub type Unarmoured = [u8; VideoStamp::LEN];

/// Armoured bytes back to a stamp's; `None` when there are too few.
pub fn unarmour(bytes: &[u8]) -> Option<Unarmoured> {
    let bytes = bytes.get(..ARMOURED_LEN)?;
    let mut plain = [0; VideoStamp::LEN];
    for (at, byte) in plain.iter_mut().enumerate() {
        let (place, shift) = (at * 8 / 7, at * 8 % 7);
        let pair = u16::from(bytes[place] & 0x7f) << 7 | u16::from(bytes[place + 1] & 0x7f);
        *byte = (pair >> (6 - shift)) as u8;
    }
    Some(plain)
}

/// Writes a stamp armoured to the start of `out`.
pub(super) fn write_armoured(stamp: &VideoStamp, out: &mut [u8]) {
    let mut plain = [0; VideoStamp::LEN + 1];
    stamp.write(&mut plain);
    for (at, byte) in out[..ARMOURED_LEN].iter_mut().enumerate() {
        let (place, shift) = (at * 7 / 8, at * 7 % 8);
        let pair = u16::from(plain[place]) << 8 | u16::from(plain[place + 1]);
        *byte = 0x80 | ((pair >> (9 - shift)) & 0x7f) as u8;
    }
}

/// A picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct H264Frame {
    pub(super) mode: Mode,
    pub(super) key: bool,
    /// Whether no other picture refers to it.
    pub(super) non_reference: bool,
    pub(super) size: (u16, u16),
    /// Whether parameter sets and picture share one packet.
    pub(super) aggregated: bool,
}

impl H264Frame {
    /// Settles how many packets go before those of the picture's `bytes`, where a packet takes `limit`: of parameter
    /// sets alone.
    pub(super) fn plan(&mut self, bytes: usize, limit: usize) -> usize {
        let together = AGGREGATE_LEN + SPS_LEN + PPS.len() + 1 + bytes;
        self.aggregated = self.key && self.mode == Mode::NonInterleaved && together <= limit;
        match (self.key && !self.aggregated, self.mode) {
            (false, _) => 0,
            (true, Mode::NonInterleaved) => 1,
            (true, Mode::SingleNal) => 2,
        }
    }

    /// NAL header, or those of a fragment.
    pub(super) const fn overhead(&self) -> usize {
        match self.mode {
            Mode::SingleNal => 1,
            Mode::NonInterleaved => 2,
        }
    }

    /// Whether each packet has the head of a slice, not only the first.
    pub(super) fn is_sliced(&self) -> bool {
        self.mode == Mode::SingleNal
    }

    /// Writes a packet of parameter sets and returns its length.
    pub(super) fn write_parameter_sets(&self, index: u16, out: &mut [u8]) -> usize {
        let mut sps = [0; SPS_LEN];
        let len = write_sps(&mut sps, self.size);
        match (self.mode, index) {
            (Mode::NonInterleaved, _) => write_stap_a(&[&sps[..len], &PPS], out),
            (Mode::SingleNal, 0) => {
                out[..len].copy_from_slice(&sps[..len]);
                len
            }
            (Mode::SingleNal, _) => {
                out[..PPS.len()].copy_from_slice(&PPS);
                PPS.len()
            }
        }
    }

    /// Writes what stands before a slice's content and the head of the slice; returns the length of each.
    pub(super) fn write(&self, part: &Part, out: &mut [u8]) -> (usize, usize) {
        let unit_type = if self.key { nal_type::IDR } else { nal_type::SLICE };
        let ref_idc = match (self.key, self.non_reference) {
            (true, _) => 3,
            (false, reference) => 2 * u8::from(!reference),
        };
        let unit = NalHeader { ref_idc, unit_type };
        let mut at = 0;
        if self.aggregated {
            at = self.write_parameter_sets(0, out);
            let len = (1 + part.content) as u16;
            out[at..at + 2].copy_from_slice(&len.to_be_bytes());
            at += 2;
        }
        if self.is_sliced() || (part.first && part.last) {
            out[at] = unit.to_byte();
            at += 1;
        } else {
            out[at..at + 2].copy_from_slice(&fu_a_header(unit, part.first, part.last));
            at += 2;
        }
        if !part.first && !self.is_sliced() {
            return (at, 0);
        }
        let first_macroblock = u32::from(part.number);
        write_slice_header(&mut out[at..at + SLICE_HEADER_LEN], first_macroblock, self.key);
        (at, SLICE_HEADER_LEN)
    }
}

/// first_mb_in_slice, slice_type, pic_parameter_set_id (H.264 section 7.3.3); then whatever follows, as ones.
fn write_slice_header(out: &mut [u8], first_macroblock: u32, key: bool) {
    const ALL_I: u32 = 7;
    const ALL_P: u32 = 5;
    let mut bits = BitWriter::new(out);
    bits.exp_golomb(first_macroblock);
    bits.exp_golomb(if key { ALL_I } else { ALL_P });
    bits.exp_golomb(0);
    let rest = (SLICE_HEADER_LEN * 8 - bits.len()) as u32;
    bits.put(u32::MAX, rest);
}

/// A sequence parameter set of the constrained baseline profile, level 3.1 (H.264 section 7.3.2.1.1); returns its
/// length.
fn write_sps(out: &mut [u8; SPS_LEN], (width, height): (u16, u16)) -> usize {
    let mut bits = BitWriter::new(out);
    bits.put(0x67_42_e0_1f, 32);
    // Set 0, frame numbers of 4 bits, picture order 2, 3 reference frames, no gaps.
    [0, 0, 2, 3].into_iter().for_each(|value| bits.exp_golomb(value));
    bits.put(0, 1);
    let macroblocks = |side: u16| side.div_ceil(MACROBLOCK).max(1);
    bits.exp_golomb(u32::from(macroblocks(width) - 1));
    bits.exp_golomb(u32::from(macroblocks(height) - 1));
    // Frames only, direct inference.
    bits.put(0b11, 2);
    // In units of two pixels: 4:2:0.
    let crop = |side: u16| u32::from((macroblocks(side) * MACROBLOCK - side) / 2);
    let cropped = crop(width) + crop(height) > 0;
    bits.put(u32::from(cropped), 1);
    if cropped {
        [0, crop(width), 0, crop(height)].into_iter().for_each(|value| bits.exp_golomb(value));
    }
    // No usability information.
    bits.put(0, 1);
    bits.stop()
}
