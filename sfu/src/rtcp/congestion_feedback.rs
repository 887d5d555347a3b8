//! Congestion control feedback by SSRC (RFC 8888).

use super::TooMany;
use super::bytes::{Framed, u16_at, u32_at};
use super::compound::Malformed;
use super::packet::{format, packet_type};

const MAX_METRICS: usize = 16_384;

/// The Explicit Congestion Notification mark with which a packet arrived (RFC 3168 section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Ecn {
    /// Not ECN-capable.
    #[default]
    NotEct = 0b00,
    /// ECN-capable, as L4S senders mark.
    Ect1 = 0b01,
    /// ECN-capable.
    Ect0 = 0b10,
    /// Congestion experienced.
    Ce = 0b11,
}

impl Ecn {
    const fn from_bits(bits: u16) -> Self {
        match bits & 0b11 {
            0b00 => Ecn::NotEct,
            0b01 => Ecn::Ect1,
            0b10 => Ecn::Ect0,
            _ => Ecn::Ce,
        }
    }
}

/// How one packet arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Metric {
    /// Its mark.
    pub ecn: Ecn,
    /// How long before the report's timestamp it arrived, in units of 1/1,024 s; 8,190 for longer ago than
    /// that, 8,191 for unknown.
    pub arrival_offset: u16,
}

/// Feedback on any number of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CongestionFeedback<'a> {
    /// Whose feedback.
    pub sender_ssrc: u32,
    /// When it was made: the middle 32 bits of an NTP time.
    pub timestamp: u32,
    blocks: &'a [u8],
}

/// Feedback on one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamFeedback<'a> {
    /// The stream.
    pub ssrc: u32,
    /// The sequence number of the first metric.
    pub begin_sequence: u16,
    metrics: &'a [[u8; 2]],
}

impl<'a> StreamFeedback<'a> {
    /// Sequence numbers with their metrics, `None` for "not received".
    pub fn metrics(self) -> impl Iterator<Item = (u16, Option<Metric>)> + 'a {
        self.metrics.iter().enumerate().map(move |(offset, bytes)| {
            let word = u16::from_be_bytes(*bytes);
            let metric = Metric { ecn: Ecn::from_bits(word >> 13), arrival_offset: word & 0x1fff };
            (self.begin_sequence.wrapping_add(offset as u16), (word & 0x8000 != 0).then_some(metric))
        })
    }
}

impl<'a> CongestionFeedback<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let (sender, rest) = body.split_at_checked(4).ok_or(Malformed("short congestion feedback"))?;
        let (blocks, timestamp) = rest.split_last_chunk::<4>().ok_or(Malformed("no report timestamp"))?;
        let mut rest = blocks;
        while !rest.is_empty() {
            rest = split_stream(rest)?.1;
        }
        Ok(CongestionFeedback {
            sender_ssrc: u32_at(sender, 0),
            timestamp: u32::from_be_bytes(*timestamp),
            blocks,
        })
    }

    /// The streams.
    pub fn streams(self) -> impl Iterator<Item = StreamFeedback<'a>> {
        let mut rest = self.blocks;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (stream, after) = split_stream(rest).expect("the blocks were checked");
            rest = after;
            Some(stream)
        })
    }
}

fn split_stream(bytes: &[u8]) -> Result<(StreamFeedback<'_>, &[u8]), Malformed> {
    let (header, rest) = bytes.split_at_checked(8).ok_or(Malformed("short stream feedback"))?;
    let len = 2 * usize::from(u16_at(header, 6));
    let (metrics, after) =
        rest.split_at_checked(len.next_multiple_of(4)).ok_or(Malformed("metrics beyond the report"))?;
    let stream = StreamFeedback {
        ssrc: u32_at(header, 0),
        begin_sequence: u16_at(header, 4),
        metrics: metrics[..len].as_chunks().0,
    };
    Ok((stream, after))
}

/// Appends feedback: for each stream its SSRC, its first sequence number, and the metrics from there on.
///
/// # Errors
/// [`TooMany`] for more than 16,384 metrics (the limit of RFC 8888 section 3.1 for one stream, and here for
/// all of them together); nothing is written then.
pub fn write_congestion_feedback(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    timestamp: u32,
    streams: &[(u32, u16, &[Option<Metric>])],
) -> Result<(), TooMany> {
    let got = streams.iter().map(|(_, _, metrics)| metrics.len()).sum();
    if got > MAX_METRICS {
        return Err(TooMany { what: "metrics", got, limit: MAX_METRICS });
    }
    let mut packet = Framed::begin(out, format::CONGESTION_FEEDBACK, packet_type::TRANSPORT_FEEDBACK);
    packet.u32(sender_ssrc);
    for (ssrc, begin_sequence, metrics) in streams {
        packet.u32(*ssrc);
        packet.u16(*begin_sequence);
        packet.u16(metrics.len() as u16);
        for metric in *metrics {
            packet.u16(
                metric.map_or(0, |metric| {
                    0x8000 | (metric.ecn as u16) << 13 | metric.arrival_offset.min(0x1fff)
                }),
            );
        }
        packet.align();
    }
    packet.u32(timestamp);
    packet.finish();
    Ok(())
}
