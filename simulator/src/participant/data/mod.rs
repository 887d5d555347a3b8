//! Data channels of a synthetic participant: an association, channels opened by rtc-datachannel's messages, and
//! an application that sends and recognises stamped messages.

mod stamp;
mod topic;

use std::time::Duration;

use bytes::Bytes;
use reports::observation::{Observation, ParticipantIndex};
use rtc_datachannel::message::Message;
use rtc_shared::marshal::Unmarshal;
use sfu::data::envelope::{Envelope, Notice};
use sfu::data::{Association, AssociationEvent, AssociationSeed, Payload, Side};
use sfu::{DataRate, DataSize, Time};

use crate::random::Stream;
use crate::virtual_time::report_time;
pub use stamp::DataStamp;
use topic::Topic;
pub use topic::{Sends, TopicConfig};

/// How often an application looks again when its channel was full, or whom it writes to is not there yet.
const RETRY: Duration = Duration::from_millis(20);

/// What a participant's data needs from outside.
pub struct DataConfig {
    /// The participant's place in the cast.
    pub me: u16,
    /// Its channels.
    pub topics: Vec<TopicConfig>,
    /// How fast it reads; `None`: at once.
    pub reads: Option<DataRate>,
    /// Random numbers of its own.
    pub random: Stream,
}

/// What the participant knows of the others.
pub trait Directory {
    /// The id by which the server knows a participant.
    fn id_of(&self, name: &str) -> Option<String>;
    /// Its place in the cast.
    fn place_of(&self, name: &str) -> Option<u16>;
}

/// A participant's data channels.
pub struct DataClient {
    me: u16,
    association: Association,
    topics: Vec<Topic>,
    reads: Option<DataRate>,
    /// When the next message is read by someone who reads slowly.
    read_at: Time,
    /// When the application tries again.
    retry: Time,
    random: Stream,
    failure: Option<String>,
}

impl DataClient {
    /// Data channels that have not been opened yet. Streams are numbered as a DTLS client does (RFC 8832
    /// section 6).
    pub fn new(config: DataConfig) -> Self {
        let DataConfig { me, topics, reads, mut random } = config;
        let mut seed = [0; AssociationSeed::LEN];
        seed.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&random.bits().to_be_bytes()));
        let mut association = Association::new(Side::Open, AssociationSeed::from_bytes(&seed));
        if reads.is_some() {
            association.read_on_request();
        }
        let topics = topics.into_iter().enumerate();
        DataClient {
            me,
            association,
            topics: topics.map(|(place, config)| Topic::new(config, 2 * place as u16)).collect(),
            reads,
            read_at: Time::ZERO,
            retry: Time::NEVER,
            random,
            failure: None,
        }
    }

    /// DTLS is up: the association begins.
    pub fn connected(&mut self, now: Time) {
        self.association.open(now);
    }

    /// Takes an SCTP packet.
    pub fn receive(&mut self, now: Time, packet: &[u8], who: &dyn Directory, seen: &mut Vec<Observation>) {
        // What the association refuses has no effect, as on a real host.
        let _ = self.association.handle(now, packet);
        self.advance(now, who, seen);
    }

    /// When [`DataClient::handle_timeout`] has something to do next.
    pub fn deadline(&self) -> Time {
        let association = self.association.deadline().unwrap_or(Time::NEVER);
        let topics = self.topics.iter().map(Topic::due).min().unwrap_or(Time::NEVER);
        let topics = if self.retry == Time::NEVER { topics } else { topics.max(self.retry) };
        let reading = if self.reads.is_some() { self.read_at } else { Time::NEVER };
        association.min(topics).min(reading)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time, who: &dyn Directory, seen: &mut Vec<Observation>) {
        self.association.handle_timeout(now);
        self.advance(now, who, seen);
    }

    /// The next SCTP packet to send.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.association.poll_transmit()
    }

    /// What is wrong with what arrived.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    fn advance(&mut self, now: Time, who: &dyn Directory, seen: &mut Vec<Observation>) {
        self.events(now, seen);
        if self.reads.is_some() && now >= self.read_at {
            self.association.read(now, 1);
            // Whoever has nothing to read looks again when something has come.
            self.read_at = Time::NEVER;
            self.events(now, seen);
            if self.read_at == Time::NEVER {
                self.read_at = now + RETRY;
            }
        }
        self.write(now, who, seen);
    }

    fn events(&mut self, now: Time, seen: &mut Vec<Observation>) {
        while let Some(event) = self.association.poll_event() {
            match event {
                AssociationEvent::Established => self.open(now),
                AssociationEvent::Message { stream, payload, data } => {
                    if let Some(rate) = self.reads {
                        self.read_at = now + rate.time_for(DataSize::from_bytes(data.len() as u64));
                    }
                    self.message(now, stream, payload, &data, seen);
                }
                AssociationEvent::Unusable { len, .. } => {
                    self.failure = Some(format!("data: a message of {len} bytes that nobody sent"));
                }
                AssociationEvent::Reset { stream } => self.topics.retain(|topic| topic.stream != stream),
                AssociationEvent::Closed => self.topics.clear(),
            }
        }
    }

    fn open(&mut self, now: Time) {
        for topic in &self.topics {
            self.association.open_stream(topic.stream);
            self.association.set_delivery(topic.stream, topic.config.delivery);
            self.association.send(now, topic.stream, Payload::Control, &topic.opening().into());
        }
    }

    fn message(
        &mut self,
        now: Time,
        stream: u16,
        payload: Payload,
        data: &Bytes,
        seen: &mut Vec<Observation>,
    ) {
        let participant = ParticipantIndex(self.me);
        let Some(topic) = self.topics.iter_mut().find(|topic| topic.stream == stream) else { return };
        let label = topic.config.label.clone();
        if payload == Payload::Control {
            if matches!(Message::unmarshal(&mut data.clone()), Ok(Message::DataChannelAck(_))) && !topic.open
            {
                topic.opened(now, self.random.unit());
                seen.push(Observation::DataOpened { participant, label });
            }
            return;
        }
        match Envelope::parse(data) {
            Ok(Envelope::Broadcast { payload, .. } | Envelope::Directed { payload, .. }) => {
                let Some(stamp) = DataStamp::read(payload) else {
                    self.failure = Some(format!("data: a broken message on {label}"));
                    return;
                };
                let (sender, sent) = (ParticipantIndex(stamp.sender), report_time(stamp.sent));
                let bytes = stamp.size;
                seen.push(Observation::DataReceived { receiver: participant, sender, label, sent, bytes });
            }
            Ok(Envelope::Notice { notice: Notice::Dropped, count }) => {
                seen.push(Observation::DataDropped { receiver: participant, label, count });
            }
            // Whoever was written to has just left.
            Ok(Envelope::Notice { notice: Notice::NoRecipient, .. }) => {}
            Err(error) => self.failure = Some(format!("data: on {label}: {error}")),
        }
    }

    fn write(&mut self, now: Time, who: &dyn Directory, seen: &mut Vec<Observation>) {
        self.retry = Time::NEVER;
        for topic in self.topics.iter_mut().filter(|topic| topic.open) {
            while let Some(len) = topic.message(now, self.association.outstanding()) {
                let stamp = DataStamp { sender: self.me, ordinal: topic.ordinal, sent: now, size: len };
                let message = stamp.message();
                let to = topic.config.to.as_deref();
                let peer = match to.map(|name| who.id_of(name)) {
                    Some(None) => break,
                    Some(Some(id)) => Some(id),
                    None => None,
                };
                let envelope = match &peer {
                    Some(id) => Envelope::Directed { peer: id, payload: &message },
                    None => Envelope::Broadcast { from: "", payload: &message },
                };
                let bytes = envelope.to_bytes().expect("the server's ids are short");
                if !self.association.send(now, topic.stream, Payload::Binary, &bytes) {
                    break;
                }
                seen.push(Observation::DataSent {
                    sender: ParticipantIndex(self.me),
                    label: topic.config.label.clone(),
                    to: to.and_then(|name| who.place_of(name)).map(ParticipantIndex),
                    bytes: len,
                });
                topic.sent(now, len);
            }
            if topic.waits_for_room(now) {
                self.retry = now + RETRY;
            }
        }
    }
}
