//! H.264 in RTP (RFC 6184): single NAL units, STAP-A aggregates and FU-A fragments, read and written.

mod write;

use thiserror::Error;

pub use write::{NalHeader, fu_a_header, write_stap_a};

/// NAL unit types (H.264 table 7-1, RFC 6184 table 1) that matter to a forwarder.
pub mod nal_type {
    /// A slice of a picture that is no IDR picture.
    pub const SLICE: u8 = 1;
    /// Partition A of a slice, the only one that starts with the slice's header.
    pub const PARTITION_A: u8 = 2;
    /// A slice of an IDR picture.
    pub const IDR: u8 = 5;
    /// Supplemental enhancement information.
    pub const SEI: u8 = 6;
    /// Sequence parameter set.
    pub const SPS: u8 = 7;
    /// Picture parameter set.
    pub const PPS: u8 = 8;
    /// Access unit delimiter.
    pub const AUD: u8 = 9;
    /// Several NAL units in one packet, without order numbers.
    pub const STAP_A: u8 = 24;
    /// A fragment of a NAL unit, without order number.
    pub const FU_A: u8 = 28;
}
use nal_type::{AUD, FU_A, IDR, PARTITION_A, PPS, SEI, SLICE, SPS, STAP_A};

/// Why a payload is no sound one of modes 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum H264Error {
    /// The payload ends inside a header, or an aggregated unit is longer than the payload.
    #[error("H.264 payload is truncated")]
    Truncated,
    /// A type of the interleaved mode, or an undefined one.
    #[error("H.264 payload of type {0} belongs to no mode that is negotiated")]
    UnsupportedType(u8),
    /// An aggregated or fragmented unit that is empty, an aggregate or a fragment itself.
    #[error("H.264 aggregate or fragment holds a unit of type {0}")]
    InvalidUnit(u8),
}

/// How a packet holds its NAL units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// One whole NAL unit.
    Single,
    /// Several whole ones (STAP-A).
    Aggregate,
    /// A part of one (FU-A).
    Fragment {
        /// S: its first part.
        start: bool,
        /// E: its last part.
        end: bool,
    },
}

/// `packetization-mode` of the session description (RFC 6184 section 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 0: single NAL units only.
    SingleNal,
    /// 1: also STAP-A and FU-A.
    NonInterleaved,
}

/// What one packet says of its frame. The frame's end is RTP's marker bit (RFC 6184 section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct H264Descriptor {
    /// How the NAL units are packed.
    pub packing: Packing,
    /// The type of the NAL unit, or of an aggregate's first one.
    pub unit_type: u8,
    /// The greatest `nal_ref_idc` of the packet's units, 0 to 3.
    pub ref_idc: u8,
    /// Whether the packet can open a frame: it starts with a picture's first slice, or with a parameter set, delimiter
    /// or SEI, which all precede it. A frame whose parameter sets come in packets of their own has several such
    /// packets, all of one timestamp; only the first opens it.
    pub frame_start: bool,
    /// Whether the packet holds a sequence parameter set.
    pub has_sps: bool,
    /// Whether the packet holds a part of an IDR picture.
    pub has_idr: bool,
    /// Whether a decoder can start here, see [`H264Descriptor::parse`].
    pub key_frame_start: bool,
    /// Whether the packet holds a part of a picture, and no part that another picture refers to.
    pub discardable: bool,
}

impl H264Descriptor {
    /// Reads an RTP payload of mode 0 or 1.
    ///
    /// A key frame starts where a sequence parameter set or an IDR picture's first slice is. The parameter set counts
    /// because encoders send it directly before an IDR picture, often in a packet of its own, and a receiver that
    /// gets the picture without it can't decode; the slice counts because parameter sets may also come by signalling
    /// (RFC 6184 section 8.1, `sprop-parameter-sets`). A parameter set that shares its packet with a slice of an
    /// ordinary picture is a repetition, and starts nothing.
    ///
    /// # Errors
    /// When a unit is truncated, or of a type that modes 0 and 1 don't have.
    pub fn parse(payload: &[u8]) -> Result<H264Descriptor, H264Error> {
        let &header = payload.first().ok_or(H264Error::Truncated)?;
        let mut seen = Seen::default();
        let packing = match header & 0x1f {
            1..=23 => {
                seen.unit(header, payload.get(1));
                Packing::Single
            }
            STAP_A => {
                for unit in aggregated(payload) {
                    let unit = unit?;
                    seen.unit(unit[0], unit.get(1));
                }
                if seen.first.is_none() {
                    return Err(H264Error::Truncated);
                }
                Packing::Aggregate
            }
            FU_A => {
                let &flags = payload.get(1).ok_or(H264Error::Truncated)?;
                if !(1..=23).contains(&(flags & 0x1f)) {
                    return Err(H264Error::InvalidUnit(flags & 0x1f));
                }
                let (start, end) = (flags & 0x80 != 0, flags & 0x40 != 0);
                let unit = (header & 0xe0) | (flags & 0x1f);
                if start {
                    seen.unit(unit, payload.get(2))
                } else {
                    seen.rest_of_unit(unit)
                }
                Packing::Fragment { start, end }
            }
            other => return Err(H264Error::UnsupportedType(other)),
        };
        Ok(seen.descriptor(packing))
    }

    /// Whether a packet like this may be sent in `mode` (RFC 6184 table 3).
    pub fn is_valid_in(&self, mode: Mode) -> bool {
        mode == Mode::NonInterleaved || self.packing == Packing::Single
    }
}

/// The NAL units of a STAP-A payload, headers included, none of them empty.
///
/// The iterator ends after the first error.
pub fn aggregated(payload: &[u8]) -> impl Iterator<Item = Result<&[u8], H264Error>> {
    let mut rest = payload.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let unit = split_unit(rest);
        rest = unit.map_or(&[], |(_, rest)| rest);
        Some(unit.map(|(unit, _)| unit))
    })
}

/// The first unit behind its 16 bits of length, and what follows it.
fn split_unit(bytes: &[u8]) -> Result<(&[u8], &[u8]), H264Error> {
    let (len, rest) = bytes.split_first_chunk::<2>().ok_or(H264Error::Truncated)?;
    let (unit, rest) =
        rest.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or(H264Error::Truncated)?;
    match unit.first().map_or(0, |header| header & 0x1f) {
        1..=23 => Ok((unit, rest)),
        other => Err(H264Error::InvalidUnit(other)),
    }
}

/// What the units of a packet add up to.
#[derive(Default)]
struct Seen {
    /// Type of the first unit, and whether it opens a frame.
    first: Option<(u8, bool)>,
    ref_idc: u8,
    has_sps: bool,
    has_idr: bool,
    first_idr_slice: bool,
    ordinary_slice: bool,
}

impl Seen {
    /// Takes a unit in from its start: its header, and the byte after it.
    fn unit(&mut self, header: u8, second: Option<&u8>) {
        let unit_type = header & 0x1f;
        // A slice header starts with first_mb_in_slice in Exp-Golomb code, in which a single set bit is 0.
        let first_slice = second.is_some_and(|byte| byte & 0x80 != 0);
        let opens = match unit_type {
            SLICE | PARTITION_A | IDR => first_slice,
            // Units that precede a picture's first slice (H.264 section 7.4.1.2.3).
            SEI | SPS | PPS | AUD | 14..=18 => true,
            _ => false,
        };
        self.has_sps |= unit_type == SPS;
        self.first_idr_slice |= unit_type == IDR && first_slice;
        self.first.get_or_insert((unit_type, opens));
        self.rest_of_unit(header);
    }

    fn rest_of_unit(&mut self, header: u8) {
        let unit_type = header & 0x1f;
        self.first.get_or_insert((unit_type, false));
        self.ref_idc = self.ref_idc.max((header >> 5) & 3);
        self.has_idr |= unit_type == IDR;
        // Types 1 to 4 are slices and partitions of ordinary pictures.
        self.ordinary_slice |= (1..=4).contains(&unit_type);
    }

    fn descriptor(&self, packing: Packing) -> H264Descriptor {
        let (unit_type, frame_start) = self.first.expect("a packet has at least a unit");
        H264Descriptor {
            packing,
            unit_type,
            ref_idc: self.ref_idc,
            frame_start,
            has_sps: self.has_sps,
            has_idr: self.has_idr,
            key_frame_start: (self.has_sps || self.first_idr_slice) && !self.ordinary_slice,
            discardable: self.ordinary_slice && self.ref_idc == 0,
        }
    }
}

#[cfg(test)]
mod tests;
