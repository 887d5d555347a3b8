//! The worker: one core, one UDP socket, all sessions, and the clock that drives them.

use std::io;

use slotmap::SecondaryMap;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

use super::clock::Clock;
use super::outbox::Outbox;
use crate::conference::Command;
use crate::core::Turn;
use crate::signalling::SessionId;
use crate::signalling::browser::BrowserSignalling;
use crate::sink::Event;
use crate::{ParticipantId, Sfu};

/// The longest datagram that is looked at whole, bytes: more than any path carries in one packet.
const MAX_DATAGRAM: usize = 2_048;

/// Datagrams that are read in one turn: the core's answers to them leave together, and no timer waits longer than a
/// few hundred microseconds.
const BATCH: usize = 64;

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
}

/// See the module.
pub(super) struct Worker {
    sfu: Sfu,
    socket: UdpSocket,
    inbox: mpsc::Receiver<Request>,
    signalling: BrowserSignalling,
    outboxes: SecondaryMap<SessionId, mpsc::Sender<String>>,
    clock: Clock,
    events: Vec<Event>,
    refused: u64,
    /// Whether events go to standard error.
    telling: bool,
}

impl Worker {
    pub(super) fn new(sfu: Sfu, socket: UdpSocket, inbox: mpsc::Receiver<Request>, telling: bool) -> Self {
        Worker {
            sfu,
            socket,
            inbox,
            signalling: BrowserSignalling::new(),
            outboxes: SecondaryMap::new(),
            clock: Clock::start(),
            events: Vec::new(),
            refused: 0,
            telling,
        }
    }

    /// Serves until `stop` is done, then sends everybody away. What is left are the sessions' last requests.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) -> io::Result<mpsc::Receiver<Request>> {
        let mut stop = std::pin::pin!(stop);
        let mut buffer = [0; MAX_DATAGRAM];
        loop {
            let due = self.clock.until(self.sfu.deadline());
            tokio::select! {
                () = &mut stop => break,
                ready = self.socket.readable() => {
                    ready?;
                    self.datagrams(&mut buffer);
                }
                Some(request) = self.inbox.recv() => self.request(request),
                () = tokio::time::sleep(due) => self.turn(|turn, _| turn.timeout()),
            }
        }
        let everybody: Vec<ParticipantId> = self.sfu.participant_ids().collect();
        self.turn(|turn, _| {
            for participant in everybody {
                // Refused only if it has left in this very turn.
                let _ = turn.command(Command::Leave { participant });
            }
        });
        if self.refused > 0 {
            eprintln!("{} datagrams found no room in the socket's buffer", self.refused);
        }
        Ok(self.inbox)
    }

    /// Reads what has come, up to a batch.
    fn datagrams(&mut self, buffer: &mut [u8; MAX_DATAGRAM]) {
        let mut outbox =
            Outbox { socket: &self.socket, events: &mut self.events, refused: &mut self.refused };
        let mut turn = self.sfu.turn(self.clock.now(), &mut outbox);
        for _ in 0..BATCH {
            match self.socket.try_recv_from(buffer) {
                // Refusals are counted by the core.
                Ok((len, from)) => drop(turn.datagram(from, &mut buffer[..len])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An ICMP error about a datagram that was sent: nothing came.
                Err(_) => {}
            }
        }
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
        }
    }

    fn close(&mut self, session: SessionId) {
        self.outboxes.remove(session);
        self.turn(|turn, signalling| signalling.close(session, turn));
    }

    fn turn(&mut self, work: impl FnOnce(&mut Turn<'_>, &mut BrowserSignalling)) {
        let mut outbox =
            Outbox { socket: &self.socket, events: &mut self.events, refused: &mut self.refused };
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
