//! Names of sources, and their end (RFC 3550 sections 6.5 and 6.6).

use super::bytes::{Framed, u32_at};
use super::compound::Malformed;
use super::packet::packet_type;
use super::{TooMany, check_count};

/// The item type of a canonical name (RFC 3550 section 6.5.1).
const CNAME: u8 = 1;

/// Longest text of an SDES item or of a reason, in bytes.
const MAX_TEXT: usize = 255;

/// Sources that leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bye<'a> {
    sources: &'a [[u8; 4]],
    /// Why, in the words of the sender, as it came: not necessarily UTF-8.
    pub reason: Option<&'a [u8]>,
}

impl<'a> Bye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, Malformed> {
        let (sources, rest) =
            body.split_at_checked(4 * usize::from(count)).ok_or(Malformed("fewer sources than counted"))?;
        let reason = match rest.split_first() {
            None => None,
            Some((len, text)) => {
                Some(text.get(..usize::from(*len)).ok_or(Malformed("reason beyond the packet"))?)
            }
        };
        Ok(Bye { sources: sources.as_chunks().0, reason: reason.filter(|text| !text.is_empty()) })
    }

    /// The sources.
    pub fn ssrcs(self) -> impl Iterator<Item = u32> + 'a {
        self.sources.iter().map(|ssrc| u32_at(ssrc, 0))
    }
}

/// Appends a BYE for `ssrcs`, without a reason.
///
/// # Errors
/// [`TooMany`] for more than 31 sources; nothing is written then.
pub fn write_bye(out: &mut Vec<u8>, ssrcs: &[u32]) -> Result<(), TooMany> {
    let count = check_count("sources", ssrcs.len())?;
    let mut packet = Framed::begin(out, count, packet_type::BYE);
    ssrcs.iter().for_each(|ssrc| packet.u32(*ssrc));
    packet.finish();
    Ok(())
}

/// Appends a source description with one chunk: the canonical name of `ssrc`.
///
/// # Errors
/// [`TooMany`] for a name of more than 255 bytes; nothing is written then.
pub fn write_sdes_cname(out: &mut Vec<u8>, ssrc: u32, cname: &str) -> Result<(), TooMany> {
    if cname.len() > MAX_TEXT {
        return Err(TooMany { what: "bytes of a name", got: cname.len(), limit: MAX_TEXT });
    }
    let mut packet = Framed::begin(out, 1, packet_type::SOURCE_DESCRIPTION);
    packet.u32(ssrc);
    packet.u8(CNAME);
    packet.u8(cname.len() as u8);
    packet.slice(cname.as_bytes());
    // The list of items ends with at least one zero.
    packet.u8(0);
    packet.align();
    packet.finish();
    Ok(())
}
