//! One outgoing timeline over several RTP clocks, tied together by sender reports.

use std::time::Duration;

use super::source::MAX_ENCODINGS;
use crate::Time;
use crate::rtp::sequence::distance32;
use crate::time::ticks_in;

/// Ticks per second of every video RTP clock (RFC 3551 section 5).
pub const VIDEO_CLOCK_RATE: u32 = 90_000;

/// How far the timeline may advance beyond the arrival-time difference at a switch. Two frames' uplink
/// delays rarely differ by more; a report that claims more would only make receivers wait.
const MAX_LEAD: i64 = 200 * VIDEO_CLOCK_RATE as i64 / 1_000;

/// How far the timeline may stay behind the arrival-time difference at a switch: a standing uplink queue of
/// up to a second is common (bufferbloat), and more says that the report is wrong.
const MAX_LAG: i64 = VIDEO_CLOCK_RATE as i64;

/// Relates one RTP clock to the sender's wall clock: the newest sender report (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockMap {
    report: Option<(u64, u32)>,
}

impl ClockMap {
    /// Takes a report: `ntp` in 32.32 seconds, and the RTP timestamp of the same moment.
    pub fn on_sender_report(&mut self, ntp: u64, rtp: u32) {
        self.report = Some((ntp, rtp));
    }

    /// Forgets the report, because the RTP clock was restarted.
    pub fn reset(&mut self) {
        self.report = None;
    }

    /// The sender's wall clock, 32.32 seconds, at `rtp` (within 2^31 ticks of the report) on a clock of `rate` Hz.
    pub fn ntp_at(&self, rtp: u32, rate: u32) -> Option<i128> {
        let (ntp, at) = self.report?;
        let ticks = i128::from(distance32(rtp, at));
        Some(i128::from(ntp) + (ticks << 32) / i128::from(rate.max(1)))
    }
}

/// The newest frame sent.
#[derive(Clone, Copy, Debug)]
struct Newest {
    /// Its encoding; none once that encoding's clock was restarted.
    encoding: Option<u8>,
    source: u32,
    out: u32,
    arrived: Time,
}

/// The outgoing timeline of one video stream.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    clocks: [ClockMap; MAX_ENCODINGS],
    initial: u32,
    newest: Option<Newest>,
    /// Ticks by which the timeline runs ahead of capture time, because it had to advance at a switch to a
    /// frame that was captured no later than the last one; the next switch pays it back.
    debt: i64,
}

impl Timeline {
    pub(super) fn new(initial: u32) -> Self {
        Timeline { clocks: [ClockMap::default(); MAX_ENCODINGS], initial, newest: None, debt: 0 }
    }

    pub(super) fn on_sender_report(&mut self, encoding: u8, ntp: u64, rtp: u32) {
        if let Some(clock) = self.clocks.get_mut(usize::from(encoding)) {
            clock.on_sender_report(ntp, rtp);
        }
    }

    /// The clock of `encoding` starts anew: what was known of it is void.
    pub(super) fn restart(&mut self, encoding: u8) {
        if let Some(clock) = self.clocks.get_mut(usize::from(encoding)) {
            clock.reset();
        }
        if let Some(newest) = &mut self.newest
            && newest.encoding == Some(encoding)
        {
            newest.encoding = None;
        }
    }

    /// Takes note that a frame goes out, which may be a late one.
    pub(super) fn sent(&mut self, encoding: u8, source: u32, out: u32, arrived: Time) {
        if self.newest.is_some_and(|newest| distance32(out, newest.out) <= 0) {
            return;
        }
        self.newest = Some(Newest { encoding: Some(encoding), source, out, arrived });
    }

    /// The outgoing timestamp of the frame that starts a segment.
    pub(super) fn start(&mut self, encoding: u8, source: u32, arrived: Time) -> u32 {
        let Some(newest) = self.newest else { return self.initial };
        let elapsed = ticks(arrived.since(newest.arrived), VIDEO_CLOCK_RATE);
        let least = (elapsed - MAX_LAG).max(1);
        let most = elapsed + MAX_LEAD;
        let advance = match self.capture_difference(newest, encoding, source) {
            None => elapsed.max(1),
            Some(captured) => {
                let ideal = captured - self.debt;
                let advance = ideal.clamp(least, most);
                // Beyond the bounds on either side the reports are wrong, and nothing is owed to them.
                self.debt = if ideal > -MAX_LAG && ideal < least { advance - ideal } else { 0 };
                advance
            }
        };
        newest.out.wrapping_add(advance as u32)
    }

    /// Ticks from the capture of the newest frame sent to the capture of `source` on `encoding`.
    fn capture_difference(&self, newest: Newest, encoding: u8, source: u32) -> Option<i64> {
        let before = newest.encoding?;
        if before == encoding {
            return Some(i64::from(distance32(source, newest.source)));
        }
        let at = |encoding: u8, rtp| self.clocks[usize::from(encoding)].ntp_at(rtp, VIDEO_CLOCK_RATE);
        let difference = at(encoding, source)? - at(before, newest.source)?;
        // Rounded to the nearest tick, so that two exact maps give an exact difference.
        let scaled = (difference * i128::from(VIDEO_CLOCK_RATE) + (1 << 31)) >> 32;
        Some(i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN / 2 } else { i64::MAX / 2 }))
    }
}

/// `span` in ticks of a clock of `rate` Hz, rounded down and saturating far beyond any call's length.
pub(super) fn ticks(span: Duration, rate: u32) -> i64 {
    i64::try_from(ticks_in(span, rate)).unwrap_or(i64::MAX / 2).min(i64::MAX / 2)
}

#[cfg(test)]
mod tests;
