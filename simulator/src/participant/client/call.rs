//! A call of two without a server between them: each end tells the other of its transport and its streams, as an offer
//! and an answer do. The signalling server passes on what they say and doesn't read it.

use serde::{Deserialize, Serialize};
use sfu::Time;
use sfu::participant::StreamDescription;
use sfu::signalling::IceCredentials;

use super::conversation::Consequence;
use super::{Client, Surroundings};

/// What the ends of a call say to each other.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum CallMessage {
    /// How to reach the end that says it, and what comes from there.
    Description {
        ice: IceCredentials,
        /// "address:port"
        candidate: String,
        fingerprint: String,
        streams: Vec<StreamDescription>,
    },
    /// A source of the end that says it was muted, or is heard again.
    Mute { source: String, muted: bool },
    /// The end that says it is gone.
    HangUp,
}

impl Client {
    /// What an end says first.
    pub(super) fn describe_itself(&self) -> String {
        let identity = &self.identity;
        encode(&CallMessage::Description {
            ice: IceCredentials {
                ufrag: identity.credentials.ufrag.clone(),
                pwd: identity.credentials.pwd.clone(),
            },
            candidate: identity.address.to_string(),
            fingerprint: identity.certificate.fingerprint().to_string(),
            streams: self.sender.streams(&identity.name),
        })
    }

    /// Takes in what the other end said.
    pub(super) fn hear_call(&mut self, now: Time, text: &str, around: &mut Surroundings<'_>) {
        if self.left {
            return;
        }
        match serde_json::from_str(text) {
            Ok(CallMessage::Description { ice, candidate, fingerprint, streams }) => {
                self.follow(now, Consequence::Connect { ice, candidate, fingerprint }, around);
                self.follow(now, Consequence::Streams(streams), around);
            }
            Ok(CallMessage::Mute { source, muted }) => {
                let name = self.identity.call.clone().expect("only who is in a call hears of one");
                self.follow(now, Consequence::Muted { name, source, muted }, around);
            }
            Ok(CallMessage::HangUp) => self.follow(now, Consequence::Streams(Vec::new()), around),
            Err(error) => self.failure = Some(format!("the other end's message does not parse: {error}")),
        }
    }
}

/// What is said of muting a source.
pub(super) fn mute(source: &str, muted: bool) -> String {
    encode(&CallMessage::Mute { source: source.to_owned(), muted })
}

/// The last message.
pub(super) fn hang_up() -> String {
    encode(&CallMessage::HangUp)
}

fn encode(message: &CallMessage) -> String {
    serde_json::to_string(message).expect("messages have string keys and no failing serializer")
}
