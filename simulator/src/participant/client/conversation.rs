//! The client's side of the conference protocol: who is there, and what to ask for.

use indexmap::{IndexMap, IndexSet};
use sfu::participant::{MediaParameters, SourceDescription, StreamDescription};
use sfu::signalling::messages::VERSION;
use sfu::signalling::{ClientMessage, IceCredentials, Peer, ServerMessage};
use thiserror::Error;

use super::view::{View, wishes};

/// What the client says when it joins.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// The conference's name.
    pub conference: String,
    /// The participant's name.
    pub name: String,
    /// Its ICE credentials.
    pub ice: IceCredentials,
    /// Its certificate's fingerprint.
    pub fingerprint: String,
    /// Payload types and extensions.
    pub media: MediaParameters,
    /// What it publishes.
    pub sources: Vec<SourceDescription>,
}

/// What a server's message means for the client's media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The server's transport is known: connect.
    Connect {
        /// The server's credentials.
        ice: IceCredentials,
        /// The server's candidate, "address:port".
        candidate: String,
        /// The server's fingerprint.
        fingerprint: String,
    },
    /// These, and only these, streams may come.
    Streams(Vec<StreamDescription>),
    /// So many encodings of an own source are watched, from the lowest.
    Watched {
        /// Which source.
        source: String,
        /// How many.
        encodings: u8,
    },
    /// Another peer, of this name, has the floor.
    Speaker(String),
    /// A peer muted or unmuted a source.
    Muted {
        /// The peer's name.
        name: String,
        /// Which source.
        source: String,
        /// Muted or not.
        muted: bool,
    },
}

/// The server broke the protocol, or refused a request that was right.
#[derive(Debug, Error)]
pub enum ConversationError {
    /// Not a message.
    #[error("the server's message does not parse: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Refused.
    #[error("the server refused: {code}: {message}")]
    Refused {
        /// The error's code.
        code: String,
        /// The error's text.
        message: String,
    },
}

/// State of one client's conversation with the server.
#[derive(Debug)]
pub struct Conversation {
    view: View,
    /// The name of who is looked at above all.
    pinned: Option<String>,
    /// The others, by id, in the order of their joining.
    peers: IndexMap<String, Peer>,
    /// What the server says that it doesn't send for want of room: the publisher's id and the source's name.
    paused: IndexSet<(String, String)>,
    /// Who was the dominant speaker last, by id, and how often the server said so.
    dominant: (Option<String>, u64),
}

impl Conversation {
    /// A conversation of somebody who looks at `view`.
    pub fn new(view: View) -> Self {
        Conversation {
            view,
            pinned: None,
            peers: IndexMap::new(),
            paused: IndexSet::new(),
            dominant: (None, 0),
        }
    }

    /// Looks at something else from now on; answers what to say, if there is anybody to look at.
    pub fn set_view(&mut self, view: View) -> Option<String> {
        self.view = view;
        self.wishes()
    }

    /// Looks at the peer called `name` above all others, or at nobody.
    pub fn pin(&mut self, name: Option<&str>) -> Option<String> {
        self.pinned = name.map(str::to_owned);
        self.wishes()
    }

    /// The first message.
    pub fn join(introduction: Introduction) -> String {
        let Introduction { conference, name, ice, fingerprint, media, sources } = introduction;
        encode(&ClientMessage::Join { version: VERSION, conference, name, ice, fingerprint, media, sources })
    }

    /// A message that mutes or unmutes one's own source.
    pub fn mute(source: &str, muted: bool) -> String {
        encode(&ClientMessage::Mute { source: source.to_owned(), muted })
    }

    /// The last message.
    pub fn leave() -> String {
        encode(&ClientMessage::Leave)
    }

    /// The name of the peer whose id the server calls `id`.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        self.peers.get(id).map(|peer| peer.name.as_str())
    }

    /// The id by which the server knows the peer called `name`.
    pub fn id_of(&self, name: &str) -> Option<&str> {
        self.peers.values().find(|peer| peer.name == name).map(|peer| peer.id.as_str())
    }

    /// Whether the server says that it sends nothing of a source: a picture that stands still then is no fault.
    pub fn is_paused(&self, publisher: &str, source: &str) -> bool {
        self.paused.iter().any(|(id, name)| id == publisher && name == source)
    }

    /// Who has the floor, by id, as the server told; and how often it told of somebody.
    pub fn dominant(&self) -> (Option<&str>, u64) {
        (self.dominant.0.as_deref(), self.dominant.1)
    }

    fn note_paused(&mut self, publisher: String, source: String, paused: bool) {
        if paused && self.peers.contains_key(&publisher) {
            self.paused.insert((publisher, source));
        } else {
            self.paused.shift_remove(&(publisher, source));
        }
    }

    /// Takes a message of the server: what follows for the media, and what to say next.
    ///
    /// # Errors
    /// When the message does not parse, or is a refusal.
    pub fn hear(&mut self, text: &str) -> Result<(Option<Consequence>, Option<String>), ConversationError> {
        Ok(match serde_json::from_str(text)? {
            ServerMessage::Joined { ice, candidate, fingerprint, participants, recent_speakers, .. } => {
                self.dominant.0 = recent_speakers.into_iter().next();
                self.peers = participants.into_iter().map(|peer| (peer.id.clone(), peer)).collect();
                let say = self.wishes();
                (Some(Consequence::Connect { ice, candidate, fingerprint }), say)
            }
            ServerMessage::ParticipantJoined { participant } => {
                self.peers.insert(participant.id.clone(), participant);
                (None, self.wishes())
            }
            ServerMessage::ParticipantLeft { id } => {
                self.peers.shift_remove(&id);
                self.paused.retain(|(publisher, _)| *publisher != id);
                self.dominant.0.take_if(|dominant| *dominant == id);
                (None, Some(self.wishes_or_none()))
            }
            ServerMessage::Subscribed { streams } => (Some(Consequence::Streams(streams)), None),
            ServerMessage::Muted { id, source, muted } => {
                let name = self.name_of(&id).map(str::to_owned);
                (name.map(|name| Consequence::Muted { name, source, muted }), None)
            }
            ServerMessage::Paused { publisher, source, paused } => {
                self.note_paused(publisher, source, paused);
                (None, None)
            }
            // It is the picture that changes with it; the sound comes by itself.
            ServerMessage::DominantSpeaker { id } => {
                let speaker = self.name_of(&id).map(|name| Consequence::Speaker(name.to_owned()));
                self.dominant = (Some(id), self.dominant.1 + 1);
                (speaker, if self.view.follows_speaker() { self.wishes() } else { None })
            }
            // It is just not there.
            ServerMessage::CodecNotSpoken { .. } => (None, None),
            ServerMessage::Watched { source, encodings } => {
                (Some(Consequence::Watched { source, encodings }), None)
            }
            ServerMessage::Error { code, message } => {
                return Err(ConversationError::Refused { code, message });
            }
        })
    }

    /// What to ask for, if anybody is there.
    fn wishes(&self) -> Option<String> {
        (!self.peers.is_empty()).then(|| self.wishes_or_none())
    }

    fn wishes_or_none(&self) -> String {
        let peers = self.peers.values();
        let wishes = wishes(&self.view, peers, self.pinned.as_deref(), self.dominant.0.as_deref());
        encode(&ClientMessage::Subscribe { wishes, last_n: self.view.last_n })
    }
}

fn encode(message: &ClientMessage) -> String {
    serde_json::to_string(message).expect("messages have string keys and no failing serializer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_note_of_what_is_paused() {
        let mut conversation = Conversation::new(View::default());
        let hear = |conversation: &mut Conversation, message: &ServerMessage| {
            let text = serde_json::to_string(message).expect("messages are JSON");
            conversation.hear(&text).expect("a proper message")
        };
        let paused = |publisher: &str, paused| ServerMessage::Paused {
            publisher: publisher.into(),
            source: "cam".into(),
            paused,
        };
        let participant = Peer { id: "p1".into(), name: "Ann".into(), sources: vec![], muted: vec![] };
        hear(&mut conversation, &ServerMessage::ParticipantJoined { participant });
        for (message, expected) in [
            (paused("p1", true), true),
            (paused("p1", false), false),
            (paused("p1", true), true),
            (ServerMessage::ParticipantLeft { id: "p1".into() }, false),
            (paused("p1", true), false),
        ] {
            hear(&mut conversation, &message);
            assert_eq!(conversation.is_paused("p1", "cam"), expected, "{message:?}");
        }
    }

    #[test]
    fn knows_who_has_the_floor() {
        let mut conversation = Conversation::new(View::default());
        let speaker = |id: &str| ServerMessage::DominantSpeaker { id: id.into() };
        let joined = ServerMessage::Joined {
            id: "p3".into(),
            ice: IceCredentials { ufrag: "u".into(), pwd: "p".into() },
            candidate: "192.0.2.1:1".into(),
            fingerprint: String::new(),
            participants: vec![],
            recent_speakers: vec!["p2".into(), "p1".into()],
        };
        for (message, expected) in [
            (joined, (Some("p2"), 0)),
            (speaker("p1"), (Some("p1"), 1)),
            (speaker("p3"), (Some("p3"), 2)),
            (ServerMessage::ParticipantLeft { id: "p1".into() }, (Some("p3"), 2)),
            (speaker("p2"), (Some("p2"), 3)),
            (ServerMessage::ParticipantLeft { id: "p2".into() }, (None, 3)),
        ] {
            let text = serde_json::to_string(&message).expect("messages are JSON");
            assert_eq!(
                conversation.hear(&text).expect("a proper message"),
                match message {
                    ServerMessage::Joined { ice, candidate, fingerprint, .. } => {
                        (Some(Consequence::Connect { ice, candidate, fingerprint }), None)
                    }
                    ServerMessage::ParticipantLeft { .. } => (None, Some(conversation.wishes_or_none())),
                    _ => (None, None),
                }
            );
            assert_eq!(conversation.dominant(), expected);
        }
    }
}
