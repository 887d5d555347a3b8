//! One participant's way in, the estimates of its lines, and what the SFU's forwarding cost it.

use std::time::Duration;

use scenarios::Time;

use super::measure::Span;
use super::pending::Pending;
use crate::Histogram;
use crate::observation::{Direction, JoinStep};

/// When each step of the latest join happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JoinTimes {
    /// The person decided to join.
    pub intent: Option<Time>,
    /// Signalling complete.
    pub signalled: Option<Time>,
    /// Pair nominated.
    pub ice: Option<Time>,
    /// SRTP keys.
    pub dtls: Option<Time>,
}

/// All that is kept of one participant.
#[derive(Clone, Debug, Default)]
pub struct ParticipantRecord {
    /// The latest join.
    pub join: JoinTimes,
    /// All joins that came as far as SRTP keys.
    pub joins: Vec<JoinTimes>,
    /// From SRTP keys to leaving, each time.
    pub present: Vec<Span>,
    /// SFU forwarding delay per packet in the measured time, ns.
    pub forwarded: Histogram,
    /// Packets of its in the measured time that found the SFU's socket full; `None` where sockets have no end.
    pub socket_dropped: Option<u64>,
    /// Estimates by direction and bin, as of each bin's end; `None` where none was told.
    pub estimates: [Vec<Option<u64>>; 2],
    /// The estimates last written to the events.
    pub(crate) told: [Option<u64>; 2],
    pending: Pending<1>,
}

impl ParticipantRecord {
    /// A packet was forwarded to it in the measured time.
    pub(crate) fn forwarded(&mut self, delay: Duration) {
        if self.pending.push([u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX)]) {
            self.count_pending();
        }
    }

    /// Counts what waits to be counted.
    pub(crate) fn count_pending(&mut self) {
        self.pending.count(std::iter::once(&mut self.forwarded));
    }

    pub(crate) fn step(&mut self, at: Time, step: JoinStep) {
        match step {
            JoinStep::Intent => self.join = JoinTimes { intent: Some(at), ..JoinTimes::default() },
            JoinStep::Signalled => self.join.signalled = self.join.signalled.or(Some(at)),
            JoinStep::Ice => self.join.ice = self.join.ice.or(Some(at)),
            JoinStep::Dtls if self.join.dtls.is_none() => {
                self.join.dtls = Some(at);
                self.present.push(Span { from: at, until: Time::NEVER });
                self.joins.push(self.join);
            }
            JoinStep::Dtls => {}
            JoinStep::Left => {
                self.join = JoinTimes::default();
                self.gone(at);
            }
        }
    }

    /// It left, or the run is over.
    pub(crate) fn gone(&mut self, at: Time) {
        if let Some(last) = self.present.last_mut().filter(|last| last.until == Time::NEVER) {
            last.until = at;
        }
    }

    /// Whether it ever reached SRTP keys.
    pub fn connected(&self) -> bool {
        !self.joins.is_empty()
    }

    pub(crate) fn estimated(&mut self, direction: Direction, bin: usize, bps: u64) {
        let series = &mut self.estimates[direction as usize];
        if bin >= series.len() {
            // An estimate holds until the next one.
            let held = series.last().copied().flatten();
            series.resize(bin + 1, held);
        }
        series[bin] = Some(bps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_hold_and_start_absent() {
        let mut participant = ParticipantRecord::default();
        participant.estimated(Direction::Down, 1, 300);
        participant.estimated(Direction::Down, 1, 400);
        participant.estimated(Direction::Down, 4, 500);
        assert_eq!(participant.estimates[1], [None, Some(400), Some(400), Some(400), Some(500)]);
        assert!(participant.estimates[0].is_empty());
    }

    #[test]
    fn a_second_join_starts_afresh() {
        let mut participant = ParticipantRecord::default();
        for (secs, step) in
            [(1, JoinStep::Intent), (2, JoinStep::Dtls), (3, JoinStep::Dtls), (4, JoinStep::Left)]
        {
            participant.step(Time::from_secs(secs), step);
        }
        assert!(participant.connected());
        assert_eq!(participant.joins[0].dtls, Some(Time::from_secs(2)));
        participant.step(Time::from_secs(8), JoinStep::Intent);
        assert_eq!(participant.join.dtls, None);
        participant.step(Time::from_secs(9), JoinStep::Dtls);
        assert_eq!(participant.joins.len(), 2);
        participant.gone(Time::from_secs(12));
        let present: Vec<_> = participant.present.iter().map(|span| span.length().as_secs()).collect();
        assert_eq!(present, [2, 3]);
    }
}
