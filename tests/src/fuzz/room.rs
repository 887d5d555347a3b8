//! Two participants, connected to a core by ICE, DTLS and SRTP over a path that takes no time.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::rtp::RtpHeader;
use sfu::rtp::extension::ExtensionWriter;
use sfu::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};
use sfu::signalling::{ServerMessage, SessionId, SignallingServer};
use sfu::transport::certificate::Certificate;
use sfu::transport::dtls;
use sfu::{PacketClass, Sfu, Time};
use simulator::crypto::SeededProvider;
use simulator::participant::transport::{
    ClientTransport, CryptoMode, IceCredentials, Received, RemoteTransport, TransportConfig,
};

use super::conference::{EXTENSIONS, Outputs, SFU_ADDRESS, core, join_message, run_timers};
use super::stun::address;

/// Where a stream's numbers stand.
#[derive(Clone, Copy, Default)]
pub(super) struct Stream {
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) picture: u16,
    transport: u16,
}

impl Stream {
    /// An RTP packet with mid, rid, repaired rid and a transport-wide sequence number.
    pub(super) fn packet(
        &mut self,
        ssrc: u32,
        payload_type: u8,
        marker: bool,
        [mid, rid, repaired]: [&str; 3],
        payload: &[u8],
    ) -> Vec<u8> {
        self.transport = self.transport.wrapping_add(1);
        let mut packet = vec![0; FIXED_HEADER_LEN + 64];
        let mut extensions = ExtensionWriter::new(&mut packet[FIXED_HEADER_LEN..]);
        for (id, text) in [(EXTENSIONS.mid, mid), (EXTENSIONS.rid, rid), (EXTENSIONS.repaired_rid, repaired)]
        {
            if !text.is_empty() {
                extensions.push(id, text.as_bytes());
            }
        }
        extensions.push(EXTENSIONS.transport_cc, &self.transport.to_be_bytes());
        let len = extensions.finish();
        packet.truncate(FIXED_HEADER_LEN + len);
        let header = packet.first_chunk_mut().expect("at least a fixed header");
        write_fixed_header(header, (marker, payload_type), self.sequence, self.timestamp, ssrc, true);
        packet.extend(payload);
        packet
    }
}

struct Client {
    address: SocketAddr,
    session: SessionId,
    transport: ClientTransport,
    /// The streams that the core has promised.
    ssrcs: Vec<u32>,
}

/// The core and its two clients.
pub(super) struct Room {
    core: Sfu,
    signalling: SignallingServer,
    clients: [Client; 2],
    outputs: Outputs,
    now: Time,
}

impl Room {
    /// Alice and bobby, connected, each subscribed to the other's camera and microphone.
    pub(super) fn new() -> Self {
        let (mut core, mut signalling, mut outputs) = (core(), SignallingServer::new(), Outputs::default());
        let mut ids = Vec::new();
        let clients = [("alice", 1), ("bobby", 2)].map(|(name, host)| {
            let (client, id) = join(&mut core, &mut signalling, &mut outputs, name, host);
            ids.push(id);
            client
        });
        let mut room = Room { core, signalling, clients, outputs, now: Time::ZERO };
        room.pump();
        for who in [0, 1] {
            let wish = |source| format!(r#"{{"publisher":"{}","source":"{source}"}}"#, ids[1 - who]);
            let wishes = format!(r#"{{"type":"subscribe","wishes":[{},{}]}}"#, wish("cam"), wish("mic"));
            room.message(who, &wishes);
        }
        room.run_for(Duration::from_millis(500));
        assert!(room.clients.iter().all(|client| client.transport.is_connected()), "nobody is connected");
        assert!(room.clients.iter().all(|client| client.ssrcs.len() >= 2), "nothing was promised");
        room
    }

    pub(super) fn send_rtp(&mut self, who: usize, mut packet: Vec<u8>) {
        if self.clients[who].transport.send_rtp(&mut packet).is_ok() {
            self.forge(who, packet);
        }
    }

    pub(super) fn send_rtcp(&mut self, who: usize, mut compound: Vec<u8>) {
        if self.clients[who].transport.send_rtcp(&mut compound).is_ok() {
            self.forge(who, compound);
        }
    }

    /// A datagram as it is, from a participant's address.
    pub(super) fn forge(&mut self, who: usize, mut datagram: Vec<u8>) {
        let from = self.clients[who].address;
        let mut turn = self.core.turn(self.now, &mut self.outputs);
        // Refusals are what most of the inputs are there for.
        let _ = turn.datagram(from, &mut datagram);
        drop(turn);
        self.pump();
    }

    pub(super) fn message(&mut self, who: usize, text: &str) {
        let mut turn = self.core.turn(self.now, &mut self.outputs);
        self.signalling.message(self.clients[who].session, text, &mut turn);
        drop(turn);
        self.pump();
    }

    /// An SSRC that the core sends to `who`.
    pub(super) fn ssrc_for(&self, who: usize, place: usize) -> u32 {
        let ssrcs = &self.clients[who].ssrcs;
        if ssrcs.is_empty() { 0 } else { ssrcs[place % ssrcs.len()] }
    }

    pub(super) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let clients = self.clients.iter().filter_map(|client| client.transport.deadline()).min();
            let due = self.core.deadline().min(clients.unwrap_or(Time::NEVER));
            if due > end {
                break;
            }
            self.now = self.now.max(due);
            run_timers(&mut self.core, &mut self.outputs, self.now);
            let now = self.now;
            self.clients.iter_mut().for_each(|client| client.transport.handle_timeout(now));
            self.pump();
            // Real clients take a moment, too.
            self.now += Duration::from_micros(100);
        }
        self.now = self.now.max(end);
    }

    /// Packets that the core has forwarded.
    #[cfg(test)]
    pub(super) fn forwarded(&self) -> u64 {
        self.core.forwarded()
    }

    /// Packets that the core couldn't read.
    #[cfg(test)]
    pub(super) fn malformed(&self) -> u64 {
        use sfu::DropReason::{MalformedPayload, MalformedRtcp, MalformedRtp, SrtpAuthentication};
        let reasons = [MalformedPayload, MalformedRtcp, MalformedRtp, SrtpAuthentication];
        reasons.into_iter().map(|reason| self.core.drops().of(reason)).sum()
    }

    /// Everyone leaves; nothing stays behind.
    pub(super) fn close(mut self) {
        for client in &self.clients {
            let mut turn = self.core.turn(self.now, &mut self.outputs);
            self.signalling.close(client.session, &mut turn);
        }
        assert_eq!((self.core.participant_count(), self.core.conference_count()), (0, 0));
    }

    /// Carries datagrams and messages both ways until nobody has any.
    fn pump(&mut self) {
        loop {
            let mut quiet = true;
            for client in &mut self.clients {
                while let Some(mut transmit) = client.transport.poll_transmit() {
                    quiet = false;
                    let mut turn = self.core.turn(self.now, &mut self.outputs);
                    let _ = turn.datagram(client.address, &mut transmit.bytes);
                }
                while client.transport.poll_event().is_some() {}
            }
            for event in std::mem::take(&mut self.outputs.events) {
                self.signalling.event(&event);
            }
            for (to, class, mut datagram) in std::mem::take(&mut self.outputs.datagrams) {
                quiet = false;
                let client = self.clients.iter_mut().find(|client| client.address == to);
                client.expect("sent to a participant").receive(self.now, class, &mut datagram);
            }
            while let Some((session, text)) = self.signalling.poll() {
                let client = self.clients.iter_mut().find(|client| client.session == session);
                client.expect("said to a session").hear(&text);
            }
            if quiet {
                return;
            }
        }
    }
}

impl Client {
    fn receive(&mut self, now: Time, class: PacketClass, datagram: &mut [u8]) {
        assert!(datagram.len() <= 1_500, "{} bytes on the wire", datagram.len());
        let received = self.transport.handle(now, SFU_ADDRESS, self.address, datagram);
        match (class, received) {
            (PacketClass::Audio | PacketClass::Video, Ok(Received::Rtp(len))) => {
                let header = RtpHeader::parse(&datagram[..len]).expect("the core sends whole packets");
                assert!(self.ssrcs.contains(&header.ssrc), "a stream that nobody announced: {header:?}");
            }
            (PacketClass::Audio | PacketClass::Video, other) => {
                panic!("a forwarded packet that its receiver can't open: {other:?}")
            }
            _ => {}
        }
    }

    fn hear(&mut self, text: &str) {
        match serde_json::from_str(text).expect("the server says what it should") {
            ServerMessage::Subscribed { streams } => {
                let both = streams.iter().flat_map(|stream| [Some(stream.ssrc), stream.rtx_ssrc]);
                self.ssrcs = both.flatten().collect();
            }
            ServerMessage::Joined { .. } => panic!("joined twice"),
            _ => {}
        }
    }
}

/// One client's way in; also its id.
fn join(
    core: &mut Sfu,
    signalling: &mut SignallingServer,
    outputs: &mut Outputs,
    name: &str,
    host: u8,
) -> (Client, String) {
    let provider = SeededProvider::new([host; 32]);
    let certificate = Certificate::generate(provider.as_ref()).expect("P-256 is there");
    let session = signalling.open();
    let mut turn = core.turn(Time::ZERO, outputs);
    signalling.message(session, &join_message(name, certificate.fingerprint()), &mut turn);
    drop(turn);
    let mut answers = std::iter::from_fn(|| signalling.poll()).filter(|(to, _)| *to == session);
    let (_, answer) = answers.next().expect("a join is answered");
    let Ok(ServerMessage::Joined { id, ice, fingerprint, .. }) = serde_json::from_str(&answer) else {
        panic!("refused: {answer}")
    };
    let mut transport = ClientTransport::new(TransportConfig {
        local: address(host),
        credentials: IceCredentials { ufrag: name.into(), pwd: format!("{name}/0123456789abcdefghij") },
        certificate,
        provider,
        crypto: CryptoMode::Real,
        dtls_role: dtls::Role::Client,
        is_controlling: true,
    });
    let remote = RemoteTransport {
        candidate: SFU_ADDRESS,
        credentials: IceCredentials { ufrag: ice.ufrag, pwd: ice.pwd },
        fingerprint: fingerprint.parse().expect("the server's own fingerprint"),
    };
    transport.set_remote(Time::ZERO, remote).expect("good parameters");
    (Client { address: address(host), session, transport, ssrcs: Vec::new() }, id)
}
