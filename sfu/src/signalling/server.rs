//! The server's side of the conference protocol: one session per client, no sockets.

use std::collections::VecDeque;
use std::str::FromStr;

use slotmap::{SlotMap, new_key_type};

use super::messages::{ClientMessage, IceCredentials, ServerMessage, VERSION};
use crate::codec::Codec;
use crate::conference::{Command, CommandError, JoinRequest};
use crate::core::Turn;
use crate::participant::{ParticipantId, SourceId, Wish};
use crate::sink::Event;
use crate::transport::certificate::Fingerprint;

/// The longest message that a client may send, bytes: a join with eight sources takes about two thousand.
pub const MAX_MESSAGE: usize = 64 * 1024;

new_key_type! {
    /// One client's connection.
    pub struct SessionId;
}

/// Who joined what over a session.
#[derive(Clone, Debug)]
struct Member {
    participant: ParticipantId,
    conference: String,
    /// The names of what it publishes.
    sources: Vec<String>,
    /// What it was told to be paused: publisher and source. No more than it subscribes to.
    paused: Vec<(String, String)>,
}

/// All sessions of one server.
#[derive(Debug, Default)]
pub struct SignallingServer {
    sessions: SlotMap<SessionId, Option<Member>>,
    outbox: VecDeque<(SessionId, ServerMessage)>,
}

impl SignallingServer {
    /// A server without sessions.
    pub fn new() -> Self {
        SignallingServer::default()
    }

    /// How many sessions are open.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// A client connected.
    pub fn open(&mut self) -> SessionId {
        self.sessions.insert(None)
    }

    /// A client's connection ended: its participant leaves.
    pub fn close(&mut self, session: SessionId, turn: &mut Turn<'_>) {
        if let Some(Some(member)) = self.sessions.remove(session) {
            self.leave(&member, turn);
        }
    }

    /// A client said something. Whatever is wrong with it comes back as [`ServerMessage::Error`].
    pub fn message(&mut self, session: SessionId, text: &str, turn: &mut Turn<'_>) {
        match read(text) {
            Ok(message) => self.request(session, message, turn),
            Err(refusal) => self.refuse(session, refusal),
        }
    }

    /// The same for a message that was read already.
    pub fn request(&mut self, session: SessionId, message: ClientMessage, turn: &mut Turn<'_>) {
        if !self.sessions.contains_key(session) {
            return;
        }
        if let Err(refusal) = self.handle(session, message, turn) {
            self.refuse(session, refusal);
        }
    }

    fn refuse(&mut self, session: SessionId, refusal: Refusal) {
        if self.sessions.contains_key(session) {
            self.say(session, ServerMessage::Error { code: refusal.code.into(), message: refusal.message });
        }
    }

    /// The core reported something: tells the clients what concerns them.
    ///
    /// Who left by a message is announced and forgotten already: the `Disconnected` that follows changes nothing.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Disconnected { participant, .. } => {
                let is_theirs = |member: &Member| member.participant == *participant;
                let gone =
                    self.sessions.values_mut().find_map(|member| member.take_if(|member| is_theirs(member)));
                if let Some(member) = gone {
                    self.announce_left(&member);
                }
            }
            Event::DominantSpeaker { participant } => self.announce_dominant(*participant),
            Event::Watched { publisher, source, encodings } => {
                self.tell_watched(*publisher, *source, *encodings);
            }
            Event::CodecNotSpoken { receiver, publisher, source, codec } => {
                self.tell_not_spoken(*receiver, *publisher, *source, *codec);
            }
            Event::LayerForwarded { receiver, publisher, source, layer } => {
                self.tell_paused(*receiver, *publisher, *source, layer.is_none());
            }
            _ => {}
        }
    }

    fn tell_not_spoken(
        &mut self,
        receiver: ParticipantId,
        publisher: ParticipantId,
        source: SourceId,
        codec: Codec,
    ) {
        let member = |id| self.sessions.iter().find(|(_, m)| m.as_ref().is_some_and(|m| m.participant == id));
        let from = member(publisher).and_then(|(_, member)| member.as_ref());
        let source = from.and_then(|member| member.sources.get(usize::from(source.0))).cloned();
        if let (Some((session, _)), Some(source)) = (member(receiver), source) {
            let publisher = publisher.to_string();
            self.say(session, ServerMessage::CodecNotSpoken { publisher, source, codec });
        }
    }

    /// What goes to `receiver` of a source changed: says so if it is between something and nothing.
    fn tell_paused(
        &mut self,
        receiver: ParticipantId,
        publisher: ParticipantId,
        source: SourceId,
        paused: bool,
    ) {
        let of = |id: ParticipantId| move |member: &&Member| member.participant == id;
        let from = self.sessions.values().flatten().find(of(publisher));
        let Some(name) = from.and_then(|member| member.sources.get(usize::from(source.0))).cloned() else {
            return;
        };
        let publisher = publisher.to_string();
        let to = self.sessions.iter_mut().find_map(|(session, member)| {
            member.as_mut().filter(|member| member.participant == receiver).map(|member| (session, member))
        });
        let Some((session, member)) = to else { return };
        let told = member.paused.iter().position(|(p, s)| *p == publisher && *s == name);
        match told {
            None if paused => member.paused.push((publisher.clone(), name.clone())),
            Some(at) if !paused => drop(member.paused.swap_remove(at)),
            _ => return,
        }
        self.say(session, ServerMessage::Paused { publisher, source: name, paused });
    }

    /// The next message to send, if any, as text.
    pub fn poll(&mut self) -> Option<(SessionId, String)> {
        self.poll_message().map(|(session, message)| (session, encode(&message)))
    }

    fn tell_watched(&mut self, publisher: ParticipantId, source: SourceId, encodings: u8) {
        let theirs = self.sessions.iter().find_map(|(session, member)| {
            let member = member.as_ref().filter(|member| member.participant == publisher)?;
            Some((session, member.sources.get(usize::from(source.0))?.clone()))
        });
        if let Some((session, source)) = theirs {
            self.say(session, ServerMessage::Watched { source, encodings });
        }
    }

    /// The next message to send, if any.
    pub fn poll_message(&mut self) -> Option<(SessionId, ServerMessage)> {
        self.outbox.pop_front()
    }

    fn handle(
        &mut self,
        session: SessionId,
        message: ClientMessage,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        match message {
            ClientMessage::Join { version, .. } if version != VERSION => {
                Err(Refusal::new("version", format!("version {version} is not {VERSION}")))
            }
            ClientMessage::Join { .. } if self.sessions[session].is_some() => {
                Err(Refusal::new("joined", "the session has joined already".into()))
            }
            ClientMessage::Join { conference, name, ice, fingerprint, media, sources, .. } => {
                let fingerprint = Fingerprint::from_str(&fingerprint)
                    .map_err(|error| Refusal::new("fingerprint", error.to_string()))?;
                let request = JoinRequest {
                    conference,
                    name,
                    remote_ufrag: ice.ufrag,
                    remote_pwd: ice.pwd,
                    fingerprint,
                    media,
                    sources,
                };
                self.join(session, request, turn)
            }
            ClientMessage::Subscribe { wishes, last_n } => self.subscribe(session, &wishes, last_n, turn),
            ClientMessage::Mute { source, muted } => self.mute(session, source, muted, turn),
            ClientMessage::Leave => {
                let member = self.member(session)?.clone();
                self.sessions[session] = None;
                self.leave(&member, turn);
                Ok(())
            }
        }
    }

    fn join(&mut self, session: SessionId, request: JoinRequest, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        let conference = request.conference.clone();
        let sources = request.sources.iter().map(|source| source.name.clone()).collect();
        let joined = turn.join(request)?;
        let member = Member { participant: joined.participant, conference, sources, paused: Vec::new() };
        self.sessions[session] = Some(member.clone());
        let participants = turn
            .members_with(joined.participant)
            .iter()
            .filter(|id| **id != joined.participant)
            .filter_map(|id| turn.peer(*id))
            .collect();
        let answer = ServerMessage::Joined {
            id: joined.participant.to_string(),
            ice: IceCredentials { ufrag: joined.ufrag, pwd: joined.pwd },
            candidate: joined.candidate.to_string(),
            fingerprint: joined.fingerprint.to_string(),
            participants,
            recent_speakers: turn
                .recent_speakers(joined.participant)
                .iter()
                .map(|id| id.to_string())
                .collect(),
        };
        self.say(session, answer);
        if let Some(participant) = turn.peer(joined.participant) {
            self.tell_others(&member, &ServerMessage::ParticipantJoined { participant });
        }
        Ok(())
    }

    fn subscribe(
        &mut self,
        session: SessionId,
        wishes: &[Wish],
        last_n: Option<u16>,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        let participant = self.member(session)?.participant;
        let streams = turn.subscribe_to_last_n(participant, wishes, last_n)?;
        let is_wanted = |publisher: &str, source: &str| {
            wishes.iter().any(|wish| wish.publisher == publisher && wish.source == source)
        };
        if let Some(member) = &mut self.sessions[session] {
            member.paused.retain(|(publisher, source)| is_wanted(publisher, source));
        }
        self.say(session, ServerMessage::Subscribed { streams });
        Ok(())
    }

    fn mute(
        &mut self,
        session: SessionId,
        source: String,
        muted: bool,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        let member = self.member(session)?.clone();
        let participant = member.participant;
        turn.command(Command::Mute { participant, source: source.clone(), muted })?;
        self.tell_others(&member, &ServerMessage::Muted { id: participant.to_string(), source, muted });
        Ok(())
    }

    /// Mutes a source of `participant`'s by somebody else's wish, and tells everybody, whose it is included.
    ///
    /// # Errors
    /// When there is no such participant or source.
    pub fn mute_other(
        &mut self,
        participant: ParticipantId,
        source: String,
        turn: &mut Turn<'_>,
    ) -> Result<(), CommandError> {
        turn.command(Command::Mute { participant, source: source.clone(), muted: true })?;
        let mut members =
            self.sessions.iter().filter_map(|(session, member)| Some((session, member.as_ref()?)));
        let theirs = members.find(|(_, member)| member.participant == participant);
        if let Some((session, member)) = theirs.map(|(session, member)| (session, member.clone())) {
            let message = ServerMessage::Muted { id: participant.to_string(), source, muted: true };
            self.say(session, message.clone());
            self.tell_others(&member, &message);
        }
        Ok(())
    }

    fn leave(&mut self, member: &Member, turn: &mut Turn<'_>) {
        self.announce_left(member);
        // Refused only if the participant is gone already, which is what was asked for.
        let _ = turn.command(Command::Leave { participant: member.participant });
    }

    fn announce_left(&mut self, member: &Member) {
        self.tell_others(member, &ServerMessage::ParticipantLeft { id: member.participant.to_string() });
    }

    /// Tells the speaker's conference, the speaker included.
    fn announce_dominant(&mut self, speaker: ParticipantId) {
        let members =
            || self.sessions.iter().filter_map(|(session, member)| Some((session, member.as_ref()?)));
        let Some((_, member)) = members().find(|(_, member)| member.participant == speaker) else { return };
        let message = ServerMessage::DominantSpeaker { id: speaker.to_string() };
        let theirs = members().filter(|(_, other)| other.conference == member.conference);
        self.outbox.extend(theirs.map(|(session, _)| (session, message.clone())));
    }

    fn member(&self, session: SessionId) -> Result<&Member, Refusal> {
        self.sessions[session].as_ref().ok_or_else(|| Refusal::new("not_joined", "join first".into()))
    }

    /// By the conference's name, not by the core's list of members: who is told about may be gone from that.
    fn tell_others(&mut self, about: &Member, message: &ServerMessage) {
        for (session, member) in &self.sessions {
            let Some(member) = member else { continue };
            if member.participant != about.participant && member.conference == about.conference {
                self.outbox.push_back((session, message.clone()));
            }
        }
    }

    fn say(&mut self, session: SessionId, message: ServerMessage) {
        self.outbox.push_back((session, message));
    }
}

fn read(text: &str) -> Result<ClientMessage, Refusal> {
    if text.len() > MAX_MESSAGE {
        return Err(Refusal::new("too_long", format!("message of {} bytes", text.len())));
    }
    serde_json::from_str(text).map_err(|error| Refusal::new("malformed", error.to_string()))
}

fn encode(message: &ServerMessage) -> String {
    serde_json::to_string(message).expect("messages have string keys and no failing serializer")
}

/// Why a request was refused.
#[derive(Debug)]
struct Refusal {
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(code: &'static str, message: String) -> Self {
        Refusal { code, message }
    }
}

impl From<CommandError> for Refusal {
    fn from(error: CommandError) -> Self {
        Refusal { code: error.code(), message: error.to_string() }
    }
}
