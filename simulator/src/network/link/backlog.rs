//! The packets of a link from queue to far end, in one line: those in flight, the one that is being serialised, those
//! that wait. A packet stays where it is in memory all the way.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataSize, Time};

use crate::network::counters::Count;
use crate::network::hop::{Delivered, HopRecord};
use crate::network::packet::Datagram;
use crate::network::queue::packet::Waiting;
use crate::network::rate_schedule::{Finish, RateSchedule};

#[derive(Clone, Debug)]
struct Held {
    /// Its arrival is known once it is in flight.
    packet: Delivered,
    /// Work that it leaves over for the next packet (nanobits).
    credit: u64,
}

/// A FIFO with departures worked out in advance; those that are due are taken note of first.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    /// Those in flight first, in the order of arrival.
    packets: VecDeque<Held>,
    flying: usize,
    /// Of those that are not in flight.
    bytes: DataSize,
    /// What was left over to the packet in the serialiser by the one before it (nanobits).
    front_credit: u64,
}

impl Backlog {
    /// The packet in the serialiser.
    pub(super) fn front(&self) -> Option<&Delivered> {
        self.packets.get(self.flying).map(|held| &held.packet)
    }

    /// The packet that arrives first of those in flight.
    pub(super) fn arriving(&self) -> Option<&Delivered> {
        if self.flying == 0 { None } else { self.packets.front().map(|held| &held.packet) }
    }

    /// Whether nothing waits or is being serialised.
    pub(super) fn is_idle(&self) -> bool {
        self.packets.len() == self.flying
    }

    /// Bytes on the wire that wait or are being serialised.
    pub(super) fn bytes(&self) -> DataSize {
        self.bytes
    }

    /// Waiting, being serialised and in flight, counted packet by packet.
    pub(super) fn held(&self) -> (Count, Count, Count) {
        let (mut waiting, mut serialising, mut flying) =
            (Count::default(), Count::default(), Count::default());
        for (index, held) in self.packets.iter().enumerate() {
            let count = match index.checked_sub(self.flying) {
                None => &mut flying,
                Some(0) => &mut serialising,
                Some(_) => &mut waiting,
            };
            count.add(held.packet.datagram.wire_size());
        }
        (waiting, serialising, flying)
    }

    /// The wait of a packet that came at `now`; `None` when it would never begin.
    pub(super) fn delay_at(&self, now: Time) -> Option<Duration> {
        let end = match self.packets.back() {
            Some(last) if !self.is_idle() => last.packet.record.transmission_end,
            _ => return Some(Duration::ZERO),
        };
        (end != Time::NEVER).then(|| end.since(now))
    }

    pub(super) fn push(&mut self, now: Time, datagram: Datagram, schedule: &RateSchedule) {
        let (start, credit) = match self.packets.back() {
            Some(last) if !self.is_idle() => (last.packet.record.transmission_end, last.credit),
            _ => {
                self.front_credit = 0;
                (now, 0)
            }
        };
        self.append(start, credit, Waiting { packet: datagram, since: now }, schedule);
    }

    /// Takes the next packet of a managed queue into the idle serialiser at `at`; `follows` says that another one
    /// left it at that instant.
    pub(super) fn begin(
        &mut self,
        at: Time,
        follows: bool,
        next: Waiting<Datagram>,
        schedule: &RateSchedule,
    ) {
        if !follows {
            self.front_credit = 0;
        }
        self.append(at, self.front_credit, next, schedule);
    }

    fn append(&mut self, start: Time, credit: u64, next: Waiting<Datagram>, schedule: &RateSchedule) {
        let Waiting { packet: datagram, since } = next;
        let size = datagram.wire_size();
        let Finish { end, credit } = schedule.finish(start, credit, size);
        self.bytes += size;
        let record = HopRecord {
            enqueued: since,
            transmission_start: start,
            transmission_end: end,
            arrived: Time::NEVER,
        };
        self.packets.push_back(Held { packet: Delivered { datagram, record }, credit });
    }

    /// The packet in the serialiser, if it is through at `now`: to be told its fate by
    /// [`launch`](Self::launch) or [`lose`](Self::lose).
    pub(super) fn departing(&self, now: Time) -> Option<&Delivered> {
        self.front().filter(|packet| packet.record.transmission_end <= now)
    }

    /// The packet in the serialiser is in flight, and will arrive at `arrived`.
    pub(super) fn launch(&mut self, arrived: Time) {
        let place = self.flying;
        self.leave_serialiser();
        self.packets[place].packet.record.arrived = arrived;
        self.flying += 1;
        if place == 0 || self.packets[place - 1].packet.record.arrived <= arrived {
            return;
        }
        let ahead = self.packets.range(..place).rposition(|other| other.packet.record.arrived <= arrived);
        self.packets.make_contiguous()[ahead.map_or(0, |last| last + 1)..=place].rotate_right(1);
    }

    /// The packet in the serialiser is lost.
    pub(super) fn lose(&mut self) -> Option<Delivered> {
        self.leave_serialiser();
        self.packets.remove(self.flying).map(|held| held.packet)
    }

    fn leave_serialiser(&mut self) {
        let held = &self.packets[self.flying];
        self.front_credit = held.credit;
        self.bytes -= held.packet.datagram.wire_size();
    }

    /// Takes the packet that arrives first, if it has by `now`.
    pub(super) fn pop_arrived(&mut self, now: Time) -> Option<Delivered> {
        self.arriving().filter(|packet| packet.record.arrived <= now)?;
        self.flying -= 1;
        self.packets.pop_front().map(|held| held.packet)
    }

    /// Works all departures out again after the schedule changed in the future. The front keeps its start:
    /// what it has already sent is sent, the schedule still knows the rate it was sent at.
    pub(super) fn reschedule(&mut self, schedule: &RateSchedule) {
        let (mut start, mut credit) = (None, self.front_credit);
        for held in self.packets.range_mut(self.flying..) {
            let record = &mut held.packet.record;
            record.transmission_start = start.unwrap_or(record.transmission_start);
            let size = held.packet.datagram.wire_size();
            let finish = schedule.finish(record.transmission_start, credit, size);
            (record.transmission_end, held.credit) = (finish.end, finish.credit);
            (start, credit) = (Some(finish.end), finish.credit);
        }
    }
}
