//! Reading a report.

use super::TICKS_PER_REFERENCE;
use super::chunk::{Chunk, Symbol};
use crate::rtcp::bytes::{u16_at, u32_at};
use crate::rtcp::compound::Malformed;

/// Arrival times by transport-wide sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportFeedback<'a> {
    /// Whose report.
    pub sender_ssrc: u32,
    /// Some stream of the transport; it has no meaning.
    pub media_ssrc: u32,
    /// The first transport-wide sequence number.
    pub base_sequence: u16,
    /// How many packets it tells of.
    pub status_count: u16,
    /// The reference time in units of 64 ms, −2^23 to 2^23 − 1; it wraps every 12.4 days.
    pub reference: i32,
    /// Counts the reports, so that a lost one shows.
    pub feedback_count: u8,
    chunks: &'a [[u8; 2]],
    deltas: &'a [u8],
}

/// A packet that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its transport-wide sequence number.
    pub sequence: u16,
    /// How far behind the report's base it is, 0 to 65,534.
    pub offset: u16,
    /// When it arrived, in ticks of 250 µs after the report's reference time.
    pub ticks: i64,
}

impl<'a> TransportFeedback<'a> {
    pub(in crate::rtcp) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let (fixed, rest) = body.split_at_checked(16).ok_or(Malformed("short transport feedback"))?;
        let status_count = u16_at(fixed, 10);
        let (chunks, deltas) = split_chunks(rest, status_count)?;
        let word = u32_at(fixed, 12);
        Ok(TransportFeedback {
            sender_ssrc: u32_at(fixed, 0),
            media_ssrc: u32_at(fixed, 4),
            base_sequence: u16_at(fixed, 8),
            status_count,
            reference: word as i32 >> 8,
            feedback_count: word as u8,
            chunks,
            deltas,
        })
    }

    /// The reference time in ticks of 250 µs.
    pub fn reference_ticks(self) -> i64 {
        i64::from(self.reference) * TICKS_PER_REFERENCE
    }

    /// The packets that arrived, by sequence number. Runs of lost packets cost nothing, so the work is
    /// bounded by the bytes of the report.
    pub fn arrivals(self) -> impl Iterator<Item = Arrival> + 'a {
        let mut walk = Walk::new(self);
        std::iter::from_fn(move || {
            loop {
                walk.skip_lost_run();
                let (offset, ticks) = walk.next()?;
                if let Some(ticks) = ticks {
                    return Some(Arrival {
                        sequence: self.base_sequence.wrapping_add(offset),
                        offset,
                        ticks,
                    });
                }
            }
        })
    }

    /// Every packet that the report tells of, with its arrival in ticks of 250 µs after the reference time,
    /// or `None` for "not received".
    pub fn statuses(self) -> impl Iterator<Item = (u16, Option<i64>)> + 'a {
        let mut walk = Walk::new(self);
        std::iter::from_fn(move || {
            walk.next().map(|(offset, ticks)| (self.base_sequence.wrapping_add(offset), ticks))
        })
    }
}

/// Separates the chunks that cover `status_count` packets from the deltas, and checks that all of those are
/// there. A surplus of symbols or bytes does no harm.
fn split_chunks(bytes: &[u8], status_count: u16) -> Result<(&[[u8; 2]], &[u8]), Malformed> {
    let mut missing = u32::from(status_count);
    let mut delta_len = 0;
    let mut used = 0;
    while missing > 0 {
        let chunk = bytes.get(used..used + 2).ok_or(Malformed("chunks cover too few packets"))?;
        let chunk = Chunk(u16_at(chunk, 0));
        used += 2;
        let covered = chunk.len().min(missing);
        missing -= covered;
        match chunk.run_symbol() {
            Some(Symbol::Reserved) => return Err(Malformed("reserved packet status")),
            Some(symbol) => delta_len += symbol.delta_len() * covered as usize,
            None => {
                for at in 0..covered {
                    match chunk.symbol(at) {
                        Symbol::Reserved => return Err(Malformed("reserved packet status")),
                        symbol => delta_len += symbol.delta_len(),
                    }
                }
            }
        }
    }
    let (chunks, deltas) = bytes.split_at(used);
    let deltas = deltas.get(..delta_len).ok_or(Malformed("fewer deltas than packets received"))?;
    Ok((chunks.as_chunks().0, deltas))
}

/// A place in a report that was checked.
struct Walk<'a> {
    report: TransportFeedback<'a>,
    /// Packets behind the base.
    offset: u16,
    chunk: usize,
    within_chunk: u32,
    delta: usize,
    ticks: i64,
}

impl<'a> Walk<'a> {
    fn new(report: TransportFeedback<'a>) -> Self {
        Walk { report, offset: 0, chunk: 0, within_chunk: 0, delta: 0, ticks: 0 }
    }

    /// The chunk that the next packet is in, past empty and finished ones; `None` at the end.
    fn current(&mut self) -> Option<Chunk> {
        if self.offset >= self.report.status_count {
            return None;
        }
        loop {
            let chunk = Chunk(u16::from_be_bytes(self.report.chunks[self.chunk]));
            if self.within_chunk < chunk.len() {
                return Some(chunk);
            }
            self.chunk += 1;
            self.within_chunk = 0;
        }
    }

    fn skip_lost_run(&mut self) {
        while let Some(chunk) = self.current() {
            if chunk.run_symbol() != Some(Symbol::Lost) {
                return;
            }
            let left = u32::from(self.report.status_count - self.offset);
            let skipped = (chunk.len() - self.within_chunk).min(left);
            self.within_chunk += skipped;
            self.offset += skipped as u16;
        }
    }

    fn next(&mut self) -> Option<(u16, Option<i64>)> {
        let symbol = self.current()?.symbol(self.within_chunk);
        let offset = self.offset;
        self.within_chunk += 1;
        self.offset += 1;
        let deltas = &self.report.deltas[self.delta..];
        self.delta += symbol.delta_len();
        self.ticks += match symbol {
            Symbol::Lost | Symbol::Reserved => return Some((offset, None)),
            Symbol::SmallDelta => i64::from(deltas[0]),
            Symbol::LargeDelta => i64::from(u16_at(deltas, 0) as i16),
        };
        Some((offset, Some(self.ticks)))
    }
}
