//! The packets that wait and the one that is being serialised, with departures worked out in advance.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataSize, Time};

use crate::network::counters::Count;
use crate::network::packet::Datagram;
use crate::network::rate_schedule::RateSchedule;

#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) datagram: Datagram,
    pub(super) enqueued: Time,
    pub(super) start: Time,
    pub(super) end: Time,
    /// Work left over by the packet before, and what this one leaves over (nanobits).
    credit_in: u64,
    credit_out: u64,
}

/// A FIFO whose front is always the packet in the serialiser: departures that are due are taken first.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    packets: VecDeque<Queued>,
    bytes: DataSize,
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
        let (start, credit_in) = self.packets.back().map_or((now, 0), |last| (last.end, last.credit_out));
        let finish = schedule.finish(start, credit_in, datagram.wire_size());
        self.bytes += datagram.wire_size();
        self.packets.push_back(Queued {
            datagram,
            enqueued: now,
            start,
            end: finish.end,
            credit_in,
            credit_out: finish.credit,
        });
    }

    /// Takes the front when it is through at `now`.
    pub(super) fn pop_departed(&mut self, now: Time) -> Option<Queued> {
        if self.packets.front()?.end > now {
            return None;
        }
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.datagram.wire_size();
        Some(packet)
    }

    /// Works all departures out again after the schedule changed in the future. The front keeps its start:
    /// what it has already sent is sent, the schedule still knows the rate it was sent at.
    pub(super) fn reschedule(&mut self, schedule: &RateSchedule) {
        let mut before: Option<(Time, u64)> = None;
        for packet in &mut self.packets {
            if let Some((end, credit)) = before {
                packet.start = end;
                packet.credit_in = credit;
            }
            let finish = schedule.finish(packet.start, packet.credit_in, packet.datagram.wire_size());
            packet.end = finish.end;
            packet.credit_out = finish.credit;
            before = Some((packet.end, packet.credit_out));
        }
    }
}
