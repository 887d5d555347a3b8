//! AV1 in RTP (AV1 RTP payload format 1.0, section 4): the aggregation header and the OBU elements behind it.

mod write;

use thiserror::Error;

pub use write::{write_element_length, write_leb128};

/// OBU types (AV1 bitstream specification, section 6.2.2) that matter to a forwarder or a packetiser.
pub mod obu_type {
    /// Sequence header: everything a decoder needs to start.
    pub const SEQUENCE_HEADER: u8 = 1;
    /// Temporal delimiter: should not be sent in RTP.
    pub const TEMPORAL_DELIMITER: u8 = 2;
    /// Frame header.
    pub const FRAME_HEADER: u8 = 3;
    /// Tile group.
    pub const TILE_GROUP: u8 = 4;
    /// Metadata.
    pub const METADATA: u8 = 5;
    /// Frame header and tile group in one.
    pub const FRAME: u8 = 6;
    /// Repeated frame header.
    pub const REDUNDANT_FRAME_HEADER: u8 = 7;
    /// Tile list: should not be sent in RTP.
    pub const TILE_LIST: u8 = 8;
    /// Padding.
    pub const PADDING: u8 = 15;
}

/// Why a payload is no sound AV1 payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Av1Error {
    /// The payload ends inside a header or an element, or has no element.
    #[error("AV1 payload is truncated")]
    Truncated,
    /// A length of more than eight bytes, or of more than any packet holds.
    #[error("AV1 element length is out of bounds")]
    Length,
    /// A new sequence can't continue an OBU (section 4.4: Z is 0 when N is 1).
    #[error("AV1 payload starts a sequence with a fragment")]
    FragmentStartsSequence,
    /// An OBU header with the forbidden bit set.
    #[error("AV1 OBU header has its forbidden bit set")]
    ForbiddenBit,
}

/// The first byte of a payload (section 4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AggregationHeader {
    /// Z: the first element continues an OBU of the packet before.
    pub continues: bool,
    /// Y: the last element is continued in the next packet.
    pub continued: bool,
    /// W: how many elements there are, 1 to 3, the last without a length; 0 when each has a length.
    pub elements: u8,
    /// N: the packet is the first of a coded video sequence.
    pub new_sequence: bool,
}

impl AggregationHeader {
    /// Reads the byte; its reserved bits are ignored.
    pub const fn from_byte(byte: u8) -> AggregationHeader {
        AggregationHeader {
            continues: byte & 0x80 != 0,
            continued: byte & 0x40 != 0,
            elements: (byte >> 4) & 3,
            new_sequence: byte & 0x08 != 0,
        }
    }

    /// The byte.
    pub const fn to_byte(self) -> u8 {
        ((self.continues as u8) << 7)
            | ((self.continued as u8) << 6)
            | ((self.elements & 3) << 4)
            | ((self.new_sequence as u8) << 3)
    }
}

/// An OBU's header, with the extension byte if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObuHeader {
    /// OBU type, 0 to 15.
    pub obu_type: u8,
    /// Temporal id, 0 to 7, and spatial id, 0 to 3, if the header has an extension.
    pub layer: Option<(u8, u8)>,
    /// Whether the OBU's own size follows its header; it should not in RTP.
    pub has_size: bool,
}

impl ObuHeader {
    /// Reads the header at the start of an OBU.
    ///
    /// # Errors
    /// When the OBU is too short, or its forbidden bit is set.
    pub fn parse(obu: &[u8]) -> Result<ObuHeader, Av1Error> {
        let &first = obu.first().ok_or(Av1Error::Truncated)?;
        if first & 0x80 != 0 {
            return Err(Av1Error::ForbiddenBit);
        }
        let layer = if first & 0x04 != 0 {
            let extension = obu.get(1).ok_or(Av1Error::Truncated)?;
            Some((extension >> 5, (extension >> 3) & 3))
        } else {
            None
        };
        Ok(ObuHeader { obu_type: (first >> 3) & 0x0f, layer, has_size: first & 0x02 != 0 })
    }

    /// Writes the header to the start of `out` and returns its length, 1 or 2.
    ///
    /// # Panics
    /// When `out` is shorter than that.
    pub fn write(&self, out: &mut [u8]) -> usize {
        out[0] = ((self.obu_type & 0x0f) << 3)
            | (u8::from(self.layer.is_some()) << 2)
            | (u8::from(self.has_size) << 1);
        let Some((temporal_id, spatial_id)) = self.layer else { return 1 };
        out[1] = (temporal_id << 5) | ((spatial_id & 3) << 3);
        2
    }
}

/// What one packet says of its frame. The end of a picture is RTP's marker bit.
///
/// Where the frame starts, and what depends on it, is in the dependency descriptor: a payload alone tells only
/// whether it starts with a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Av1Descriptor {
    /// The payload's first byte.
    pub aggregation: AggregationHeader,
    /// Whether an OBU that starts in the packet is a sequence header.
    pub has_sequence_header: bool,
    /// Temporal and spatial id of the first OBU that starts in the packet and writes them.
    pub layer: Option<(u8, u8)>,
}

impl Av1Descriptor {
    /// Reads an RTP payload, the lengths and headers of all its elements included.
    ///
    /// # Errors
    /// When an element is truncated or an OBU header impossible, or the payload contradicts itself.
    pub fn parse(payload: &[u8]) -> Result<Av1Descriptor, Av1Error> {
        let aggregation = AggregationHeader::from_byte(*payload.first().ok_or(Av1Error::Truncated)?);
        if aggregation.new_sequence && aggregation.continues {
            return Err(Av1Error::FragmentStartsSequence);
        }
        let mut descriptor = Av1Descriptor { aggregation, has_sequence_header: false, layer: None };
        let mut count = 0_usize;
        for element in elements(payload) {
            let element = element?;
            count += 1;
            // A fragment has no header; an element may be empty (section 4.3 excludes no length).
            if (count == 1 && aggregation.continues) || element.is_empty() {
                continue;
            }
            let header = ObuHeader::parse(element)?;
            descriptor.has_sequence_header |= header.obu_type == obu_type::SEQUENCE_HEADER;
            descriptor.layer = descriptor.layer.or(header.layer);
        }
        if count == 0 { Err(Av1Error::Truncated) } else { Ok(descriptor) }
    }

    /// Whether a decoder can start at the packet: it is the first of a coded video sequence, by its N bit or, from
    /// senders that leave the bit clear, by a sequence header.
    pub const fn key_frame_start(&self) -> bool {
        !self.aggregation.continues && (self.aggregation.new_sequence || self.has_sequence_header)
    }
}

/// The OBU elements of a payload, in order: OBUs or, at either end, fragments of them.
///
/// The iterator ends after the first error.
pub fn elements(payload: &[u8]) -> impl Iterator<Item = Result<&[u8], Av1Error>> {
    let (&first, mut rest) = payload.split_first().unwrap_or((&0, &[]));
    let declared = AggregationHeader::from_byte(first).elements;
    // How many are still to come; without a count, as many as there are bytes for.
    let mut left = (declared > 0).then_some(declared);
    std::iter::from_fn(move || {
        if left.map_or(rest.is_empty(), |left| left == 0) {
            return None;
        }
        let element = match left {
            Some(1) if rest.is_empty() => Err(Av1Error::Truncated),
            Some(1) => Ok((rest, &[][..])),
            _ => split_element(rest),
        };
        left = left.map(|left| left - 1);
        match element {
            Ok((element, tail)) => {
                rest = tail;
                Some(Ok(element))
            }
            Err(error) => {
                (rest, left) = (&[], None);
                Some(Err(error))
            }
        }
    })
}

fn split_element(bytes: &[u8]) -> Result<(&[u8], &[u8]), Av1Error> {
    let (len, rest) = read_leb128(bytes)?;
    let len = usize::try_from(len).map_err(|_| Av1Error::Length)?;
    rest.split_at_checked(len).ok_or(Av1Error::Truncated)
}

/// Reads a `leb128()` (AV1 bitstream specification, section 4.10.5): at most eight bytes, and at most 2³² − 1.
pub(crate) fn read_leb128(bytes: &[u8]) -> Result<(u32, &[u8]), Av1Error> {
    let mut value = 0_u64;
    for (i, &byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| Av1Error::Length)?;
            return Ok((value, &bytes[i + 1..]));
        }
    }
    Err(if bytes.len() < 8 { Av1Error::Truncated } else { Av1Error::Length })
}

#[cfg(test)]
mod tests;
