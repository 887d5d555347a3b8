//! The FEC header behind a repair packet's RTP header (RFC 8627 section 4.2.2).

use smallvec::SmallVec;
use thiserror::Error;

use super::mask::Mask;

/// The recovery fields, bytes.
const RECOVERY_LEN: usize = 8;
/// The longest header of a repair packet for one stream, bytes: recovery fields, base number, longest mask.
pub const MAX_HEADER_LEN: usize = RECOVERY_LEN + 2 + Mask::MAX_LEN;
/// R: the packet is a retransmission.
const R: u8 = 0x80;
/// F: the protected packets are given by L and D.
const F: u8 = 0x40;

/// Why a payload is no FEC header that anything can be repaired with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FlexFecError {
    /// It ends inside its header.
    #[error("FEC header of {0} bytes is cut off")]
    Truncated(usize),
    /// The repair packet's CSRC list, which names the protected streams, is empty.
    #[error("a repair packet that protects no stream")]
    NoStream,
    /// R is set: a retransmission (section 4.2.2.3), for which RFC 4588 is used here, or the reserved form.
    #[error("a retransmission, or a reserved form")]
    Retransmission,
    /// A stream of which no packet is protected: an empty mask, or L of zero.
    #[error("nothing of a stream is protected")]
    Empty,
}

/// The exclusive or of the protected packets' header fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// P, X and CC: the low six bits of the first byte.
    pub flags: u8,
    /// M and payload type: the second byte.
    pub marker_type: u8,
    /// Length behind the fixed header, bytes.
    pub length: u16,
    /// Timestamp.
    pub timestamp: u32,
}

/// Which packets of one stream are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Any of the 110 from a base number on (section 4.2.2.1).
    Flexible {
        /// The base.
        base: u16,
        /// Which.
        mask: Mask,
    },
    /// Packets at a fixed distance (section 4.2.2.2).
    Fixed {
        /// The first.
        base: u16,
        /// L, at least 1: the length of a row.
        columns: u8,
        /// D: up to 1, the row from the base on; beyond, the column of so many packets, L apart.
        rows: u8,
    },
}

impl Protection {
    /// The protected sequence numbers, from the base on.
    pub fn sequences(self) -> impl Iterator<Item = u16> {
        let (base, count, distance, mask) = match self {
            Protection::Flexible { base, mask } => (base, Mask::BITS as u16, 1, Some(mask)),
            Protection::Fixed { base, columns, rows: 0 | 1 } => (base, u16::from(columns), 1, None),
            Protection::Fixed { base, columns, rows } => (base, u16::from(rows), u16::from(columns), None),
        };
        let protected = move |n: &u16| mask.is_none_or(|mask| mask.contains(u32::from(*n)));
        (0..count).filter(protected).map(move |n| base.wrapping_add(n.wrapping_mul(distance)))
    }

    fn parse(bytes: &[u8], fixed: bool) -> Option<Result<(Protection, usize), FlexFecError>> {
        let [a, b, rest @ ..] = bytes else { return None };
        let base = u16::from_be_bytes([*a, *b]);
        if fixed {
            let [columns, rows, ..] = *rest else { return None };
            let empty = columns == 0;
            let protection = Protection::Fixed { base, columns, rows };
            return Some(if empty { Err(FlexFecError::Empty) } else { Ok((protection, 4)) });
        }
        let (mask, len) = Mask::parse(rest)?;
        let protection = Protection::Flexible { base, mask };
        Some(if mask.is_empty() { Err(FlexFecError::Empty) } else { Ok((protection, 2 + len)) })
    }
}

/// A FEC header as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FecHeader {
    /// The header fields' parity.
    pub recovery: Recovery,
    /// What is protected of each stream, in the order of the repair packet's CSRC list.
    pub protections: SmallVec<[Protection; 1]>,
    /// The header's length: the parity of the rest of the packets follows.
    pub len: usize,
}

impl FecHeader {
    /// Reads the header that the payload of a repair packet starts with; `streams` is the packet's CSRC count.
    ///
    /// # Errors
    /// When it is cut off, protects nothing, or is of the form for retransmissions.
    pub fn parse(payload: &[u8], streams: usize) -> Result<FecHeader, FlexFecError> {
        let truncated = FlexFecError::Truncated(payload.len());
        let head: &[u8; RECOVERY_LEN] = payload.first_chunk().ok_or(truncated)?;
        if head[0] & R != 0 {
            return Err(FlexFecError::Retransmission);
        }
        if streams == 0 {
            return Err(FlexFecError::NoStream);
        }
        let mut len = RECOVERY_LEN;
        let mut protections = SmallVec::new();
        // A CSRC list has fifteen entries at most (RFC 3550 section 5.1).
        for _ in 0..streams.min(15) {
            let parsed = Protection::parse(&payload[len..], head[0] & F != 0);
            let (protection, taken) = parsed.ok_or(truncated)??;
            protections.push(protection);
            len += taken;
        }
        let recovery = Recovery {
            flags: head[0] & 0x3f,
            marker_type: head[1],
            length: u16::from_be_bytes([head[2], head[3]]),
            timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        };
        Ok(FecHeader { recovery, protections, len })
    }
}

impl Recovery {
    /// Appends the header of a repair packet for one stream, with a flexible mask.
    pub fn write(&self, base: u16, mask: Mask, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.flags & 0x3f, self.marker_type]);
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&base.to_be_bytes());
        mask.write(out);
    }

    /// Takes another packet's fields in, or out again.
    pub(super) fn toggle(&mut self, other: &Recovery) {
        self.flags ^= other.flags;
        self.marker_type ^= other.marker_type;
        self.length ^= other.length;
        self.timestamp ^= other.timestamp;
    }
}
