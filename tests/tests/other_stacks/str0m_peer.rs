//! str0m 0.25, through its direct API: payload types, SSRCs and extension ids are ours to set, without SDP.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::Time;
use sfu::conference::{JoinRequest, Joined};
use sfu::participant::{Codec, MediaKind, MediaParameters, StreamDescription};
use sfu::rtp::ExtensionIds;
use sfu::transport::dtls::opaque_instant;
use str0m::bwe::{Bitrate, BweKind};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::format::{Codec as Format, FormatParams};
use str0m::media::{Frequency, KeyframeRequestKind, MediaData, MediaKind as Kind, MediaTime, Pt, Rid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::channel::{Channel, Channels, Message};
use crate::frames::Frame;
use crate::stack::{Counted, Learnt, MID, Role, Stack, payload_types, set_extension};

/// Unlike `rtc`'s, so that forwarding has to translate them.
const MEDIA: u8 = 101;
pub(crate) const RTX: u8 = 102;
const MEDIA_WITH_RED: u8 = 111;
const EXTENSIONS: [(u8, Extension); 4] = [
    (4, Extension::RtpMid),
    (10, Extension::RtpStreamId),
    (11, Extension::RepairedRtpStreamId),
    (3, Extension::TransportSequenceNumber),
];

pub(crate) struct Str0mPeer {
    role: Role,
    rtc: Rtc,
    /// The SSRC of the stream that it receives.
    receives: Option<u32>,
    transmits: Vec<Vec<u8>>,
    connected: bool,
    frames: Vec<(u32, Vec<u8>)>,
    /// Frames that came after a hole.
    interrupted: usize,
    key_frames_wanted: usize,
    channels: Channels<ChannelId>,
    learnt: Learnt,
}

impl Str0mPeer {
    pub(crate) fn new(role: Role) -> Self {
        let mut extensions = ExtensionMap::empty();
        for (id, extension) in EXTENSIONS {
            extensions.set(id, extension);
        }
        let mut config = RtcConfig::new()
            .clear_codecs()
            .set_extension_map(extensions)
            .set_stats_interval(Some(Duration::from_millis(500)))
            .enable_bwe(role.estimates.then(|| Bitrate::kbps(1_500)));
        let (pt, rtx) = (Pt::from(MEDIA), Pt::from(RTX));
        let codecs = config.codec_config();
        let mut video = |format, parameters| {
            codecs.add_config(pt, Some(rtx), format, Frequency::NINETY_KHZ, None, parameters);
        };
        match role.codec {
            Codec::Vp8 => video(Format::Vp8, FormatParams::default()),
            Codec::Vp9 => video(Format::Vp9, FormatParams { profile_id: Some(0), ..FormatParams::default() }),
            Codec::Av1 => video(Format::Av1, FormatParams::default()),
            Codec::H264 => codecs.add_h264(pt, Some(rtx), true, 0x42_e0_1f),
            Codec::H264Mode0 => codecs.add_h264(pt, Some(rtx), false, 0x42_e0_1f),
            // These are the numbers of MEDIA_WITH_RED and RED: it lets nobody choose others for RED.
            Codec::Opus if role.red => codecs.enable_opus(true, true),
            Codec::Opus => {
                let parameters = FormatParams::default();
                codecs.add_config(pt, None, Format::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2), parameters);
            }
        }
        let mut rtc = config.build(opaque_instant(Time::from_secs(1)));
        rtc.add_local_candidate(Candidate::host(role.address, "udp").expect("a proper address"));
        Str0mPeer {
            role,
            rtc,
            receives: None,
            transmits: Vec::new(),
            connected: false,
            frames: Vec::new(),
            interrupted: 0,
            key_frames_wanted: 0,
            channels: Channels::new(Vec::new()),
            learnt: Learnt::default(),
        }
    }

    fn extensions() -> ExtensionIds {
        let mut ids = ExtensionIds::default();
        for (id, extension) in EXTENSIONS {
            set_extension(&mut ids, extension.as_uri(), id);
        }
        ids
    }

    const fn media_type(&self) -> u8 {
        if self.role.red { MEDIA_WITH_RED } else { MEDIA }
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().expect("nothing that the core sends breaks the connection") {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => self.transmits.push(transmit.contents.into()),
                Output::Event(event) => self.take(event),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Connected => self.connected = true,
            Event::MediaData(data) => self.receive(data),
            Event::KeyframeRequest(_) => self.key_frames_wanted += 1,
            Event::ChannelOpen(id, _) => self.channels.set_open(id, true),
            Event::ChannelClose(id) => self.channels.set_open(id, false),
            Event::ChannelData(data) => {
                self.channels.take(data.id, Message { is_text: !data.binary, bytes: data.data });
            }
            Event::MediaEgressStats(stats) => {
                self.learnt.rtt = stats.rtt.map(|rtt| rtt.as_secs_f64());
                self.learnt.is_reported_on |= stats.remote.is_some();
                self.learnt.nacks_received = stats.nacks;
                self.learnt.counted = Counted {
                    packets: stats.packets,
                    bytes: stats.bytes,
                    nacks: stats.nacks,
                    plis: stats.plis,
                    lost: stats.remote.as_ref().map_or(0, |remote| remote.packets_lost),
                    jitter: stats.remote.as_ref().map_or(0, |remote| remote.jitter),
                };
            }
            Event::MediaIngressStats(stats) => {
                self.learnt.has_senders_clock |= stats.remote.is_some();
                self.learnt.nacks_sent = stats.nacks;
                self.learnt.counted = Counted {
                    packets: stats.packets,
                    bytes: stats.bytes,
                    nacks: stats.nacks,
                    plis: stats.plis,
                    lost: 0,
                    jitter: stats.jitter,
                };
            }
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                self.learnt.estimate = Some(estimate.as_f64());
            }
            _ => {}
        }
    }

    fn receive(&mut self, data: MediaData) {
        self.interrupted += usize::from(!data.contiguous);
        self.learnt.has_senders_clock |= data.last_sender_info.is_some();
        self.frames.push((data.time.numer() as u32, data.data.to_vec()));
    }
}

impl Stack for Str0mPeer {
    fn request(&mut self) -> JoinRequest {
        let api = self.rtc.direct_api();
        let (ice, fingerprint) = (api.local_ice_credentials(), api.local_dtls_fingerprint());
        let fingerprint = fingerprint.bytes.as_slice().try_into().expect("SHA-256 gives 32 bytes");
        JoinRequest {
            conference: "room".into(),
            name: "str0m".into(),
            remote_ufrag: ice.ufrag,
            remote_pwd: ice.pass,
            fingerprint: sfu::transport::certificate::Fingerprint::from_bytes(fingerprint),
            media: MediaParameters {
                payload_types: payload_types(&self.role, self.media_type(), RTX),
                extensions: Self::extensions(),
            },
            sources: self.role.sources(),
        }
    }

    fn accept(&mut self, now: Time, joined: &Joined, streams: &[StreamDescription]) {
        let kind = match self.role.kind() {
            MediaKind::Audio => Kind::Audio,
            MediaKind::Video => Kind::Video,
        };
        self.rtc.add_remote_candidate(Candidate::host(joined.candidate, "udp").expect("a proper address"));
        let fingerprint = format!("sha-256 {}", joined.fingerprint).parse().expect("a proper fingerprint");
        let mut api = self.rtc.direct_api();
        api.set_ice_controlling(true);
        api.set_remote_ice_credentials(str0m::IceCreds {
            ufrag: joined.ufrag.clone(),
            pass: joined.pwd.clone(),
        });
        api.set_remote_fingerprint(fingerprint);
        api.start_dtls(true).expect("DTLS starts once");
        api.enable_twcc_feedback();
        if !self.role.channels.is_empty() {
            api.start_sctp(true);
            let ids =
                self.role.channels.iter().map(|channel| api.create_data_channel(configuration(channel)));
            self.channels = Channels::new(ids.collect());
        }
        if self.role.publishes {
            api.declare_media(MID.into(), kind);
            let rids = self.role.rids.iter().map(|rid| self.role.is_simulcast().then(|| Rid::from(*rid)));
            let rids: Vec<_> = if kind == Kind::Audio { vec![None] } else { rids.collect() };
            for (index, rid) in (0..).zip(rids) {
                let rtx = (kind == Kind::Video).then(|| (2_000 + index).into());
                api.declare_stream_tx((1_000 + index).into(), rtx, MID.into(), rid);
            }
        }
        for stream in streams {
            let mid = stream.mid.as_str().into();
            self.receives = Some(stream.ssrc);
            api.declare_media(mid, kind);
            api.expect_stream_rx(stream.ssrc.into(), stream.rtx_ssrc.map(Into::into), mid, None);
        }
        if self.role.estimates {
            // What its estimate may grow to: it probes for more than it sends.
            self.rtc.bwe().set_bitrate(Bitrate::kbps(300), Bitrate::kbps(5_000));
        }
        self.handle_timeout(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.rtc.handle_input(Input::Timeout(opaque_instant(now))).expect("time only goes forward");
        self.drain();
    }

    fn handle_datagram(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        let receive = Receive::new(Protocol::Udp, from, self.role.address, datagram);
        let receive = receive.expect("everything that the core sends is STUN, DTLS, RTP or RTCP");
        let input = Input::Receive(opaque_instant(now), receive);
        self.rtc.handle_input(input).expect("everything that the core sends is of use");
        self.drain();
    }

    fn poll_transmit(&mut self, _now: Time) -> Option<Vec<u8>> {
        if self.transmits.is_empty() { None } else { Some(self.transmits.remove(0)) }
    }

    fn is_connected(&self) -> bool {
        self.connected
    }

    fn send(&mut self, now: Time, encoding: usize, frame: &Frame) {
        let media_type = self.media_type();
        let mut writer = self.rtc.writer(MID.into()).expect("the media was declared");
        if self.role.is_simulcast() {
            writer = writer.rid(self.role.rids[encoding].into());
        }
        let clock = match self.role.kind() {
            MediaKind::Audio => Frequency::FORTY_EIGHT_KHZ,
            MediaKind::Video => Frequency::NINETY_KHZ,
        };
        let time = MediaTime::new(frame.timestamp.into(), clock);
        let written = writer.write(media_type.into(), opaque_instant(now), time, frame.bytes.clone());
        written.expect("the payload type and the rid were declared");
        self.handle_timeout(now);
    }

    fn frames(&self) -> &[(u32, Vec<u8>)] {
        &self.frames
    }

    fn holes(&self) -> usize {
        self.interrupted
    }

    fn held_back(&self) -> usize {
        0
    }

    fn ask_for_key_frame(&mut self, now: Time) {
        let ssrc = self.receives.expect("it receives a stream").into();
        let mut api = self.rtc.direct_api();
        api.stream_rx(&ssrc).expect("expected from the start").request_keyframe(KeyframeRequestKind::Pli);
        self.handle_timeout(now);
    }

    fn say(&mut self, now: Time, channel: usize, message: &Message) {
        let mut channel = self.rtc.channel(self.channels.id(channel)).expect("it is open");
        assert!(channel.write(!message.is_text, &message.bytes).expect("it is open"), "there is room");
        self.handle_timeout(now);
    }

    fn close_channel(&mut self, now: Time, channel: usize) {
        let id = self.channels.id(channel);
        self.rtc.direct_api().close_data_channel(id);
        self.handle_timeout(now);
    }

    fn open_channels(&self) -> Vec<bool> {
        self.channels.open()
    }

    fn messages(&self) -> &[(usize, Message)] {
        &self.channels.messages
    }

    fn learnt(&mut self, _now: Time) -> Learnt {
        Learnt { key_frames_wanted: self.key_frames_wanted as u64, ..self.learnt }
    }
}

fn configuration(channel: &Channel) -> ChannelConfig {
    let reliability = match channel.max_retransmits {
        Some(retransmits) => Reliability::MaxRetransmits { retransmits },
        None => Reliability::Reliable,
    };
    ChannelConfig {
        label: channel.label.into(),
        ordered: channel.ordered,
        reliability,
        negotiated: None,
        protocol: channel.protocol.into(),
    }
}
