//! What one person publishes: 1.2 Mbit/s of VP8 in bursts of a frame, and sound every 20 ms.

use std::time::Duration;

use super::description::{AUDIO_LEVEL, AUDIO_SECTION, MID, OPUS, TRANSPORT_CC, VIDEO_SECTION, VP8};
use super::stamp::{self, Stamp};
use crate::Time;
use crate::codec::vp8::PictureId;
use crate::codec::{MediaKind, Vp8Descriptor};
use crate::rtcp::{self, NtpTime, report::SenderInfo};
use crate::rtp::extension::ExtensionWriter;
use crate::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};
use crate::transport::srtp::Outbound;

/// From frame to frame, and from one sound packet to the next.
pub(super) const FRAME: Duration = Duration::from_nanos(33_333_333);
pub(super) const SOUND: Duration = Duration::from_millis(20);

/// Bytes of a frame on average: 1.2 Mbit/s at 30 frames per second.
const FRAME_BYTES: usize = 5_000;
/// Bytes of a packet's payload.
const VIDEO_PAYLOAD: usize = 1_150;
/// Opus at 32 kbit/s.
const AUDIO_PAYLOAD: usize = 80;

/// Packets of a stream that say which section they belong to; by then the server knows.
const NAMED: u64 = 50;

/// The head of a VP8 frame: shown, 1,280 × 720 if it is a key frame (RFC 6386 section 9.1).
const KEY_FRAME: [u8; 10] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
const DELTA_FRAME: [u8; 3] = [0x11, 0, 0];

/// One stream's numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    packets: u64,
    octets: u64,
    timestamp: u32,
}

/// See the module.
pub(super) struct Publisher {
    person: u16,
    audio: Stream,
    video: Stream,
    transport_sequence: u16,
    picture: u16,
    /// Bytes that frames so far had room for and did not use.
    credit: usize,
    /// Somebody needs a key frame.
    pub(super) key_wanted: bool,
    packet: Vec<u8>,
}

impl Publisher {
    pub(super) fn new(person: u16) -> Self {
        Publisher {
            person,
            audio: Stream::default(),
            video: Stream::default(),
            transport_sequence: 0,
            picture: 0,
            credit: 0,
            key_wanted: true,
            packet: Vec::with_capacity(1_500),
        }
    }

    /// How many packets of a kind went out.
    pub(super) fn sent(&self, kind: MediaKind) -> u32 {
        match kind {
            MediaKind::Audio => self.audio.packets as u32,
            MediaKind::Video => self.video.packets as u32,
        }
    }

    fn ssrc(&self, kind: MediaKind) -> u32 {
        1_000 + 2 * u32::from(self.person) + u32::from(kind == MediaKind::Video)
    }

    /// Sends one packet of sound.
    pub(super) fn sound(&mut self, keys: &Outbound, now: impl Fn() -> Time, send: &mut dyn FnMut(&[u8])) {
        self.audio.timestamp = self.audio.timestamp.wrapping_add(960);
        self.send(MediaKind::Audio, false, &[], keys, now, send);
    }

    /// Sends a frame, packet behind packet.
    pub(super) fn frame(&mut self, keys: &Outbound, now: impl Fn() -> Time, send: &mut dyn FnMut(&[u8])) {
        self.credit += FRAME_BYTES;
        self.video.timestamp = self.video.timestamp.wrapping_add(3_000);
        self.picture = (self.picture + 1) & 0x7fff;
        let key = std::mem::take(&mut self.key_wanted);
        let count = self.credit / VIDEO_PAYLOAD;
        self.credit %= VIDEO_PAYLOAD;
        for place in 0..count {
            let first = place == 0;
            let descriptor = Vp8Descriptor {
                non_reference: false,
                start_of_partition: first,
                partition: 0,
                picture_id: Some(PictureId::Long(self.picture)),
                tl0_picture_index: None,
                temporal_id: None,
                layer_sync: false,
                key_index: None,
                key_frame_start: first && key,
                len: 0,
            };
            let mut head = [0; 16];
            let len = descriptor.write(&mut head);
            let frame_head: &[u8] = match (first, key) {
                (true, true) => &KEY_FRAME,
                (true, false) => &DELTA_FRAME,
                (false, _) => &[],
            };
            head[len..len + frame_head.len()].copy_from_slice(frame_head);
            let head = &head[..len + frame_head.len()];
            self.send(MediaKind::Video, place + 1 == count, head, keys, &now, send);
        }
    }

    fn send(
        &mut self,
        kind: MediaKind,
        marker: bool,
        head: &[u8],
        keys: &Outbound,
        now: impl Fn() -> Time,
        send: &mut dyn FnMut(&[u8]),
    ) {
        let ssrc = self.ssrc(kind);
        let (stream, payload_type, mid, size) = match kind {
            MediaKind::Audio => (&mut self.audio, OPUS, AUDIO_SECTION, AUDIO_PAYLOAD),
            MediaKind::Video => (&mut self.video, VP8, VIDEO_SECTION, VIDEO_PAYLOAD),
        };
        let index = stream.packets;
        stream.packets += 1;
        stream.octets += size as u64;
        let mut bytes = [0; FIXED_HEADER_LEN + 24];
        let (fixed, rest) = bytes.split_first_chunk_mut().expect("longer than a fixed header");
        let mut extensions = ExtensionWriter::new(rest);
        extensions.push(TRANSPORT_CC, &self.transport_sequence.to_be_bytes());
        if kind == MediaKind::Audio {
            // Somebody speaks, at -30 dBov (RFC 6464).
            extensions.push(AUDIO_LEVEL, &[0x80 | 30]);
        }
        if index < NAMED {
            extensions.push(MID, mid.as_bytes());
        }
        let len = FIXED_HEADER_LEN + extensions.finish();
        write_fixed_header(fixed, (marker, payload_type), index as u16, stream.timestamp, ssrc, true);
        self.transport_sequence = self.transport_sequence.wrapping_add(1);
        let (packet, person) = (&mut self.packet, self.person);
        packet.clear();
        packet.extend_from_slice(&bytes[..len]);
        packet.extend_from_slice(head);
        packet.resize(len + size - stamp::LEN, 0);
        let stamp = Stamp { kind, publisher: person, number: index as u32, sent: now() };
        packet.extend_from_slice(&stamp.to_bytes());
        packet.resize(packet.len() + keys.profile().tag_len(), 0);
        keys.protect_rtp(packet, index).expect("a packet with room, in order");
        send(packet);
    }

    /// Appends a report on what went out of each stream.
    pub(super) fn write_reports(&self, out: &mut Vec<u8>, now: Time) {
        for (kind, stream) in [(MediaKind::Audio, &self.audio), (MediaKind::Video, &self.video)] {
            let info = SenderInfo {
                ssrc: self.ssrc(kind),
                ntp: NtpTime::from_time(now),
                rtp_timestamp: stream.timestamp,
                packet_count: stream.packets as u32,
                octet_count: stream.octets as u32,
            };
            rtcp::write_sender_report(out, &info, &[]).expect("no blocks");
        }
    }
}
