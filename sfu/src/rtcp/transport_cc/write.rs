//! Writing a report.

use std::iter::Peekable;

use smallvec::SmallVec;

use super::chunk::{Chunk, Symbol};
use super::encoder::Pending;
use super::{TICKS_PER_REFERENCE, ticks};
use crate::Time;
use crate::rtcp::bytes::Framed;
use crate::rtcp::packet::{format, packet_type};

/// Bytes of a report at most, unless asked for less: it fits one datagram with other packets' headers.
pub const MAX_REPORT: usize = 1_200;

/// Bytes before the first chunk.
const FIXED: usize = 20;

/// What a report says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReportHeader {
    /// Whose report.
    pub sender_ssrc: u32,
    /// Some stream of the transport.
    pub media_ssrc: u32,
    /// Counts the reports, modulo 256.
    pub feedback_count: u8,
}

/// Appends one report on the packets from transport-wide sequence number `base` on, and says with which
/// number the next report has to begin.
///
/// `arrivals` are the packets received, by strictly ascending extended sequence number, the first of them
/// `base` or later; what is missing between counts as lost. As many are taken as fit `max_size` bytes
/// (at least one), 65,535 packets, and deltas of 16 bits; the others stay in the iterator for the next report.
/// Nothing is written when there are none.
pub fn write_transport_feedback(
    out: &mut Vec<u8>,
    header: ReportHeader,
    base: u64,
    arrivals: &mut Peekable<impl Iterator<Item = (u64, Time)>>,
    max_size: usize,
) -> u64 {
    let Some(&(first, first_arrival)) = arrivals.peek() else { return base };
    // A gap that no report can span is left out of it.
    let base = base.max((first + 1).saturating_sub(u64::from(u16::MAX))).min(first);
    let reference = ticks(first_arrival).div_euclid(TICKS_PER_REFERENCE);
    let mut report = Report::new(base, reference * TICKS_PER_REFERENCE);

    let start = out.len();
    let mut packet = Framed::begin(out, format::TRANSPORT_CC, packet_type::TRANSPORT_FEEDBACK);
    packet.u32(header.sender_ssrc);
    packet.u32(header.media_ssrc);
    packet.u32((base as u16 as u32) << 16);
    packet.u32((reference as u32) << 8 | u32::from(header.feedback_count));
    while arrivals.next_if(|(sequence, at)| report.try_add(*sequence, *at, max_size)).is_some() {}
    report.pending.flush(|chunk| report.chunks.push(chunk));
    for chunk in &report.chunks {
        packet.u16(chunk.0);
    }
    packet.slice(&report.deltas);
    packet.finish();
    let count = (report.next - base) as u16;
    out[start + 14..start + 16].copy_from_slice(&count.to_be_bytes());
    report.next
}

/// A report in the making.
struct Report {
    base: u64,
    /// The sequence number after the last one covered.
    next: u64,
    /// The arrival of the packet before, in ticks.
    ticks: i64,
    pending: Pending,
    chunks: SmallVec<[Chunk; 64]>,
    deltas: SmallVec<[u8; MAX_REPORT]>,
}

impl Report {
    fn new(base: u64, reference_ticks: i64) -> Self {
        Report {
            base,
            next: base,
            ticks: reference_ticks,
            pending: Pending::EMPTY,
            chunks: SmallVec::new(),
            deltas: SmallVec::new(),
        }
    }

    /// Adds one packet, unless the report would become too large by it.
    fn try_add(&mut self, sequence: u64, arrival: Time, max_size: usize) -> bool {
        let now = ticks(arrival);
        let Ok(delta) = i16::try_from(now - self.ticks) else { return false };
        if sequence < self.next || sequence - self.base >= u64::from(u16::MAX) {
            return false;
        }
        let symbol = if (0..=255).contains(&delta) { Symbol::SmallDelta } else { Symbol::LargeDelta };
        // Nearly always the next one, as soon after the one before as most are: no chunk is complete with it.
        let small = FIXED + 2 * (self.chunks.len() + 1) + self.deltas.len() + 1;
        if sequence == self.next
            && symbol == Symbol::SmallDelta
            && small.next_multiple_of(4) <= max_size
            && self.pending.lengthen(symbol)
        {
            self.deltas.push(delta as u8);
            self.ticks = now;
            self.next = sequence + 1;
            return true;
        }
        let (pending, chunks) = (self.pending, self.chunks.len());
        if sequence > self.next {
            self.pending.push(Symbol::Lost, (sequence - self.next) as u32, |chunk| self.chunks.push(chunk));
        }
        self.pending.push(symbol, 1, |chunk| self.chunks.push(chunk));
        let size = FIXED + 2 * (self.chunks.len() + 1) + self.deltas.len() + symbol.delta_len();
        if size.next_multiple_of(4) > max_size && !self.deltas.is_empty() {
            self.pending = pending;
            self.chunks.truncate(chunks);
            return false;
        }
        match symbol {
            Symbol::SmallDelta => self.deltas.push(delta as u8),
            _ => self.deltas.extend(delta.to_be_bytes()),
        }
        self.ticks = now;
        self.next = sequence + 1;
        true
    }
}
