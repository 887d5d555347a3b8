//! All workers, for those who talk to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::access::Access;
use super::directory::Directory;
use super::requests::{Answer, Entry, Outlet, Question, Request, WAITING};
use crate::signalling::SessionId;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct Workers {
    requests: Arc<[mpsc::Sender<Request>]>,
    /// Who is where.
    pub(super) directory: Directory,
    /// Who may enter.
    pub(super) access: Access,
    draining: Arc<AtomicBool>,
}

/// A session with one of the workers.
pub(super) struct Line {
    pub(super) worker: usize,
    session: SessionId,
    requests: mpsc::Sender<Request>,
    /// What the worker says.
    pub(super) answers: mpsc::Receiver<String>,
    inside: Arc<AtomicBool>,
}

impl Workers {
    pub(super) fn new(requests: Vec<mpsc::Sender<Request>>, directory: Directory, access: Access) -> Self {
        Workers { requests: requests.into(), directory, access, draining: Arc::default() }
    }

    /// Opens a session with a worker; nothing when that is full or has gone.
    pub(super) async fn open(&self, worker: usize) -> Option<Line> {
        let requests = self.requests[worker].clone();
        let (messages, answers) = mpsc::channel(WAITING);
        let inside = Arc::new(AtomicBool::new(false));
        let (reply, opened) = oneshot::channel();
        let outlet = Outlet { messages, inside: Arc::clone(&inside) };
        requests.send(Request::Open { outlet, reply }).await.ok()?;
        let session = opened.await.ok()?;
        Some(Line { worker, session, requests, answers, inside })
    }

    /// Asks one worker.
    pub(super) async fn ask(&self, worker: usize, question: Question) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        self.requests[worker].send(Request::Ask { question, reply }).await.ok()?;
        answer.await.ok()
    }

    /// Asks all of them, in order; those that have gone say nothing.
    pub(super) async fn ask_all(&self, question: Question) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(self.requests.len());
        for worker in 0..self.requests.len() {
            answers.extend(self.ask(worker, question.clone()).await);
        }
        answers
    }

    /// Lets nobody in any more.
    pub(super) async fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.ask_all(Question::Drain).await;
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Of each worker, the thousandths of the last second that it was busy.
    pub(super) fn busy(&self) -> Vec<u32> {
        (0..self.requests.len()).map(|worker| self.directory.busy(worker)).collect()
    }
}

impl Line {
    /// Whether the session is in a room, or about to be.
    pub(super) fn is_inside(&self) -> bool {
        self.inside.load(Ordering::Acquire)
    }

    /// Passes on what a browser said; nothing when the worker has gone.
    pub(super) async fn say(&self, text: String, entry: Option<Entry>) -> Option<()> {
        self.requests.send(Request::Message { session: self.session, text, entry }).await.ok()
    }

    /// Ends the session.
    pub(super) async fn close(self) {
        // A worker that has gone has ended it already.
        let _ = self.requests.send(Request::Close { session: self.session }).await;
    }
}
