//! webrtc-rs, by its sans-IO peer connection `rtc` 0.21.1.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use rtc::interceptor::Registry;
use rtc::media::io::sample_builder::SampleBuilder;
use rtc::peer_connection::configuration::interceptor_registry::{
    configure_nack, configure_rtcp_reports, configure_twcc,
};
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp;
use rtc::rtp::codec::{opus, vp8};
use rtc::rtp::packetizer::Payloader as _;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use sfu::participant::Codec;

use crate::client::{Client, Socket};
use crate::frames::Frame;
use crate::rtc_settings::{OPUS, VP8, engine, kind, track};

/// What a payload may have of a datagram: SRTP, header extensions, UDP and IP need the rest.
const MTU: usize = 1_100;

/// How many packets it waits for one that is missing.
const LATE: u16 = 400;

/// SSRCs of sound and picture.
const SSRCS: [(Codec, u32); 2] = [(Codec::Opus, 1_000), (Codec::Vp8, 3_000)];

pub(crate) struct RtcClient {
    connection: RTCPeerConnection,
    socket: Socket,
    offer: String,
    connected: bool,
    senders: Vec<(Codec, RTCRtpSenderId)>,
    sequences: [u16; 2],
    payloader: vp8::Vp8Payloader,
    sounds: Vec<Vec<u8>>,
    /// Retransmissions come more than once, and late: by number.
    packets: BTreeMap<u16, ()>,
    samples: SampleBuilder<vp8::Vp8Packet>,
    pictures: Vec<Vec<u8>>,
}

impl RtcClient {
    pub(crate) fn new(publishes: bool) -> Self {
        let (socket, now) = (Socket::open(), Instant::now());
        let mut engine = engine();
        let registry = configure_nack(Registry::new(), &mut engine);
        let registry = configure_twcc(registry, &mut engine).expect("the extension is registered");
        let builder = RTCPeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_interceptor_registry(configure_rtcp_reports(registry));
        let mut connection = builder.build(now).expect("a proper configuration");
        let mut senders = Vec::new();
        for (codec, ssrc) in SSRCS {
            if publishes {
                senders.push((codec, connection.add_track(track(codec, ssrc)).expect("a proper track")));
            } else {
                connection.add_transceiver_from_kind(kind(codec), None).expect("a proper kind");
            }
        }
        let candidate = CandidateHostConfig {
            base_config: CandidateConfig {
                network: "udp".into(),
                address: socket.address.ip().to_string(),
                port: socket.address.port(),
                component: 1,
                ..CandidateConfig::default()
            },
            ..CandidateHostConfig::default()
        };
        let candidate = candidate.new_candidate_host().expect("a proper address");
        let candidate = RTCIceCandidate::from(&candidate).to_json().expect("it can be written");
        connection.add_local_candidate(candidate).expect("a proper candidate");
        let offer = connection.create_offer(None).expect("there are media sections");
        connection.set_local_description(now, offer.clone()).expect("its own offer");
        let mut payloader = vp8::Vp8Payloader::default();
        payloader.enable_picture_id = true;
        RtcClient {
            connection,
            socket,
            offer: offer.sdp,
            connected: false,
            senders,
            sequences: [7, 65_500],
            payloader,
            sounds: Vec::new(),
            packets: BTreeMap::new(),
            samples: SampleBuilder::new(LATE, vp8::Vp8Packet::default(), 90_000),
            pictures: Vec::new(),
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.connected = state == RTCPeerConnectionState::Connected;
            }
        }
        while let Some(message) = self.connection.poll_read() {
            if let RTCMessage::RtpPacket(_, packet) = message.message {
                self.receive(packet);
            }
        }
        while let Some(message) = self.connection.poll_write() {
            self.socket.send(message.transport.peer_addr, &message.message);
        }
    }

    fn receive(&mut self, packet: rtp::Packet) {
        if packet.header.payload_type == OPUS {
            self.sounds.push(packet.payload.to_vec());
        } else if packet.header.payload_type == VP8
            && self.packets.insert(packet.header.sequence_number, ()).is_none()
        {
            let now = Instant::now();
            self.samples.push(now, packet);
            while let Some(sample) = self.samples.pop(now) {
                self.pictures.push(sample.data.to_vec());
            }
        }
    }
}

impl Client for RtcClient {
    fn offer(&mut self) -> String {
        self.offer.clone()
    }

    fn accept(&mut self, answer: &str) {
        let answer = RTCSessionDescription::answer(answer.to_owned()).expect("it reads the answer");
        self.connection.set_remote_description(Instant::now(), answer).expect("it accepts the answer");
    }

    fn pump(&mut self) {
        let local_addr = self.socket.address;
        while let Some((peer_addr, datagram)) = self.socket.receive() {
            let transport = TransportContext {
                local_addr,
                peer_addr,
                transport_protocol: TransportProtocol::UDP,
                ecn: None,
            };
            let message =
                TaggedBytesMut { now: Instant::now(), transport, message: BytesMut::from(datagram) };
            self.connection.handle_read(message).expect("everything that the server sends is of use");
        }
        self.connection.handle_timeout(Instant::now()).expect("time only goes forward");
        self.drain();
    }

    fn is_connected(&self) -> bool {
        self.connected
    }

    fn send(&mut self, codec: Codec, frame: &Frame) {
        let at = usize::from(codec != Codec::Opus);
        let bytes = Bytes::from(frame.bytes.clone());
        let payloads = match codec {
            Codec::Opus => opus::OpusPayloader.payload(MTU, &bytes),
            _ => self.payloader.payload(MTU, &bytes),
        };
        let payloads = payloads.expect("a proper frame");
        let last = payloads.len() - 1;
        for (index, payload) in payloads.into_iter().enumerate() {
            self.sequences[at] = self.sequences[at].wrapping_add(1);
            let header = rtp::header::Header {
                version: 2,
                marker: index == last,
                payload_type: if at == 0 { OPUS } else { VP8 },
                sequence_number: self.sequences[at],
                timestamp: frame.timestamp,
                ssrc: SSRCS[at].1,
                ..rtp::header::Header::default()
            };
            let (_, sender) = self.senders[at];
            let mut sender = self.connection.rtp_sender(sender).expect("it is there");
            sender.write_rtp(Instant::now(), rtp::Packet { header, payload }).expect("it was negotiated");
        }
        self.drain();
    }

    fn frames(&self, codec: Codec) -> &[Vec<u8>] {
        if codec == Codec::Opus { &self.sounds } else { &self.pictures }
    }
}
