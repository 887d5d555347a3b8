//! Extended reports: the two blocks by which a receiver learns its round trip (RFC 3611).

use super::bytes::{Framed, u16_at, u32_at, u64_at};
use super::compound::Malformed;
use super::packet::packet_type;
use super::report::NtpTime;

const REFERENCE_TIME: u8 = 4;
const DLRR: u8 = 5;

/// Items of one DLRR block at most: the packet stays below 1,200 bytes.
const MAX_DELAYS: usize = 96;

/// An extended report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedReport<'a> {
    /// Whose report.
    pub sender_ssrc: u32,
    blocks: &'a [u8],
}

/// One block of an extended report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XrBlock<'a> {
    /// The receiver's wall clock when it sent the report (RFC 3611 section 4.4).
    ReferenceTime(NtpTime),
    /// What has been heard of receivers (RFC 3611 section 4.5).
    Delays(Delays<'a>),
    /// A block of another type.
    Unknown(u8),
}

/// How long ago a receiver's reference time came in (RFC 3611 section 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DelaySinceLastReference {
    /// The receiver.
    pub ssrc: u32,
    /// The middle bits of its last reference time, 0 for none.
    pub last_reference: u32,
    /// The delay since that came in, in units of 1/65,536 s.
    pub delay: u32,
}

/// The items of a DLRR block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays<'a>(&'a [[u8; 12]]);

impl<'a> Delays<'a> {
    /// The items.
    pub fn iter(self) -> impl Iterator<Item = DelaySinceLastReference> + 'a {
        self.0.iter().map(|item| DelaySinceLastReference {
            ssrc: u32_at(item, 0),
            last_reference: u32_at(item, 4),
            delay: u32_at(item, 8),
        })
    }
}

impl<'a> ExtendedReport<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let (sender, blocks) = body.split_at_checked(4).ok_or(Malformed("short extended report"))?;
        let mut rest = blocks;
        while !rest.is_empty() {
            rest = split_block(rest)?.1;
        }
        Ok(ExtendedReport { sender_ssrc: u32_at(sender, 0), blocks })
    }

    /// The blocks.
    pub fn blocks(self) -> impl Iterator<Item = XrBlock<'a>> {
        let mut rest = self.blocks;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (block, after) = split_block(rest).expect("the blocks were checked");
            rest = after;
            Some(block)
        })
    }
}

fn split_block(bytes: &[u8]) -> Result<(XrBlock<'_>, &[u8]), Malformed> {
    let header: &[u8; 4] = bytes.first_chunk().ok_or(Malformed("less than a block header"))?;
    let len = 4 * usize::from(u16_at(header, 2));
    let (content, after) = bytes[4..].split_at_checked(len).ok_or(Malformed("block beyond the report"))?;
    let block = match header[0] {
        REFERENCE_TIME if len == 8 => XrBlock::ReferenceTime(NtpTime(u64_at(content, 0))),
        REFERENCE_TIME => return Err(Malformed("reference time of a wrong length")),
        DLRR => match content.as_chunks() {
            (items, []) => XrBlock::Delays(Delays(items)),
            _ => return Err(Malformed("DLRR block of a wrong length")),
        },
        other => XrBlock::Unknown(other),
    };
    Ok((block, after))
}

/// Appends an extended report with one reference time block for each of `times` (usually one).
pub fn write_reference_times(out: &mut Vec<u8>, sender_ssrc: u32, times: &[NtpTime]) {
    let mut packet = Framed::begin(out, 0, packet_type::EXTENDED_REPORT);
    packet.u32(sender_ssrc);
    for time in times {
        packet.slice(&[REFERENCE_TIME, 0, 0, 2]);
        packet.slice(&time.0.to_be_bytes());
    }
    packet.finish();
}

/// Appends extended reports with the delays since the last reference times; nothing for an empty list.
pub fn write_delays_since_last_reference(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    delays: &[DelaySinceLastReference],
) {
    for delays in delays.chunks(MAX_DELAYS) {
        let mut packet = Framed::begin(out, 0, packet_type::EXTENDED_REPORT);
        packet.u32(sender_ssrc);
        packet.slice(&[DLRR, 0]);
        packet.u16(3 * delays.len() as u16);
        for item in delays {
            packet.u32(item.ssrc);
            packet.u32(item.last_reference);
            packet.u32(item.delay);
        }
        packet.finish();
    }
}
