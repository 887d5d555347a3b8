//! The conference protocol as browsers speak it: session descriptions in place of keys, payload types and mids.
//!
//! A thin layer around [`SignallingServer`]: it turns an offer into a join, and a list of streams into an offer.
//! Everything else passes. See `PROTOCOL.md` beside this file.

mod grant;
pub mod messages;
mod viewing;

pub use grant::Grant;

use std::collections::VecDeque;
use std::net::SocketAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::Serialize;
use slotmap::{Key, SecondaryMap};

use self::messages::{BrowserReply, BrowserRequest, VERSION};
use self::viewing::View;
use super::messages::{ClientMessage, IceCredentials, Peer, ServerMessage};
use super::{SessionId, SignallingServer};
use crate::core::Turn;
use crate::participant::{ParticipantId, SourceDescription, StreamDescription};
use crate::sdp::{Candidate, Local, Negotiation, Offer, SdpError};
use crate::sink::{DisconnectReason, Event};

/// The longest message that a browser may send, bytes: an answer to a hundred streams takes about 100,000.
pub const MAX_MESSAGE: usize = 320 * 1024;

/// All browsers of one server.
#[derive(Debug, Default)]
pub struct BrowserSignalling {
    server: SignallingServer,
    browsers: SecondaryMap<SessionId, Browser>,
    outbox: VecDeque<(SessionId, String)>,
    /// What sessions may do that aren't everybody.
    grants: SecondaryMap<SessionId, Grant>,
    /// Nobody joins any more.
    closed: bool,
    /// What browsers are told in place of the core's own address.
    candidates: Vec<Candidate>,
}

/// One browser's session.
#[derive(Debug, Default)]
enum Browser {
    #[default]
    Outside,
    /// What it offered, until the core has accepted or refused it.
    Joining(Box<Joining>),
    /// It is a viewer, and the core has accepted it, until it is known what it is sent.
    Admitted(Box<Admitted>),
    Inside(Box<Member>),
}

#[derive(Debug)]
struct Joining {
    offer: Offer,
    sources: Vec<SourceDescription>,
    /// It is a viewer.
    views: bool,
}

#[derive(Debug)]
struct Admitted {
    id: String,
    offer: Offer,
    local: Local,
    participants: Vec<Peer>,
}

#[derive(Debug)]
struct Member {
    id: String,
    negotiation: Negotiation,
    /// What is sent to it.
    streams: Vec<StreamDescription>,
    /// It watches, in the sections of its own offer.
    views: bool,
}

impl BrowserSignalling {
    /// A server without sessions.
    pub fn new() -> Self {
        BrowserSignalling::default()
    }

    /// The same server with these candidates in its descriptions, the preferred ones first, in place of the core's own
    /// address.
    #[must_use]
    pub fn with_candidates(self, candidates: Vec<Candidate>) -> Self {
        BrowserSignalling { candidates, ..self }
    }

    /// A browser connected.
    pub fn open(&mut self) -> SessionId {
        let session = self.server.open();
        self.browsers.insert(session, Browser::Outside);
        session
    }

    /// A browser's connection ended: its participant leaves.
    pub fn close(&mut self, session: SessionId, turn: &mut Turn<'_>) {
        self.browsers.remove(session);
        self.grants.remove(session);
        self.server.close(session, turn);
        self.pass_on();
    }

    /// A browser said something. Whatever is wrong with it comes back as [`ServerMessage::Error`].
    pub fn message(&mut self, session: SessionId, text: &str, turn: &mut Turn<'_>) {
        if let Err((code, message)) = self.handle(session, text, turn) {
            self.say(session, &ServerMessage::Error { code: code.into(), message });
        }
        self.pass_on();
    }

    /// The core reported something: tells the browsers what concerns them.
    pub fn event(&mut self, event: &Event) {
        if let Event::Disconnected { participant, reason } = event {
            let id = participant.to_string();
            let theirs = |browser: &Browser| matches!(browser, Browser::Inside(member) if member.id == id);
            let session =
                self.browsers.iter().find(|(_, browser)| theirs(browser)).map(|(session, _)| session);
            if let Some(session) = session {
                self.browsers[session] = Browser::Outside;
                self.say(session, &BrowserReply::Ended { reason: word(*reason).into() });
            }
        }
        self.server.event(event);
        self.pass_on();
    }

    /// From now on nobody can join; who is in stays.
    pub fn close_doors(&mut self) {
        self.closed = true;
    }

    /// The server ends: tells everybody who is in so. That their participation ends follows without further words.
    pub fn stop(&mut self) {
        self.close_doors();
        let inside = |(session, browser): (SessionId, &Browser)| match browser {
            Browser::Outside => None,
            Browser::Joining(_) | Browser::Admitted(_) | Browser::Inside(_) => Some(session),
        };
        let sessions: Vec<SessionId> = self.browsers.iter().filter_map(inside).collect();
        for session in sessions {
            self.browsers[session] = Browser::Outside;
            self.say(session, &BrowserReply::Ended { reason: "stopping".into() });
        }
    }

    /// Whether a browser is in a conference, or about to be.
    pub fn is_inside(&self, session: SessionId) -> bool {
        self.browsers.get(session).is_some_and(|browser| !matches!(browser, Browser::Outside))
    }

    /// The next message to send, if any.
    pub fn poll(&mut self) -> Option<(SessionId, String)> {
        self.outbox.pop_front()
    }

    /// How many browsers are connected.
    pub fn sessions(&self) -> usize {
        self.browsers.len()
    }

    fn handle(&mut self, session: SessionId, text: &str, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        if text.len() > MAX_MESSAGE {
            return Err(("too_long", format!("message of {} bytes", text.len())));
        }
        let request = serde_json::from_str(text).map_err(|error| ("malformed", error.to_string()))?;
        let request = match request {
            BrowserRequest::Join { version, .. } | BrowserRequest::View { version, .. }
                if version != VERSION =>
            {
                return Err(("version", format!("version {version} is not {VERSION}")));
            }
            BrowserRequest::Join { .. } | BrowserRequest::View { .. } if self.closed => {
                return Err(("draining", "the server lets nobody in any more".into()));
            }
            BrowserRequest::View { conference, name, offer, publisher, .. } => {
                return self.view(session, View { conference, name, offer, publisher }, turn);
            }
            BrowserRequest::RestartIce { ice } => return self.restart_ice(session, &ice, turn),
            BrowserRequest::Silence { participant, source } => {
                return self.silence(session, &participant, source, turn);
            }
            BrowserRequest::Remove { participant } => return self.remove(session, &participant, turn),
            BrowserRequest::Subscribe { .. } if !self.grant(session).subscribe => {
                return Err(("forbidden", "the token lets nobody receive".into()));
            }
            BrowserRequest::Join { conference, name, offer, sources, resume, .. } => {
                let join = self.joining(session, conference, name, &offer, &sources)?;
                if let Some(secret) = resume {
                    self.replace(&secret, turn);
                }
                join
            }
            BrowserRequest::Answer { answer } => return self.answered(session, &answer),
            BrowserRequest::Subscribe { .. } if self.views(session) => {
                return Err(("viewing", "a viewer's sections are those of its offer".into()));
            }
            BrowserRequest::Subscribe { wishes } => ClientMessage::Subscribe { wishes, last_n: None },
            BrowserRequest::Mute { source, muted } => ClientMessage::Mute { source, muted },
            BrowserRequest::Leave => {
                if let Some(browser) = self.browsers.get_mut(session) {
                    *browser = Browser::Outside;
                }
                ClientMessage::Leave
            }
        };
        self.server.request(session, request, turn);
        Ok(())
    }

    /// Keeps the offer for when the core has accepted what it says.
    fn joining(
        &mut self,
        session: SessionId,
        conference: String,
        name: String,
        offer: &str,
        hints: &[crate::sdp::SourceHint],
    ) -> Result<ClientMessage, Refusal> {
        let Grant { name: granted, publish, .. } = self.grant(session);
        let name = granted.unwrap_or(name);
        let browser = self.outside(session)?;
        let offer = Offer::parse(offer).map_err(unusable)?;
        let sources = offer.sources(hints).map_err(unusable)?;
        if !publish && !sources.is_empty() {
            return Err(("forbidden", "the token lets nobody send".into()));
        }
        let join = ClientMessage::Join {
            version: super::messages::VERSION,
            conference,
            name,
            ice: offer.ice.clone(),
            fingerprint: offer.fingerprint.to_string(),
            media: offer.media,
            sources: sources.clone(),
        };
        *browser = Browser::Joining(Box::new(Joining { offer, sources, views: false }));
        Ok(join)
    }

    /// The place of a session that isn't in a conference.
    fn outside(&mut self, session: SessionId) -> Result<&mut Browser, Refusal> {
        let browser = self.browsers.get_mut(session).ok_or(("closed", "the session is closed".into()))?;
        if matches!(browser, Browser::Inside(_)) {
            return Err(("joined", "the session has joined already".into()));
        }
        Ok(browser)
    }

    fn restart_ice(
        &mut self,
        session: SessionId,
        ice: &IceCredentials,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        let Some(Browser::Inside(member)) = self.browsers.get_mut(session) else {
            return Err(("not_joined", "join first".into()));
        };
        let own =
            turn.restart_ice(parsed(&member.id), ice).map_err(|error| (error.code(), error.to_string()))?;
        let ufrag = own.ufrag.clone();
        let fragment = member.negotiation.restarted(own);
        self.say(session, &BrowserReply::IceRestarted { ufrag, fragment });
        Ok(())
    }

    /// Ends the participation whose secret somebody knows, if there is one: it goes on in another session.
    fn replace(&mut self, secret: &str, turn: &mut Turn<'_>) {
        let known = |browser: &Browser| match browser {
            Browser::Inside(member) => {
                let own = member.negotiation.password().as_bytes();
                verify_slices_are_equal(own, secret.as_bytes()).is_ok()
            }
            Browser::Outside | Browser::Joining(_) | Browser::Admitted(_) => false,
        };
        let old = self.browsers.iter().find(|(_, browser)| known(browser)).map(|(session, _)| session);
        if let Some(old) = old {
            self.browsers[old] = Browser::Outside;
            self.say(old, &BrowserReply::Ended { reason: "resumed".into() });
            self.server.request(old, ClientMessage::Leave, turn);
        }
    }

    fn answered(&mut self, session: SessionId, answer: &str) -> Result<(), Refusal> {
        let Some(Browser::Inside(member)) = self.browsers.get_mut(session) else {
            return Err(("not_joined", "join first".into()));
        };
        let next = member.negotiation.answered(answer).map_err(unusable)?;
        if let Some(offer) = next {
            let streams = member.streams.clone();
            self.say(session, &BrowserReply::Offer { offer, streams });
        }
        Ok(())
    }

    /// What the inner server says, in the browsers' words.
    fn pass_on(&mut self) {
        while let Some((session, message)) = self.server.poll_message() {
            match message {
                ServerMessage::Joined { id, ice, candidate, fingerprint, participants, recent_speakers } => {
                    let local = self.local(&id, ice, &candidate, &fingerprint);
                    self.joined(session, id, local, participants, recent_speakers);
                }
                ServerMessage::Subscribed { streams } => self.subscribed(session, streams),
                other => self.say(session, &other),
            }
        }
    }

    /// The core has accepted a browser: says our answer to its offer, or keeps what a viewer's will take.
    fn joined(
        &mut self,
        session: SessionId,
        id: String,
        local: Local,
        participants: Vec<Peer>,
        recent_speakers: Vec<String>,
    ) {
        let Some(browser) = self.browsers.get_mut(session) else { return };
        let Browser::Joining(joining) = std::mem::take(browser) else { return };
        let Joining { offer, sources, views } = *joining;
        if views {
            *browser = Browser::Admitted(Box::new(Admitted { id, offer, local, participants }));
            return;
        }
        let negotiation = Negotiation::new(offer, &sources, local);
        let (answer, ufrag) = (negotiation.answer(), negotiation.ufrag().to_owned());
        *browser = Browser::Inside(Box::new(Member {
            id: id.clone(),
            negotiation,
            streams: Vec::new(),
            views: false,
        }));
        let version = VERSION;
        self.say(
            session,
            &BrowserReply::Joined { version, id, answer, ufrag, participants, recent_speakers },
        );
        self.tell_grant(session);
    }

    /// Our side of the transport that the core has made for a browser.
    fn local(&self, id: &str, ice: IceCredentials, candidate: &str, fingerprint: &str) -> Local {
        let mut candidates = self.candidates.clone();
        if candidates.is_empty() {
            let own: SocketAddr =
                candidate.parse().expect("the inner server says its address as the core does");
            candidates.push(own.into());
        }
        Local {
            session: parsed(id).data().as_ffi() & (u64::MAX >> 1),
            ufrag: ice.ufrag,
            pwd: ice.pwd,
            candidates,
            fingerprint: fingerprint.parse().expect("the inner server says its fingerprint as the core does"),
        }
    }

    fn subscribed(&mut self, session: SessionId, streams: Vec<StreamDescription>) {
        if self.begin_viewing(session, &streams) {
            return;
        }
        let Some(Browser::Inside(member)) = self.browsers.get_mut(session) else { return };
        member.streams.clone_from(&streams);
        let offer = member.negotiation.update(&streams);
        self.say(session, &ServerMessage::Subscribed { streams: streams.clone() });
        if let Some(offer) = offer {
            self.say(session, &BrowserReply::Offer { offer, streams });
        }
    }

    fn say(&mut self, session: SessionId, message: &impl Serialize) {
        let text =
            serde_json::to_string(message).expect("messages have string keys and no failing serializer");
        self.outbox.push_back((session, text));
    }
}

fn parsed(id: &str) -> ParticipantId {
    id.parse().expect("the inner server says ids as the core does")
}

/// Why a request was refused: in machine-readable words, and for people.
type Refusal = (&'static str, String);

fn unusable(error: SdpError) -> Refusal {
    ("sdp", error.to_string())
}

const fn word(reason: DisconnectReason) -> &'static str {
    match reason {
        // By its own message it is outside before this comes: it was sent away.
        DisconnectReason::Left => "removed",
        DisconnectReason::ConsentExpired => "consent_expired",
        DisconnectReason::SetupTimedOut => "setup_timed_out",
        DisconnectReason::DtlsFailed => "dtls_failed",
        DisconnectReason::Closed => "closed",
    }
}

#[cfg(test)]
mod tests;
