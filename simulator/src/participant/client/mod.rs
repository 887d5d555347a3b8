//! One synthetic participant as a whole: conversation, transport, what it sends and what it receives.

mod call;
pub mod conversation;
mod data;
mod dialogue;
mod incoming;
mod lip_sync;
mod round_trips;
mod rtcp_out;
mod streams;
mod surroundings;
mod traffic;
mod uplink_logs;
pub mod view;

use std::net::SocketAddr;

use reports::observation::{EstimateOf, JoinStep, Observation, ParticipantIndex};
use sfu::rtcp::ArrivalLog;
use sfu::{DataRate, Time};

use crate::network::reliable::ReliableChannel;
use crate::network::{Datagram, TrafficClass};
use crate::participant::data::DataClient;
use crate::participant::receive::Arrival;
use crate::participant::receive::feedback_timer::{FeedbackTimer, VIDEO_REPORT_INTERVAL};
use crate::participant::sender::MediaSender;
use crate::participant::transport::{ClientTransport, Received};
use crate::random::Stream;
use conversation::{Conversation, Introduction};
use incoming::Incoming;
use round_trips::RoundTrips;
use streams::Streams;
use view::View;

pub use surroundings::{ClientIdentity, Surroundings};
pub use uplink_logs::UplinkLogs;

/// A synthetic participant.
pub struct Client {
    identity: ClientIdentity,
    conversation: Conversation,
    channel: ReliableChannel,
    transport: ClientTransport,
    sender: MediaSender,
    /// When the sender has something to do, as of its last turn.
    sender_due: Time,
    incoming: Streams,
    arrivals: ArrivalLog,
    feedback: FeedbackTimer,
    /// Its data channels, if it has any.
    data: Option<Box<DataClient>>,
    round_trips: RoundTrips,
    random: Stream,
    joined: bool,
    left: bool,
    scratch: Vec<u8>,
    compound: Vec<u8>,
    failure: Option<String>,
}

impl Client {
    /// A participant that has not joined yet, and will look at `view`.
    pub fn new(
        identity: ClientIdentity,
        transport: ClientTransport,
        sender: MediaSender,
        mut random: Stream,
        view: View,
    ) -> Self {
        let feedback = FeedbackTimer::new(Time::ZERO, VIDEO_REPORT_INTERVAL, random.bits() as u32);
        let arrivals = ArrivalLog::new(identity.feedback);
        Client {
            identity,
            conversation: Conversation::new(view),
            channel: ReliableChannel::client(),
            transport,
            sender,
            sender_due: Time::NEVER,
            incoming: Streams::default(),
            arrivals,
            feedback,
            data: None,
            round_trips: RoundTrips::default(),
            random,
            joined: false,
            left: false,
            scratch: Vec::with_capacity(2_048),
            compound: Vec::with_capacity(2_048),
            failure: None,
        }
    }

    /// The same participant with data channels.
    pub fn with_data(mut self, data: DataClient) -> Self {
        self.data = Some(Box::new(data));
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// Where it sends from.
    pub fn address(&self) -> SocketAddr {
        self.identity.address
    }

    /// What went wrong beyond repair, in words.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Whether it has begun to join; it may have left since.
    pub fn has_joined(&self) -> bool {
        self.joined
    }

    /// Whether its transport is connected.
    pub fn is_connected(&self) -> bool {
        self.transport.is_connected()
    }

    /// Whether what it says would be sent.
    pub fn can_be_heard(&self) -> bool {
        !self.left && self.sender.can_be_heard()
    }

    /// Decides to join: the conversation with the server begins.
    pub fn join(&mut self, now: Time, around: &mut Surroundings<'_>) {
        self.joined = true;
        self.step(JoinStep::Intent, around);
        if self.identity.call.is_some() {
            return self.say(now, &self.describe_itself(), around);
        }
        let introduction = Introduction {
            conference: self.identity.conference.clone(),
            name: self.identity.name.clone(),
            ice: sfu::signalling::IceCredentials {
                ufrag: self.identity.credentials.ufrag.clone(),
                pwd: self.identity.credentials.pwd.clone(),
            },
            fingerprint: self.identity.certificate.fingerprint().to_string(),
            media: self.identity.media,
            sources: self.sender.descriptions(),
        };
        self.say(now, &Conversation::join(introduction), around);
    }

    /// Says good-bye and stops sending media.
    pub fn leave(&mut self, now: Time, around: &mut Surroundings<'_>) {
        if self.left {
            return;
        }
        let farewell = if self.identity.call.is_some() { call::hang_up() } else { Conversation::leave() };
        self.say(now, &farewell, around);
        self.transport.close(now);
        self.flush_transport(now, around);
        self.left = true;
        let gone = self.incoming.iter().map(|stream| Observation::Unsubscribed(stream.flow()));
        around.observations.extend(gone);
        self.incoming = Streams::default();
        self.step(JoinStep::Left, around);
    }

    /// Mutes or unmutes a source of its own.
    pub fn set_muted(&mut self, now: Time, source: &str, muted: bool, around: &mut Surroundings<'_>) {
        self.sender.set_muted(now, source, muted);
        self.sender_due = self.sender.deadline();
        // Whoever is not there yet joins muted: there is nobody to tell.
        if self.joined && !self.left {
            let in_call = self.identity.call.is_some();
            let message = if in_call { call::mute(source, muted) } else { Conversation::mute(source, muted) };
            self.say(now, &message, around);
        }
    }

    /// Takes a datagram from the network. `arrival` says how a forwarded packet came.
    pub fn receive(
        &mut self,
        now: Time,
        datagram: &mut Datagram,
        arrival: &Arrival,
        around: &mut Surroundings<'_>,
    ) {
        if datagram.class == TrafficClass::Signalling {
            // A segment that makes no sense is repaired like a lost one.
            let _ = self.channel.input(now, &datagram.bytes);
            self.converse(now, around);
            return self.flush_channel(now, around);
        }
        if self.left {
            return;
        }
        match self.transport.handle(now, datagram.from.into(), datagram.to.into(), &mut datagram.bytes) {
            // Nothing of the transport's own comes of media.
            Ok(Received::Rtp(len)) => {
                return self.on_rtp(now, (&datagram.bytes[..len], datagram.ecn), arrival, around);
            }
            Ok(Received::Rtcp(len)) => self.on_rtcp(now, &datagram.bytes[..len]),
            // What the transport refuses has no effect, as on a real host.
            Ok(Received::Consumed) | Err(_) => {}
        }
        self.flush_transport(now, around);
    }

    /// When [`Client::handle_timeout`] has something to do next.
    pub fn deadline(&self) -> Time {
        if !self.joined {
            return Time::NEVER;
        }
        let channel = self.channel.deadline().unwrap_or(Time::NEVER);
        if self.left {
            return channel;
        }
        let transport = self.transport.deadline().unwrap_or(Time::NEVER);
        if !self.transport.is_connected() {
            return channel.min(transport);
        }
        let media = self.sender_due.min(self.feedback.deadline()).min(self.incoming.deadline());
        let data = self.data.as_ref().map_or(Time::NEVER, |data| data.deadline());
        channel.min(transport).min(media).min(data)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time, around: &mut Surroundings<'_>) {
        if self.channel.deadline().is_some_and(|at| at <= now) {
            self.flush_channel(now, around);
        }
        if self.left {
            return;
        }
        if self.transport.deadline().is_some_and(|at| at <= now) {
            self.transport.handle_timeout(now);
            self.flush_transport(now, around);
        }
        if !self.transport.is_connected() {
            return;
        }
        if self.sender_due <= now || self.sender.is_unsettled() {
            self.send_media(now, around);
        }
        let mut from = 0;
        while let Some(place) = self.incoming.due(from, now) {
            self.advance(now, place, around);
            from = place + 1;
        }
        if from > 0 {
            self.incoming.settle();
        }
        self.send_due_feedback(now, around);
        self.data_due(now, around);
    }

    /// Tells the counters of every flow, and the uplink's estimate, as they stand.
    pub fn sample(&mut self, observations: &mut Vec<Observation>) {
        for stream in self.incoming.iter() {
            observations.push(Observation::Counters { flow: stream.flow(), counters: stream.counters() });
        }
        if self.transport.is_connected() && !self.left {
            observations.push(self.estimate(self.sender.estimate()));
        }
    }

    /// What is wrong with what arrived, as only the SFU can have made it; empty when nothing is.
    pub fn complaints(&self) -> Vec<String> {
        let data = self.data.as_ref().and_then(|data| data.failure()).map(str::to_owned);
        let complaints = self.incoming.iter().filter_map(Incoming::complaint).chain(data);
        complaints.map(|text| format!("{}: {text}", self.identity.name)).collect()
    }

    fn estimate(&self, rate: DataRate) -> Observation {
        let of = EstimateOf::Uplink(ParticipantIndex(self.identity.index));
        Observation::Estimate { of, bps: rate.as_bps() }
    }

    fn step(&self, step: JoinStep, around: &mut Surroundings<'_>) {
        let participant = ParticipantIndex(self.identity.index);
        around.observations.push(Observation::Join { participant, step });
    }
}
