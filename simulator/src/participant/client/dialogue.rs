//! What a client says to the server, or to the other end of a call, and what follows from what it hears.

use reports::observation::{Flow, JoinStep, Observation, ParticipantIndex, SourceIndex};
use sfu::Time;

use super::conversation::Consequence;
use super::incoming::Incoming;
use super::view::View;
use super::{Client, Surroundings};
use crate::participant::transport::{IceCredentials, RemoteTransport};

impl Client {
    pub(super) fn say(&mut self, now: Time, message: &str, around: &mut Surroundings<'_>) {
        if let Err(error) = self.channel.send(message.as_bytes()) {
            self.failure = Some(format!("signalling: {error}"));
        }
        self.flush_channel(now, around);
    }

    /// Looks at something else from now on.
    pub fn set_view(&mut self, now: Time, view: View, around: &mut Surroundings<'_>) {
        let message = self.conversation.set_view(view);
        self.say_if_there(now, message, around);
    }

    /// Looks at the one called `name` above all others, or at nobody.
    pub fn pin(&mut self, now: Time, name: Option<&str>, around: &mut Surroundings<'_>) {
        let message = self.conversation.pin(name);
        self.say_if_there(now, message, around);
    }

    fn say_if_there(&mut self, now: Time, message: Option<String>, around: &mut Surroundings<'_>) {
        if let Some(message) = message.filter(|_| self.joined && !self.left) {
            self.say(now, &message, around);
        }
    }

    /// Takes in what the server said.
    pub(super) fn converse(&mut self, now: Time, around: &mut Surroundings<'_>) {
        while let Some(message) = self.channel.poll_message() {
            let text = String::from_utf8_lossy(&message);
            if self.identity.call.is_some() {
                self.hear_call(now, &text, around);
                continue;
            }
            match self.conversation.hear(&text) {
                Ok((consequence, answer)) => {
                    if let Some(consequence) = consequence {
                        self.follow(now, consequence, around);
                    }
                    if let (Some(answer), false) = (answer, self.left) {
                        self.say(now, &answer, around);
                    }
                }
                Err(error) if !self.left => self.failure = Some(error.to_string()),
                Err(_) => {}
            }
        }
    }

    pub(super) fn follow(&mut self, now: Time, consequence: Consequence, around: &mut Surroundings<'_>) {
        match consequence {
            Consequence::Connect { ice, candidate, fingerprint } => {
                self.step(JoinStep::Signalled, around);
                let connected = self.connect(now, ice, &candidate, &fingerprint);
                if let Err(error) = connected {
                    self.failure = Some(error);
                }
                self.flush_transport(now, around);
            }
            Consequence::Watched { source, encodings } => {
                self.sender.set_watched(now, &source, encodings);
                self.sender_due = self.sender.deadline();
            }
            Consequence::Streams(streams) => self.set_streams(&streams, around),
            Consequence::Speaker(name) => {
                let receiver = ParticipantIndex(self.identity.index);
                let place = self.identity.cast.get_index_of(name.as_str());
                let speaker = place.and_then(|place| u16::try_from(place).ok()).map(ParticipantIndex);
                around
                    .observations
                    .extend(speaker.map(|speaker| Observation::SpeakerHeard { receiver, speaker }));
            }
            Consequence::Muted { name, source, muted } => {
                for stream in self.incoming.iter_mut() {
                    if stream.is_of(&self.identity.cast, &name, &source) && stream.set_muted(muted) {
                        let flow = stream.flow();
                        around.observations.push(match muted {
                            true => Observation::Unsubscribed(flow),
                            false => Observation::Subscribed(flow),
                        });
                    }
                }
            }
        }
    }

    pub(super) fn connect(
        &mut self,
        now: Time,
        ice: sfu::signalling::IceCredentials,
        candidate: &str,
        fingerprint: &str,
    ) -> Result<(), String> {
        let remote = RemoteTransport {
            candidate: candidate.parse().map_err(|error| format!("candidate '{candidate}': {error}"))?,
            credentials: IceCredentials { ufrag: ice.ufrag, pwd: ice.pwd },
            fingerprint: fingerprint.parse().map_err(|error| format!("fingerprint: {error}"))?,
        };
        self.transport.set_remote(now, remote).map_err(|error| error.to_string())
    }

    /// Takes over the server's list of streams: what is new, and what has gone.
    pub(super) fn set_streams(
        &mut self,
        streams: &[sfu::participant::StreamDescription],
        around: &mut Surroundings<'_>,
    ) {
        self.incoming.retain(|stream| {
            let stays = streams.iter().any(|described| stream.takes(described.ssrc));
            if !stays && !stream.is_muted() {
                around.observations.push(Observation::Unsubscribed(stream.flow()));
            }
            stays
        });
        for described in streams {
            if self.incoming.iter().any(|stream| stream.takes(described.ssrc)) {
                continue;
            }
            let Some(flow) = self.flow_of(described) else { continue };
            let stream = Incoming::new(described, flow, self.identity.nack, &self.identity.media);
            around.observations.push(Observation::Subscribed(flow));
            self.incoming.push(stream);
        }
    }

    pub(super) fn flow_of(&self, described: &sfu::participant::StreamDescription) -> Option<Flow> {
        let name = match &self.identity.call {
            Some(_) => described.publisher.as_str(),
            None => self.conversation.name_of(&described.publisher)?,
        };
        let (publisher, _, sources) = self.identity.cast.get_full(name)?;
        let source = sources.iter().position(|source| *source == described.source)?;
        Some(Flow {
            receiver: ParticipantIndex(self.identity.index),
            publisher: ParticipantIndex(u16::try_from(publisher).ok()?),
            source: SourceIndex(u8::try_from(source).ok()?),
        })
    }
}
