//! The SFU's processor in virtual time: packets wait for it, and each packet in and out costs.
//!
//! A conference lives on one worker, and a run has one conference: one packet is worked on at a time, whatever
//! the number of cores. Outputs leave one after the other as they are made.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::Time;

use crate::network::Datagram;

/// A processor with its queue.
#[derive(Debug)]
pub(super) struct Cpu {
    per_packet_in: Duration,
    per_packet_out: Duration,
    /// Arrived, not yet taken up.
    waiting: VecDeque<Datagram>,
    /// When the packet at the front will have been read; `None` when nothing is being read.
    reading_until: Option<Time>,
    /// When the work so far is done.
    busy_until: Time,
    /// Made, and leaving at these times.
    leaving: VecDeque<(Time, Datagram)>,
}

impl Cpu {
    pub(super) fn new(per_packet_in: Duration, per_packet_out: Duration) -> Self {
        Cpu {
            per_packet_in,
            per_packet_out,
            waiting: VecDeque::new(),
            reading_until: None,
            busy_until: Time::ZERO,
            leaving: VecDeque::new(),
        }
    }

    /// A packet came.
    pub(super) fn arrive(&mut self, now: Time, datagram: Datagram) {
        self.waiting.push_back(datagram);
        self.begin(now);
    }

    fn begin(&mut self, now: Time) {
        if self.reading_until.is_none() && !self.waiting.is_empty() {
            let done = self.busy_until.max(now) + self.per_packet_in;
            self.reading_until = Some(done);
            self.busy_until = done;
        }
    }

    /// The packet that has been read by `now`, if one has.
    pub(super) fn take_read(&mut self, now: Time) -> Option<Datagram> {
        self.reading_until.take_if(|done| *done <= now)?;
        self.waiting.pop_front()
    }

    /// What the SFU made at `now` leaves packet by packet; then the next one is taken up.
    pub(super) fn depart(&mut self, now: Time, made: impl Iterator<Item = Datagram>) {
        for datagram in made {
            self.busy_until = self.busy_until.max(now) + self.per_packet_out;
            self.leaving.push_back((self.busy_until, datagram));
        }
        self.begin(now);
    }

    /// The next packet that has left by `now`.
    pub(super) fn take_departed(&mut self, now: Time) -> Option<Datagram> {
        self.leaving.pop_front_if(|(at, _)| *at <= now).map(|(_, datagram)| datagram)
    }

    /// When something happens next.
    pub(super) fn deadline(&self) -> Time {
        let leaving = self.leaving.front().map_or(Time::NEVER, |(at, _)| *at);
        leaving.min(self.reading_until.unwrap_or(Time::NEVER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Ecn, TrafficClass};

    fn datagram(tag: u32) -> Datagram {
        let any = "10.0.0.1:1".parse().expect("an address");
        Datagram { from: any, to: any, bytes: Vec::new(), class: TrafficClass::Video, tag, ecn: Ecn::NotEct }
    }

    #[test]
    fn packets_wait_for_each_other_and_for_what_the_one_before_made() {
        let us = Time::from_micros;
        let mut cpu = Cpu::new(Duration::from_micros(2), Duration::from_micros(1));
        cpu.arrive(us(10), datagram(1));
        cpu.arrive(us(10), datagram(2));
        assert_eq!(cpu.deadline(), us(12));
        assert_eq!(cpu.take_read(us(11)).map(|d| d.tag), None);
        assert_eq!(cpu.take_read(us(12)).map(|d| d.tag), Some(1));
        cpu.depart(us(12), [datagram(11), datagram(12), datagram(13)].into_iter());
        assert_eq!(cpu.deadline(), us(13));
        assert_eq!(cpu.take_departed(us(14)).map(|d| d.tag), Some(11));
        assert_eq!(cpu.take_departed(us(14)).map(|d| d.tag), Some(12));
        assert_eq!(cpu.take_departed(us(14)).map(|d| d.tag), None);
        assert_eq!(cpu.take_departed(us(15)).map(|d| d.tag), Some(13));
        assert_eq!(cpu.deadline(), us(17), "the second is read once the first is dealt with");
        assert_eq!(cpu.take_read(us(17)).map(|d| d.tag), Some(2));
    }
}
