//! One synthetic participant as a whole: conversation, transport, what it sends and what it receives.

pub mod conversation;
mod incoming;
mod rtcp_out;
mod streams;

use std::net::SocketAddr;
use std::sync::Arc;

use indexmap::IndexMap;
use reports::observation::{EstimateOf, Flow, JoinStep, Observation, ParticipantIndex, SourceIndex};
use rustc_hash::FxHashMap;
use sfu::participant::MediaParameters;
use sfu::rtcp::ArrivalRecorder;
use sfu::rtp::{Extensions, RtpHeader};
use sfu::transport::certificate::Certificate;
use sfu::{DataRate, Time, rtcp};

use crate::network::reliable::ReliableChannel;
use crate::network::{BufferPool, Datagram, TrafficClass};
use crate::participant::media::sender_log::{HopRecord, SenderLog, UplinkRecord};
use crate::participant::media::stamp::VideoStamp;
use crate::participant::receive::feedback_timer::{FeedbackTimer, VIDEO_REPORT_INTERVAL};
use crate::participant::receive::{Arrival, UplinkLookup};
use crate::participant::sender::{MediaSender, MediaTag, Output};
use crate::participant::transport::{
    ClientTransport, IceCredentials, Received, RemoteTransport, TransportEvent,
};
use crate::random::Stream;
use conversation::{Consequence, Conversation, Introduction};
use incoming::Incoming;
use streams::Streams;

/// How many packets of one encoding the log of their uplink crossings keeps: over 6 s at 200 packets/s.
const LOGGED_PACKETS: usize = 2_048;

/// Where each packet of each publisher crossed to the SFU: what receivers ask to decompose latency.
#[derive(Debug, Default)]
pub struct UplinkLogs {
    logs: FxHashMap<(u16, u8, u8), SenderLog>,
}

impl UplinkLogs {
    /// A copy of a packet was handed to the network.
    pub fn sent(&mut self, publisher: u16, tag: MediaTag, at: Time) {
        let key = (publisher, tag.source, tag.encoding);
        self.logs.entry(key).or_insert_with(|| SenderLog::new(LOGGED_PACKETS)).sent(tag.ordinal, at);
    }

    /// A copy of a packet reached the SFU.
    pub fn arrived(&mut self, publisher: u16, tag: MediaTag, hop: HopRecord) {
        if let Some(log) = self.logs.get_mut(&(publisher, tag.source, tag.encoding)) {
            log.arrived(tag.ordinal, hop);
        }
    }
}

impl UplinkLookup for UplinkLogs {
    fn uplink(&self, stamp: &VideoStamp) -> Option<UplinkRecord> {
        self.logs.get(&(stamp.publisher, stamp.source, stamp.encoding))?.lookup(stamp.ordinal)
    }
}

/// What a client reaches of the world while it handles something.
pub struct Surroundings<'a> {
    /// Buffers for datagrams.
    pub pool: &'a mut BufferPool,
    /// What is handed to the uplink, in order; the tag names the media packet.
    pub outgoing: &'a mut Vec<(Datagram, Option<MediaTag>)>,
    /// Where packets crossed.
    pub logs: &'a mut UplinkLogs,
    /// What was seen, in order.
    pub observations: &'a mut Vec<Observation>,
}

/// What never changes about a client.
pub struct ClientIdentity {
    /// Place in the cast.
    pub index: u16,
    /// Name in the conference, unique.
    pub name: String,
    /// The conference's name.
    pub conference: String,
    /// Its address; media and signalling leave from it.
    pub address: SocketAddr,
    /// Where the server listens for the conference protocol.
    pub signalling: SocketAddr,
    /// Its ICE credentials.
    pub credentials: IceCredentials,
    /// Its DTLS certificate.
    pub certificate: Certificate,
    /// Payload types and header extensions.
    pub media: MediaParameters,
    /// Everybody's place in the cast, and the names of everybody's sources, by name.
    pub cast: Arc<IndexMap<String, Vec<String>>>,
    /// Whether lost packets are asked for.
    pub nack: bool,
}

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
    arrivals: ArrivalRecorder,
    feedback: FeedbackTimer,
    random: Stream,
    joined: bool,
    left: bool,
    scratch: Vec<u8>,
    compound: Vec<u8>,
    failure: Option<String>,
}

impl Client {
    /// A participant that has not joined yet. `tiles` is how many pictures it looks at, none higher than
    /// `max_height` px.
    pub fn new(
        identity: ClientIdentity,
        transport: ClientTransport,
        sender: MediaSender,
        mut random: Stream,
        (tiles, max_height): (u16, Option<u16>),
    ) -> Self {
        let feedback = FeedbackTimer::new(Time::ZERO, VIDEO_REPORT_INTERVAL, random.bits() as u32);
        Client {
            identity,
            conversation: Conversation::new(tiles, max_height),
            channel: ReliableChannel::client(),
            transport,
            sender,
            sender_due: Time::NEVER,
            incoming: Streams::default(),
            arrivals: ArrivalRecorder::new(),
            feedback,
            random,
            joined: false,
            left: false,
            scratch: Vec::with_capacity(2_048),
            compound: Vec::with_capacity(2_048),
            failure: None,
        }
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

    /// Whether its transport is connected.
    pub fn is_connected(&self) -> bool {
        self.transport.is_connected()
    }

    /// Decides to join: the conversation with the server begins.
    pub fn join(&mut self, now: Time, around: &mut Surroundings<'_>) {
        self.joined = true;
        self.step(JoinStep::Intent, around);
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
        self.say(now, &Conversation::leave(), around);
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
            self.say(now, &Conversation::mute(source, muted), around);
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
        match self.transport.handle(now, datagram.from, datagram.to, &mut datagram.bytes) {
            Ok(Received::Rtp(len)) => self.on_rtp(now, &datagram.bytes[..len], arrival, around),
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
        channel.min(transport).min(media)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time, around: &mut Surroundings<'_>) {
        self.flush_channel(now, around);
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
        self.send_media(now, around);
        let mut from = 0;
        while let Some(place) = self.incoming.due(from, now) {
            self.advance(now, place, around);
            from = place + 1;
        }
        self.send_due_feedback(now, around);
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
        let complaints = self.incoming.iter().filter_map(Incoming::complaint);
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

    fn say(&mut self, now: Time, message: &str, around: &mut Surroundings<'_>) {
        if let Err(error) = self.channel.send(message.as_bytes()) {
            self.failure = Some(format!("signalling: {error}"));
        }
        self.flush_channel(now, around);
    }

    /// Takes in what the server said.
    fn converse(&mut self, now: Time, around: &mut Surroundings<'_>) {
        while let Some(message) = self.channel.poll_message() {
            let text = String::from_utf8_lossy(&message);
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

    fn follow(&mut self, now: Time, consequence: Consequence, around: &mut Surroundings<'_>) {
        match consequence {
            Consequence::Connect { ice, candidate, fingerprint } => {
                self.step(JoinStep::Signalled, around);
                let connected = self.connect(now, ice, &candidate, &fingerprint);
                if let Err(error) = connected {
                    self.failure = Some(error);
                }
                self.flush_transport(now, around);
            }
            Consequence::Streams(streams) => self.set_streams(&streams, around),
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

    fn connect(
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

    fn flush_channel(&mut self, now: Time, around: &mut Surroundings<'_>) {
        loop {
            let mut bytes = around.pool.take();
            if !self.channel.poll_transmit(now, &mut bytes) {
                return around.pool.put(bytes);
            }
            let (from, to) = (self.identity.address, self.identity.signalling);
            let datagram = Datagram { from, to, bytes, class: TrafficClass::Signalling, tag: 0 };
            around.outgoing.push((datagram, None));
        }
    }

    fn flush_transport(&mut self, now: Time, around: &mut Surroundings<'_>) {
        while let Some(transmit) = self.transport.poll_transmit() {
            let bytes = around.pool.take_copy(&transmit.bytes);
            let stun = transmit.bytes.first().is_some_and(|first| *first < 4);
            let class = if stun { TrafficClass::Stun } else { TrafficClass::Dtls };
            let (from, to) = (transmit.path.local, transmit.path.remote);
            around.outgoing.push((Datagram { from, to, bytes, class, tag: 0 }, None));
        }
        while let Some(event) = self.transport.poll_event() {
            match event {
                TransportEvent::IceConnected => self.step(JoinStep::Ice, around),
                TransportEvent::DtlsConnected(_) => {
                    self.step(JoinStep::Dtls, around);
                    self.sender.start(now);
                    self.send_media(now, around);
                }
                TransportEvent::Failed(failure) if !self.left => self.failure = Some(failure.to_string()),
                _ => {}
            }
        }
    }

    fn send_media(&mut self, now: Time, around: &mut Surroundings<'_>) {
        let Client { sender, sender_due, transport, identity, .. } = self;
        let Some(path) = transport.path() else { return };
        let participant = ParticipantIndex(identity.index);
        sender.handle_timeout(now, &mut |output| match output {
            Output::Packet { class, packet, tag } => {
                if transport.send_rtp(packet).is_ok() {
                    let bytes = around.pool.take_copy(packet);
                    if let Some(tag) = tag {
                        around.logs.sent(identity.index, tag, now);
                    }
                    let datagram = Datagram { from: path.local, to: path.remote, bytes, class, tag: 0 };
                    around.outgoing.push((datagram, tag));
                }
            }
            Output::Rtcp(packet) => {
                if transport.send_rtcp(packet).is_ok() {
                    let bytes = around.pool.take_copy(packet);
                    let class = TrafficClass::Rtcp;
                    let datagram = Datagram { from: path.local, to: path.remote, bytes, class, tag: 0 };
                    around.outgoing.push((datagram, None));
                }
            }
            Output::FrameEncoded { source, layer, key, bytes } => {
                let source = SourceIndex(source);
                let publisher = participant;
                around.observations.push(Observation::FrameEncoded { publisher, source, layer, key, bytes });
            }
            Output::Estimate(rate) => {
                let of = EstimateOf::Uplink(participant);
                around.observations.push(Observation::Estimate { of, bps: rate.as_bps() });
            }
        });
        *sender_due = sender.deadline();
    }

    fn on_rtp(&mut self, now: Time, packet: &[u8], arrival: &Arrival, around: &mut Surroundings<'_>) {
        let Ok(header) = RtpHeader::parse(packet) else { return };
        let extensions = Extensions::parse(packet, &header, &self.identity.media.extensions);
        if let Some(sequence) = extensions.transport_cc {
            self.arrivals.record(now, sequence);
            self.feedback.on_transport_packet(now);
        }
        let Some(place) = self.incoming.find(header.ssrc) else { return };
        let payload = header.payload(packet);
        let Client { incoming, transport, compound, .. } = self;
        let wants = incoming.receive(place, now, (&header, payload), arrival, around);
        wants.send(transport, compound, around);
    }

    fn on_rtcp(&mut self, now: Time, compound: &[u8]) {
        let Ok(packets) = rtcp::packets(compound) else { return };
        for packet in packets {
            if let rtcp::Packet::SenderReport(report) = &packet
                && let Some(place) = self.incoming.find(report.info.ssrc)
            {
                self.incoming.get_mut(place).on_sender_report(now, report.info.ntp.middle());
            }
            self.sender.on_rtcp(now, &packet);
        }
        self.sender_due = self.sender.deadline();
        if let Some(rtt) = self.sender.rtt() {
            self.incoming.iter_mut().for_each(|stream| stream.set_rtt(rtt));
        }
    }

    fn advance(&mut self, now: Time, place: usize, around: &mut Surroundings<'_>) {
        let Client { incoming, transport, compound, .. } = self;
        let wants = incoming.handle_timeout(place, now, around);
        wants.send(transport, compound, around);
    }

    /// Takes over the server's list of streams: what is new, and what has gone.
    fn set_streams(
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
            let stream = Incoming::new(described, flow, self.identity.nack);
            around.observations.push(Observation::Subscribed(flow));
            self.incoming.push(stream);
        }
    }

    fn flow_of(&self, described: &sfu::participant::StreamDescription) -> Option<Flow> {
        let name = self.conversation.name_of(&described.publisher)?;
        let (publisher, _, sources) = self.identity.cast.get_full(name)?;
        let source = sources.iter().position(|source| *source == described.source)?;
        Some(Flow {
            receiver: ParticipantIndex(self.identity.index),
            publisher: ParticipantIndex(u16::try_from(publisher).ok()?),
            source: SourceIndex(u8::try_from(source).ok()?),
        })
    }
}
