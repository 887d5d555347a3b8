//! Headers that a packetiser writes (RFC 6184 sections 5.3, 5.7.1 and 5.8).

use super::nal_type::{FU_A, STAP_A};

/// The first byte of a NAL unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NalHeader {
    /// `nal_ref_idc`, 0 to 3: 0 for what no other picture refers to.
    pub ref_idc: u8,
    /// NAL unit type, 1 to 23.
    pub unit_type: u8,
}

impl NalHeader {
    /// Reads a unit's first byte.
    pub const fn from_byte(byte: u8) -> NalHeader {
        NalHeader { ref_idc: (byte >> 5) & 3, unit_type: byte & 0x1f }
    }

    /// The byte, with F clear.
    pub const fn to_byte(self) -> u8 {
        ((self.ref_idc & 3) << 5) | (self.unit_type & 0x1f)
    }
}

/// The two bytes that go before a fragment of a unit with this header. The unit's own header byte is not sent again.
///
/// # Panics
/// When the fragment is both first and last: such a unit goes whole (RFC 6184 section 5.8).
pub fn fu_a_header(unit: NalHeader, start: bool, end: bool) -> [u8; 2] {
    assert!(!(start && end), "a unit in one fragment is sent as a single NAL unit");
    let indicator = NalHeader { unit_type: FU_A, ..unit };
    [indicator.to_byte(), (u8::from(start) << 7) | (u8::from(end) << 6) | (unit.unit_type & 0x1f)]
}

/// Writes a STAP-A payload of whole `units`, headers included, to the start of `out` and returns its length.
///
/// # Panics
/// When a unit is empty or longer than 65,535 bytes, or `out` is shorter than 1 byte and 2 more for each unit beside
/// the units themselves.
pub fn write_stap_a(units: &[&[u8]], out: &mut [u8]) -> usize {
    let ref_idc = units.iter().map(|unit| NalHeader::from_byte(unit[0]).ref_idc).max().unwrap_or(0);
    out[0] = NalHeader { ref_idc, unit_type: STAP_A }.to_byte();
    let mut at = 1;
    for unit in units {
        let len = u16::try_from(unit.len()).expect("a unit of an aggregate has 16 bits of length");
        out[at..at + 2].copy_from_slice(&len.to_be_bytes());
        out[at + 2..at + 2 + unit.len()].copy_from_slice(unit);
        at += 2 + unit.len();
    }
    at
}
