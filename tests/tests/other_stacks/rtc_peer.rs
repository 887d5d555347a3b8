//! webrtc-rs' sans-IO peer connection, `rtc` 0.21.1, through SDP.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit, RTCDataChannelMessage};
use rtc::interceptor::{Registry, Slot};
use rtc::peer_connection::configuration::interceptor_registry::{
    configure_nack, configure_rtcp_reports, configure_twcc,
};
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent, RTCTrackEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp;
use rtc::rtp_transceiver::{RTCRtpReceiverId, RTCRtpSenderId};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use rtc::statistics::StatsSelector;
use sfu::Time;
use sfu::conference::{JoinRequest, Joined};
use sfu::participant::{MediaParameters, StreamDescription};
use sfu::rtp::ExtensionIds;
use sfu::transport::dtls::opaque_instant;

use crate::channel::{Channel, Channels, Message};
use crate::frames::Frame;
use crate::rtc_listener::{Heard, Listener};
use crate::rtc_media::{Assembler, assembler};
use crate::rtc_sdp::{answer, attribute, extensions};
use crate::rtc_settings::{MEDIA, Outgoing, RTX, engine, kind, settings, track};
use crate::stack::{Learnt, MID, Role, Stack, payload_types};

/// What a payload may have of a datagram: SRTP, header extensions, UDP and IP need the rest.
const MTU: usize = 1_100;

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
    channels: Channels<RTCDataChannelId>,
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
        let builder = RTCPeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_setting_engine(settings())
            .with_interceptor_registry(registry);
        let mut connection = builder.build(now).expect("a proper configuration");
        let codec = role.codec;
        let (sender, outgoing) = if role.publishes {
            let (track, outgoing) = track(&role);
            (Some(connection.add_track(track).expect("a proper track")), outgoing)
        } else {
            connection.add_transceiver_from_kind(kind(&role), None).expect("a proper kind");
            (None, Vec::new())
        };
        let channels = open_channels(&role, &mut connection);
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
            channels,
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
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => {
                    self.channels.set_open(id, true);
                }
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnClose(id)) => {
                    self.channels.set_open(id, false);
                }
                _ => {}
            }
        }
        while let Some(message) = self.connection.poll_read() {
            match message.message {
                RTCMessage::RtpPacket(_, packet) => self.receive(now, packet),
                RTCMessage::DataChannelMessage(id, RTCDataChannelMessage { is_string, data }) => {
                    self.channels.take(id, Message { is_text: is_string, bytes: data.to_vec() });
                }
                _ => {}
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
                payload_types: payload_types(&self.role, MEDIA, RTX),
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

    fn holes(&self) -> usize {
        self.assembler.dropped()
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

    fn say(&mut self, now: Time, channel: usize, message: &Message) {
        let id = self.channels.id(channel);
        let mut channel = self.connection.data_channel(id).expect("it was created");
        let bytes = &message.bytes[..];
        let sent = if message.is_text {
            channel.send_text(opaque_instant(now), str::from_utf8(bytes).expect("a text"))
        } else {
            channel.send(opaque_instant(now), BytesMut::from(bytes))
        };
        sent.expect("it is open");
        self.drain(now);
    }

    fn close_channel(&mut self, now: Time, channel: usize) {
        let id = self.channels.id(channel);
        self.connection.data_channel(id).expect("it was created").close().expect("it is open");
        self.handle_timeout(now);
    }

    fn open_channels(&self) -> Vec<bool> {
        self.channels.open()
    }

    fn messages(&self) -> &[(usize, Message)] {
        &self.channels.messages
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

fn open_channels(role: &Role, connection: &mut RTCPeerConnection) -> Channels<RTCDataChannelId> {
    let mut open = |channel: &Channel| {
        let options = RTCDataChannelInit {
            ordered: channel.ordered,
            max_retransmits: channel.max_retransmits,
            protocol: channel.protocol.into(),
            ..RTCDataChannelInit::default()
        };
        connection.create_data_channel(channel.label, Some(options)).expect("proper parameters").id()
    };
    Channels::new(role.channels.iter().map(&mut open).collect())
}
