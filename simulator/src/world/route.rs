//! From line to line: a way between a participant and the server may have several.

use std::time::Duration;

use rustc_hash::FxHashMap;
use sfu::Time;

use super::tags::Tag;
use super::{SFU_ADDRESS, World};
use crate::network::{Datagram, HopRecord, ipv4};
use crate::participant::media::sender_log;

/// What tagged packets met on the lines of their way that are behind them, by tag.
#[derive(Debug)]
pub(super) struct Crossed {
    /// Whether any way has several lines: otherwise nobody needs to ask.
    needed: bool,
    behind: FxHashMap<u32, Behind>,
}

#[derive(Clone, Copy, Debug)]
struct Behind {
    sent: Time,
    queued: Duration,
    serialised: Duration,
}

impl Crossed {
    /// Nothing, yet; what it is good for is `needed` when a way has several lines.
    pub(super) fn new(needed: bool) -> Self {
        Crossed { needed, behind: FxHashMap::default() }
    }

    /// A packet has left a line that is not the last of its way.
    fn note(&mut self, tag: u32, hop: &HopRecord) {
        if tag == 0 {
            return;
        }
        let fresh = Behind { sent: hop.enqueued, queued: Duration::ZERO, serialised: Duration::ZERO };
        let behind = self.behind.entry(tag).or_insert(fresh);
        behind.queued += hop.queue();
        behind.serialised += hop.transmission_end - hop.transmission_start;
    }

    /// A packet has come to the end of its way: all of that as one crossing, in the terms of the participants' logs.
    /// What it waited and what its serialisation took are sums; the rest is propagation.
    fn take(&mut self, tag: u32, hop: &HopRecord) -> sender_log::HopRecord {
        let behind = if self.needed { self.behind.remove(&tag) } else { None };
        let Some(Behind { sent, queued, serialised }) = behind else { return crossing(hop) };
        let tx_start = sent + queued + hop.queue();
        let tx_end = tx_start + serialised + (hop.transmission_end - hop.transmission_start);
        sender_log::HopRecord { sent, queued: sent, tx_start, tx_end, arrived: hop.arrived }
    }

    /// A packet will not come to the end of its way.
    pub(super) fn forget(&mut self, tag: u32) {
        if self.needed {
            self.behind.remove(&tag);
        }
    }
}

/// A hop in the terms of the participants' logs. A participant hands its packets straight to its line.
fn crossing(hop: &HopRecord) -> sender_log::HopRecord {
    sender_log::HopRecord {
        sent: hop.enqueued,
        queued: hop.enqueued,
        tx_start: hop.transmission_start,
        tx_end: hop.transmission_end,
        arrived: hop.arrived,
    }
}

/// The line behind `line` on a way, if `line` is on it at all.
fn behind(way: &[u16], line: u16) -> Option<Option<u16>> {
    let place = way.iter().position(|own| *own == line)?;
    Some(way.get(place + 1).copied())
}

impl World {
    /// A datagram has come out of `line`: it goes on into the next one of its way, or is where it was sent to.
    pub(super) fn go_on(&mut self, line: u16, datagram: Datagram, hop: &HopRecord) {
        let to_sfu = datagram.to == ipv4(SFU_ADDRESS);
        let to = if to_sfu { None } else { self.by_address.find(datagram.to) };
        if let Some(to) = to
            && let Some(next) = behind(&self.people[usize::from(to)].down, line)
        {
            return match next {
                Some(next) => self.pass(next, datagram, hop),
                None => {
                    let crossed = self.crossed.take(datagram.tag, hop);
                    self.arrive_at_person(to, datagram, crossed);
                }
            };
        }
        let from = if self.crossed.needed { self.by_address.find(datagram.from) } else { None };
        if let Some(next) = from.and_then(|from| behind(&self.people[usize::from(from)].up, line)).flatten() {
            return self.pass(next, datagram, hop);
        }
        let crossed = self.crossed.take(datagram.tag, hop);
        if let Some(Tag::Up { publisher, media }) = self.tags.peek(datagram.tag) {
            self.logs.arrived(publisher, media, crossed);
        }
        match to {
            Some(to) => self.cross_over(to, datagram, crossed),
            None if to_sfu => self.arrive_at_sfu(datagram),
            None => self.arrive_at_server(datagram),
        }
    }

    fn pass(&mut self, next: u16, datagram: Datagram, hop: &HopRecord) {
        self.crossed.note(datagram.tag, hop);
        self.enqueue(next, datagram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(times: [u64; 4]) -> HopRecord {
        let [enqueued, transmission_start, transmission_end, arrived] = times.map(Time::from_millis);
        HopRecord { enqueued, transmission_start, transmission_end, arrived }
    }

    #[test]
    fn waits_and_serialisation_of_all_lines_add_up() {
        let mut crossed = Crossed::new(true);
        crossed.note(7, &hop([100, 110, 112, 130]));
        crossed.note(7, &hop([130, 135, 136, 150]));
        let whole = crossed.take(7, &hop([150, 150, 160, 200]));
        let ms = |time: Time| time.as_millis();
        assert_eq!((ms(whole.sent), ms(whole.queued), ms(whole.tx_start)), (100, 100, 115));
        assert_eq!(
            (ms(whole.tx_end), ms(whole.arrived)),
            (128, 200),
            "13 ms of serialisation, 72 of propagation"
        );
        // The tag is used again.
        assert_eq!(crossed.take(7, &hop([300, 310, 311, 320])), crossing(&hop([300, 310, 311, 320])));
        crossed.note(7, &hop([400, 410, 411, 420]));
        crossed.forget(7);
        assert_eq!(crossed.take(7, &hop([500, 500, 500, 520])).sent, Time::from_millis(500));
    }
}
