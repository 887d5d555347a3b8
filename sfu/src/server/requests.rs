//! What is asked of a worker, and what it answers.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::{mpsc, oneshot};

use super::directory::Seat;
use super::metrics::Page;
use crate::signalling::SessionId;
use crate::signalling::browser::Grant;

/// Messages that may wait for one browser: who doesn't read them for so long has gone.
pub(super) const WAITING: usize = 512;

/// Where a session hears what the worker says to it.
pub(super) struct Outlet {
    /// The messages.
    pub(super) messages: mpsc::Sender<String>,
    /// Whether it is in a room, or about to be; true before it is told so, and false before it is told so.
    pub(super) inside: Arc<AtomicBool>,
}

/// What somebody joins a room by.
pub(super) struct Entry {
    pub(super) seat: Seat,
    /// What they may do there.
    pub(super) grant: Grant,
}

/// What a session asks of the worker.
pub(super) enum Request {
    /// A browser connected. Its messages go to `outlet`; its id comes back, or nothing when the server is full.
    Open { outlet: Outlet, reply: oneshot::Sender<SessionId> },
    /// It said something; with what it joins a room by, if that is what it said.
    Message { session: SessionId, text: String, entry: Option<Entry> },
    /// It has gone.
    Close { session: SessionId },
    /// Whoever runs the server wants something.
    Ask { question: Question, reply: oneshot::Sender<Answer> },
}

/// What may be asked by whoever runs the server.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// The counters.
    Metrics,
    /// The state of every object, without anybody's name or address.
    State,
    /// The rooms by name and who is in each, by id.
    Rooms,
    /// Sends everybody in a room away.
    Close { room: String },
    /// Sends one participant away: ids are a worker's own, so it takes the room.
    Remove { room: String, participant: String },
    /// Lets nobody in any more, and ends the server when the last one has gone.
    Drain,
}

/// What one worker says to it.
#[derive(Debug)]
pub(super) enum Answer {
    /// To [`Question::Metrics`].
    Page(Page),
    /// To [`Question::State`], an object, and to [`Question::Rooms`], a list.
    Json(serde_json::Value),
    /// To a command: how many it concerned.
    Done(usize),
}
