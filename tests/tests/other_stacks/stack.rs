//! What the world wants of a stack.

use std::net::SocketAddr;

use sfu::conference::{JoinRequest, Joined};
use sfu::participant::{
    Codec, Content, EncodingDescription, MediaKind, PayloadTypes, SourceDescription, StreamDescription,
    VideoFormat,
};
use sfu::{Time, rtp::ExtensionIds};

use crate::channel::{Channel, Message};
use crate::frames::Frame;

/// The media section that a peer sends in, or receives in.
pub(crate) const MID: &str = "0";

/// Redundant audio (RFC 2198), where a peer speaks it.
pub(crate) const RED: u8 = 63;

/// What one peer is there for.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) address: SocketAddr,
    pub(crate) codec: Codec,
    /// Whether it speaks RED around Opus.
    pub(crate) red: bool,
    /// Whether it sends; otherwise it receives.
    pub(crate) publishes: bool,
    /// The encodings that it sends: none for audio.
    pub(crate) rids: Vec<&'static str>,
    /// Whether it works out what its line carries, and probes for that.
    pub(crate) estimates: bool,
    /// The data channels that it opens.
    pub(crate) channels: Vec<Channel>,
}

impl Role {
    /// Sends one encoding, or those of `rids`.
    pub(crate) fn sending(codec: Codec, rids: &[&'static str]) -> Self {
        let single: &[&str] = if codec.kind() == MediaKind::Video { &["q"] } else { &[] };
        let rids = if rids.is_empty() { single } else { rids };
        Role { publishes: true, rids: rids.to_vec(), ..Role::receiving(codec) }
    }

    pub(crate) const fn receiving(codec: Codec) -> Self {
        Role {
            // The world gives it one.
            address: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0),
            codec,
            red: false,
            publishes: false,
            rids: Vec::new(),
            estimates: false,
            channels: Vec::new(),
        }
    }

    pub(crate) fn with_red(self) -> Self {
        Role { red: true, ..self }
    }

    pub(crate) fn with_channels(self, channels: &[Channel]) -> Self {
        Role { channels: channels.to_vec(), ..self }
    }

    pub(crate) const fn kind(&self) -> MediaKind {
        self.codec.kind()
    }

    /// A single encoding goes without a rid.
    pub(crate) const fn is_simulcast(&self) -> bool {
        self.rids.len() > 1
    }

    /// The source that the core is told of.
    pub(crate) fn sources(&self) -> Vec<SourceDescription> {
        let heights = [180, 360, 720];
        let encoding = |(rid, height): (&&'static str, u16)| EncodingDescription {
            rid: (*rid).into(),
            height,
            fps: 30,
            max_kbps: 700,
            temporal_layers: 1,
            spatial_layers: 1,
        };
        let encodings = self.rids.iter().zip(heights).map(encoding).collect();
        let source = SourceDescription {
            name: "source".into(),
            codec: self.codec,
            mid: MID.into(),
            content: Content::Camera,
            encodings,
        };
        if self.publishes { vec![source] } else { Vec::new() }
    }
}

/// The payload types of one codec beside Opus, which a participant always has.
pub(crate) fn payload_types(role: &Role, media: u8, rtx: u8) -> PayloadTypes {
    let format = Some(VideoFormat { payload_type: media, rtx: Some(rtx) });
    let none = PayloadTypes::audio(111);
    match role.codec {
        Codec::Opus => PayloadTypes { opus_red: role.red.then_some(RED), ..PayloadTypes::audio(media) },
        Codec::Vp8 => PayloadTypes { vp8: format, ..none },
        Codec::Vp9 => PayloadTypes { vp9: format, ..none },
        Codec::Av1 => PayloadTypes { av1: format, ..none },
        Codec::H264 => PayloadTypes { h264: format, ..none },
        Codec::H264Mode0 => PayloadTypes { h264_mode0: format, ..none },
    }
}

/// Sets the id of the extension that `uri` names.
pub(crate) fn set_extension(ids: &mut ExtensionIds, uri: &str, id: u8) {
    match uri {
        "urn:ietf:params:rtp-hdrext:sdes:mid" => ids.mid = id,
        "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" => ids.rid = id,
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" => ids.repaired_rid = id,
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01" => ids.transport_cc = id,
        other => panic!("an extension that nobody asked for: {other}"),
    }
}

/// A peer connection of another stack, without sockets and clocks.
pub(crate) trait Stack {
    /// What it tells the core of itself.
    fn request(&mut self) -> JoinRequest;
    /// What the core tells it: transport, and the streams that it will receive.
    fn accept(&mut self, now: Time, joined: &Joined, streams: &[StreamDescription]);
    fn handle_timeout(&mut self, now: Time);
    fn handle_datagram(&mut self, now: Time, from: SocketAddr, datagram: &[u8]);
    /// The next datagram for the core.
    fn poll_transmit(&mut self, now: Time) -> Option<Vec<u8>>;
    fn is_connected(&self) -> bool;
    /// Packetises and sends a frame of one encoding.
    fn send(&mut self, now: Time, encoding: usize, frame: &Frame);
    /// The frames that it received, whole and in order, and their RTP timestamps.
    fn frames(&self) -> &[(u32, Vec<u8>)];
    /// How often it saw a hole before a frame.
    fn holes(&self) -> usize;
    /// How many frames at the end it holds back until it sees what follows.
    fn held_back(&self) -> usize;
    /// Asks the sender for a key frame.
    fn ask_for_key_frame(&mut self, now: Time);
    /// Says something on one of its data channels.
    fn say(&mut self, now: Time, channel: usize, message: &Message);
    fn close_channel(&mut self, now: Time, channel: usize);
    /// Which of its data channels are open.
    fn open_channels(&self) -> Vec<bool>;
    /// What came on which of its data channels.
    fn messages(&self) -> &[(usize, Message)];
    /// What it learnt from the core's RTCP.
    fn learnt(&mut self, now: Time) -> Learnt;
}

/// What a stack learnt from RTCP.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Learnt {
    /// Round-trip time of what it sends, seconds, where the stack works it out.
    pub(crate) rtt: Option<f64>,
    /// Whether a receiver report told it of what it sends.
    pub(crate) is_reported_on: bool,
    /// Whether a sender report told it the clock of what it receives.
    pub(crate) has_senders_clock: bool,
    /// NACKs that it sent, for what it receives.
    pub(crate) nacks_sent: u64,
    /// NACKs that it received, for what it sends.
    pub(crate) nacks_received: u64,
    /// How often it was asked for a key frame, in any encoding.
    pub(crate) key_frames_wanted: u64,
    /// What it counted of the stream that it sends or receives, where it counts.
    pub(crate) counted: Counted,
    /// Packets that transport-wide feedback told of, where it counts them.
    pub(crate) fed_back: u64,
    /// Datagrams of RTCP that it deciphered and parsed, where it counts them.
    pub(crate) compounds: Option<usize>,
    /// Its estimate of the line to the core, bit/s, from transport-wide feedback.
    pub(crate) estimate: Option<f64>,
}

/// What a stack counted of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Retransmissions included.
    pub(crate) packets: u64,
    /// Of payload, retransmissions included.
    pub(crate) bytes: u64,
    /// Sent by a receiver, received by a sender.
    pub(crate) nacks: u64,
    /// Sent by a receiver, received by a sender.
    pub(crate) plis: u64,
    /// What the last receiver report said of packets lost; of what the stack sends.
    pub(crate) lost: u64,
    /// What the last receiver report said of jitter, in RTP clock ticks.
    pub(crate) jitter: u32,
}
