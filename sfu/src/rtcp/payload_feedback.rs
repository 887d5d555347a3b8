//! Payload-specific feedback: key-frame requests and receiver estimates.

use super::bytes::{Framed, u32_at};
use super::compound::Malformed;
use super::packet::{format, packet_type};
use super::{MAX_COUNT, TooMany};
use crate::DataRate;

/// Picture loss indication (RFC 4585 section 6.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pli {
    /// Who lost the picture.
    pub sender_ssrc: u32,
    /// Of which stream.
    pub media_ssrc: u32,
}

pub(super) fn parse_pli(body: &[u8]) -> Result<Pli, Malformed> {
    let ssrcs: &[u8; 8] = body.first_chunk().ok_or(Malformed("short PLI"))?;
    Ok(Pli { sender_ssrc: u32_at(ssrcs, 0), media_ssrc: u32_at(ssrcs, 4) })
}

/// Appends a picture loss indication.
pub fn write_pli(out: &mut Vec<u8>, pli: Pli) {
    let mut packet = Framed::begin(out, format::PLI, packet_type::PAYLOAD_FEEDBACK);
    packet.u32(pli.sender_ssrc);
    packet.u32(pli.media_ssrc);
    packet.finish();
}

/// Full intra request (RFC 5104 section 4.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fir<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    entries: &'a [[u8; 8]],
}

/// One stream of a full intra request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FirEntry {
    /// The stream that is to send a key frame.
    pub ssrc: u32,
    /// Counts the requests: one that comes again is a repetition, not a new request.
    pub sequence: u8,
}

impl<'a> Fir<'a> {
    /// The streams.
    pub fn entries(self) -> impl Iterator<Item = FirEntry> + 'a {
        self.entries.iter().map(|entry| FirEntry { ssrc: u32_at(entry, 0), sequence: entry[4] })
    }
}

pub(super) fn parse_fir(body: &[u8]) -> Result<Fir<'_>, Malformed> {
    let (ssrcs, entries) = body.split_at_checked(8).ok_or(Malformed("short FIR"))?;
    Ok(Fir { sender_ssrc: u32_at(ssrcs, 0), entries: entries.as_chunks().0 })
}

/// Appends a full intra request.
///
/// # Errors
/// [`TooMany`] for more than 31 streams; nothing is written then.
pub fn write_fir(out: &mut Vec<u8>, sender_ssrc: u32, entries: &[FirEntry]) -> Result<(), TooMany> {
    check_streams(entries.len())?;
    let mut packet = Framed::begin(out, format::FIR, packet_type::PAYLOAD_FEEDBACK);
    packet.u32(sender_ssrc);
    packet.u32(0);
    for entry in entries {
        packet.u32(entry.ssrc);
        packet.slice(&[entry.sequence, 0, 0, 0]);
    }
    packet.finish();
    Ok(())
}

const REMB_NAME: &[u8; 4] = b"REMB";
const MANTISSA_BITS: u32 = 18;

/// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remb<'a> {
    /// Whose estimate.
    pub sender_ssrc: u32,
    /// The estimate; infinite when it exceeds 64 bits.
    pub bitrate: DataRate,
    ssrcs: &'a [[u8; 4]],
}

impl<'a> Remb<'a> {
    /// The streams that it covers together.
    pub fn ssrcs(self) -> impl Iterator<Item = u32> + 'a {
        self.ssrcs.iter().map(|ssrc| u32_at(ssrc, 0))
    }
}

/// `None` for application feedback that is something else.
pub(super) fn parse_remb(body: &[u8]) -> Result<Option<Remb<'_>>, Malformed> {
    if body.get(8..12) != Some(REMB_NAME.as_slice()) {
        return if body.len() < 8 { Err(Malformed("short feedback")) } else { Ok(None) };
    }
    let (fixed, ssrcs) = body.split_at_checked(16).ok_or(Malformed("short REMB"))?;
    let ssrcs = ssrcs.as_chunks().0;
    let ssrcs = ssrcs.get(..usize::from(fixed[12])).ok_or(Malformed("fewer streams than counted"))?;
    let word = u32_at(fixed, 12) & 0x00ff_ffff;
    let (exponent, mantissa) = (word >> MANTISSA_BITS, u64::from(word & ((1 << MANTISSA_BITS) - 1)));
    // A mantissa of zero is zero whatever the exponent.
    let bitrate = match mantissa << exponent {
        shifted if shifted >> exponent == mantissa => DataRate::from_bps(shifted),
        _ => DataRate::INFINITE,
    };
    Ok(Some(Remb { sender_ssrc: u32_at(fixed, 0), bitrate, ssrcs }))
}

/// Appends an estimate, rounded down to 18 significant bits.
///
/// # Errors
/// [`TooMany`] for more than 31 streams; nothing is written then.
pub fn write_remb(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    bitrate: DataRate,
    ssrcs: &[u32],
) -> Result<(), TooMany> {
    check_streams(ssrcs.len())?;
    let bps = bitrate.as_bps();
    let exponent = (64 - bps.leading_zeros()).saturating_sub(MANTISSA_BITS);
    let mut packet = Framed::begin(out, format::APPLICATION, packet_type::PAYLOAD_FEEDBACK);
    packet.u32(sender_ssrc);
    packet.u32(0);
    packet.slice(REMB_NAME);
    packet.u32((ssrcs.len() as u32) << 24 | exponent << MANTISSA_BITS | (bps >> exponent) as u32);
    ssrcs.iter().for_each(|ssrc| packet.u32(*ssrc));
    packet.finish();
    Ok(())
}

fn check_streams(got: usize) -> Result<(), TooMany> {
    if got <= MAX_COUNT { Ok(()) } else { Err(TooMany { what: "streams", got, limit: MAX_COUNT }) }
}
