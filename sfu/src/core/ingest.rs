//! Media from a publisher: decrypt, find the stream, account for it, hand it on.

use super::commands::source_id;
use super::{Sfu, Turn};
use crate::codec::Vp8Descriptor;
use crate::drop_reason::DropReason;
use crate::forward::{IngressAudio, IngressVideo, ProjectedVp8, VideoPayload};
use crate::participant::downlink::Purpose;
use crate::participant::ingress::StreamRole;
use crate::participant::packet_writer::OutgoingPacket;
use crate::participant::subscription::Projection;
use crate::participant::{MediaKind, Participant, ParticipantId};
use crate::receive::nack::Arrival;
use crate::rtp::{Extensions, RtpHeader};
use crate::send::cache::CachedPacket;
use crate::send::rtx;
use crate::send::sent_log::SentPacket;
use crate::sink::{Event, ForwardTimes, PacketClass};
use crate::time::Time;
use crate::units::DataSize;

/// How long arrivals are collected before they are reported: twenty reports a second keep a publisher's
/// control loop at its path's delay, for less than 1 % of a 500 kbit/s uplink's return path.
pub(super) const FEEDBACK_INTERVAL: std::time::Duration = std::time::Duration::from_millis(50);

/// A media packet on its way through.
#[derive(Clone, Copy)]
pub(super) struct Media<'a> {
    pub(super) publisher: ParticipantId,
    pub(super) source: usize,
    pub(super) encoding: u8,
    /// Extended over the stream's life.
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: &'a [u8],
    pub(super) audio_level: Option<(u8, bool)>,
    /// When the first copy of it came in.
    pub(super) received: Time,
}

impl Turn<'_> {
    pub(super) fn rtp(&mut self, id: ParticipantId, datagram: &mut [u8]) -> Result<(), DropReason> {
        let now = self.now;
        let nack = self.sfu.config.nack;
        let participant = self.sfu.participants.get_mut(id).ok_or(DropReason::UnknownAddress)?;
        let opened = participant.transport.unprotect_rtp(datagram)?;
        let packet = &datagram[..opened.len];
        let header = RtpHeader::parse(packet).map_err(|_| DropReason::MalformedRtp)?;
        let extensions = Extensions::parse(packet, &header, &participant.media.extensions);
        if let Some(sequence) = extensions.transport_cc {
            Self::record_arrival(self.sfu, id, sequence, now);
        }
        let participant = self.sfu.participants.get_mut(id).expect("it was there a line ago");
        let index = participant.uplink.stream(&header, &extensions, nack)?;
        if let Some(ssrc) = participant.uplink.displaced.take() {
            participant.transport.forget(ssrc);
        }
        let stream = &mut participant.uplink.streams[index];
        stream.stats.note_packet(now, header.sequence, header.timestamp);
        stream.highest = stream.highest.max(opened.index);
        let types = participant.media.payload_types;
        let (source, encoding) = (stream.source, stream.encoding);
        let kind = participant.uplink.sources[source].description.kind;
        let expected = match (kind, stream.role) {
            (MediaKind::Audio, _) => Some(types.opus),
            (MediaKind::Video, StreamRole::Media) => Some(types.vp8),
            (MediaKind::Video, StreamRole::Rtx) => types.vp8_rtx,
        };
        if expected != Some(header.payload_type) {
            return Err(DropReason::UnknownPayloadType);
        }
        let media = Media {
            publisher: id,
            source,
            encoding,
            sequence: opened.index,
            timestamp: header.timestamp,
            marker: header.marker,
            payload: header.payload(packet),
            audio_level: extensions.audio_level,
            received: now,
        };
        match (kind, participant.uplink.streams[index].role) {
            (MediaKind::Audio, _) => self.audio(&media),
            (MediaKind::Video, StreamRole::Rtx) => self.repaired(&media, &header),
            (MediaKind::Video, StreamRole::Media) => self.video(&media, index, header.is_padding_only()),
        }
    }

    fn record_arrival(sfu: &mut Sfu, id: ParticipantId, sequence: u16, now: Time) {
        let participant = &mut sfu.participants[id];
        participant.uplink.arrivals.record(now, sequence);
        if participant.uplink.feedback_due == Time::NEVER {
            participant.uplink.feedback_due = now + FEEDBACK_INTERVAL;
            let due = participant.uplink.feedback_due;
            Sfu::arm(&mut sfu.timers, id, &mut participant.armed, due);
        }
    }

    /// A retransmission: the original is taken out and goes the way of a packet that came late.
    fn repaired(&mut self, media: &Media<'_>, header: &RtpHeader) -> Result<(), DropReason> {
        if header.is_padding_only() || media.payload.is_empty() {
            return Err(DropReason::PaddingOnly);
        }
        let (osn, payload) = rtx::unwrap(media.payload).ok_or(DropReason::MalformedPayload)?;
        let uplink = &self.sfu.participants[media.publisher].uplink;
        let found = uplink.streams.iter().position(|stream| {
            (stream.source, stream.encoding, stream.role) == (media.source, media.encoding, StreamRole::Media)
        });
        let index = found.ok_or(DropReason::UnknownStream)?;
        let sequence = uplink.streams[index].extend(osn).ok_or(DropReason::TooOld)?;
        let original = Media { sequence, payload, ..*media };
        self.video(&original, index, false)
    }

    fn video(&mut self, media: &Media<'_>, stream: usize, padding_only: bool) -> Result<(), DropReason> {
        let now = self.now;
        let participant = &mut self.sfu.participants[media.publisher];
        if let Some(nack) = &mut participant.uplink.streams[stream].nack {
            match nack.on_packet(now, media.sequence) {
                Arrival::Duplicate => return Err(DropReason::Duplicate),
                Arrival::TooOld => return Err(DropReason::TooOld),
                Arrival::New | Arrival::Recovered => {}
            }
            let due = nack.deadline().unwrap_or(Time::NEVER);
            Sfu::arm(&mut self.sfu.timers, media.publisher, &mut participant.armed, due);
        }
        let source = &mut participant.uplink.sources[media.source];
        let payload = match Vp8Descriptor::parse(media.payload) {
            _ if padding_only => VideoPayload::Opaque { frame_start: false, key_frame_start: false },
            Ok(descriptor) => VideoPayload::Vp8(descriptor),
            Err(_) => return Err(DropReason::MalformedPayload),
        };
        let encoding = &mut source.encodings[usize::from(media.encoding)];
        encoding.rate.add(now, DataSize::from_bytes(media.payload.len() as u64));
        if !padding_only {
            encoding.cache.insert(CachedPacket {
                sequence: media.sequence,
                timestamp: media.timestamp,
                marker: media.marker,
                arrived: media.received,
                payload: media.payload,
            });
            if payload.key_frame_start() {
                source.key_frames.on_key_frame(media.encoding);
            }
        }
        let muted = source.muted;
        let ingress = IngressVideo {
            encoding: media.encoding,
            sequence: media.sequence,
            timestamp: media.timestamp,
            marker: media.marker,
            payload,
            arrived: now,
            padding_only,
        };
        let subscribers = std::mem::take(&mut source.subscribers);
        for (receiver, index) in &subscribers {
            let result = if muted {
                Err(DropReason::Muted)
            } else {
                self.video_to(*receiver, *index, media, &ingress)
            };
            if let Err(reason) = result {
                self.sfu.drops.count(reason);
            }
        }
        self.sfu.participants[media.publisher].uplink.sources[media.source].subscribers = subscribers;
        if padding_only { Err(DropReason::PaddingOnly) } else { Ok(()) }
    }

    pub(super) fn video_to(
        &mut self,
        receiver: ParticipantId,
        index: u16,
        media: &Media<'_>,
        ingress: &IngressVideo,
    ) -> Result<(), DropReason> {
        let now = self.now;
        let to = self.sfu.participants.get_mut(receiver).ok_or(DropReason::ReceiverNotReady)?;
        if !to.transport.is_connected() {
            return Err(DropReason::ReceiverNotReady);
        }
        let Participant { transport, egress, downlink, media: parameters, .. } = &mut *to;
        let (subscription, sender) = downlink.slot(index).ok_or(DropReason::NotSelected)?;
        let Projection::Video(stream) = &mut subscription.media else {
            return Err(DropReason::NotSelected);
        };
        let before = stream.projection.current();
        let projected = stream.projection.project(ingress)?;
        let after = stream.projection.current();
        let packet = OutgoingPacket {
            payload_type: subscription.payload_type,
            marker: projected.marker,
            sequence: srtp_index(projected.sequence),
            timestamp: projected.timestamp,
            ssrc: subscription.ssrc,
            mid: (!subscription.acknowledged).then_some(&subscription.mid),
            audio_level: None,
            transport_sequence: sender.peek_sequence(),
        };
        let forwarded = ForwardTimes { received: media.received, first_sent: now };
        let purpose = Purpose { class: PacketClass::Video, forwarded: Some(forwarded) };
        sender.send(now, (transport, egress), parameters, &packet, purpose, |buffer| {
            write_video_payload(buffer, media.payload, &ingress.payload, projected.vp8);
        })?;
        stream.log.record(
            now,
            SentPacket {
                sequence: projected.sequence,
                encoding: media.encoding,
                source_sequence: media.sequence,
                timestamp: projected.timestamp,
                picture_id: projected.vp8.picture_id,
                tl0_picture_index: projected.vp8.tl0_picture_index,
            },
        );
        subscription.sent.packets = subscription.sent.packets.wrapping_add(1);
        subscription.sent.octets = subscription.sent.octets.wrapping_add(media.payload.len() as u32);
        Sfu::touch(&mut self.sfu.dirty, receiver, to);
        self.sfu.forwarded += 1;
        if before != after {
            let (publisher, source) = (media.publisher, source_id(media.source));
            let event = Event::LayerForwarded { receiver, publisher, source, layer: after };
            self.sink.event(event);
        }
        Ok(())
    }

    fn audio(&mut self, media: &Media<'_>) -> Result<(), DropReason> {
        let participant = &mut self.sfu.participants[media.publisher];
        let source = &mut participant.uplink.sources[media.source];
        source.encodings[0].rate.add(self.now, DataSize::from_bytes(media.payload.len() as u64));
        let ssrc = source.encodings[0].ssrc.unwrap_or(0);
        if source.muted {
            return Err(DropReason::Muted);
        }
        let ingress = IngressAudio {
            source: ssrc,
            padding_only: false,
            sequence: media.sequence,
            timestamp: media.timestamp,
            marker: media.marker,
            arrived: self.now,
        };
        let subscribers = std::mem::take(&mut source.subscribers);
        for (receiver, index) in &subscribers {
            if let Err(reason) = self.audio_to(*receiver, *index, media, &ingress) {
                self.sfu.drops.count(reason);
            }
        }
        self.sfu.participants[media.publisher].uplink.sources[media.source].subscribers = subscribers;
        Ok(())
    }

    fn audio_to(
        &mut self,
        receiver: ParticipantId,
        index: u16,
        media: &Media<'_>,
        ingress: &IngressAudio,
    ) -> Result<(), DropReason> {
        let now = self.now;
        let to = self.sfu.participants.get_mut(receiver).ok_or(DropReason::ReceiverNotReady)?;
        if !to.transport.is_connected() {
            return Err(DropReason::ReceiverNotReady);
        }
        let Participant { transport, egress, downlink, media: parameters, .. } = &mut *to;
        let (subscription, sender) = downlink.slot(index).ok_or(DropReason::NotSelected)?;
        let Projection::Audio(projection) = &mut subscription.media else {
            return Err(DropReason::NotSelected);
        };
        let projected = projection.project(ingress)?;
        let packet = OutgoingPacket {
            payload_type: subscription.payload_type,
            marker: projected.marker,
            sequence: srtp_index(projected.sequence),
            timestamp: projected.timestamp,
            ssrc: subscription.ssrc,
            mid: (!subscription.acknowledged).then_some(&subscription.mid),
            audio_level: media.audio_level,
            transport_sequence: sender.peek_sequence(),
        };
        let forwarded = ForwardTimes { received: media.received, first_sent: now };
        let purpose = Purpose { class: PacketClass::Audio, forwarded: Some(forwarded) };
        sender.send(now, (transport, egress), parameters, &packet, purpose, |buffer| {
            buffer.extend_from_slice(media.payload);
        })?;
        subscription.sent.packets = subscription.sent.packets.wrapping_add(1);
        subscription.sent.octets = subscription.sent.octets.wrapping_add(media.payload.len() as u32);
        Sfu::touch(&mut self.sfu.dirty, receiver, to);
        self.sfu.forwarded += 1;
        Ok(())
    }
}

/// Projections count from one whole range up; SRTP's roll-over counter starts at zero.
pub(super) fn srtp_index(sequence: u64) -> u64 {
    sequence - (1 << 16)
}

/// Appends `payload` with the descriptor's numbers as projected.
pub(super) fn write_video_payload(
    buffer: &mut Vec<u8>,
    payload: &[u8],
    kind: &VideoPayload,
    projected: ProjectedVp8,
) {
    let start = buffer.len();
    buffer.extend_from_slice(payload);
    let VideoPayload::Vp8(descriptor) = kind else { return };
    let written = &mut buffer[start..];
    // The projection gives a value only for a field that the packet has, and in its width.
    if let Some(id) = projected.picture_id {
        descriptor.rewrite_picture_id(written, id).expect("a picture id is projected in its own width");
    }
    if let Some(index) = projected.tl0_picture_index {
        descriptor.rewrite_tl0_picture_index(written, index).expect("TL0PICIDX is projected where it is");
    }
}
