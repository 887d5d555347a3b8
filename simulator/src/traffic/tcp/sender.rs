//! The sending end: loss recovery with SACK (RFC 6675) and the retransmission timer (RFC 6298).

use std::time::Duration;

use sfu::Time;

use super::receiver::Ack;
use super::scoreboard::Scoreboard;
use super::{CongestionWindow, Segment};

/// The retransmission timer before the first measurement, and the least it is after it (RFC 6298 section 2).
const FIRST_RTO: Duration = Duration::from_secs(1);
/// The most that backing off makes of it (RFC 6298 section 2.5).
const MOST_RTO: Duration = Duration::from_secs(60);
/// What the receiver's window allows, in segments: about 3 MB, so that no sender grows without bound.
pub const RECEIVE_WINDOW: usize = 2_048;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// Loss was found by SACK; until all below is acknowledged.
    Recovery(u64),
    /// The timer ran out; until all below is acknowledged.
    Timeout(u64),
}

/// One direction of a connection, from its establishment on.
#[derive(Debug)]
pub struct Sender {
    window: Box<dyn CongestionWindow>,
    board: Scoreboard,
    /// What there is to send; `None`: without end.
    total: Option<u64>,
    phase: Phase,
    rtt: Option<Rtt>,
    /// How often the timer has run out since the last new acknowledgement.
    backoff: u32,
    timer: Option<Time>,
}

/// RFC 6298 section 2.
#[derive(Clone, Copy, Debug)]
struct Rtt {
    smoothed: Duration,
    variation: Duration,
}

impl Sender {
    /// A connection that has nothing in flight, for `total` segments or without end.
    pub fn new(window: Box<dyn CongestionWindow>, total: Option<u64>) -> Self {
        Sender {
            window,
            board: Scoreboard::default(),
            total,
            phase: Phase::Open,
            rtt: None,
            backoff: 0,
            timer: None,
        }
    }

    /// The next segment that may be sent now, lost ones first; call until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Segment> {
        if self.board.pipe() as f64 + 1.0 > self.window.segments().max(1.0) {
            return None;
        }
        let in_window = self.board.next() - self.board.first() < RECEIVE_WINDOW as u64;
        let has_more = self.total.is_none_or(|total| self.board.next() < total);
        let number = match self.board.resend() {
            Some(number) => number,
            None if in_window && has_more => self.board.send_new(),
            None => return None,
        };
        self.timer.get_or_insert(now + self.rto());
        Some(Segment { number, sent: now })
    }

    /// Takes an acknowledgement in.
    pub fn acknowledged(&mut self, now: Time, ack: &Ack) {
        let newly = self.board.acknowledge(ack.next);
        for &(from, until) in ack.blocks.iter().flatten() {
            self.board.received(from, until);
        }
        if newly > 0 {
            self.measure(now.since(ack.echo));
            self.backoff = 0;
            let outstanding = self.board.first() < self.board.next();
            self.timer = outstanding.then(|| now + self.rto());
            self.grow(now, newly);
        }
        if self.board.judge() && self.phase == Phase::Open {
            self.phase = Phase::Recovery(self.board.next());
            self.window.lost();
        }
    }

    fn grow(&mut self, now: Time, newly: u64) {
        let first = self.board.first();
        match self.phase {
            // The acknowledgement that ends a recovery covers what was received long before.
            Phase::Recovery(until) if first < until => return,
            Phase::Recovery(_) => {
                self.phase = Phase::Open;
                return;
            }
            Phase::Timeout(until) if first >= until => self.phase = Phase::Open,
            Phase::Timeout(_) | Phase::Open => {}
        }
        if self.window.segments() < RECEIVE_WINDOW as f64 {
            let rtt = self.rtt.map_or(FIRST_RTO, |rtt| rtt.smoothed);
            self.window.acknowledged(now, newly as f64, rtt);
        }
    }

    fn measure(&mut self, sample: Duration) {
        self.rtt = Some(match self.rtt {
            None => Rtt { smoothed: sample, variation: sample / 2 },
            Some(Rtt { smoothed, variation }) => Rtt {
                variation: variation * 3 / 4 + smoothed.abs_diff(sample) / 4,
                smoothed: smoothed * 7 / 8 + sample / 8,
            },
        });
    }

    fn rto(&self) -> Duration {
        let rto = self.rtt.map_or(FIRST_RTO, |rtt| (rtt.smoothed + rtt.variation * 4).max(FIRST_RTO));
        (rto * 2u32.pow(self.backoff.min(6))).min(MOST_RTO)
    }

    /// When the retransmission timer runs out.
    pub fn deadline(&self) -> Option<Time> {
        self.timer
    }

    /// Loses all that is in flight if the timer has run out.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.timer.is_none_or(|timer| timer > now) {
            return;
        }
        self.timer = None;
        // Only the first time-out of a segment changes the threshold (RFC 5681 section 3.1, equation 4).
        if self.backoff == 0 {
            self.window.timed_out();
        }
        self.backoff += 1;
        self.board.lose_all();
        self.phase = Phase::Timeout(self.board.next());
    }

    /// Whether everything is acknowledged.
    pub fn is_done(&self) -> bool {
        self.total.is_some_and(|total| self.board.first() >= total)
    }

    /// The congestion window, in segments.
    pub fn window(&self) -> f64 {
        self.window.segments()
    }

    /// The smoothed round trip, once there is one.
    pub fn round_trip(&self) -> Option<Duration> {
        self.rtt.map(|rtt| rtt.smoothed)
    }
}
