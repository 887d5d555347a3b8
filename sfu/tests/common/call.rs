//! The core and its peers, with nothing between them but the order of things.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rtc_crypto::providers::AwsLcRsProvider;
use sfu::conference::{CommandError, JoinRequest};
use sfu::participant::{MediaParameters, SourceDescription, StreamDescription, Wish};
use sfu::transport::certificate::Certificate;
use sfu::{Config, DropReason, Event, Segment, Sfu, Sink, Time, Transmit};

use super::peer::{Peer, RtpOut, request};

/// The core's address.
pub(crate) fn core_address() -> SocketAddr {
    "198.51.100.1:3478".parse().expect("an address")
}

/// The first address of peer `index`.
pub(crate) fn peer_address(index: usize) -> SocketAddr {
    format!("192.0.2.{}:5000", index + 1).parse().expect("an address")
}

/// What came out of a turn.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) datagrams: VecDeque<(SocketAddr, Vec<u8>, Segment)>,
    pub(crate) events: Vec<Event>,
}

impl Sink for Outbox {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        assert_eq!(transmit.from, core_address());
        for (datagram, segment) in transmit.datagrams() {
            assert!(!datagram.is_empty() && datagram.len() <= 1_500, "{} bytes", datagram.len());
            self.datagrams.push_back((transmit.to, datagram.to_vec(), *segment));
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// Whether a datagram from the core reaches the peer with this number.
type Filter = Box<dyn FnMut(usize, &Segment) -> bool>;

pub(crate) struct Call {
    pub(crate) sfu: Sfu,
    pub(crate) now: Time,
    pub(crate) peers: Vec<Peer>,
    pub(crate) events: Vec<(Time, Event)>,
    /// Datagrams to addresses that no peer has.
    pub(crate) strays: Vec<(SocketAddr, Vec<u8>)>,
    /// How often the core was woken by its deadline.
    pub(crate) wakes: u64,
    pub(crate) delivers: Filter,
    outbox: Outbox,
}

/// A configuration whose estimate allows every layer at once.
pub(crate) fn config() -> Config {
    let mut config = Config::new(core_address());
    config.start_rate = sfu::DataRate::from_kbps(20_000);
    config
}

impl Call {
    pub(crate) fn new(config: Config) -> Self {
        let sfu = Sfu::new(config, Arc::new(AwsLcRsProvider::new())).expect("a certificate can be made");
        Call {
            sfu,
            now: Time::from_secs(1_000),
            peers: Vec::new(),
            events: Vec::new(),
            strays: Vec::new(),
            wakes: 0,
            delivers: Box::new(|_, _| true),
            outbox: Outbox::default(),
        }
    }

    /// A call of `count` connected participants, each with camera and microphone.
    pub(crate) fn connected(config: Config, count: usize) -> Self {
        let mut call = Call::new(config);
        for index in 0..count {
            call.join(vec![super::media::camera(), super::media::microphone()]);
            call.connect(index);
        }
        call
    }

    pub(crate) fn join(&mut self, sources: Vec<SourceDescription>) -> usize {
        self.join_with(super::media::parameters(), sources)
    }

    /// The same with payload types and extensions of its own.
    pub(crate) fn join_with(&mut self, media: MediaParameters, sources: Vec<SourceDescription>) -> usize {
        let index = self.peers.len();
        let certificate = Certificate::generate(&AwsLcRsProvider::new()).expect("a certificate can be made");
        let joining = JoinRequest { media, ..request(&certificate, &format!("peer {index}"), sources) };
        let joined = self.turn(|turn| turn.join(joining)).expect("a proper request");
        self.peers.push(Peer::new(self.now, certificate, joined, peer_address(index)));
        index
    }

    /// ICE, then DTLS.
    pub(crate) fn connect(&mut self, index: usize) {
        let check = self.peers[index].check(self.now, true);
        self.input_of(index, check).expect("a proper check");
        self.peers[index].dtls.start(self.now).expect("aws-lc-rs has every algorithm");
        let flight = self.peers[index].timeout(self.now);
        for datagram in flight {
            self.input_of(index, datagram).expect("a proper handshake");
        }
        self.run(Duration::from_millis(1));
        assert!(self.peers[index].is_connected(), "peer {index} isn't connected");
    }

    /// One turn, and all that follows from it at once.
    pub(crate) fn turn<R>(&mut self, act: impl FnOnce(&mut sfu::Turn<'_>) -> R) -> R {
        let mut turn = self.sfu.turn(self.now, &mut self.outbox);
        let result = act(&mut turn);
        turn.finish();
        self.settle();
        result
    }

    pub(crate) fn subscribe(
        &mut self,
        index: usize,
        wishes: &[Wish],
    ) -> Result<Vec<StreamDescription>, CommandError> {
        let id = self.peers[index].id;
        self.turn(|turn| turn.subscribe(id, wishes))
    }

    /// A wish for a source of peer `publisher`.
    pub(crate) fn wish(&self, publisher: usize, source: &str) -> Wish {
        Wish::new(self.peers[publisher].id.to_string(), source.into())
    }

    /// A datagram from anywhere.
    pub(crate) fn input(&mut self, from: SocketAddr, mut datagram: Vec<u8>) -> Result<(), DropReason> {
        self.turn(|turn| turn.datagram(from, &mut datagram))
    }

    pub(crate) fn input_of(&mut self, index: usize, datagram: Vec<u8>) -> Result<(), DropReason> {
        self.input(self.peers[index].address, datagram)
    }

    pub(crate) fn send(&mut self, index: usize, packet: &RtpOut) -> Result<(), DropReason> {
        let datagram = self.peers[index].rtp(packet);
        self.input_of(index, datagram)
    }

    pub(crate) fn send_all(&mut self, index: usize, packets: &[RtpOut]) {
        for packet in packets {
            self.send(index, packet).expect("media of a connected peer");
        }
    }

    pub(crate) fn send_rtcp(&mut self, index: usize, compound: &[u8]) -> Result<(), DropReason> {
        let datagram = self.peers[index].rtcp(compound);
        self.input_of(index, datagram)
    }

    /// Delivers what the core sent, and what is sent in answer to it.
    fn settle(&mut self) {
        self.events.extend(self.outbox.events.drain(..).map(|event| (self.now, event)));
        while let Some((to, datagram, segment)) = self.outbox.datagrams.pop_front() {
            let Some(index) = self.peers.iter().position(|peer| peer.address == to) else {
                self.strays.push((to, datagram));
                continue;
            };
            if !(self.delivers)(index, &segment) {
                continue;
            }
            let answers = self.peers[index].take(self.now, &datagram, &segment);
            for mut answer in answers {
                let mut turn = self.sfu.turn(self.now, &mut self.outbox);
                // What is wrong with it is counted, and asserted on elsewhere.
                let _ = turn.datagram(to, &mut answer);
                turn.finish();
                self.events.extend(self.outbox.events.drain(..).map(|event| (self.now, event)));
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let peers = self.peers.iter().map(Peer::deadline).min().unwrap_or(Time::NEVER);
            let next = self.sfu.deadline().min(peers);
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            if self.sfu.deadline() <= self.now {
                self.wakes += 1;
                self.turn(|turn| turn.timeout());
                assert!(self.sfu.deadline() > self.now, "the core is done for this moment");
            }
            for index in 0..self.peers.len() {
                if self.peers[index].deadline() <= self.now {
                    for datagram in self.peers[index].timeout(self.now) {
                        // As above.
                        let _ = self.input_of(index, datagram);
                    }
                }
            }
        }
        self.now = end;
    }

    /// The events since the last call.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        self.events.drain(..).map(|(_, event)| event).collect()
    }
}
