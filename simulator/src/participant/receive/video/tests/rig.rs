//! A publisher, an SFU that rewrites as it should, and a receiver whose outputs are kept.

use std::time::Duration;

use sfu::codec::Vp8Descriptor;

use super::super::*;
use crate::participant::media::packetizer::{EncodedFrame, StreamFormat, VideoIdentity, VideoPacketizer};
use crate::participant::media::sender_log::{HopRecord, UplinkRecord};
use crate::participant::media::stamp::VideoStamp;
use crate::participant::receive::feedback::Feedback;

pub(super) const SSRC: u32 = 0x1111;
pub(super) const RTX: u32 = 0x2222;
/// Frames are this far apart.
pub(super) const FRAME_MS: u64 = 40;
pub(super) const DECODE_MS: u64 = 4;
pub(super) const SIZES: [(u16, u16); 3] = [(320, 180), (640, 360), (1280, 720)];

pub(super) fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// A packet as the receiver gets it.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
    /// The dependency descriptor; empty for none.
    pub(super) descriptor: Vec<u8>,
}

/// Encodes frames and projects them onto one outgoing stream without a break.
pub(super) struct Source {
    packetizers: [VideoPacketizer; 3],
    sequence: u16,
    first_timestamp: u32,
    /// Outgoing picture id and TL0PICIDX of the last frame.
    ids: (u16, u8),
}

impl Source {
    pub(super) fn new(layers: u8, sequence: u16, first_timestamp: u32, picture_id: u16) -> Source {
        let packetizers = [0, 1, 2].map(|encoding| {
            let identity = VideoIdentity { publisher: 1, source: 0, encoding };
            VideoPacketizer::new(
                identity,
                StreamFormat::vp8(layers),
                1_000 * u16::from(encoding),
                77 * encoding,
            )
        });
        Source { packetizers, sequence, first_timestamp, ids: (picture_id.wrapping_sub(1), 254) }
    }

    /// The packets of frame number `n`, of about 1,000 bytes each.
    pub(super) fn frame(
        &mut self,
        n: u64,
        encoding: usize,
        key: bool,
        temporal: u8,
        packets: u32,
    ) -> Vec<Packet> {
        let frame = self.encode(n, encoding, key, temporal, packets);
        self.project(frame)
    }

    /// A frame that the SFU does not forward: it leaves no hole.
    pub(super) fn skip(&mut self, n: u64, encoding: usize, temporal: u8) {
        self.encode(n, encoding, false, temporal, 1);
    }

    fn encode(&mut self, n: u64, encoding: usize, key: bool, temporal: u8, packets: u32) -> Vec<Packet> {
        let captured = ms(n * FRAME_MS);
        let (width, height) = SIZES[encoding];
        let (bytes, encode) = (packets * 1_000, Duration::from_millis(8));
        let (spatial, active_layers, ends_picture) = (0, 1, true);
        let frame = EncodedFrame {
            key,
            spatial,
            temporal,
            bytes,
            width,
            height,
            captured,
            encode,
            active_layers,
            ends_picture,
        };
        let mut content = self.packetizers[encoding].start(&frame);
        let timestamp = self.first_timestamp.wrapping_add((n * FRAME_MS * 90) as u32);
        let mut out = [0; 1_200];
        std::iter::from_fn(|| {
            let payload = content.next_payload(&mut out)?;
            Some(Packet {
                sequence: 0,
                timestamp,
                marker: payload.marker,
                payload: out[..payload.len].to_vec(),
                descriptor: Vec::new(),
            })
        })
        .collect()
    }

    fn project(&mut self, mut packets: Vec<Packet>) -> Vec<Packet> {
        let first = Vp8Descriptor::parse(&packets[0].payload).expect("ours");
        self.ids.0 = self.ids.0.wrapping_add(1) & 0x7fff;
        if first.temporal_id == Some(0) {
            self.ids.1 = self.ids.1.wrapping_add(1);
        }
        for packet in &mut packets {
            let d = Vp8Descriptor::parse(&packet.payload).expect("ours");
            d.rewrite_picture_id(&mut packet.payload, self.ids.0).expect("15 bits");
            d.rewrite_tl0_picture_index(&mut packet.payload, self.ids.1).expect("present");
            packet.sequence = self.sequence;
            self.sequence = self.sequence.wrapping_add(1);
        }
        packets
    }
}

/// An output that outlives its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    FirstPacket,
    FirstKeyFrame,
    Rendered(Box<Rendered>),
    Undecodable(Time),
    Nack(Vec<u16>),
    Pli,
}

pub(super) struct Rig {
    pub(super) receiver: VideoReceiver,
    pub(super) seen: Vec<(Time, Seen)>,
}

pub(super) fn config() -> VideoConfig {
    VideoConfig {
        ssrc: SSRC,
        rtx_ssrc: Some(RTX),
        codec: Codec::Vp8,
        nack: true,
        publisher: 1,
        source: 0,
        decode: DecodeModel { fixed: Duration::from_millis(DECODE_MS), per_megapixel: Duration::ZERO },
    }
}

fn keep(output: VideoOutput<'_>) -> Seen {
    match output {
        VideoOutput::FirstPacket => Seen::FirstPacket,
        VideoOutput::FirstKeyFrame => Seen::FirstKeyFrame,
        VideoOutput::Rendered(rendered) => Seen::Rendered(Box::new(*rendered)),
        VideoOutput::Undecodable { captured, .. } => Seen::Undecodable(captured),
        VideoOutput::Feedback(Feedback::Nack { ssrc, sequences }) => {
            assert_eq!(ssrc, SSRC);
            Seen::Nack(sequences.to_vec())
        }
        VideoOutput::Feedback(Feedback::Pli { ssrc }) => {
            assert_eq!(ssrc, SSRC);
            Seen::Pli
        }
    }
}

impl Rig {
    pub(super) fn new(config: VideoConfig) -> Rig {
        Rig { receiver: VideoReceiver::new(config), seen: Vec::new() }
    }

    /// Lets time pass up to `until`.
    pub(super) fn run(&mut self, until: Time) {
        let mut last = Time::ZERO;
        while let Some(deadline) = self.receiver.deadline().filter(|&deadline| deadline <= until) {
            let now = deadline.max(last);
            last = now;
            self.receiver.handle_timeout(now, &mut |output| self.seen.push((now, keep(output))));
            assert!(self.receiver.deadline().is_none_or(|next| next > now), "a deadline was met and stays");
        }
    }

    pub(super) fn deliver(&mut self, at: Time, packet: &Packet) {
        self.input(at, SSRC, packet, &packet.payload);
    }

    pub(super) fn deliver_all(&mut self, at: Time, packets: &[Packet]) {
        packets.iter().for_each(|packet| self.deliver(at, packet));
    }

    pub(super) fn retransmit(&mut self, at: Time, packet: &Packet) {
        let payload = [&packet.sequence.to_be_bytes()[..], &packet.payload].concat();
        self.input(at, RTX, packet, &payload);
    }

    /// The packet left the publisher 20 ms before it arrives, and the SFU 10 ms before.
    pub(super) fn input(&mut self, at: Time, ssrc: u32, packet: &Packet, payload: &[u8]) {
        self.run(at);
        let header = RtpHeader {
            marker: packet.marker,
            payload_type: 96,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            ssrc,
            extension_profile: None,
            extension_start: 12,
            extension_end: 12,
            payload_start: 12,
            payload_end: 12 + payload.len(),
            padding: 0,
        };
        let before = |millis| at.saturating_sub(Duration::from_millis(millis));
        let hop = |sent, arrived| HopRecord {
            sent: before(sent),
            queued: before(sent),
            tx_start: before(sent - 1),
            tx_end: before(sent - 2),
            arrived: before(arrived),
        };
        let arrival = Arrival { sfu_arrived: before(11), first_forwarded: before(10), down: hop(10, 0) };
        let uplinks = |_: &VideoStamp| Some(UplinkRecord { first_sent: before(20), hop: hop(20, 11) });
        let content = Content { payload, descriptor: &packet.descriptor };
        self.receiver.receive(at, &header, content, &arrival, &uplinks, &mut |output| {
            self.seen.push((at, keep(output)));
        });
    }

    pub(super) fn rendered(&self) -> Vec<Rendered> {
        let rendered = |seen: &(Time, Seen)| match &seen.1 {
            Seen::Rendered(rendered) => Some((seen.0, **rendered)),
            _ => None,
        };
        self.seen
            .iter()
            .filter_map(rendered)
            .map(|(at, r)| {
                assert_eq!(at, r.rendered_at);
                assert_eq!(r.parts.total(), r.rendered_at - r.captured);
                r
            })
            .collect()
    }

    /// Capture number and render time in ms of each frame shown.
    pub(super) fn shown(&self) -> Vec<(u64, u64)> {
        self.rendered()
            .iter()
            .map(|r| (r.captured.as_millis() / FRAME_MS, r.rendered_at.as_millis()))
            .collect()
    }

    pub(super) fn times_of(&self, wanted: fn(&Seen) -> bool) -> Vec<u64> {
        self.seen.iter().filter(|(_, seen)| wanted(seen)).map(|(at, _)| at.as_millis()).collect()
    }
}
