//! Generic NACK (RFC 4585 section 6.2.1).

use super::bytes::{Framed, u16_at, u32_at};
use super::compound::Malformed;
use super::packet::{format, packet_type};

/// Items of one packet at most: it stays below 1,200 bytes.
const MAX_ITEMS: usize = 256;

/// RTP packets that a receiver misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack<'a> {
    /// Who misses them.
    pub sender_ssrc: u32,
    /// Of which stream.
    pub media_ssrc: u32,
    items: &'a [[u8; 4]],
}

impl<'a> Nack<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let (ssrcs, items) = body.split_at_checked(8).ok_or(Malformed("short NACK"))?;
        let items = items.as_chunks().0;
        Ok(Nack { sender_ssrc: u32_at(ssrcs, 0), media_ssrc: u32_at(ssrcs, 4), items })
    }

    /// The sequence numbers, in the order of the packet: at most 17 per four bytes of it.
    pub fn missing(self) -> impl Iterator<Item = u16> + 'a {
        self.items.iter().flat_map(|item| {
            let (first, mask) = (u16_at(item, 0), u16_at(item, 2));
            let following = (0..16).filter(move |bit| mask >> bit & 1 == 1);
            std::iter::once(first).chain(following.map(move |bit| first.wrapping_add(bit + 1)))
        })
    }
}

/// Appends NACKs for `missing`, in wrapping ascending order; nothing for an empty list. A list that does not
/// fit into one packet below 1,200 bytes makes several.
pub fn write_nack(out: &mut Vec<u8>, sender_ssrc: u32, media_ssrc: u32, missing: &[u16]) {
    let mut missing = missing.iter().copied().peekable();
    while missing.peek().is_some() {
        let mut packet = Framed::begin(out, format::NACK, packet_type::TRANSPORT_FEEDBACK);
        packet.u32(sender_ssrc);
        packet.u32(media_ssrc);
        for _ in 0..MAX_ITEMS {
            let Some(first) = missing.next() else { break };
            let mut mask = 0u16;
            while let Some(next) = missing.next_if(|next| next.wrapping_sub(first) <= 16) {
                // A number that comes twice shifts its bit out.
                mask |= (1u32 << next.wrapping_sub(first) >> 1) as u16;
            }
            packet.u16(first);
            packet.u16(mask);
        }
        packet.finish();
    }
}
