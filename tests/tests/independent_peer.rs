//! The core against a client whose ICE and SRTP are another implementation (rtc-ice, rtc-srtp): a mistake that both
//! directions of our own share would show here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sfu::conference::JoinRequest;
use sfu::config::MediaCrypto;
use sfu::participant::{Codec, Content, MediaParameters, PayloadTypes, SourceDescription, Wish};
use sfu::rtp::extension::ExtensionWriter;
use sfu::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};
use sfu::rtp::{ExtensionIds, RtpHeader};
use sfu::transport::certificate::Certificate;
use sfu::transport::dtls::Role;
use sfu::{Config, Event, ParticipantId, Sfu, Sink, Time, Transmit};
use simulator::crypto::SeededProvider;
use simulator::participant::transport::{
    ClientTransport, CryptoMode, IceCredentials, Received, RemoteTransport, TransportConfig,
};

const PWD: &str = "clientpasswordclientpassword";
const OPUS: u8 = 111;

#[derive(Default)]
struct Outbox(Vec<(SocketAddr, Vec<u8>)>);

impl Sink for Outbox {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.0.extend(transmit.datagrams().map(|(datagram, _)| (transmit.to, datagram.to_vec())));
    }

    fn event(&mut self, _event: Event) {}
}

struct Client {
    id: ParticipantId,
    address: SocketAddr,
    transport: ClientTransport,
    heard: Vec<Vec<u8>>,
}

struct World {
    now: Time,
    core: SocketAddr,
    sfu: Sfu,
    clients: Vec<Client>,
}

fn parameters() -> MediaParameters {
    MediaParameters {
        payload_types: PayloadTypes::audio(OPUS),
        extensions: ExtensionIds { mid: 1, transport_cc: 5, ..ExtensionIds::default() },
    }
}

impl World {
    fn new(crypto: MediaCrypto) -> Self {
        let core = "198.51.100.1:3478".parse().expect("an address");
        let config = Config { crypto, ..Config::new(core) };
        let sfu = Sfu::new(config, SeededProvider::new([9; 32])).expect("a certificate can be made");
        World { now: Time::from_secs(1), core, sfu, clients: Vec::new() }
    }

    fn join(&mut self, crypto: CryptoMode) {
        let index = self.clients.len() as u8;
        let provider = SeededProvider::new([index; 32]);
        let certificate = Certificate::generate(provider.as_ref()).expect("a certificate can be made");
        let address = format!("192.0.2.{}:5000", index + 1).parse().expect("an address");
        let credentials = IceCredentials { ufrag: "client".into(), pwd: PWD.into() };
        let microphone = SourceDescription {
            name: "mic".into(),
            codec: Codec::Opus,
            mid: "0".into(),
            content: Content::Camera,
            encodings: Vec::new(),
        };
        let request = JoinRequest {
            conference: "room".into(),
            name: String::new(),
            remote_ufrag: credentials.ufrag.clone(),
            remote_pwd: credentials.pwd.clone(),
            fingerprint: certificate.fingerprint(),
            media: parameters(),
            sources: vec![microphone],
        };
        let mut outbox = Outbox::default();
        let joined = self.sfu.turn(self.now, &mut outbox).join(request).expect("a proper request");
        let mut transport = ClientTransport::new(TransportConfig {
            local: address,
            credentials,
            certificate,
            provider: Arc::clone(&provider) as _,
            crypto,
            dtls_role: Role::Client,
            is_controlling: true,
        });
        let remote = RemoteTransport {
            candidate: joined.candidate,
            credentials: IceCredentials { ufrag: joined.ufrag, pwd: joined.pwd },
            fingerprint: joined.fingerprint,
        };
        transport.set_remote(self.now, remote).expect("proper credentials");
        self.clients.push(Client { id: joined.participant, address, transport, heard: Vec::new() });
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            self.now += Duration::from_millis(5);
            let mut outbox = Outbox::default();
            self.sfu.turn(self.now, &mut outbox).timeout();
            self.deliver(outbox);
            for index in 0..self.clients.len() {
                self.clients[index].transport.handle_timeout(self.now);
                self.flush(index);
            }
        }
    }

    /// Sends what client `index` has to send.
    fn flush(&mut self, index: usize) {
        while let Some(transmit) = self.clients[index].transport.poll_transmit() {
            self.input(index, transmit.bytes.to_vec());
        }
    }

    fn input(&mut self, index: usize, mut datagram: Vec<u8>) {
        let mut outbox = Outbox::default();
        let from = self.clients[index].address;
        let result = self.sfu.turn(self.now, &mut outbox).datagram(from, &mut datagram);
        result.expect("everything that a proper client sends is of use");
        self.deliver(outbox);
    }

    fn deliver(&mut self, outbox: Outbox) {
        for (to, mut datagram) in outbox.0 {
            let (now, core) = (self.now, self.core);
            let index = self.clients.iter().position(|client| client.address == to).expect("a client");
            let client = &mut self.clients[index];
            let received = client.transport.handle(now, core, to, &mut datagram);
            if let Received::Rtp(len) = received.expect("everything that the core sends is of use") {
                client.heard.push(datagram[..len].to_vec());
            }
            self.flush(index);
        }
    }

    fn speak(&mut self, index: usize, sequence: u16, payload: &[u8]) {
        let mut head = [0; FIXED_HEADER_LEN + 16];
        let (fixed, rest) = head.split_first_chunk_mut().expect("longer");
        let mut extensions = ExtensionWriter::new(rest);
        extensions.push(1, b"0");
        extensions.push(5, &sequence.to_be_bytes());
        let len = extensions.finish();
        write_fixed_header(fixed, (false, OPUS), sequence, u32::from(sequence) * 960, 7, true);
        let mut packet = head[..FIXED_HEADER_LEN + len].to_vec();
        packet.extend_from_slice(payload);
        self.clients[index].transport.send_rtp(&mut packet).expect("connected");
        self.input(index, packet);
    }
}

fn meet(core: MediaCrypto, clients: CryptoMode) {
    let mut world = World::new(core);
    for _ in 0..3 {
        world.join(clients);
    }
    world.run(Duration::from_secs(5));
    assert!(world.clients.iter().all(|client| client.transport.is_connected()));
    let wish =
        |publisher: ParticipantId| Wish { max_height: 0, ..Wish::new(publisher.to_string(), "mic".into()) };
    for index in [1, 2] {
        let (id, wishes) = (world.clients[index].id, [wish(world.clients[0].id)]);
        let mut outbox = Outbox::default();
        world.sfu.turn(world.now, &mut outbox).subscribe(id, &wishes).expect("the source is there");
    }
    // Long enough for consent checks, and over the edge of the sequence numbers.
    for n in 0..400_u16 {
        let sequence = n.wrapping_sub(200);
        world.speak(0, sequence, &[n as u8; 70]);
        world.run(Duration::from_millis(100));
    }
    for client in &world.clients[1..] {
        assert_eq!(client.heard.len(), 400);
        for (n, packet) in client.heard.iter().enumerate() {
            let header = RtpHeader::parse(packet).expect("proper RTP");
            assert_eq!(header.payload(packet), [n as u8; 70]);
        }
    }
    assert_eq!(world.sfu.drops().total(), 0);
    assert_eq!(world.sfu.forwarded(), 800);
}

#[test]
fn another_implementation_connects_speaks_and_hears() {
    meet(MediaCrypto::Real, CryptoMode::Real);
}

#[test]
fn and_does_so_without_a_cipher() {
    meet(MediaCrypto::Null, CryptoMode::Null);
}
