//! The streams that a client receives, with what each packet asks of all of them close together.

use rustc_hash::FxHashMap;
use sfu::Time;
use sfu::rtp::RtpHeader;

use super::Surroundings;
use super::incoming::Incoming;
use super::rtcp_out::Wants;
use crate::participant::receive::Arrival;

/// Streams by place. Deadlines lie apart from the streams, which are large and elsewhere in memory.
#[derive(Default)]
pub(super) struct Streams {
    streams: Vec<Incoming>,
    /// Places by SSRC.
    ssrcs: FxHashMap<u32, usize>,
    deadlines: Vec<Time>,
    /// The least of the deadlines.
    earliest: Option<Time>,
    /// What the stream that was looked at last asks for; whoever let it do something sends it.
    wants: Wants,
}

impl Streams {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Incoming> {
        self.streams.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Incoming> {
        self.streams.iter_mut()
    }

    pub(super) fn push(&mut self, stream: Incoming) {
        self.streams.push(stream);
        self.index();
    }

    /// Lets go of the streams that `stays` is false for.
    pub(super) fn retain(&mut self, stays: impl FnMut(&Incoming) -> bool) {
        self.streams.retain(stays);
        self.index();
    }

    /// The place of the stream that packets of `ssrc` belong to.
    pub(super) fn find(&self, ssrc: u32) -> Option<usize> {
        self.ssrcs.get(&ssrc).copied()
    }

    pub(super) fn get_mut(&mut self, place: usize) -> &mut Incoming {
        &mut self.streams[place]
    }

    /// When the first of them has something to do.
    pub(super) fn deadline(&self) -> Time {
        self.earliest.unwrap_or(Time::NEVER)
    }

    /// The first stream at `from` or behind it that has something to do at `now`.
    pub(super) fn due(&self, from: usize, now: Time) -> Option<usize> {
        if self.deadline() > now {
            return None;
        }
        let behind = self.deadlines[from..].iter().position(|deadline| *deadline <= now);
        behind.map(|place| from + place)
    }

    /// Takes a packet of the stream at `place`.
    pub(super) fn receive(
        &mut self,
        place: usize,
        now: Time,
        (header, packet): (&RtpHeader, &[u8]),
        arrival: &Arrival,
        around: &mut Surroundings<'_>,
    ) -> &mut Wants {
        self.streams[place].receive(now, header, packet, arrival, around, &mut self.wants);
        self.changed(place);
        &mut self.wants
    }

    /// Lets the stream at `place` do what is due; once all have that are due, to be followed by
    /// [`settle`](Self::settle).
    pub(super) fn handle_timeout(
        &mut self,
        place: usize,
        now: Time,
        around: &mut Surroundings<'_>,
    ) -> &mut Wants {
        let stream = &mut self.streams[place];
        stream.handle_timeout(now, around, &mut self.wants);
        self.deadlines[place] = stream.deadline();
        &mut self.wants
    }

    /// Time-outs were handled: one sound device asks for the sound of all streams at one moment.
    pub(super) fn settle(&mut self) {
        self.earliest = self.deadlines.iter().min().copied();
    }

    /// Only packets and time-outs move a stream's deadline.
    fn changed(&mut self, place: usize) {
        let deadline = self.streams[place].deadline();
        let before = std::mem::replace(&mut self.deadlines[place], deadline);
        if deadline <= self.deadline() {
            self.earliest = Some(deadline);
        } else if Some(before) == self.earliest {
            self.earliest = self.deadlines.iter().min().copied();
        }
    }

    fn index(&mut self) {
        self.ssrcs.clear();
        // Of two that claim the same SSRC the first has it.
        for (place, stream) in self.streams.iter().enumerate().rev() {
            self.ssrcs.extend(stream.ssrcs().map(|ssrc| (ssrc, place)));
        }
        self.deadlines.clear();
        self.deadlines.extend(self.streams.iter().map(Incoming::deadline));
        self.earliest = self.deadlines.iter().min().copied();
    }
}
