//! What a sender knows of the segments in flight: RFC 6675, in whole segments.

use std::collections::VecDeque;

/// Segments above a hole that were received, from which on it counts as lost: `DupThresh` of RFC 6675 section 2.
const THRESHOLD: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InFlight,
    Lost,
    Resent,
    Received,
}

/// The segments from the first unacknowledged one on.
#[derive(Clone, Debug, Default)]
pub(super) struct Scoreboard {
    first: u64,
    segments: VecDeque<State>,
    pipe: usize,
    /// How many were received.
    received: usize,
    /// None below is lost and not sent again.
    resend_from: u64,
    /// None below is in flight without loss being decided.
    judged_to: u64,
}

impl Scoreboard {
    /// The first segment that is not acknowledged.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The first segment that was never sent.
    pub(super) fn next(&self) -> u64 {
        self.first + self.segments.len() as u64
    }

    /// Segments in the network, as far as can be known: `pipe` of RFC 6675 section 4.
    pub(super) fn pipe(&self) -> usize {
        self.pipe
    }

    /// Sends a segment for the first time.
    pub(super) fn send_new(&mut self) -> u64 {
        let number = self.next();
        self.segments.push_back(State::InFlight);
        self.pipe += 1;
        number
    }

    /// Sends the first lost segment again, if there is one.
    pub(super) fn resend(&mut self) -> Option<u64> {
        let begin = (self.resend_from.max(self.first) - self.first) as usize;
        let lost = self.segments.iter().skip(begin).position(|state| *state == State::Lost);
        let Some(lost) = lost else {
            self.resend_from = self.next();
            return None;
        };
        let index = begin + lost;
        self.segments[index] = State::Resent;
        self.pipe += 1;
        self.resend_from = self.first + index as u64 + 1;
        Some(self.first + index as u64)
    }

    /// All below `next` is acknowledged: how many segments that are.
    pub(super) fn acknowledge(&mut self, next: u64) -> u64 {
        let next = next.min(self.next());
        let newly = next.saturating_sub(self.first);
        for _ in 0..newly {
            match self.segments.pop_front() {
                Some(State::InFlight | State::Resent) => self.pipe -= 1,
                Some(State::Received) => self.received -= 1,
                Some(State::Lost) | None => {}
            }
        }
        self.first += newly;
        newly
    }

    /// A block of selective acknowledgement.
    pub(super) fn received(&mut self, from: u64, until: u64) {
        for number in from.max(self.first)..until.min(self.next()) {
            let state = &mut self.segments[(number - self.first) as usize];
            match *state {
                State::Received => continue,
                State::InFlight | State::Resent => self.pipe -= 1,
                State::Lost => {}
            }
            *state = State::Received;
            self.received += 1;
        }
    }

    /// Finds what is lost now: whether there is anything (RFC 6675 `IsLost`, for segments sent once).
    pub(super) fn judge(&mut self) -> bool {
        if self.received < THRESHOLD {
            return false;
        }
        let received = |(_, state): &(usize, &State)| **state == State::Received;
        let place = self.segments.iter().enumerate().rev().filter(received).nth(THRESHOLD - 1);
        let Some((place, _)) = place else { return false };
        let begin = (self.judged_to.max(self.first) - self.first) as usize;
        let mut first_lost = None;
        for index in begin.min(place)..place {
            if self.segments[index] == State::InFlight {
                self.segments[index] = State::Lost;
                self.pipe -= 1;
                first_lost.get_or_insert(self.first + index as u64);
            }
        }
        self.judged_to = self.judged_to.max(self.first + place as u64);
        self.resend_from = first_lost.map_or(self.resend_from, |lost| self.resend_from.min(lost));
        first_lost.is_some()
    }

    /// The timer ran out: all that was not received is lost, and may be sent again in order.
    pub(super) fn lose_all(&mut self) {
        for state in &mut self.segments {
            if *state != State::Received {
                *state = State::Lost;
            }
        }
        self.pipe = 0;
        self.resend_from = self.first;
        self.judged_to = self.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_sent(count: usize) -> Scoreboard {
        let mut board = Scoreboard::default();
        (0..count).for_each(|_| {
            board.send_new();
        });
        board
    }

    #[test]
    fn three_received_above_a_hole_make_it_lost() {
        let mut board = with_sent(10);
        board.acknowledge(2);
        board.received(3, 5);
        assert!(!board.judge());
        assert_eq!((board.pipe(), board.resend()), (6, None));
        board.received(7, 8);
        assert!(board.judge());
        // 2 is lost; 5 and 6 have one above them only.
        assert_eq!((board.pipe(), board.resend(), board.resend()), (4, Some(2), None));
        assert_eq!(board.pipe(), 5);
        board.received(8, 10);
        assert!(board.judge());
        assert_eq!((board.resend(), board.resend(), board.resend()), (Some(5), Some(6), None));
        assert!(!board.judge(), "what was sent again is not judged again");
        assert_eq!(board.acknowledge(10), 8);
        assert_eq!((board.pipe(), board.first(), board.next()), (0, 10, 10));
    }

    #[test]
    fn a_time_out_sends_all_again_that_is_missing() {
        let mut board = with_sent(6);
        board.received(1, 2);
        board.received(4, 5);
        board.lose_all();
        assert_eq!(board.pipe(), 0);
        let again: Vec<u64> = std::iter::from_fn(|| board.resend()).collect();
        assert_eq!(again, [0, 2, 3, 5]);
        assert_eq!(board.acknowledge(99), 6, "nothing beyond what was sent");
    }
}
