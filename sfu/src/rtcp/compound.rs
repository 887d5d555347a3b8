//! Compounds: several RTCP packets in one datagram (RFC 3550 section 6.1, RFC 5506).

use super::bytes::u16_at;
use super::packet::Packet;

/// A compound whose structure is wrong somewhere; nothing of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed RTCP: {0}")]
pub struct Malformed(pub(super) &'static str);

/// One packet's header fields and content, without padding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Report count, source count or feedback format: the 5 low bits of the first byte.
    pub(super) count: u8,
    pub(super) packet_type: u8,
    pub(super) body: &'a [u8],
}

/// Checks a whole compound, then gives its packets one by one.
///
/// Reduced-size RTCP (RFC 5506) is accepted, so any packet may be first. So is padding on any packet: RFC 3550
/// wants it on the last only, but transport-wide feedback comes padded wherever it stands.
///
/// # Errors
/// [`Malformed`] when the compound is empty, when lengths don't add up, or when the content of a packet of a
/// known type does not parse. Then none of its packets is to be used.
pub fn packets(compound: &[u8]) -> Result<impl Iterator<Item = Packet<'_>>, Malformed> {
    if compound.is_empty() {
        return Err(Malformed("no packet"));
    }
    let mut rest = compound;
    while !rest.is_empty() {
        let (frame, after) = split_frame(rest)?;
        Packet::parse(frame)?;
        rest = after;
    }
    Ok(Packets { rest: compound })
}

/// The packets of a compound that was checked.
struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (frame, after) = split_frame(self.rest).expect("the compound was checked");
        self.rest = after;
        Some(Packet::parse(frame).expect("the compound was checked"))
    }
}

/// The first packet of `bytes`, and what follows it.
fn split_frame(bytes: &[u8]) -> Result<(Frame<'_>, &[u8]), Malformed> {
    let header: &[u8; 4] = bytes.first_chunk().ok_or(Malformed("less than a header"))?;
    if header[0] >> 6 != 2 {
        return Err(Malformed("not version 2"));
    }
    let end = 4 + 4 * usize::from(u16_at(header, 2));
    if end > bytes.len() {
        return Err(Malformed("length beyond the datagram"));
    }
    let (packet, after) = bytes.split_at(end);
    let mut body = &packet[4..];
    if header[0] & 0x20 != 0 {
        let padding = usize::from(*body.last().ok_or(Malformed("padding without content"))?);
        if padding == 0 || padding > body.len() {
            return Err(Malformed("padding beyond the packet"));
        }
        body = &body[..body.len() - padding];
    }
    Ok((Frame { count: header[0] & 0x1f, packet_type: header[1], body }, after))
}

/// Cuts packets that were written one after the other into compounds of at most `max_size` bytes. A single
/// packet that is longer comes alone.
pub fn datagrams(packets: &[u8], max_size: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = packets;
    std::iter::from_fn(move || {
        let mut end = 0;
        while rest.len() >= end + 4 {
            let next = (end + 4 + 4 * usize::from(u16_at(rest, end + 2))).min(rest.len());
            if end > 0 && next > max_size {
                break;
            }
            end = next;
        }
        let (datagram, after) = rest.split_at(end);
        rest = after;
        (!datagram.is_empty()).then_some(datagram)
    })
}
