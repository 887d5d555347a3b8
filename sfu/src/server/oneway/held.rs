//! Sessions between their requests: each is held by a task, which hears what the worker says.

use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashMap;
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

use super::begin::Begun;
use super::reply::{Refused, entity_tag};
use crate::server::bucket::Bucket;
use crate::server::clock::Clock;
use crate::server::gate::Pass;
use crate::server::workers::Line;
use crate::signalling::IceCredentials;
use crate::signalling::browser::messages::BrowserRequest;

/// Requests to one session that may wait.
const WAITING: usize = 4;

/// Random bytes of a session's id, which is all that one needs to know to end it: as many bits as an ICE password has.
const ID: usize = 18;

/// All of them. Cheap to clone; all clones are one. Each holds a pass, which bounds how many there are.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<FxHashMap<Box<str>, mpsc::Sender<Asked>>>>);

/// What is asked of a session.
enum Asked {
    /// Begins another ICE session, or only tells of candidates.
    Change { tag: String, ice: IceCredentials, reply: oneshot::Sender<Result<Option<Restarted>, Refused>> },
    /// Ends.
    End { reply: oneshot::Sender<()> },
}

/// Fragment and user name fragment of ours.
type Restarted = (String, String);

impl Sessions {
    fn all(&self) -> MutexGuard<'_, FxHashMap<Box<str>, mpsc::Sender<Asked>>> {
        self.0.lock().expect("nobody panics with it")
    }

    /// Holds a session from now on, and gives it an id that nobody guesses.
    pub(super) fn hold(&self, held: Held) -> Box<str> {
        let mut bytes = [0; ID];
        aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
        let id: Box<str> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (asks, asked) = mpsc::channel(WAITING);
        self.all().insert(id.clone(), asks);
        let (sessions, key) = (self.clone(), id.clone());
        tokio::spawn(async move {
            held.run(asked).await;
            sessions.all().remove(&key);
        });
        id
    }

    /// Hands a PATCH to the session `id`; gives what a restart brings, and nothing for candidates.
    pub(super) async fn change(
        &self,
        id: &str,
        tag: String,
        ice: IceCredentials,
    ) -> Result<Option<Restarted>, Refused> {
        let (reply, answer) = oneshot::channel();
        self.ask(id, Asked::Change { tag, ice, reply }).await?;
        answer.await.unwrap_or(Err(Refused::NO_SESSION))
    }

    /// Ends the session `id`.
    pub(super) async fn end(&self, id: &str) -> Result<(), Refused> {
        let (reply, ended) = oneshot::channel();
        self.ask(id, Asked::End { reply }).await?;
        // Over in either case.
        let _ = ended.await;
        Ok(())
    }

    async fn ask(&self, id: &str, asked: Asked) -> Result<(), Refused> {
        let asks = self.all().get(id).cloned().ok_or(Refused::NO_SESSION)?;
        asks.send(asked).await.map_err(|_| Refused::NO_SESSION)
    }
}

/// One session.
pub(super) struct Held {
    line: Line,
    /// The tag of its present ICE session.
    tag: String,
    /// Those whom a viewer watches; when the last has left, there is nothing more to come.
    publishers: Vec<String>,
    /// Who waits for a restart.
    waiting: Option<oneshot::Sender<Result<Option<Restarted>, Refused>>>,
    messages: Bucket,
    clock: Clock,
    _pass: Pass,
}

/// What the worker may say to it later.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    IceRestarted {
        ufrag: String,
        fragment: String,
    },
    ParticipantLeft {
        id: String,
    },
    Ended {},
    Error {
        code: String,
        message: String,
    },
    #[serde(other)]
    Else,
}

impl Held {
    pub(super) fn new(begun: Begun, pass: Pass, messages: Bucket, clock: Clock) -> Self {
        let Begun { line, ufrag, publishers, .. } = begun;
        let tag = entity_tag(&ufrag);
        Held { line, tag, publishers, waiting: None, messages, clock, _pass: pass }
    }

    /// Until the worker or the client ends it.
    async fn run(mut self, mut asked: mpsc::Receiver<Asked>) {
        let mut told = None;
        loop {
            tokio::select! {
                said = self.line.answers.recv() => match said {
                    Some(text) if self.hear(&text) => {}
                    _ => break,
                },
                Some(asked) = asked.recv(), if self.waiting.is_none() => match asked {
                    Asked::Change { tag, ice, reply } => self.change(tag, ice, reply).await,
                    Asked::End { reply } => {
                        told = Some(reply);
                        break;
                    }
                },
            }
        }
        self.line.close().await;
        drop(told);
    }

    async fn change(
        &mut self,
        tag: String,
        ice: IceCredentials,
        reply: oneshot::Sender<Result<Option<Restarted>, Refused>>,
    ) {
        let refused = if !self.messages.take(self.clock.now()) {
            Err(Refused::TOO_MANY)
        } else if tag == "*" {
            self.waiting = Some(reply);
            let request = BrowserRequest::RestartIce { ice };
            let text =
                serde_json::to_string(&request).expect("messages have string keys and no failing serializer");
            // A worker that has gone closes the line, and that ends the session.
            let _ = self.line.say(text, None).await;
            return;
        } else if tag == self.tag {
            // Candidates: a lite agent needs none.
            Ok(None)
        } else {
            Err(Refused::OTHER_TAG)
        };
        // Who asked may have gone.
        let _ = reply.send(refused);
    }

    /// Takes what the worker says; false when there is nothing more to come.
    fn hear(&mut self, text: &str) -> bool {
        let answer = match serde_json::from_str(text) {
            Ok(Said::Ended {}) => return false,
            Ok(Said::ParticipantLeft { id }) => {
                let watched = self.publishers.len();
                self.publishers.retain(|own| *own != id);
                return watched == 0 || !self.publishers.is_empty();
            }
            Ok(Said::IceRestarted { ufrag, fragment }) => {
                self.tag = entity_tag(&ufrag);
                Ok(Some((fragment, ufrag)))
            }
            Ok(Said::Error { code, message }) => Err(Refused::by_worker(&code, message)),
            Ok(Said::Else) | Err(_) => return true,
        };
        if let Some(waiting) = self.waiting.take() {
            // Who asked may have gone.
            let _ = waiting.send(answer);
        }
        true
    }
}
