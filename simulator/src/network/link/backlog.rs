//! The packets that wait and the one that is being serialised, with departures worked out in advance.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataSize, Time};

use crate::network::counters::Count;
use crate::network::packet::Datagram;
use crate::network::queue::packet::Waiting;
use crate::network::rate_schedule::{Finish, RateSchedule};

#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) datagram: Datagram,
    pub(super) enqueued: Time,
    pub(super) start: Time,
    pub(super) end: Time,
    /// Work that it leaves over for the next packet (nanobits).
    credit: u64,
}

/// A FIFO whose front is always the packet in the serialiser: departures that are due are taken first.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    packets: VecDeque<Queued>,
    bytes: DataSize,
    /// What was left over to the front by the packet before it (nanobits).
    front_credit: u64,
    /// When the packet before it departed.
    departed: Option<Time>,
}

impl Backlog {
    pub(super) fn front(&self) -> Option<&Queued> {
        self.packets.front()
    }

    /// Bytes on the wire that wait or are being serialised.
    pub(super) fn bytes(&self) -> DataSize {
        self.bytes
    }

    /// Waiting and being serialised, counted packet by packet.
    pub(super) fn held(&self) -> (Count, Count) {
        let (mut waiting, mut serialising) = (Count::default(), Count::default());
        for (index, packet) in self.packets.iter().enumerate() {
            let count = if index == 0 { &mut serialising } else { &mut waiting };
            count.add(packet.datagram.wire_size());
        }
        (waiting, serialising)
    }

    /// The wait of a packet that came at `now`; `None` when it would never begin.
    pub(super) fn delay_at(&self, now: Time) -> Option<Duration> {
        match self.packets.back() {
            None => Some(Duration::ZERO),
            Some(last) => (last.end != Time::NEVER).then(|| last.end.since(now)),
        }
    }

    pub(super) fn push(&mut self, now: Time, datagram: Datagram, schedule: &RateSchedule) {
        let (start, credit) = match self.packets.back() {
            Some(last) => (last.end, last.credit),
            None => {
                self.front_credit = 0;
                (now, 0)
            }
        };
        self.append(start, credit, Queued { datagram, enqueued: now, start, end: start, credit }, schedule);
    }

    /// Takes the next packet of a managed queue into the idle serialiser; it follows immediately on the packet
    /// before it if `at` is when that departed.
    pub(super) fn begin(&mut self, at: Time, next: Waiting<Datagram>, schedule: &RateSchedule) {
        let credit = if self.departed == Some(at) { self.front_credit } else { 0 };
        self.front_credit = credit;
        let Waiting { packet: datagram, since: enqueued } = next;
        self.append(at, credit, Queued { datagram, enqueued, start: at, end: at, credit }, schedule);
    }

    fn append(&mut self, start: Time, credit: u64, packet: Queued, schedule: &RateSchedule) {
        let size = packet.datagram.wire_size();
        let Finish { end, credit } = schedule.finish(start, credit, size);
        self.bytes += size;
        self.packets.push_back(Queued { end, credit, ..packet });
    }

    /// Takes the front when it is through at `now`.
    pub(super) fn pop_departed(&mut self, now: Time) -> Option<Queued> {
        if self.packets.front()?.end > now {
            return None;
        }
        let packet = self.packets.pop_front()?;
        self.front_credit = packet.credit;
        self.departed = Some(packet.end);
        self.bytes -= packet.datagram.wire_size();
        Some(packet)
    }

    /// Works all departures out again after the schedule changed in the future. The front keeps its start:
    /// what it has already sent is sent, the schedule still knows the rate it was sent at.
    pub(super) fn reschedule(&mut self, schedule: &RateSchedule) {
        let (mut start, mut credit) = (None, self.front_credit);
        for packet in &mut self.packets {
            packet.start = start.unwrap_or(packet.start);
            let finish = schedule.finish(packet.start, credit, packet.datagram.wire_size());
            (packet.end, packet.credit) = (finish.end, finish.credit);
            (start, credit) = (Some(finish.end), finish.credit);
        }
    }
}
