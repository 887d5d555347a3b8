//! A tape played to a fresh SFU with real encryption, and what that costs.

use std::hint::black_box;
use std::time::Duration;

use sfu::signalling::SignallingServer;
use sfu::{Event, Sfu, Sink, Time, Transmit, Turn};

use super::CalibrationError;
use super::people::People;
use super::tape::{Given, Tape};
use super::wire::{Basket, Wire};
use crate::host::thread_cpu;

/// How far apart datagrams may come for one turn to take them: a worker of the server takes at once what has come
/// while it was busy. ★ Our choice; a turn for ten people takes about as long.
const TOGETHER: Duration = Duration::from_micros(200);
/// What one system call reads at most.
const MOST_TOGETHER: usize = quinn_udp::BATCH_SIZE;

/// What a stretch of a tape took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Datagrams in.
    pub packets_in: u64,
    /// Datagrams out.
    pub packets_out: u64,
    /// System calls that sent them, where there are any.
    pub calls_out: u64,
    /// Processor time.
    pub spent: Duration,
}

/// An SFU at the beginning of the stretch that is measured, and what it will be given.
pub(crate) struct Replay {
    pub(super) core: Core,
    pub(super) ahead: Vec<(Time, Given)>,
    /// When the tape ends.
    end: Time,
    /// Datagrams that were sent before the stretch.
    sent: u64,
}

pub(super) struct Core {
    pub(super) sfu: Sfu,
    signalling: SignallingServer,
}

/// A sink that keeps events for the end of the turn.
pub(super) trait Outputs: Sink {
    fn events(&mut self) -> &mut Vec<Event>;
}

impl Replay {
    /// Plays the tape up to `from`, and makes the rest ready.
    ///
    /// # Errors
    /// When the tape isn't of this SFU and these people.
    pub(super) fn begin(
        sfu: Sfu,
        mut people: People,
        tape: &Tape,
        from: Time,
    ) -> Result<Replay, CalibrationError> {
        let mut core = Core { sfu, signalling: SignallingServer::new() };
        let (mut ahead, mut sent) = (Vec::new(), 0);
        for (at, given) in &tape.inputs {
            let mut given = match given.clone() {
                Given::Came(address, bytes) => {
                    if *at < from {
                        let mut sink = Meeting { people: &mut people, now: *at, events: Vec::new(), sent: 0 };
                        core.time_outs(*at, &mut sink);
                        sent += sink.sent;
                    }
                    Given::Came(address, people.in_place_of(*at, address, bytes)?)
                }
                other => other,
            };
            if *at >= from {
                ahead.push((*at, given));
                continue;
            }
            let mut sink = Meeting { people: &mut people, now: *at, events: Vec::new(), sent: 0 };
            core.time_outs(*at, &mut sink);
            core.take(*at, &mut given, &mut sink);
            sent += sink.sent;
        }
        Ok(Replay { core, ahead, end: tape.end, sent })
    }

    /// Plays the rest, each datagram in a turn of its own, to nobody.
    /// The second value is what the SFU has sent in all. `clock` tells processor time.
    pub(crate) fn core_alone(mut self, clock: impl Fn() -> Duration) -> (Passed, u64) {
        let mut sink = Count::default();
        let mut passed = Passed { packets_in: datagrams(&self.ahead), ..Passed::default() };
        let begun = clock();
        for (at, given) in &mut self.ahead {
            self.core.time_outs(*at, &mut sink);
            self.core.take(*at, given, &mut sink);
        }
        self.core.time_outs(self.end + Duration::from_nanos(1), &mut sink);
        passed.spent = clock().saturating_sub(begun);
        passed.packets_out = sink.sent;
        (passed, self.sent + sink.sent)
    }

    /// Plays the rest as a worker of the server does that has always something to do: by system calls over loopback,
    /// and what comes together in one turn. Only the server's side is measured.
    ///
    /// # Errors
    /// When the system loses datagrams.
    pub(super) fn busy(mut self, wire: &Wire, clock_costs: Duration) -> Result<Passed, CalibrationError> {
        let mut basket = Basket::default();
        let mut sink = OnWire::new(wire);
        let mut passed = Passed { packets_in: datagrams(&self.ahead), ..Passed::default() };
        let mut measured = |work: &mut dyn FnMut() -> Result<(), CalibrationError>| {
            let begun = thread_cpu();
            work()?;
            passed.spent += thread_cpu().saturating_sub(begun).saturating_sub(clock_costs);
            Ok::<_, CalibrationError>(())
        };
        let mut rest = self.ahead.as_mut_slice();
        while !rest.is_empty() {
            let (together, after) = rest.split_at_mut(together(rest));
            rest = after;
            let now = together[together.len() - 1].0;
            let core = &mut self.core;
            if core.sfu.deadline() < now {
                measured(&mut || {
                    core.time_outs(now, &mut sink);
                    Ok(())
                })?;
            }
            let mut coming = 0;
            for (_, given) in together.iter() {
                if let Given::Came(from, bytes) = given {
                    wire.deliver(*from, bytes)?;
                    coming += 1;
                }
            }
            measured(&mut || {
                while coming > 0 {
                    let read = core.read(now, wire, &mut basket, &mut sink);
                    if read == 0 {
                        return Err(CalibrationError::Lost);
                    }
                    coming -= read.min(coming);
                }
                let others = together.iter_mut().filter(|(_, given)| !matches!(given, Given::Came(..)));
                others.for_each(|(_, given)| core.take(now, given, &mut sink));
                Ok(())
            })?;
            wire.drain();
        }
        (passed.packets_out, passed.calls_out) = (sink.sent, sink.calls);
        Ok(passed)
    }
}

pub(super) fn datagrams(inputs: &[(Time, Given)]) -> u64 {
    inputs.iter().filter(|(_, given)| matches!(given, Given::Came(..))).count() as u64
}

/// How many of the next inputs are taken together.
pub(super) fn together(inputs: &[(Time, Given)]) -> usize {
    let first = inputs[0].0;
    let later = inputs.iter().position(|(at, _)| at.since(first) > TOGETHER).unwrap_or(inputs.len());
    later.min(MOST_TOGETHER)
}

impl Core {
    fn turn<S: Outputs>(
        &mut self,
        now: Time,
        sink: &mut S,
        act: impl FnOnce(&mut Turn<'_>, &mut SignallingServer),
    ) {
        let mut turn = self.sfu.turn(now, sink);
        act(&mut turn, &mut self.signalling);
        turn.finish();
        for event in sink.events().drain(..) {
            self.signalling.event(&event);
        }
        while let Some(message) = self.signalling.poll() {
            black_box(message);
        }
    }

    /// Time-outs that are due before `now`; at the same moment what comes goes first, as in a run.
    pub(super) fn time_outs<S: Outputs>(&mut self, now: Time, sink: &mut S) {
        while self.sfu.deadline() < now {
            let due = self.sfu.deadline();
            self.turn(due, sink, |turn, _| turn.timeout());
        }
    }

    pub(super) fn take<S: Outputs>(&mut self, now: Time, given: &mut Given, sink: &mut S) {
        match given {
            Given::Opened => {
                self.signalling.open();
            }
            Given::Said(session, text) => {
                self.turn(now, sink, |turn, signalling| signalling.message(*session, text, turn));
            }
            // What the core refuses it counts itself.
            Given::Came(from, bytes) => self.turn(now, sink, |turn, _| {
                let _ = turn.datagram(*from, bytes);
            }),
        }
    }

    /// Takes what one system call reads; how many datagrams that is.
    pub(super) fn read(
        &mut self,
        now: Time,
        wire: &Wire,
        basket: &mut Basket,
        sink: &mut OnWire<'_>,
    ) -> usize {
        let mut read = 0;
        self.turn(now, sink, |turn, _| {
            read = wire.read(basket, |from, datagram| {
                let _ = turn.datagram(from, datagram);
            });
        });
        read
    }
}

/// Hands DTLS to the people, and counts.
struct Meeting<'a> {
    people: &'a mut People,
    now: Time,
    events: Vec<Event>,
    sent: u64,
}

impl Sink for Meeting<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.sent += transmit.segments.len() as u64;
        transmit.datagrams().for_each(|(bytes, _)| self.people.take(self.now, transmit.to, bytes));
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Outputs for Meeting<'_> {
    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }
}

/// Counts.
#[derive(Default)]
struct Count {
    events: Vec<Event>,
    sent: u64,
}

impl Sink for Count {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.sent += transmit.segments.len() as u64;
        black_box(transmit.bytes);
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Outputs for Count {
    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }
}

/// Sends.
pub(super) struct OnWire<'a> {
    wire: &'a Wire,
    events: Vec<Event>,
    pub(super) sent: u64,
    pub(super) calls: u64,
}

impl<'a> OnWire<'a> {
    pub(super) fn new(wire: &'a Wire) -> Self {
        OnWire { wire, events: Vec::new(), sent: 0, calls: 0 }
    }
}

impl Sink for OnWire<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.sent += transmit.segments.len() as u64;
        self.calls += self.wire.send(&transmit);
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Outputs for OnWire<'_> {
    fn events(&mut self) -> &mut Vec<Event> {
        &mut self.events
    }
}
