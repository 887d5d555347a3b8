//! A link with active queue management: only the packet in the serialiser is in the backlog, and the next one is
//! chosen at the very moment at which it departs.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataSize, Time};

use super::Link;
use crate::network::counters::Count;
use crate::network::hop::{DropCause, Dropped};
use crate::network::packet::Datagram;
use crate::network::queue::managed::Shed;

impl Link {
    pub(super) fn enqueue_managed(&mut self, now: Time, datagram: Datagram) {
        let Some(queue) = &mut self.managed else { return };
        let (dropped, lost) = (&mut self.dropped, &mut self.lost);
        queue.enqueue(now, datagram, &mut |shed| drop_packet(now, shed, dropped, lost));
        if self.backlog.is_idle() {
            self.refill(now, false);
        }
    }

    /// Takes the next packet into the serialiser, which is idle at `at`; `follows` says that a packet left it then.
    pub(super) fn refill(&mut self, at: Time, follows: bool) {
        let Some(queue) = &mut self.managed else { return };
        let (dropped, lost) = (&mut self.dropped, &mut self.lost);
        let Some(next) = queue.dequeue(at, &mut |shed| drop_packet(at, shed, dropped, lost)) else { return };
        self.backlog.begin(at, follows, next, &self.schedule);
        self.begin_transmission();
    }

    /// What waits outside the backlog.
    pub(super) fn held_by_management(&self) -> Count {
        let held = self.managed.as_ref().map(|queue| queue.held());
        held.map_or_else(Count::default, |(bytes, packets)| Count { packets: packets as u64, bytes })
    }

    /// How long `size` takes from `start` on.
    pub(super) fn drain_time(&self, start: Time, size: DataSize) -> Option<Duration> {
        let end = self.schedule.finish(start, 0, size).end;
        (end != Time::NEVER).then(|| end.since(start))
    }
}

fn drop_packet(at: Time, shed: Shed<Datagram>, dropped: &mut Count, lost: &mut VecDeque<Dropped>) {
    let Shed { waiting, overflow } = shed;
    dropped.add(waiting.packet.wire_size());
    let cause = if overflow { DropCause::Queue } else { DropCause::Managed };
    lost.push_back(Dropped { datagram: waiting.packet, cause, at, queued: at.since(waiting.since) });
}
