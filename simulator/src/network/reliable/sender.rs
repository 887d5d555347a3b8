//! The sending half: a window of unacknowledged bytes, congestion control and time-outs.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::Time;

/// Payload of a full segment: with all headers it stays below 1280 bytes, IPv6's least MTU (RFC 8200).
const SEGMENT: u64 = 1200;
/// RFC 6928's initial window of 10 segments.
const INITIAL_WINDOW: u64 = 10 * SEGMENT;
/// Below the receiver's own window, so that nothing is sent that it wouldn't keep.
const LARGEST_WINDOW: u64 = 1 << 17;
/// RFC 5681 section 3.2.
const DUPLICATES_FOR_LOSS: u32 = 3;
/// RFC 6298 section 2.1.
const INITIAL_TIMEOUT: Duration = Duration::from_secs(1);
/// What Linux uses; RFC 6298's own second dates from slower clocks.
const LEAST_TIMEOUT: Duration = Duration::from_millis(200);
/// RFC 6298 section 2.5.
const LARGEST_TIMEOUT: Duration = Duration::from_secs(60);
/// RFC 6298's G.
const CLOCK_GRANULARITY: Duration = Duration::from_millis(1);

/// A piece of the stream to put into one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) sequence: u64,
    pub(super) length: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// From the first unacknowledged byte on.
    buffer: VecDeque<u8>,
    unacknowledged: u64,
    next: u64,
    /// One past the last byte that was ever sent.
    highest: u64,
    window: u64,
    slow_start_until: u64,
    duplicates: u32,
    /// In fast recovery until this is acknowledged (RFC 6582).
    recover: Option<u64>,
    resend_first: bool,
    smoothed: Option<(Duration, Duration)>,
    timeout: Duration,
    /// A byte whose acknowledgement gives a round-trip time; never one that was sent twice (Karn).
    timed: Option<(u64, Time)>,
    deadline: Option<Time>,
    retransmissions: u64,
}

impl Default for Sender {
    fn default() -> Self {
        Sender {
            buffer: VecDeque::new(),
            unacknowledged: 0,
            next: 0,
            highest: 0,
            window: INITIAL_WINDOW,
            slow_start_until: LARGEST_WINDOW,
            duplicates: 0,
            recover: None,
            resend_first: false,
            smoothed: None,
            timeout: INITIAL_TIMEOUT,
            timed: None,
            deadline: None,
            retransmissions: 0,
        }
    }
}

impl Sender {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes);
    }

    pub(super) fn unacknowledged(&self) -> usize {
        self.buffer.len()
    }

    pub(super) fn next_sequence(&self) -> u64 {
        self.next
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.deadline
    }

    pub(super) fn retransmissions(&self) -> u64 {
        self.retransmissions
    }

    /// What to send now, if anything.
    pub(super) fn next_chunk(&mut self, now: Time) -> Option<Chunk> {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.time_out();
        }
        if std::mem::take(&mut self.resend_first) {
            let length = SEGMENT.min(self.highest - self.unacknowledged);
            return Some(self.emit(now, Chunk { sequence: self.unacknowledged, length: length as usize }));
        }
        let left = self.unacknowledged + self.buffer.len() as u64 - self.next;
        let length = SEGMENT.min(left);
        let in_flight = self.next - self.unacknowledged;
        if length == 0 || in_flight + length > self.window.min(LARGEST_WINDOW) {
            return None;
        }
        let chunk = Chunk { sequence: self.next, length: length as usize };
        self.next += length;
        Some(self.emit(now, chunk))
    }

    pub(super) fn bytes_of(&self, chunk: &Chunk) -> impl Iterator<Item = &u8> {
        let from = (chunk.sequence - self.unacknowledged) as usize;
        self.buffer.range(from..from + chunk.length)
    }

    /// Takes in the far end's acknowledgement; `bare` when the segment carried nothing else.
    pub(super) fn acknowledged(&mut self, now: Time, until: u64, bare: bool) {
        if until > self.highest || until < self.unacknowledged {
            return;
        }
        if until == self.unacknowledged {
            let outstanding = self.highest > self.unacknowledged;
            if bare && outstanding {
                self.count_duplicate();
            }
            return;
        }
        let progress = until - self.unacknowledged;
        self.buffer.drain(..progress as usize);
        self.unacknowledged = until;
        self.next = self.next.max(until);
        self.duplicates = 0;
        if let Some((_, sent)) = self.timed.take_if(|timed| timed.0 <= until) {
            self.measure(now.since(sent));
        }
        self.open_window(until, progress);
        self.deadline = (self.highest > until).then(|| now + self.timeout);
    }

    fn emit(&mut self, now: Time, chunk: Chunk) -> Chunk {
        let end = chunk.sequence + chunk.length as u64;
        if chunk.sequence < self.highest {
            self.retransmissions += 1;
            self.timed = None;
        } else if self.timed.is_none() {
            self.timed = Some((end, now));
        }
        self.highest = self.highest.max(end);
        self.deadline.get_or_insert(now + self.timeout);
        chunk
    }

    fn count_duplicate(&mut self) {
        self.duplicates += 1;
        if self.duplicates == DUPLICATES_FOR_LOSS && self.recover.is_none() {
            self.halve_window();
            self.window = self.slow_start_until;
            self.recover = Some(self.highest);
            self.resend_first = true;
        }
    }

    fn open_window(&mut self, until: u64, progress: u64) {
        match self.recover {
            Some(recover) if until < recover => self.resend_first = true,
            Some(_) => self.recover = None,
            None if self.window < self.slow_start_until => self.window += progress.min(SEGMENT),
            None => self.window += SEGMENT * SEGMENT / self.window,
        }
        self.window = self.window.min(LARGEST_WINDOW);
    }

    fn time_out(&mut self) {
        self.halve_window();
        self.window = SEGMENT;
        self.next = self.unacknowledged;
        self.duplicates = 0;
        self.recover = None;
        self.resend_first = false;
        self.timed = None;
        self.timeout = (self.timeout * 2).min(LARGEST_TIMEOUT);
        self.deadline = None;
    }

    fn halve_window(&mut self) {
        let in_flight = self.highest - self.unacknowledged;
        self.slow_start_until = (in_flight / 2).max(2 * SEGMENT);
    }

    /// RFC 6298 section 2; a fresh measurement also ends the back-off.
    fn measure(&mut self, round_trip: Duration) {
        let (smoothed, variation) = match self.smoothed {
            None => (round_trip, round_trip / 2),
            Some((smoothed, variation)) => {
                let error = smoothed.abs_diff(round_trip);
                ((smoothed * 7 + round_trip) / 8, (variation * 3 + error) / 4)
            }
        };
        self.smoothed = Some((smoothed, variation));
        let timeout = smoothed + (variation * 4).max(CLOCK_GRANULARITY);
        self.timeout = timeout.clamp(LEAST_TIMEOUT, LARGEST_TIMEOUT);
    }
}
