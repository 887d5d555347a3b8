//! The real SFU in the loop: datagrams in and out, the conference protocol, events to observations.

use std::net::SocketAddr;

use reports::observation::{EstimateOf, Flow, Layer, Observation, Observer, ParticipantIndex, SourceIndex};
use rustc_hash::FxHashMap;
use sfu::signalling::{SessionId, SignallingServer};
use sfu::{DropReason, Event as SfuEvent, PacketClass, ParticipantId, Sink, Time, Transmit, Turn};

use super::addresses::AddressBook;
use super::tags::{Tag, Tags};
use super::{Cpu, Event, SIGNALLING_ADDRESS, World};
use crate::calibration::tape::Given;
use crate::event_queue::{EventClass, TimerId};
use crate::network::reliable::ReliableChannel;
use crate::network::{BufferPool, Datagram, Ecn, TrafficClass, ipv4};
use crate::participant::media::speech::FRAME;
use crate::participant::sender::MediaTag;
use crate::virtual_time::report_time;

/// The server's side of everybody's signalling, and who is who.
pub(super) struct Server {
    pub(super) signalling: SignallingServer,
    pub(super) channels: Vec<Option<Channel>>,
    sessions: FxHashMap<SessionId, u16>,
    /// Places in the cast by the SFU's ids; filled when a participant is first heard of.
    places: FxHashMap<ParticipantId, u16>,
    names: FxHashMap<String, u16>,
    /// What a turn made, in order.
    made: Vec<Made>,
    events: Vec<SfuEvent>,
    /// The media packet that the SFU is working on.
    pub(super) given: Option<(u16, MediaTag)>,
}

/// The server's end of one participant's connection.
pub(super) struct Channel {
    channel: ReliableChannel,
    /// None for who is in a call: what they say is passed on.
    session: Option<SessionId>,
    timer: TimerId,
}

impl Server {
    pub(super) fn new(names: impl Iterator<Item = String>) -> Self {
        let names: FxHashMap<String, u16> = names.enumerate().map(|(i, name)| (name, i as u16)).collect();
        Server {
            signalling: SignallingServer::new(),
            channels: (0..names.len()).map(|_| None).collect(),
            sessions: FxHashMap::default(),
            places: FxHashMap::default(),
            names,
            made: Vec::new(),
            events: Vec::new(),
            given: None,
        }
    }

    /// A connection that is open, by place.
    pub(super) fn session(&self, index: usize) -> Option<SessionId> {
        self.channels[index].as_ref().and_then(|channel| channel.session)
    }
}

/// A datagram that the core made.
#[derive(Debug)]
pub(super) struct Made {
    /// Whose address it goes to, by place in the cast, if anybody's.
    pub(super) receiver: Option<u16>,
    pub(super) datagram: Datagram,
}

/// Takes the core's outputs of one turn.
struct Outbox<'a> {
    by_address: &'a AddressBook,
    pool: &'a mut BufferPool,
    tags: &'a mut Tags,
    made: &'a mut Vec<Made>,
    events: &'a mut Vec<SfuEvent>,
}

impl Sink for Outbox<'_> {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        let (from, to) = (ipv4(transmit.from), ipv4(transmit.to));
        let receiver = self.by_address.find(to);
        for (bytes, segment) in transmit.datagrams() {
            let tag = segment.forwarded.map_or(0, |times| {
                self.tags.put(Tag::Down { received: times.received, first_sent: times.first_sent })
            });
            let datagram = Datagram {
                from,
                to,
                bytes: self.pool.take_copy(bytes),
                class: class_of(segment.class, bytes),
                tag,
                ecn: segment.ecn,
            };
            self.made.push(Made { receiver, datagram });
        }
    }

    fn event(&mut self, event: SfuEvent) {
        self.events.push(event);
    }
}

fn class_of(class: PacketClass, bytes: &[u8]) -> TrafficClass {
    match class {
        PacketClass::Audio => TrafficClass::Audio,
        PacketClass::Video => TrafficClass::Video,
        PacketClass::Retransmission => TrafficClass::Retransmission,
        PacketClass::Fec => TrafficClass::Fec,
        PacketClass::Padding => TrafficClass::Padding,
        PacketClass::Rtcp => TrafficClass::Rtcp,
        PacketClass::Connectivity if bytes.first().is_some_and(|first| *first < 4) => TrafficClass::Stun,
        PacketClass::Connectivity => TrafficClass::Dtls,
        PacketClass::Data => TrafficClass::Data,
    }
}

impl World {
    /// A datagram came to the SFU's port.
    pub(super) fn arrive_at_sfu(&mut self, datagram: Datagram) {
        if let Some(capture) = &mut self.capture {
            capture.record(self.now, &datagram);
        }
        if let Some(cpu) = &mut self.cpu {
            let place = self.by_address.find(datagram.from);
            if let Some(refused) = cpu.arrive(self.now, place, datagram) {
                self.refused_by_socket(place, refused);
            }
            return self.arm_processor();
        }
        self.process(datagram);
    }

    fn refused_by_socket(&mut self, place: Option<u16>, refused: Datagram) {
        if let Some(place) = place.filter(|_| !self.over) {
            // The digest has it below.
            self.recorder.socket_full(report_time(self.now), ParticipantIndex(place));
        }
        self.digest.event_with(self.now, "socket_full", "", |content| {
            content.extend_from_slice(&refused.wire_size().as_bytes().to_le_bytes());
        });
        self.tags.take(refused.tag);
        self.pool.put(refused.bytes);
    }

    fn process(&mut self, mut datagram: Datagram) {
        self.keep(|| Given::Came(datagram.from.into(), datagram.bytes.to_vec()));
        let tag = self.tags.take(datagram.tag);
        let (from, ecn) = (datagram.from, datagram.ecn);
        let mut result = Ok(());
        self.server.given = match tag {
            Some(Tag::Up { publisher, media }) => Some((publisher, media)),
            _ => None,
        };
        if let Some((publisher, media)) = self.server.given {
            self.watch.given(self.moment(), publisher, media);
        }
        // What the core refuses it counts itself.
        self.sfu_turn(|turn, _| {
            result = turn.marked_datagram(SocketAddr::from(from), ecn, &mut datagram.bytes)
        });
        if let (Some((publisher, media)), Err(reason)) = (self.server.given.take(), result)
            && reason != DropReason::NotLoudest
        {
            self.watch.refused(publisher, media);
        }
        if let (true, Some(Tag::Up { publisher, media })) = (self.chooses_speakers && !self.over, tag)
            && datagram.class == TrafficClass::Audio
        {
            self.sound_taken(publisher, media, result);
        }
        self.pool.put(datagram.bytes);
    }

    /// A packet of sound was forwarded, or refused.
    fn sound_taken(&mut self, publisher: u16, media: MediaTag, result: Result<(), DropReason>) {
        let forwarded = match result {
            Ok(()) => true,
            Err(DropReason::NotLoudest) => false,
            Err(_) => return,
        };
        self.recorder.observe(
            report_time(self.now),
            Observation::SoundTaken {
                publisher: ParticipantIndex(publisher),
                source: SourceIndex(media.source),
                length: FRAME,
                speech: media.voiced,
                forwarded,
            },
        );
    }

    pub(super) fn sfu_due(&mut self) {
        self.sfu_turn(|turn, _| turn.timeout());
    }

    pub(super) fn processor_due(&mut self) {
        self.at_work = true;
        loop {
            let now = self.now;
            while let Some(made) = self.cpu.as_mut().and_then(|cpu| cpu.take_departed(now)) {
                self.hand_off(made);
            }
            if let Some(datagram) = self.cpu.as_mut().and_then(|cpu| cpu.take_read(now)) {
                self.process(datagram);
            }
            // Packets leave a microsecond or so apart: seldom does anything else happen in between.
            let next = self.cpu.as_ref().map_or(Time::NEVER, Cpu::deadline);
            if next > self.end || !self.queue.advance(next) {
                break;
            }
            self.now = next;
            self.events += 1;
        }
        self.at_work = false;
        self.arm_processor();
    }

    fn arm_processor(&mut self) {
        if self.at_work {
            return;
        }
        let deadline = self.cpu.as_ref().map(Cpu::deadline);
        self.queue.arm(self.cpu_timer, deadline);
    }

    /// Lets the core take a turn, then carries out what came of it.
    pub(super) fn sfu_turn(&mut self, act: impl FnOnce(&mut Turn<'_>, &mut SignallingServer)) {
        let Server { signalling, made, events, .. } = &mut self.server;
        let (mut made, mut events) = (std::mem::take(made), std::mem::take(events));
        let deadline = {
            let World { by_address, pool, tags, .. } = self;
            let mut outbox = Outbox { by_address, pool, tags, made: &mut made, events: &mut events };
            let mut turn = self.sfu.turn(self.now, &mut outbox);
            act(&mut turn, signalling);
            turn.finish()
        };
        self.queue.arm(self.sfu_timer, Some(deadline));
        for event in &events {
            self.watch_event(event);
            self.server.signalling.event(event);
            self.tell(event);
        }
        self.watch_sent(&made);
        if let Some(tape) = &mut self.tape {
            tape.sent += made.len() as u64;
        }
        events.iter().for_each(|event| self.watch_parting(event));
        match &mut self.cpu {
            Some(cpu) => {
                cpu.depart(self.now, made.drain(..));
                self.arm_processor();
            }
            None => made.drain(..).for_each(|made| self.hand_off(made)),
        }
        self.server.made = made;
        events.clear();
        self.server.events = events;
        self.flush_signalling();
    }

    /// A datagram leaves the SFU.
    fn hand_off(&mut self, made: Made) {
        let Made { receiver, datagram } = made;
        if let Some(capture) = &mut self.capture {
            capture.record(self.now, &datagram);
        }
        let Some(index) = receiver else {
            self.tags.take(datagram.tag);
            return self.pool.put(datagram.bytes);
        };
        if let Some(Tag::Down { received, .. }) = self.tags.peek(datagram.tag)
            && datagram.class != TrafficClass::Retransmission
        {
            // The hand-off is now, after what the processor took.
            self.tags.replace(datagram.tag, Tag::Down { received, first_sent: self.now });
            let delay = self.now.since(received);
            let receiver = ParticipantIndex(index);
            if !self.over {
                self.recorder.forwarded(report_time(self.now), receiver, delay);
            }
        }
        let down = self.people[usize::from(index)].down[0];
        self.enqueue(down, datagram);
    }

    /// A participant opens its connection to the conference protocol.
    pub(super) fn open_channel(&mut self, index: u16) {
        let in_conference = self.people[usize::from(index)].peer.is_none();
        let session = in_conference.then(|| self.server.signalling.open());
        self.keep(|| Given::Opened);
        let timer = self.queue.add_timer(EventClass::Timer, World::node(index), Event::Channel(index));
        self.server.sessions.extend(session.map(|session| (session, index)));
        let channel = ReliableChannel::server();
        self.server.channels[usize::from(index)] = Some(Channel { channel, session, timer });
        self.pass_on_held(index);
    }

    /// Whether a participant has opened its connection.
    pub(super) fn is_there(&self, index: u16) -> bool {
        self.server.channels[usize::from(index)].is_some()
    }

    /// A segment of the conference protocol came to the server.
    pub(super) fn arrive_at_server(&mut self, datagram: Datagram) {
        self.tags.take(datagram.tag);
        let index = self.by_address.find(datagram.from);
        let channel = index.and_then(|index| self.server.channels[usize::from(index)].as_mut());
        if let (Some(index), Some(channel)) = (index, channel) {
            // A segment that makes no sense is repaired like a lost one.
            let _ = channel.channel.input(self.now, &datagram.bytes);
            let session = channel.session;
            while let Some(message) = self.next_message(index) {
                let Some(session) = session else {
                    let peer = self.people[usize::from(index)].peer.expect("only calls have no session");
                    self.pass_on(peer, message);
                    continue;
                };
                let text = String::from_utf8_lossy(&message).into_owned();
                self.keep(|| Given::Said(session, text.clone()));
                self.sfu_turn(|turn, signalling| signalling.message(session, &text, turn));
            }
            self.channel_due(index);
        }
        self.pool.put(datagram.bytes);
    }

    fn next_message(&mut self, index: u16) -> Option<Vec<u8>> {
        self.server.channels[usize::from(index)].as_mut()?.channel.poll_message()
    }

    /// Puts what the signalling has to say onto its channels.
    fn flush_signalling(&mut self) {
        while let Some((session, text)) = self.server.signalling.poll() {
            let Some(index) = self.server.sessions.get(&session).copied() else { continue };
            self.say_to(index, text.as_bytes());
            self.channel_due(index);
        }
    }

    /// Puts a message onto the channel of a participant, if it has one; to be followed by a look at the channel.
    pub(super) fn say_to(&mut self, index: u16, message: &[u8]) {
        let Some(channel) = self.server.channels[usize::from(index)].as_mut() else { return };
        if let Err(error) = channel.channel.send(message) {
            self.failures.push(format!("signalling to participant {index}: {error}"));
        }
    }

    /// Sends what a channel has to send.
    pub(super) fn channel_due(&mut self, index: u16) {
        let person = &self.people[usize::from(index)];
        let (to, down) = (ipv4(person.client.address()), person.down[0]);
        loop {
            let Some(channel) = self.server.channels[usize::from(index)].as_mut() else { return };
            let mut bytes = self.pool.take();
            if !channel.channel.poll_transmit(self.now, &mut bytes) {
                self.pool.put(bytes);
                let (timer, deadline) = (channel.timer, channel.channel.deadline());
                return self.queue.arm(timer, deadline);
            }
            let from = ipv4(SIGNALLING_ADDRESS);
            let class = TrafficClass::Signalling;
            self.enqueue(down, Datagram { from, to, bytes, class, tag: 0, ecn: Ecn::NotEct });
        }
    }

    /// Turns an event of the core into an observation.
    fn tell(&mut self, event: &SfuEvent) {
        let observation = match event {
            SfuEvent::LayerChosen {
                receiver,
                publisher,
                source,
                layer,
                reason,
                estimate,
                entitled,
                explanation,
            } => {
                let Some(flow) = self.flow(*receiver, *publisher, source.0) else { return };
                Observation::LayerChosen {
                    flow,
                    layer: layer.map(as_layer),
                    reason: serde_json::to_string(reason).expect("reasons have string keys"),
                    estimate_bps: estimate.as_bps(),
                    entitled: entitled.map(as_layer),
                    explanation: serde_json::to_string(explanation).expect("explanations have string keys"),
                }
            }
            SfuEvent::LayerForwarded { receiver, publisher, source, layer } => {
                let Some(flow) = self.flow(*receiver, *publisher, source.0) else { return };
                Observation::LayerForwarded { flow, layer: layer.map(as_layer) }
            }
            SfuEvent::Watched { publisher, source, encodings } => {
                let Some(publisher) = self.place(*publisher) else { return };
                Observation::Watched { publisher, source: SourceIndex(source.0), encodings: *encodings }
            }
            SfuEvent::KeyFrameRequested { publisher, source, encoding } => {
                let Some(publisher) = self.place(*publisher) else { return };
                let source = SourceIndex(source.0);
                Observation::KeyFrameRequested { publisher, source, spatial: *encoding }
            }
            SfuEvent::KeyFrameWanted { receiver, publisher, source } => {
                let Some(flow) = self.flow(*receiver, *publisher, source.0) else { return };
                Observation::KeyFrameWanted(flow)
            }
            SfuEvent::Estimate { participant, rate } => {
                let Some(place) = self.place(*participant) else { return };
                Observation::Estimate { of: EstimateOf::Downlink(place), bps: rate.as_bps() }
            }
            SfuEvent::DominantSpeaker { participant } => {
                let Some(participant) = self.place(*participant) else { return };
                Observation::DominantSpeaker { participant }
            }
            SfuEvent::Nominated { .. }
            | SfuEvent::Connected { .. }
            | SfuEvent::CodecNotSpoken { .. }
            | SfuEvent::Disconnected { .. } => return,
        };
        self.observe(&observation);
    }

    fn flow(&mut self, receiver: ParticipantId, publisher: ParticipantId, source: u8) -> Option<Flow> {
        let (receiver, publisher) = (self.place(receiver)?, self.place(publisher)?);
        Some(Flow { receiver, publisher, source: SourceIndex(source) })
    }

    /// The place in the cast of a participant of the SFU.
    pub(super) fn place(&mut self, id: ParticipantId) -> Option<ParticipantIndex> {
        if let Some(place) = self.server.places.get(&id) {
            return Some(ParticipantIndex(*place));
        }
        let name = self.sfu.name(id)?;
        let place = *self.server.names.get(name)?;
        self.server.places.insert(id, place);
        Some(ParticipantIndex(place))
    }
}

fn as_layer(layer: sfu::forward::Layer) -> Layer {
    // A source has either several encodings or several spatial layers in one.
    Layer { spatial: layer.encoding + layer.spatial, temporal: layer.temporal }
}
