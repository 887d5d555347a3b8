//! Datagrams onto lines and off them.

use std::hash::{Hash, Hasher};

use reports::observation::{LinkIndex, LossCause, Observation, TrafficClass as Reported};
use sfu::Time;

use super::{Line, World};
use crate::digest::Digest;
use crate::network::{Datagram, Delivered, DropCause, Dropped, Ecn, Exit, TrafficClass};
use crate::virtual_time::report_time;

impl World {
    /// Hands a datagram to a line.
    pub(super) fn enqueue(&mut self, line: u16, datagram: Datagram) {
        let state = &mut self.lines[usize::from(line)];
        if let Err(dropped) = state.link.enqueue(self.now, datagram) {
            self.dropped(line, dropped);
        }
        self.arm_line(line);
    }

    /// Something comes out of a line.
    pub(super) fn link_due(&mut self, line: u16) {
        loop {
            let Line { link, timer } = &mut self.lines[usize::from(line)];
            let next = link.next_event();
            if next.is_none_or(|at| at > self.now) {
                return self.queue.arm(*timer, next);
            }
            let Some(exit) = link.poll(self.now) else {
                return self.queue.arm(*timer, link.next_event());
            };
            match exit {
                Exit::Arrived(delivered) => self.arrived(line, delivered),
                Exit::Lost(dropped) => {
                    if dropped.cause.is_after_serialiser() {
                        self.sent(line, &dropped.datagram, dropped.queued);
                    }
                    self.dropped(line, dropped);
                }
            }
        }
    }

    pub(super) fn arm_line(&mut self, line: u16) {
        let line = &self.lines[usize::from(line)];
        self.queue.arm(line.timer, line.link.next_event());
    }

    fn arrived(&mut self, line: u16, delivered: Delivered) {
        let Delivered { datagram, record } = delivered;
        self.digest.datagram(self.now, datagram.from.into(), datagram.to.into(), datagram.wire_size());
        self.sent(line, &datagram, record.queue());
        if datagram.class == TrafficClass::Cross {
            return self.cross_arrived(datagram);
        }
        self.go_on(line, datagram, &record);
    }

    fn sent(&mut self, line: u16, datagram: &Datagram, queued: std::time::Duration) {
        if self.over {
            return;
        }
        // The digest has the datagram itself.
        let bytes = datagram.wire_size().as_bytes() as u32;
        self.recorder.link_sent(
            report_time(self.now),
            LinkIndex(line),
            reported(datagram.class),
            bytes,
            queued,
        );
        if datagram.ecn == Ecn::Ce {
            self.recorder.link_marked(report_time(self.now), LinkIndex(line));
        }
    }

    fn dropped(&mut self, line: u16, dropped: Dropped) {
        let cause = match dropped.cause {
            DropCause::Policer => LossCause::Policer,
            DropCause::Queue => LossCause::Queue,
            DropCause::Managed => LossCause::Aqm,
            DropCause::Random | DropCause::Corrupted => LossCause::Random,
        };
        let bytes = dropped.datagram.wire_size().as_bytes() as u32;
        self.observe(&Observation::LinkDropped { link: LinkIndex(line), cause, bytes });
        self.watch_lost(&dropped.datagram);
        self.tags.take(dropped.datagram.tag);
        self.crossed.forget(dropped.datagram.tag);
        self.pool.put(dropped.datagram.bytes);
    }
}

/// The class in the report's words, which tell less of how a connection is made.
pub(super) const fn reported(class: TrafficClass) -> Reported {
    match class {
        TrafficClass::Audio => Reported::Audio,
        TrafficClass::Video => Reported::Video,
        TrafficClass::Retransmission => Reported::Retransmission,
        TrafficClass::Fec => Reported::Fec,
        TrafficClass::Padding => Reported::Padding,
        TrafficClass::Rtcp => Reported::Rtcp,
        TrafficClass::Stun | TrafficClass::Dtls => Reported::Connectivity,
        TrafficClass::Data => Reported::Data,
        TrafficClass::Signalling => Reported::Signalling,
        TrafficClass::Cross => Reported::Cross,
    }
}

/// Takes an observation's content into the digest: every field, in a fixed layout.
pub(super) fn digest_observation(digest: &mut Digest, now: Time, observation: &Observation) {
    digest.event_with(now, observation.kind(), "", |content| {
        let mut content = Content { into: content, waiting: [0; WAITING], len: 0 };
        observation.hash(&mut content);
        content.flush();
    });
}

/// Bytes that are collected before they are handed on, since there are many small pieces.
const WAITING: usize = 256;

/// Collects what `derive(Hash)` writes, with integers in little-endian bytes on every machine.
struct Content<'a> {
    into: &'a mut Vec<u8>,
    waiting: [u8; WAITING],
    len: usize,
}

impl Content<'_> {
    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if self.len + N > WAITING {
            self.flush();
        }
        self.waiting[self.len..self.len + N].copy_from_slice(&bytes);
        self.len += N;
    }

    #[inline(never)]
    fn flush(&mut self) {
        self.into.extend_from_slice(&self.waiting[..self.len]);
        self.len = 0;
    }
}

impl Hasher for Content<'_> {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.flush();
        self.into.extend_from_slice(bytes);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.put([value]);
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.put(value.to_le_bytes());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.put(value.to_le_bytes());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.put(value.to_le_bytes());
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    #[inline]
    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as i64 as u64);
    }
}
