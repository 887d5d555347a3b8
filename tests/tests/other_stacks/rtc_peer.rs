//! webrtc-rs' sans-IO peer connection, `rtc` 0.21.1, through SDP.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::{
    configure_nack, configure_rtcp_reports, configure_twcc,
};
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::event::{RTCPeerConnectionEvent, RTCTrackEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp::packetizer::Payloader;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpReceiverId, RTCRtpSenderId};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use rtc::statistics::StatsSelector;
use rtc::{rtp, sdp};
use sfu::Time;
use sfu::conference::{JoinRequest, Joined};
use sfu::participant::{Codec, MediaKind, MediaParameters, StreamDescription};
use sfu::rtp::ExtensionIds;
use sfu::transport::dtls::opaque_instant;

use crate::frames::Frame;
use crate::rtc_listener::{Heard, Listener};
use crate::rtc_media::{Assembler, assembler, payloader};
use crate::rtc_sdp::{answer, attribute, extensions};
use crate::stack::{Learnt, MID, Role, Stack, payload_types};

const MEDIA: u8 = 96;
const RTX: u8 = 97;
/// What a payload may have of a datagram: SRTP, header extensions, UDP and IP need the rest.
const MTU: usize = 1_100;

/// One encoding that it sends.
struct Outgoing {
    ssrc: u32,
    sequence: u16,
    payloader: Box<dyn Payloader>,
}

pub(crate) struct RtcPeer {
    role: Role,
    connection: RTCPeerConnection,
    heard: Arc<Mutex<Heard>>,
    offer: String,
    ids: ExtensionIds,
    connected: bool,
    sender: Option<RTCRtpSenderId>,
    outgoing: Vec<Outgoing>,
    receiver: Option<RTCRtpReceiverId>,
    receives: Option<u32>,
    assembler: Box<dyn Assembler>,
    /// The latest sequence numbers: retransmissions come more than once.
    seen: VecDeque<u16>,
    frames: Vec<(u32, Vec<u8>)>,
}

impl RtcPeer {
    pub(crate) fn new(role: Role) -> Self {
        let now = opaque_instant(Time::from_secs(1));
        let mut engine = engine(&role);
        let registry = configure_nack(Registry::new(), &mut engine);
        let registry = configure_twcc(registry, &mut engine).expect("the extension is registered");
        let listener = Listener::default();
        let heard = listener.heard();
        let registry = configure_rtcp_reports(registry).with(Slot::from(500), listener);
        let builder =
            RTCPeerConnectionBuilder::new().with_media_engine(engine).with_interceptor_registry(registry);
        let mut connection = builder.build(now).expect("a proper configuration");
        let codec = role.codec;
        let (sender, outgoing) = if role.publishes {
            let (track, outgoing) = track(&role);
            (Some(connection.add_track(track).expect("a proper track")), outgoing)
        } else {
            connection.add_transceiver_from_kind(kind(&role), None).expect("a proper kind");
            (None, Vec::new())
        };
        let candidate = CandidateHostConfig {
            base_config: CandidateConfig {
                network: "udp".into(),
                address: role.address.ip().to_string(),
                port: role.address.port(),
                component: 1,
                ..CandidateConfig::default()
            },
            ..CandidateHostConfig::default()
        };
        let candidate = candidate.new_candidate_host().expect("a proper address");
        let candidate = RTCIceCandidate::from(&candidate).to_json().expect("it can be written");
        connection.add_local_candidate(candidate).expect("a proper candidate");
        let offer = connection.create_offer(None).expect("there is a media section");
        connection.set_local_description(now, offer.clone()).expect("its own offer");
        RtcPeer {
            role,
            connection,
            heard,
            ids: extensions(&offer.sdp),
            offer: offer.sdp,
            connected: false,
            sender,
            outgoing,
            receiver: None,
            receives: None,
            assembler: assembler(codec),
            seen: VecDeque::new(),
            frames: Vec::new(),
        }
    }

    fn drain(&mut self, now: Time) {
        while let Some(event) = self.connection.poll_event() {
            match event {
                RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => {
                    self.connected = state == RTCPeerConnectionState::Connected;
                }
                RTCPeerConnectionEvent::OnTrack(RTCTrackEvent::OnOpen(track)) => {
                    self.receiver = Some(track.receiver_id);
                }
                _ => {}
            }
        }
        while let Some(message) = self.connection.poll_read() {
            if let RTCMessage::RtpPacket(_, packet) = message.message {
                self.receive(now, packet);
            }
        }
    }

    /// `rtc`'s NACK generator stands before RTX is unpacked: it never learns that a retransmission came, and asks on
    /// until the packet is 512 behind. Its sample builder takes what comes again for the first packet of a frame, so
    /// the application has to sort that out.
    fn receive(&mut self, now: Time, packet: rtp::Packet) {
        if self.seen.contains(&packet.header.sequence_number) {
            return;
        }
        self.seen.push_front(packet.header.sequence_number);
        self.seen.truncate(1_000);
        let now = opaque_instant(now);
        self.assembler.push(now, packet);
        while let Some(frame) = self.assembler.pop(now) {
            self.frames.push(frame);
        }
    }
}

impl Stack for RtcPeer {
    fn request(&mut self) -> JoinRequest {
        let fingerprint = attribute(&self.offer, "fingerprint").strip_prefix("sha-256 ").expect("by SHA-256");
        JoinRequest {
            conference: "room".into(),
            name: "rtc".into(),
            remote_ufrag: attribute(&self.offer, "ice-ufrag").into(),
            remote_pwd: attribute(&self.offer, "ice-pwd").into(),
            fingerprint: fingerprint.parse().expect("a proper fingerprint"),
            media: MediaParameters {
                payload_types: payload_types(self.role.codec, MEDIA, RTX),
                extensions: self.ids,
            },
            sources: self.role.sources(),
        }
    }

    fn accept(&mut self, now: Time, joined: &Joined, streams: &[StreamDescription]) {
        assert_eq!(attribute(&self.offer, "mid"), MID);
        self.receives = streams.first().map(|stream| stream.ssrc);
        let answer = RTCSessionDescription::answer(answer(&self.offer, joined, streams)).expect("proper SDP");
        self.connection.set_remote_description(opaque_instant(now), answer).expect("an answer to its offer");
        self.handle_timeout(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.connection.handle_timeout(opaque_instant(now)).expect("time only goes forward");
        self.drain(now);
    }

    fn handle_datagram(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        let transport = TransportContext {
            local_addr: self.role.address,
            peer_addr: from,
            transport_protocol: TransportProtocol::UDP,
            ecn: None,
        };
        let message =
            TaggedBytesMut { now: opaque_instant(now), transport, message: BytesMut::from(datagram) };
        self.connection.handle_read(message).expect("everything that the core sends is of use");
        self.drain(now);
    }

    fn poll_transmit(&mut self, _now: Time) -> Option<Vec<u8>> {
        self.connection.poll_write().map(|message| message.message.to_vec())
    }

    fn is_connected(&self) -> bool {
        self.connected
    }

    fn send(&mut self, now: Time, encoding: usize, frame: &Frame) {
        let out = &mut self.outgoing[encoding];
        let payloads = out.payloader.payload(MTU, &Bytes::from(frame.bytes.clone())).expect("a proper frame");
        let last = payloads.len() - 1;
        for (index, payload) in payloads.into_iter().enumerate() {
            out.sequence = out.sequence.wrapping_add(1);
            let mut header = rtp::header::Header {
                version: 2,
                marker: index == last,
                payload_type: MEDIA,
                sequence_number: out.sequence,
                timestamp: frame.timestamp,
                ssrc: out.ssrc,
                ..rtp::header::Header::default()
            };
            header.set_extension(self.ids.mid, Bytes::from_static(MID.as_bytes())).expect("it fits");
            if self.role.is_simulcast() {
                let rid = Bytes::from_static(self.role.rids[encoding].as_bytes());
                header.set_extension(self.ids.rid, rid).expect("it fits");
            }
            let mut sender = self.connection.rtp_sender(self.sender.expect("it sends")).expect("it is there");
            sender
                .write_rtp(opaque_instant(now), rtp::Packet { header, payload })
                .expect("it was negotiated");
        }
        self.drain(now);
    }

    fn frames(&self) -> &[(u32, Vec<u8>)] {
        &self.frames
    }

    fn held_back(&self) -> usize {
        1
    }

    fn ask_for_key_frame(&mut self, now: Time) {
        let media_ssrc = self.receives.expect("it receives a stream");
        let mut receiver =
            self.connection.rtp_receiver(self.receiver.expect("a track opened")).expect("it is there");
        let request = PictureLossIndication { sender_ssrc: 1, media_ssrc };
        receiver.write_rtcp(opaque_instant(now), vec![Box::new(request)]).expect("it can be sent");
        self.drain(now);
    }

    fn learnt(&mut self, now: Time) -> Learnt {
        let report = self.connection.get_stats(opaque_instant(now), StatsSelector::None);
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let of_ours = |ssrc: &u32| self.outgoing.iter().any(|out| out.ssrc == *ssrc);
        let blocks = heard.receiver_reports.iter().flat_map(|report| &report.reports);
        Learnt {
            // The time of the last sender report comes back: what a round-trip time is worked out from.
            is_reported_on: blocks.clone().any(|block| of_ours(&block.ssrc) && block.last_sender_report != 0),
            has_senders_clock: heard.sender_reports.iter().any(|report| Some(report.ssrc) == self.receives),
            nacks_sent: report.inbound_rtp_streams().map(|stream| u64::from(stream.nack_count)).sum(),
            nacks_received: heard.nacks.iter().filter(|ssrc| of_ours(ssrc)).count() as u64,
            key_frames_wanted: heard.key_frame_requests.iter().filter(|ssrc| of_ours(ssrc)).count() as u64,
            fed_back: heard.fed_back as u64,
            compounds: Some(heard.compounds),
            ..Learnt::default()
        }
    }
}

fn kind(role: &Role) -> RtpCodecKind {
    match role.kind() {
        MediaKind::Audio => RtpCodecKind::Audio,
        MediaKind::Video => RtpCodecKind::Video,
    }
}

fn codec(role: &Role) -> RTCRtpCodec {
    let (mime_type, parameters) = match role.codec {
        Codec::Opus => ("audio/opus", "minptime=10;useinbandfec=1"),
        Codec::Vp8 => ("video/VP8", ""),
        Codec::Vp9 => ("video/VP9", "profile-id=0"),
        Codec::Av1 => ("video/AV1", ""),
        Codec::H264 => {
            ("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        }
        Codec::H264Mode0 => {
            ("video/H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f")
        }
    };
    RTCRtpCodec {
        mime_type: mime_type.into(),
        clock_rate: role.kind().clock_rate(),
        channels: if role.kind() == MediaKind::Audio { 2 } else { 0 },
        sdp_fmtp_line: parameters.into(),
        rtcp_feedback: Vec::new(),
    }
}

fn engine(role: &Role) -> MediaEngine {
    let mut engine = MediaEngine::default();
    let mut register = |rtp_codec, payload_type| {
        let parameters = RTCRtpCodecParameters { rtp_codec, payload_type };
        engine.register_codec(parameters, kind(role)).expect("a proper codec");
    };
    register(codec(role), MEDIA);
    if role.kind() == MediaKind::Video {
        let (mime_type, sdp_fmtp_line) = ("video/rtx".into(), format!("apt={MEDIA}"));
        register(RTCRtpCodec { mime_type, sdp_fmtp_line, ..codec(role) }, RTX);
    }
    for uri in [
        sdp::extmap::SDES_MID_URI,
        sdp::extmap::SDES_RTP_STREAM_ID_URI,
        sdp::extmap::SDES_REPAIR_RTP_STREAM_ID_URI,
    ] {
        let capability = RTCRtpHeaderExtensionCapability { uri: uri.into() };
        engine.register_header_extension(capability, kind(role), None).expect("there is room for it");
    }
    engine
}

fn track(role: &Role) -> (MediaStreamTrack, Vec<Outgoing>) {
    let count = role.rids.len().max(1);
    let ssrcs: Vec<u32> = (1_000..).take(count).collect();
    let coding = |(index, ssrc): (usize, &u32)| RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            rid: if role.is_simulcast() { role.rids[index].into() } else { String::new() },
            ssrc: Some(*ssrc),
            rtx: (role.kind() == MediaKind::Video).then(|| RTCRtpRtxParameters { ssrc: ssrc + 1_000 }),
            fec: None,
        },
        codec: codec(role),
        ..RTCRtpEncodingParameters::default()
    };
    let codings = ssrcs.iter().enumerate().map(coding).collect();
    let track = MediaStreamTrack::new("stream".into(), "track".into(), "track".into(), kind(role), codings);
    // Begins shortly before the sequence numbers turn over.
    let outgoing = |ssrc| Outgoing { ssrc, sequence: u16::MAX - 30, payloader: payloader(role.codec) };
    (track, ssrcs.into_iter().map(outgoing).collect())
}
