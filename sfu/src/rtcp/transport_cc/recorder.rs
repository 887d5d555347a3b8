//! What has arrived on a transport, until it is reported.

use std::collections::VecDeque;
use std::time::Duration;

use super::write::{ReportHeader, write_transport_feedback};
use crate::Time;
use crate::rtp::Unwrapper;

/// How long a reported packet is kept, so that it can be told again together with a late one. libwebrtc keeps
/// as much (`RemoteEstimatorProxy::kBackWindow`).
const BACK_WINDOW: Duration = Duration::from_millis(500);

/// Packets kept at most: half a second at 8,000 packets per second.
const MAX_ARRIVALS: usize = 4_096;

/// Sequence numbers from the lowest to the highest kept: what one report can span.
const MAX_SPAN: u64 = 65_534;

/// Records arrivals by transport-wide sequence number and reports each of them once, or again when a late
/// packet re-opens the range. The first arrival of a number counts.
#[derive(Debug)]
pub struct ArrivalRecorder {
    unwrapper: Unwrapper<16>,
    /// Sequence numbers, ascending, with their arrivals.
    arrivals: VecDeque<(u64, Time)>,
    /// Where the next report begins, once there is something to report on.
    next_base: Option<u64>,
    /// Numbers below were given up.
    floor: u64,
    feedback_count: u8,
}

impl Default for ArrivalRecorder {
    fn default() -> Self {
        ArrivalRecorder::new()
    }
}

impl ArrivalRecorder {
    /// A recorder that has seen nothing.
    pub fn new() -> Self {
        ArrivalRecorder {
            unwrapper: Unwrapper::new(),
            arrivals: VecDeque::new(),
            next_base: None,
            floor: 0,
            feedback_count: 0,
        }
    }

    /// Notes that `sequence` arrived at `now`. Numbers too far back, and those that came before, are ignored.
    pub fn record(&mut self, now: Time, sequence: u16) {
        let sequence = self.unwrapper.unwrap(u64::from(sequence));
        if sequence < self.floor {
            return;
        }
        if self.arrivals.back().is_none_or(|(last, _)| *last < sequence) {
            self.arrivals.push_back((sequence, now));
        } else {
            match self.arrivals.binary_search_by_key(&sequence, |(known, _)| *known) {
                Ok(_) => return,
                Err(place) => self.arrivals.insert(place, (sequence, now)),
            }
        }
        self.next_base = Some(self.next_base.map_or(sequence, |base| base.min(sequence)));
        self.prune(now);
    }

    /// Whether there is an arrival to report.
    pub fn has_unreported(&self) -> bool {
        match (self.next_base, self.arrivals.back()) {
            (Some(base), Some((last, _))) => *last >= base,
            _ => false,
        }
    }

    /// Appends one report of at most `max_size` bytes (see [`write_transport_feedback`]) and says whether
    /// there was anything to report. Call it until it says no: what doesn't fit goes into the next one.
    pub fn write_report(
        &mut self,
        out: &mut Vec<u8>,
        sender_ssrc: u32,
        media_ssrc: u32,
        max_size: usize,
    ) -> bool {
        let Some(base) = self.next_base.filter(|_| self.has_unreported()) else { return false };
        let from = self.arrivals.partition_point(|(sequence, _)| *sequence < base);
        let mut arrivals = self.arrivals.range(from..).copied().peekable();
        let header = ReportHeader { sender_ssrc, media_ssrc, feedback_count: self.feedback_count };
        let next = write_transport_feedback(out, header, base, &mut arrivals, max_size);
        self.next_base = Some(next);
        self.feedback_count = self.feedback_count.wrapping_add(1);
        true
    }

    /// How many arrivals are kept: at most 4,096.
    pub fn kept(&self) -> usize {
        self.arrivals.len()
    }

    /// Gives up what was reported long ago, and whatever exceeds the bounds.
    fn prune(&mut self, now: Time) {
        // Nearly always the oldest is young, and nothing exceeds the bounds.
        let window = BACK_WINDOW.as_nanos() as u64;
        let highest = self.arrivals.back().map_or(0, |(sequence, _)| *sequence);
        if let Some((sequence, at)) = self.arrivals.front()
            && now.as_nanos().saturating_sub(at.as_nanos()) <= window
            && highest - sequence <= MAX_SPAN
            && self.arrivals.len() <= MAX_ARRIVALS
        {
            return;
        }
        let reported_below = self.next_base.unwrap_or(0);
        while let Some(&(sequence, at)) = self.arrivals.front() {
            let is_old = sequence < reported_below && now.since(at) > BACK_WINDOW;
            let exceeds = self.arrivals.len() > MAX_ARRIVALS || highest - sequence > MAX_SPAN;
            if !is_old && !exceeds {
                break;
            }
            self.arrivals.pop_front();
            self.floor = sequence + 1;
            self.next_base = self.next_base.map(|base| base.max(self.floor));
        }
    }
}
