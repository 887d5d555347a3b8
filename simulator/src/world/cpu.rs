//! The SFU's processor in virtual time: packets wait for it, and each packet in and out costs.
//!
//! Each core has a worker with a socket of its own, and a conference lives on one worker: its packets are worked on
//! one at a time, whatever the number of cores. Outputs leave one after the other as they are made.

use std::collections::VecDeque;
use std::time::Duration;

use scenarios::model::Cpu as Model;
use sfu::Time;

use super::server::Made;
use crate::network::{Datagram, IP_UDP_OVERHEAD};

/// The processor: workers with their queues.
#[derive(Debug)]
pub(super) struct Cpu {
    model: Model,
    workers: Vec<Worker>,
    /// The worker of each participant, by place in the cast.
    homes: Vec<u16>,
    /// Work that is taken up from then on counts in the use.
    from: Time,
}

/// One core's.
#[derive(Debug, Default)]
struct Worker {
    /// Arrived, not yet taken up.
    waiting: VecDeque<(Time, Datagram)>,
    /// What the system keeps of them, bytes.
    buffered: u64,
    /// When the packet at the front will have been read; `None` when nothing is being read.
    reading_until: Option<Time>,
    /// When the work so far is done.
    busy_until: Time,
    /// Made, and leaving at these times.
    leaving: VecDeque<(Time, Made)>,
    used: WorkerUse,
}

/// What became of a worker in the measured time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerUse {
    /// How long it worked.
    pub busy: Duration,
    /// Packets that found its socket full.
    pub dropped: u64,
    /// The longest that a packet waited before it was taken up.
    pub longest_wait: Duration,
}

impl Cpu {
    /// For participants in these `rooms`, by place in the cast; rooms count from 0 in order of appearance.
    pub(super) fn new(model: Model, rooms: &[u16], from: Time) -> Self {
        let cores = u16::try_from(model.cores).unwrap_or(u16::MAX).max(1);
        let workers = rooms.iter().max().map_or(1, |last| last + 1).min(cores);
        Cpu {
            model,
            workers: (0..workers).map(|_| Worker::default()).collect(),
            homes: rooms.iter().map(|room| room % workers).collect(),
            from,
        }
    }

    /// The worker of the participant at a place in the cast; the first one's for who isn't known.
    fn home(&self, place: Option<u16>) -> usize {
        place.and_then(|place| self.homes.get(usize::from(place))).map_or(0, |home| usize::from(*home))
    }

    /// A packet of the participant at `place` came. One that finds the socket full comes back.
    pub(super) fn arrive(&mut self, now: Time, place: Option<u16>, datagram: Datagram) -> Option<Datagram> {
        let home = self.home(place);
        let Cpu { model, workers, from, .. } = self;
        let worker = &mut workers[home];
        let size = kept_by_system(datagram.bytes.len());
        if worker.buffered + size > model.socket_buffer.as_bytes() && !worker.waiting.is_empty() {
            worker.used.dropped += u64::from(now >= *from);
            return Some(datagram);
        }
        worker.buffered += size;
        worker.waiting.push_back((now, datagram));
        worker.begin(now, model.per_packet_in, *from);
        None
    }

    /// A packet that has been read by `now`, if one has.
    pub(super) fn take_read(&mut self, now: Time) -> Option<Datagram> {
        self.workers.iter_mut().find_map(|worker| worker.take_read(now))
    }

    /// What the SFU made at `now` leaves packet by packet; then the next packets are taken up.
    pub(super) fn depart(&mut self, now: Time, made: impl Iterator<Item = Made>) {
        for made in made {
            let (home, cost) = (self.home(made.receiver), self.model.per_packet_out);
            let worker = &mut self.workers[home];
            worker.work(now, cost, self.from);
            worker.leaving.push_back((worker.busy_until, made));
        }
        for worker in &mut self.workers {
            worker.begin(now, self.model.per_packet_in, self.from);
        }
    }

    /// The next packet that has left by `now`.
    pub(super) fn take_departed(&mut self, now: Time) -> Option<Made> {
        let mut workers = self.workers.iter_mut();
        workers.find_map(|worker| worker.leaving.pop_front_if(|(at, _)| *at <= now)).map(|(_, left)| left)
    }

    /// When something happens next.
    pub(super) fn deadline(&self) -> Time {
        self.workers.iter().map(Worker::deadline).min().unwrap_or(Time::NEVER)
    }

    /// What became of each worker.
    pub(super) fn used(&self) -> Vec<WorkerUse> {
        self.workers.iter().map(|worker| worker.used).collect()
    }
}

impl Worker {
    /// Adds work of this `cost` to what there is to do.
    fn work(&mut self, now: Time, cost: Duration, from: Time) {
        let begins = self.busy_until.max(now);
        self.busy_until = begins + cost;
        if begins >= from {
            self.used.busy += cost;
        }
    }

    fn begin(&mut self, now: Time, cost: Duration, from: Time) {
        if self.reading_until.is_none()
            && let Some((arrived, _)) = self.waiting.front()
        {
            let waited = self.busy_until.max(now).since(*arrived);
            if *arrived >= from {
                self.used.longest_wait = self.used.longest_wait.max(waited);
            }
            self.work(now, cost, from);
            self.reading_until = Some(self.busy_until);
        }
    }

    fn take_read(&mut self, now: Time) -> Option<Datagram> {
        self.reading_until.take_if(|done| *done <= now)?;
        let (_, read) = self.waiting.pop_front()?;
        self.buffered -= kept_by_system(read.bytes.len());
        Some(read)
    }

    fn deadline(&self) -> Time {
        let leaving = self.leaving.front().map_or(Time::NEVER, |(at, _)| *at);
        leaving.min(self.reading_until.unwrap_or(Time::NEVER))
    }
}

/// What Linux charges a socket's buffer for a datagram: the allocation that holds it with its headers, head room and
/// the end of the buffer's description (320 bytes), and the packet's own description (256 bytes).
fn kept_by_system(payload: usize) -> u64 {
    const BESIDE: u64 = 64 + 320;
    const DESCRIPTION: u64 = 256;
    (payload as u64 + IP_UDP_OVERHEAD.as_bytes() + BESIDE).next_power_of_two() + DESCRIPTION
}

#[cfg(test)]
mod tests;
