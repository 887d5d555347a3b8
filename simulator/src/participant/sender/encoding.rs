//! One simulcast encoding on its way to packets.

use sfu::codec::dependency_descriptor::MAX_LEN;
use sfu::codec::frame::FrameExtension;
use sfu::participant::{Codec, MediaKind};
use sfu::send::cache::CachedPacket;
use sfu::send::rtx;
use sfu::{DataRate, DataSize, Time};
use smallvec::SmallVec;

use super::allocation::Bounds;
use super::announcement::Announcement;
use super::config::LayerSettings;
use super::header::{HEADER_LEN, Header, Name};
use super::key_frame_requests::KeyFrameRequests;
use super::output::{MediaTag, Output};
use super::queue::QueuedFrame;
use super::repair::{Kept, RepairStore};
use super::stream::RtpStream;
use super::wire::Wire;
use crate::network::TrafficClass;
use crate::participant::media::packetizer::{
    EncodedFrame, FILLER, MAX_PAYLOAD, StreamFormat, VideoIdentity, VideoPacketizer,
};
use crate::random::Stream;

/// Bytes that the dependency descriptor of most packets adds to the header, padding included.
const DEPENDENCY_LEN: u64 = 8;
/// Most padding of one packet (libwebrtc, `kMaxPaddingLength`).
const MAX_PADDING: u64 = 224;
/// P, in the first byte of an RTP header (RFC 3550 section 5.1).
const PADDING_BIT: u8 = 0x20;

/// The payload types of an encoding and its retransmissions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Types {
    pub(super) media: u8,
    pub(super) rtx: Option<u8>,
}

/// One encoding.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    /// Its spatial layers, lowest first.
    layers: SmallVec<[LayerSettings; 1]>,
    pub(super) stream: RtpStream,
    pub(super) rtx: Option<RtpStream>,
    pub(super) repairs: RepairStore,
    pub(super) key_frames: KeyFrameRequests,
    identity: VideoIdentity,
    packetizer: VideoPacketizer,
    rid: &'static str,
    /// Bytes that each packet has beside the frame's and the usual header.
    each: u64,
    /// Timestamp of the last packet, for padding; and whether that packet ended its frame.
    last: (u32, bool),
    /// Switched off it sends neither what waits nor what is asked for again.
    active: bool,
    pub(super) announcement: Announcement,
}

impl Encoding {
    /// An encoding that has sent nothing; all that senders start at random comes from `stream`.
    pub(super) fn new(
        layers: &[LayerSettings],
        (identity, rid): (VideoIdentity, &'static str),
        format: StreamFormat,
        types: Types,
        stream: &mut Stream,
        ssrcs: &mut Vec<u32>,
    ) -> Self {
        let media = RtpStream::new(MediaKind::Video, types.media, stream, ssrcs);
        let rtx = types.rtx.map(|rtx| RtpStream::new(MediaKind::Video, rtx, stream, ssrcs));
        let (picture, base) = (stream.bits() as u16, stream.bits() as u8);
        let each = descriptor_len(&format);
        Encoding {
            layers: SmallVec::from_slice(layers),
            stream: media,
            rtx,
            repairs: RepairStore::new(layers.iter().map(|layer| layer.max).sum()),
            key_frames: KeyFrameRequests::default(),
            identity,
            packetizer: VideoPacketizer::new(identity, format, picture, base),
            rid,
            each,
            last: (0, true),
            active: true,
            announcement: Announcement::default(),
        }
    }

    /// What each of its layers can use, headers included.
    pub(super) fn bounds(&self, overhead: DataSize) -> impl Iterator<Item = Bounds> + Clone {
        self.layers.iter().map(move |layer| {
            let with_headers = |rate: DataRate| rate + self.headers(rate, overhead);
            Bounds { min: with_headers(layer.min), max: with_headers(layer.max) }
        })
    }

    /// The encoder's target that makes the encoding use `rate`, headers included.
    pub(super) fn payload_rate(&self, rate: DataRate, overhead: DataSize) -> DataRate {
        // Twice: the headers are those of the payload, not of the whole.
        let payload = rate.saturating_sub(self.headers(rate, overhead));
        rate.saturating_sub(self.headers(payload, overhead))
    }

    /// What headers add to an encoder's `rate`.
    fn headers(&self, rate: DataRate, overhead: DataSize) -> DataRate {
        let fps = u64::from(self.layers[0].fps.max(1));
        let frame = rate.as_bps() / 8 / fps;
        let packets = frame.div_ceil(MAX_PAYLOAD as u64 - self.each).max(u64::from(frame > 0)) * fps;
        let each = overhead.as_bytes() + HEADER_LEN as u64 + self.each;
        DataRate::from_bps(packets * each * 8)
    }

    /// Whether it is switched on.
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// Switches it on or off; says whether it was the other way. Off, its frame under way is given up (libwebrtc,
    /// `ModuleRtpRtcpImpl2::CanSendPacket`: a stream whose layer is off sends no packet, whatever waits in the pacer).
    pub(super) fn set_active(&mut self, active: bool) -> bool {
        self.last.1 |= !active;
        std::mem::replace(&mut self.active, active) != active
    }

    /// Takes a frame from the encoder: it is ready to be sent packet by packet.
    pub(super) fn packetize(&mut self, frame: &EncodedFrame) -> QueuedFrame {
        let packets = self.packetizer.start(frame);
        let VideoIdentity { source, encoding, .. } = self.identity;
        QueuedFrame::new((source, encoding), self.stream.clock.at(frame.captured), frame, packets)
    }

    /// Sends the next packet of `frame` and returns its payload's length.
    pub(super) fn send_media(
        &mut self,
        now: Time,
        mid: &str,
        frame: &mut QueuedFrame,
        wire: &mut Wire,
        output: &mut dyn FnMut(Output<'_>),
    ) -> usize {
        let (timestamp, marker) = (frame.timestamp, frame.packets.next_is_marked());
        let sequence = self.stream.take_sequence();
        let name = Name::Encoding { mid, rid: self.rid };
        let mut descriptor = [0; MAX_LEN];
        let descriptor_len = frame.packets.next_descriptor(&mut descriptor);
        let descriptor = &descriptor[..descriptor_len];
        let starts = frame.packets.next_is_first();
        let allocation = if starts { self.announcement.take() } else { SmallVec::new() };
        let header = header(&self.stream, (sequence, timestamp, marker), name);
        let header = Header { descriptor, allocation: &allocation, ..header };
        let VideoIdentity { source, encoding, .. } = self.identity;
        let mut len = 0;
        let fill = |buffer: &mut Vec<u8>| {
            let start = buffer.len();
            buffer.resize(start + MAX_PAYLOAD, 0);
            let payload =
                frame.packets.next_payload(&mut buffer[start..]).expect("queued frames have packets left");
            len = payload.len;
            buffer.truncate(start + len);
            let packet = CachedPacket {
                sequence,
                timestamp,
                marker,
                arrived: now,
                extension: FrameExtension::None,
                payload: &buffer[start..start + len - payload.filler],
            };
            self.repairs.insert(packet, payload.ordinal, payload.filler, descriptor);
            Some(MediaTag { source, encoding, ordinal: payload.ordinal, voiced: false })
        };
        wire.send(now, TrafficClass::Video, &header, fill, output);
        self.stream.on_sent(now, len);
        self.last = (timestamp, marker);
        len
    }

    /// Sends a packet again, if there is a stream for that and the packet is still kept; its payload's length.
    pub(super) fn send_repair(
        &mut self,
        now: Time,
        mid: &str,
        sequence: u64,
        wire: &mut Wire,
        output: &mut dyn FnMut(Output<'_>),
    ) -> Option<usize> {
        let stream = self.rtx.as_mut()?;
        let Kept { ordinal, filler, descriptor, packet } = self.repairs.take(now, sequence)?;
        let number = stream.take_sequence();
        let name = Name::Repair { mid, rid: self.rid };
        let header = Header { descriptor, ..header(stream, (number, packet.timestamp, packet.marker), name) };
        let VideoIdentity { source, encoding, .. } = self.identity;
        let written = rtx::OSN_LEN + packet.payload.len();
        let len = written + filler;
        let fill = |buffer: &mut Vec<u8>| {
            let start = buffer.len();
            buffer.resize(start + written, 0);
            rtx::wrap(sequence as u16, packet.payload, &mut buffer[start..]).expect("room was made for it");
            buffer.resize(start + len, FILLER);
            Some(MediaTag { source, encoding, ordinal, voiced: false })
        };
        wire.send(now, TrafficClass::Retransmission, &header, fill, output);
        stream.on_sent(now, len);
        Some(len)
    }

    /// Whether padding may be sent: after a frame's packets only, and without RTX not between those of one
    /// frame (libwebrtc, `RTPSender::GeneratePadding`).
    pub(super) fn takes_padding(&self) -> bool {
        self.stream.has_sent() && (self.rtx.is_some() || self.last.1)
    }

    /// Sends padding so that the packet is about `size` on the wire: on the stream of retransmissions, or
    /// without one on the encoding's own.
    pub(super) fn send_padding(
        &mut self,
        now: Time,
        mid: &str,
        size: DataSize,
        wire: &mut Wire,
        output: &mut dyn FnMut(Output<'_>),
    ) {
        let (timestamp, rid) = (self.last.0, self.rid);
        let (stream, name) = match &mut self.rtx {
            Some(rtx) => (rtx, Name::Repair { mid, rid }),
            None => (&mut self.stream, Name::Encoding { mid, rid }),
        };
        let sequence = stream.take_sequence();
        let header = header(stream, (sequence, timestamp, false), name);
        let padding = size.as_bytes().saturating_sub(HEADER_LEN as u64).clamp(1, MAX_PADDING) as u8;
        let fill = |buffer: &mut Vec<u8>| {
            buffer[0] |= PADDING_BIT;
            buffer.resize(buffer.len() + usize::from(padding) - 1, 0);
            buffer.push(padding);
            None
        };
        wire.send(now, TrafficClass::Padding, &header, fill, output);
        stream.on_sent(now, 0);
    }
}

fn header<'a>(
    stream: &RtpStream,
    (sequence, timestamp, marker): (u64, u32, bool),
    name: Name<'a>,
) -> Header<'a> {
    Header {
        marker,
        payload_type: stream.payload_type,
        sequence: sequence as u16,
        timestamp,
        ssrc: stream.ssrc,
        name: stream.needs_name().then_some(name),
        audio_level: None,
        descriptor: &[],
        allocation: &[],
    }
}

/// Bytes of the payload descriptor that the packetizer writes into each packet, and of the dependency descriptor.
fn descriptor_len(format: &StreamFormat) -> u64 {
    let payload = match format.codec {
        // Picture id of 15 bits, TL0PICIDX, TID and KEYIDX (RFC 7741 section 4.2).
        Codec::Vp8 | Codec::Opus => 6,
        // Picture id of 15 bits, layer indices, TL0PICIDX (RFC 9628 section 4.2).
        Codec::Vp9 => 5,
        Codec::Av1 | Codec::H264Mode0 => 1,
        Codec::H264 => 2,
    };
    let payload = if format.encrypted { 0 } else { payload };
    payload + if format.described { DEPENDENCY_LEN } else { 0 }
}
