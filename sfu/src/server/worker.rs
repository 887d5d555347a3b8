//! A worker: one core, one media port, the sessions of its rooms, and the clock that drives them.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use slotmap::SecondaryMap;
use tokio::sync::{mpsc, watch};

use super::clock::Clock;
use super::directory::{Directory, Seat};
use super::gate::Gate;
use super::metrics::{self, Around};
use super::outbox::Outbox;
use super::port::{Basket, Bound, Port, Traffic};
use super::requests::{Answer, Entry, Outlet, Question, Request};
use super::streams::{self, Incoming, Streams};
use crate::conference::Command;
use crate::core::Turn;
use crate::debug_state::Personal;
use crate::sdp::Candidate;
use crate::signalling::SessionId;
use crate::signalling::browser::BrowserSignalling;
use crate::sink::Event;
use crate::transport::Remote;
use crate::transport::framing::each_frame;
use crate::{ParticipantId, Sfu, Time};

/// Sessions at a time: twice the participants that the core takes, so that those who are refused are told so.
const MAX_SESSIONS: usize = 4_000;

/// How far back a worker looks to say how busy it is.
const BUSY_SPAN: Duration = Duration::from_secs(1);

/// What is taken from connections at a time, before others have their turn.
const STREAMED: usize = 32;

/// How often a drained worker looks whether the others are empty as well.
const DRAINED: Duration = Duration::from_millis(100);

/// What a worker begins with; it may begin in another thread.
pub(super) struct Setup {
    /// Which of the workers it is.
    pub(super) index: usize,
    pub(super) directory: Directory,
    pub(super) sfu: Sfu,
    pub(super) bound: Bound,
    /// The same over TCP, if it is wanted.
    pub(super) tcp: Option<streams::Bound>,
    pub(super) gate: Gate,
    /// What browsers are told of its port.
    pub(super) candidates: Vec<Candidate>,
    pub(super) inbox: mpsc::Receiver<Request>,
    pub(super) clock: Clock,
    /// Whether events go to standard error.
    pub(super) telling: bool,
}

impl Setup {
    /// Serves until `stop` says so, or until the last one on any worker has gone after a drain; then sends everybody
    /// away. What is left are the sessions' last requests.
    ///
    /// # Errors
    /// When a socket fails.
    pub(super) async fn run(self, stop: watch::Receiver<bool>) -> io::Result<mpsc::Receiver<Request>> {
        Worker::begin(self)?.run(stop).await
    }
}

/// See the module.
struct Worker {
    index: usize,
    directory: Directory,
    sfu: Sfu,
    port: Port,
    streams: Streams,
    inbox: mpsc::Receiver<Request>,
    signalling: BrowserSignalling,
    outboxes: SecondaryMap<SessionId, Outlet>,
    /// Of those who are in a room here.
    seats: SecondaryMap<SessionId, Seat>,
    clock: Clock,
    events: Vec<Event>,
    traffic: Traffic,
    /// Whether events go to standard error.
    telling: bool,
    draining: bool,
    /// Since when it was busy for how long.
    busy: (Time, Duration),
}

impl Worker {
    /// Begins, in the runtime that calls.
    ///
    /// # Errors
    /// When that can't wait for the sockets.
    fn begin(setup: Setup) -> io::Result<Self> {
        let Setup { index, directory, sfu, bound, tcp, gate, candidates, inbox, clock, telling } = setup;
        let streams = tcp.unwrap_or_default().open(&gate, clock)?;
        Ok(Worker {
            index,
            directory,
            sfu,
            port: bound.open()?,
            streams,
            inbox,
            signalling: BrowserSignalling::new().with_candidates(candidates),
            outboxes: SecondaryMap::new(),
            seats: SecondaryMap::new(),
            clock,
            events: Vec::new(),
            traffic: Traffic::default(),
            telling,
            draining: false,
            busy: (clock.now(), Duration::ZERO),
        })
    }

    /// Serves until `stop` says so, or until the last one on any worker has gone after a drain; then sends everybody
    /// away. What is left are the sessions' last requests.
    pub(super) async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
    ) -> io::Result<mpsc::Receiver<Request>> {
        let mut basket = Basket::default();
        while !(self.draining && self.directory.seats() == 0) {
            // Also without anything to do it says now and then that it has nothing to do.
            let look = if self.draining { DRAINED } else { BUSY_SPAN };
            let due = self.clock.until(self.sfu.deadline()).min(look);
            tokio::select! {
                // Told to, or nobody is left to tell.
                _ = stop.wait_for(|stop| *stop) => break,
                ready = self.port.readable() => {
                    ready?;
                    self.work(|worker| worker.datagrams(&mut basket));
                }
                incoming = self.streams.next() => self.work(|worker| worker.streamed(incoming)),
                Some(request) = self.inbox.recv() => self.work(|worker| worker.request(request)),
                () = tokio::time::sleep(due) => self.work(|worker| worker.turn(|turn, _| turn.timeout())),
            }
        }
        self.signalling.stop();
        let everybody: Vec<ParticipantId> = self.sfu.participant_ids().collect();
        self.send_away(everybody);
        if self.traffic.refused > 0 {
            eprintln!("{} datagrams found no room in the socket's buffer", self.traffic.refused);
        }
        Ok(self.inbox)
    }

    /// Does something, and keeps the account of how busy the worker is.
    fn work(&mut self, something: impl FnOnce(&mut Worker)) {
        let begun = self.clock.now();
        something(self);
        let ended = self.clock.now();
        let (since, busy) = &mut self.busy;
        *busy += ended.since(begun);
        let span = ended.since(*since);
        if span >= BUSY_SPAN {
            let thousandths = busy.as_micros() * 1_000 / span.as_micros().max(1);
            self.directory.note_busy(self.index, u32::try_from(thousandths).unwrap_or(1_000));
            (*since, *busy) = (ended, Duration::ZERO);
        }
    }

    /// Reads what has come, up to a batch: the core's answers to it leave together.
    fn datagrams(&mut self, basket: &mut Basket) {
        let Worker { port, streams, events, traffic, .. } = self;
        let mut outbox = Outbox { port, streams, events, traffic };
        let mut turn = self.sfu.turn(self.clock.now(), &mut outbox);
        // Refusals are counted by the core.
        port.read(basket, |from, ecn, datagram| {
            let _ = turn.marked_datagram(from, ecn, datagram);
        });
        turn.finish();
        self.after();
    }

    /// Takes what came over TCP, with what has come since, up to a batch.
    fn streamed(&mut self, first: Incoming) {
        self.take_streamed(first);
        for _ in 1..STREAMED {
            let Some(incoming) = self.streams.more() else { break };
            self.take_streamed(incoming);
        }
    }

    fn take_streamed(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Opened { from, id, outgoing } => self.streams.opened(from, id, outgoing),
            Incoming::Closed { from, id } => self.streams.closed(from, id),
            Incoming::Frames { from, mut bytes } => {
                let mut of_use = false;
                self.turn(|turn, _| {
                    each_frame(&mut bytes, |datagram| {
                        of_use |= turn.datagram(Remote::tcp(from), datagram).is_ok();
                    });
                });
                if of_use {
                    self.streams.was_of_use(from);
                }
            }
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Open { outlet, reply } => {
                if self.signalling.sessions() >= MAX_SESSIONS {
                    return;
                }
                let session = self.signalling.open();
                self.outboxes.insert(session, outlet);
                if reply.send(session).is_err() {
                    self.close(session);
                }
            }
            Request::Message { session, text, entry } => self.message(session, &text, entry),
            Request::Close { session } => self.close(session),
            // Who has asked may have gone meanwhile.
            Request::Ask { question, reply } => drop(reply.send(self.answer(question))),
        }
    }

    fn message(&mut self, session: SessionId, text: &str, entry: Option<Entry>) {
        if let Some(Entry { seat, grant }) = entry.filter(|_| !self.signalling.is_inside(session)) {
            self.seats.insert(session, seat);
            self.signalling.set_grant(session, grant);
        }
        self.turn(|turn, signalling| signalling.message(session, text, turn));
        let inside = note_place(&self.signalling, &self.outboxes, session);
        // Who is in a room has a seat there, or the room might be elsewhere as well.
        match (inside, self.seats.contains_key(session)) {
            (true, false) => self.close(session),
            (false, true) => drop(self.seats.remove(session)),
            _ => {}
        }
    }

    fn answer(&mut self, question: Question) -> Answer {
        let now = self.clock.now();
        match question {
            Question::Metrics => {
                let (sessions, streams) = (self.signalling.sessions(), self.streams.count());
                let around = Around { sessions, streams, traffic: self.traffic };
                Answer::Page(metrics::of_worker(&self.sfu, &around))
            }
            Question::State => Answer::Json(self.sfu.debug_state(now, Personal::Redacted)),
            Question::Rooms => {
                let rooms = self.sfu.conferences().map(|room| {
                    let ids = room.members.iter().map(ToString::to_string).collect::<Vec<String>>();
                    serde_json::json!({ "room": room.name, "participants": ids, "worker": self.index })
                });
                Answer::Json(serde_json::Value::from_iter(rooms))
            }
            Question::Close { room } => {
                let members = self.members(&room).to_vec();
                Answer::Done(self.send_away(members))
            }
            Question::Remove { room, participant } => {
                let member = participant.parse().ok().filter(|id| self.members(&room).contains(id));
                Answer::Done(self.send_away(member.into_iter().collect()))
            }
            Question::Drain => {
                self.draining = true;
                self.signalling.close_doors();
                Answer::Done(1)
            }
        }
    }

    fn members(&self, room: &str) -> &[ParticipantId] {
        let it = self.sfu.conferences().find(|conference| conference.name == room);
        it.map_or(&[], |conference| &conference.members)
    }

    /// Ends the participation of each; how many they are.
    fn send_away(&mut self, participants: Vec<ParticipantId>) -> usize {
        let count = participants.len();
        self.turn(|turn, _| {
            for participant in participants {
                // Refused only if it has left in this very turn.
                let _ = turn.command(Command::Leave { participant });
            }
        });
        count
    }

    fn close(&mut self, session: SessionId) {
        self.outboxes.remove(session);
        self.seats.remove(session);
        self.turn(|turn, signalling| signalling.close(session, turn));
    }

    fn turn(&mut self, work: impl FnOnce(&mut Turn<'_>, &mut BrowserSignalling)) {
        let Worker { port, streams, events, traffic, .. } = self;
        let mut outbox = Outbox { port, streams, events, traffic };
        let mut turn = self.sfu.turn(self.clock.now(), &mut outbox);
        work(&mut turn, &mut self.signalling);
        turn.finish();
        self.after();
    }

    /// Tells the sessions what a turn has brought.
    fn after(&mut self) {
        let now = self.clock.now();
        let mut gone = false;
        for event in self.events.drain(..) {
            // A nomination is an address, which nobody keeps.
            if self.telling && !matches!(event, Event::Nominated { .. }) {
                eprintln!("{:.3} {event:?}", now.as_secs_f64());
            }
            gone |= matches!(event, Event::Disconnected { .. });
            self.signalling.event(&event);
        }
        if gone {
            let Worker { seats, signalling, outboxes, .. } = self;
            seats.retain(|session, _| note_place(signalling, outboxes, session));
        }
        while let Some((session, text)) = self.signalling.poll() {
            // Without its outbox the session's task ends, and that closes the session.
            if self.outboxes.get(session).is_some_and(|outbox| outbox.messages.try_send(text).is_err()) {
                self.outboxes.remove(session);
            }
        }
    }
}

/// Tells a session's task whether it is in a room, and the caller as well.
fn note_place(
    signalling: &BrowserSignalling,
    outboxes: &SecondaryMap<SessionId, Outlet>,
    session: SessionId,
) -> bool {
    let inside = signalling.is_inside(session);
    if let Some(outlet) = outboxes.get(session) {
        outlet.inside.store(inside, Ordering::Release);
    }
    inside
}
