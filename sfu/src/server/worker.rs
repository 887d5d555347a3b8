//! The worker: one core, one media port, all sessions, and the clock that drives them.

use std::io;

use slotmap::SecondaryMap;
use tokio::sync::{mpsc, oneshot};

use super::clock::Clock;
use super::gate::Gate;
use super::metrics::{self, Around};
use super::outbox::Outbox;
use super::port::{Basket, Port, Traffic};
use crate::conference::Command;
use crate::core::Turn;
use crate::debug_state::Personal;
use crate::signalling::SessionId;
use crate::signalling::browser::BrowserSignalling;
use crate::sink::Event;
use crate::{ParticipantId, Sfu};

/// Sessions at a time: twice the participants that the core takes, so that those who are refused are told so.
const MAX_SESSIONS: usize = 4_000;

/// Messages that may wait for one browser: who doesn't read them for so long has gone.
pub(super) const WAITING: usize = 512;

/// What a session asks of the worker.
pub(super) enum Request {
    /// A browser connected. Its messages go to `outbox`; its id comes back, or nothing when the server is full.
    Open { outbox: mpsc::Sender<String>, reply: oneshot::Sender<SessionId> },
    /// It said something.
    Message { session: SessionId, text: String },
    /// It has gone.
    Close { session: SessionId },
    /// Whoever runs the server wants something.
    Ask { question: Question, reply: oneshot::Sender<String> },
}

/// What may be asked by whoever runs the server; commands are answered with how many they concerned.
pub(super) enum Question {
    /// The counters, as Prometheus reads them.
    Metrics,
    /// The state of every object as JSON, without anybody's name or address.
    State,
    /// The rooms by name and how many are in each, as JSON.
    Rooms,
    /// Whether somebody new is let in: 1 or 0.
    Ready,
    /// Sends everybody in a room away.
    Close { room: String },
    /// Sends one participant away.
    Remove { participant: String },
    /// Lets nobody in any more, and ends the server when the last one has gone.
    Drain,
}

/// See the module.
pub(super) struct Worker {
    sfu: Sfu,
    port: Port,
    inbox: mpsc::Receiver<Request>,
    signalling: BrowserSignalling,
    outboxes: SecondaryMap<SessionId, mpsc::Sender<String>>,
    clock: Clock,
    events: Vec<Event>,
    traffic: Traffic,
    /// Whether events go to standard error.
    telling: bool,
    gate: Gate,
    draining: bool,
}

impl Worker {
    pub(super) fn new(
        sfu: Sfu,
        port: Port,
        signalling: BrowserSignalling,
        inbox: mpsc::Receiver<Request>,
        clock: Clock,
        gate: Gate,
        telling: bool,
    ) -> Self {
        Worker {
            sfu,
            port,
            inbox,
            signalling,
            outboxes: SecondaryMap::new(),
            clock,
            events: Vec::new(),
            traffic: Traffic::default(),
            telling,
            gate,
            draining: false,
        }
    }

    /// Serves until `stop` is done, then sends everybody away. What is left are the sessions' last requests.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) -> io::Result<mpsc::Receiver<Request>> {
        let mut stop = std::pin::pin!(stop);
        let mut basket = Basket::default();
        while !(self.draining && self.sfu.participant_count() == 0) {
            let due = self.clock.until(self.sfu.deadline());
            tokio::select! {
                () = &mut stop => break,
                ready = self.port.readable() => {
                    ready?;
                    self.datagrams(&mut basket);
                }
                Some(request) = self.inbox.recv() => self.request(request),
                () = tokio::time::sleep(due) => self.turn(|turn, _| turn.timeout()),
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

    /// Reads what has come, up to a batch: the core's answers to it leave together.
    fn datagrams(&mut self, basket: &mut Basket) {
        let Worker { port, events, traffic, .. } = self;
        let mut outbox = Outbox { port, events, traffic };
        let mut turn = self.sfu.turn(self.clock.now(), &mut outbox);
        // Refusals are counted by the core.
        port.read(basket, |from, datagram| {
            let _ = turn.datagram(from, datagram);
        });
        turn.finish();
        self.after();
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Open { outbox, reply } => {
                if self.signalling.sessions() >= MAX_SESSIONS {
                    return;
                }
                let session = self.signalling.open();
                self.outboxes.insert(session, outbox);
                if reply.send(session).is_err() {
                    self.close(session);
                }
            }
            Request::Message { session, text } => {
                self.turn(|turn, signalling| signalling.message(session, &text, turn));
            }
            Request::Close { session } => self.close(session),
            // Who has asked may have gone meanwhile.
            Request::Ask { question, reply } => drop(reply.send(self.answer(question))),
        }
    }

    fn answer(&mut self, question: Question) -> String {
        let now = self.clock.now();
        match question {
            Question::Metrics => metrics::text(&self.sfu, &self.around()),
            Question::State => self.sfu.debug_state(now, Personal::Redacted).to_string(),
            Question::Rooms => {
                let rooms = self.sfu.conferences().map(|room| {
                    let ids = room.members.iter().map(ToString::to_string).collect::<Vec<String>>();
                    serde_json::json!({ "room": room.name, "participants": ids })
                });
                serde_json::Value::from_iter(rooms).to_string()
            }
            Question::Ready => u8::from(!self.draining).to_string(),
            Question::Close { room } => {
                let it = self.sfu.conferences().find(|conference| conference.name == room);
                let members = it.map(|conference| conference.members.clone()).unwrap_or_default();
                self.send_away(members).to_string()
            }
            Question::Remove { participant } => {
                let id = participant.parse().ok().filter(|id| self.sfu.participant(*id).is_some());
                self.send_away(id.into_iter().collect()).to_string()
            }
            Question::Drain => {
                self.draining = true;
                self.signalling.close_doors();
                "1".to_owned()
            }
        }
    }

    fn around(&self) -> Around {
        let (connections, connections_refused) = self.gate.counts();
        Around {
            sessions: self.signalling.sessions(),
            connections,
            connections_refused,
            traffic: self.traffic,
            draining: self.draining,
        }
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
        self.turn(|turn, signalling| signalling.close(session, turn));
    }

    fn turn(&mut self, work: impl FnOnce(&mut Turn<'_>, &mut BrowserSignalling)) {
        let Worker { port, events, traffic, .. } = self;
        let mut outbox = Outbox { port, events, traffic };
        let mut turn = self.sfu.turn(self.clock.now(), &mut outbox);
        work(&mut turn, &mut self.signalling);
        turn.finish();
        self.after();
    }

    /// Tells the sessions what a turn has brought.
    fn after(&mut self) {
        let now = self.clock.now();
        for event in self.events.drain(..) {
            // A nomination is an address, which nobody keeps.
            if self.telling && !matches!(event, Event::Nominated { .. }) {
                eprintln!("{:.3} {event:?}", now.as_secs_f64());
            }
            self.signalling.event(&event);
        }
        while let Some((session, text)) = self.signalling.poll() {
            // Without its outbox the session's task ends, and that closes the session.
            if self.outboxes.get(session).is_some_and(|outbox| outbox.try_send(text).is_err()) {
                self.outboxes.remove(session);
            }
        }
    }
}
