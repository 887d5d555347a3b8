//! The core in the middle, a sender and a receiver around it, in virtual time.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::participant::{Codec, StreamDescription, Wish};
use sfu::{Config, Event, ParticipantId, Sfu, Sink, Time, Transmit};
use simulator::crypto::SeededProvider;

use crate::frames::{Frame, Noise, frame, ticks};
use crate::rtc_peer::RtcPeer;
use crate::stack::{Role, Stack};
use crate::str0m_peer::Str0mPeer;
use crate::{rtc_settings, str0m_peer};

/// One way between a peer and the core.
const DELAY: Duration = Duration::from_millis(10);
const STEP: Duration = Duration::from_millis(1);

/// Which stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Str0m,
    Rtc,
}

/// Each stack sends to each, itself included.
pub(crate) const PAIRS: [(Kind, Kind); 4] =
    [(Kind::Str0m, Kind::Rtc), (Kind::Rtc, Kind::Str0m), (Kind::Str0m, Kind::Str0m), (Kind::Rtc, Kind::Rtc)];

impl Kind {
    /// The payload type of its retransmissions.
    pub(crate) const fn rtx(self) -> u8 {
        match self {
            Kind::Str0m => str0m_peer::RTX,
            Kind::Rtc => rtc_settings::RTX,
        }
    }

    fn peer(self, role: Role) -> Box<dyn Stack> {
        match self {
            Kind::Str0m => Box::new(Str0mPeer::new(role)),
            Kind::Rtc => Box::new(RtcPeer::new(role)),
        }
    }
}

struct Peer {
    id: ParticipantId,
    address: SocketAddr,
    stack: Box<dyn Stack>,
    /// Packets lost on the way to the peer and from it, in percent.
    loss: [usize; 2],
    /// Whether the last one was.
    hit: [bool; 2],
    /// RTP packets that came to the peer and from it, lost ones included, by payload type.
    types: [[usize; 128]; 2],
}

/// A datagram on its way: to a peer, or from one.
struct Flight {
    arrives: Time,
    peer: usize,
    up: bool,
    bytes: Vec<u8>,
}

/// What the core sends in one turn.
#[derive(Default)]
struct Outbox {
    datagrams: Vec<(SocketAddr, Vec<u8>)>,
    events: Vec<Event>,
}

impl Sink for Outbox {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.datagrams.extend(transmit.datagrams().map(|(datagram, _)| (transmit.to, datagram.to_vec())));
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

pub(crate) struct World {
    pub(crate) now: Time,
    codec: Codec,
    core: SocketAddr,
    pub(crate) sfu: Sfu,
    peers: Vec<Peer>,
    flights: Vec<Flight>,
    noise: Noise,
    lost: usize,
    /// Datagrams of RTCP that reached each peer.
    reports: [usize; 2],
    pub(crate) events: Vec<Event>,
    /// What was sent, by encoding.
    pub(crate) sent: Vec<Vec<Frame>>,
}

impl World {
    /// A sender and a receiver that meet, and are connected when this returns.
    pub(crate) fn new((sender, publisher): (Kind, Role), (receiver, subscriber): (Kind, Role)) -> Self {
        let core = "198.51.100.1:3478".parse().expect("an address");
        let sfu =
            Sfu::new(Config::new(core), SeededProvider::new([9; 32])).expect("a certificate can be made");
        let mut world = World {
            now: Time::from_secs(1),
            codec: publisher.codec,
            core,
            sfu,
            peers: Vec::new(),
            flights: Vec::new(),
            noise: Noise(4_711),
            lost: 0,
            reports: [0; 2],
            events: Vec::new(),
            sent: vec![Vec::new(); publisher.rids.len().max(1)],
        };
        world.join(sender, Role { address: address(1), ..publisher });
        world.join(receiver, Role { address: address(2), ..subscriber });
        world.run(Duration::from_secs(5));
        assert!(world.peers.iter().all(|peer| peer.stack.is_connected()), "both are connected after 5 s");
        world
    }

    /// A sender of one encoding, and a receiver.
    pub(crate) fn plain(sender: Kind, receiver: Kind, codec: Codec) -> Self {
        World::new((sender, Role::sending(codec, &[])), (receiver, Role::receiving(codec)))
    }

    /// A sender of one encoding that works out what its line carries, and a receiver.
    pub(crate) fn estimating(sender: Kind, receiver: Kind, codec: Codec) -> Self {
        let publisher = Role { estimates: true, ..Role::sending(codec, &[]) };
        World::new((sender, publisher), (receiver, Role::receiving(codec)))
    }

    fn join(&mut self, kind: Kind, role: Role) {
        let (address, publishes) = (role.address, role.publishes);
        let mut stack = kind.peer(role);
        let mut outbox = Outbox::default();
        let joined = self.sfu.turn(self.now, &mut outbox).join(stack.request()).expect("a proper request");
        self.peers.push(Peer {
            id: joined.participant,
            address,
            stack,
            loss: [0; 2],
            hit: [false; 2],
            types: [[0; 128]; 2],
        });
        let streams = if publishes { Vec::new() } else { self.subscribe(u16::MAX) };
        self.peers.last_mut().expect("pushed above").stack.accept(self.now, &joined, &streams);
        self.take(outbox);
    }

    /// The receiver wants the sender's source, up to a height.
    pub(crate) fn subscribe(&mut self, max_height: u16) -> Vec<StreamDescription> {
        let publisher = self.peers[0].id.to_string();
        let wish = Wish { max_height, ..Wish::new(publisher, "source".into()) };
        let mut outbox = Outbox::default();
        let mut turn = self.sfu.turn(self.now, &mut outbox);
        let streams = turn.subscribe(self.peers[1].id, &[wish]).expect("the source is there");
        drop(turn);
        self.take(outbox);
        streams
    }

    pub(crate) fn sender(&mut self) -> &mut dyn Stack {
        &mut *self.peers[0].stack
    }

    pub(crate) fn receiver(&mut self) -> &mut dyn Stack {
        &mut *self.peers[1].stack
    }

    pub(crate) fn sender_id(&self) -> ParticipantId {
        self.peers[0].id
    }

    pub(crate) fn receiver_id(&self) -> ParticipantId {
        self.peers[1].id
    }

    /// From now on loses so many in a hundred of the sender's packets: media, and data channels where there are any.
    pub(crate) fn lose_towards_core(&mut self, percent: usize) {
        self.peers[0].loss[1] = percent;
    }

    /// From now on loses so many in a hundred of what goes to the receiver.
    pub(crate) fn lose_towards_receiver(&mut self, percent: usize) {
        self.peers[1].loss[0] = percent;
    }

    /// How many datagrams of RTCP reached the sender and the receiver.
    pub(crate) const fn reports(&self) -> [usize; 2] {
        self.reports
    }

    /// How many RTP packets of a payload type the sender sent, and the receiver was sent.
    pub(crate) fn packets_of(&self, payload_type: u8) -> [usize; 2] {
        let payload_type = usize::from(payload_type);
        [self.peers[0].types[1][payload_type], self.peers[1].types[0][payload_type]]
    }

    /// How many packets were lost so far.
    pub(crate) const fn lost(&self) -> usize {
        self.lost
    }

    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now += STEP;
            let mut outbox = Outbox::default();
            self.sfu.turn(self.now, &mut outbox).timeout();
            self.take(outbox);
            self.land();
            for index in 0..self.peers.len() {
                let now = self.now;
                self.peers[index].stack.handle_timeout(now);
                self.flush(index);
            }
        }
    }

    /// The sender sends the next frame in every encoding, and a frame's time passes.
    pub(crate) fn send(&mut self, key: bool) {
        for encoding in 0..self.sent.len() {
            let index = self.sent[encoding].len() as u32;
            let frame = frame(self.codec, encoding as u8, index, key);
            let now = self.now;
            self.peers[0].stack.send(now, encoding, &frame);
            self.sent[encoding].push(frame);
            self.flush(0);
        }
        let span = u64::from(ticks(self.codec)) * 1_000_000 / u64::from(self.codec.kind().clock_rate());
        self.run(Duration::from_micros(span));
    }

    /// Delivers what has arrived by now.
    fn land(&mut self) {
        let now = self.now;
        let (landed, flying): (Vec<Flight>, Vec<Flight>) =
            std::mem::take(&mut self.flights).into_iter().partition(|flight| flight.arrives <= now);
        self.flights = flying;
        for mut flight in landed {
            let peer = &mut self.peers[flight.peer];
            if flight.up {
                let mut outbox = Outbox::default();
                // What is of no use is counted: the tests look at the counters.
                let _ = self.sfu.turn(now, &mut outbox).datagram(peer.address, &mut flight.bytes);
                self.take(outbox);
            } else {
                self.reports[flight.peer] += usize::from(is_rtcp(&flight.bytes));
                peer.stack.handle_datagram(now, self.core, &flight.bytes);
                self.flush(flight.peer);
            }
        }
    }

    /// Sends what a peer has to send.
    fn flush(&mut self, peer: usize) {
        while let Some(bytes) = self.peers[peer].stack.poll_transmit(self.now) {
            self.fly(peer, true, bytes);
        }
    }

    fn take(&mut self, outbox: Outbox) {
        self.events.extend(outbox.events);
        for (to, bytes) in outbox.datagrams {
            let peer = self.peers.iter().position(|peer| peer.address == to).expect("a peer");
            self.fly(peer, false, bytes);
        }
    }

    fn fly(&mut self, peer: usize, up: bool, bytes: Vec<u8>) {
        let line = &mut self.peers[peer];
        let way = usize::from(up);
        if is_media(&bytes) {
            line.types[way][usize::from(bytes[1] & 0x7f)] += 1;
        }
        if is_media(&bytes) || is_data(&bytes) {
            // Redundancy of one packet is none against two losses in a row.
            let spared = self.codec == Codec::Opus && line.hit[way];
            line.hit[way] = self.noise.below(100) < line.loss[way] && !spared;
            if line.hit[way] {
                self.lost += 1;
                return;
            }
        }
        self.flights.push(Flight { arrives: self.now + DELAY, peer, up, bytes });
    }
}

fn address(peer: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, peer], 5_000))
}

/// Neither STUN nor DTLS (RFC 7983 section 7), nor RTCP.
fn is_media(datagram: &[u8]) -> bool {
    // With its padding bit it is a probe's, which nobody asks for again.
    (128..160).contains(&datagram[0]) && !is_rtcp(datagram)
}

/// Application data of DTLS (RFC 5246 section 6.2.1), which is SCTP.
fn is_data(datagram: &[u8]) -> bool {
    datagram[0] == 23
}

/// RFC 5761 section 4.
fn is_rtcp(datagram: &[u8]) -> bool {
    (128..192).contains(&datagram[0]) && (64..96).contains(&(datagram[1] & 0x7f))
}
