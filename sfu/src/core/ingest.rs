//! Media from a publisher: decrypt, find the stream, account for it, hand it on.

use super::commands::source_id;
use super::described::Described;
use super::forwarding::Sent;
use super::{Sfu, Timers, Turn};
use crate::codec::frame::FrameExtension;
use crate::codec::{Codec, FrameDescription, MediaKind};
use crate::drop_reason::DropReason;
use crate::forward::VideoProjection;
use crate::participant::ingress::StreamRole;
use crate::participant::uplink::Binding;
use crate::participant::{Participant, ParticipantId, PayloadTypes};
use crate::receive::nack::Arrival;
use crate::rtcp::ArrivedPacket;
use crate::rtp::{Extensions, RtpHeader};
use crate::send::cache::CachedPacket;
use crate::send::rtx::{self, OSN_LEN};
use crate::sink::Event;
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
    /// What says of a video packet where it belongs among the layers.
    pub(super) extension: FrameExtension<'a>,
    /// When the first copy of it came in.
    pub(super) received: Time,
}

impl Turn<'_> {
    pub(super) fn rtp(&mut self, id: ParticipantId, datagram: &mut [u8]) -> Result<(), DropReason> {
        let now = self.now;
        let participant = self.sfu.participants.get_mut(id).ok_or(DropReason::UnknownAddress)?;
        let len = datagram.len();
        let opened = participant.transport.unprotect_rtp(datagram)?;
        let packet = &datagram[..opened.len];
        let header = RtpHeader::parse(packet).map_err(|_| DropReason::MalformedRtp)?;
        let extensions = Extensions::parse(packet, &header, &participant.media.extensions);
        let arrived = ArrivedPacket {
            transport: extensions.transport_cc,
            ssrc: header.ssrc,
            sequence: header.sequence,
            ecn: self.ecn,
        };
        Self::record_arrival(&mut self.sfu.timers, id, participant, arrived, now);
        let known = participant.uplink.find(header.ssrc);
        let index = match known {
            Some(index) => index,
            None => self.bind(id, &header, &extensions, header.payload(packet))?,
        };
        let participant = &mut self.sfu.participants[id];
        let stream = &mut participant.uplink.streams[index];
        let (source, encoding, role) = (stream.source, stream.encoding, stream.role);
        let codec = participant.uplink.sources[source].description.codec;
        if !is_payload_type_of(codec, role, &participant.media.payload_types, header.payload_type) {
            return Err(DropReason::UnknownPayloadType);
        }
        // An older packet, or a repeated one, tells of layers as they were.
        let is_newest = role == StreamRole::Media && opened.index >= stream.highest;
        let told =
            extensions.video_layers_allocation.filter(|_| codec.kind() == MediaKind::Video && is_newest);
        let stopped = told.is_some_and(|bytes| participant.uplink.sources[source].take_allocation(bytes));
        let stream = &mut participant.uplink.streams[index];
        stream.stats.note_packet(now, header.sequence, header.timestamp);
        stream.highest = stream.highest.max(opened.index);
        // The number in front of a retransmission counts with the headers, as it does where the core sends again.
        let in_front = if role == StreamRole::Rtx { OSN_LEN } else { 0 };
        stream.totals.received(now, len, header.payload(packet).len().saturating_sub(in_front));
        let media = Media {
            publisher: id,
            source,
            encoding,
            sequence: opened.index,
            timestamp: header.timestamp,
            marker: header.marker,
            payload: header.payload(packet),
            audio_level: extensions.audio_level,
            extension: frame_extension(&extensions),
            received: now,
        };
        let result = match (codec.kind(), role) {
            (MediaKind::Audio, _) => self.audio(&media, header.payload_type, header.is_padding_only()),
            (MediaKind::Video, StreamRole::Rtx) => self.repaired(&media, &header),
            (MediaKind::Video, StreamRole::Media) => self.video(&media, index, header.is_padding_only()),
        };
        if stopped {
            self.choose_for_subscribers(id, source);
        }
        result
    }

    /// A new SSRC: finds out what it is.
    fn bind(
        &mut self,
        id: ParticipantId,
        header: &RtpHeader,
        extensions: &Extensions<'_>,
        payload: &[u8],
    ) -> Result<usize, DropReason> {
        let osn = rtx::unwrap(payload).map(|(osn, _)| osn);
        let nack = self.sfu.config.nack;
        let Participant { uplink, transport, media, .. } = &mut self.sfu.participants[id];
        match uplink.bind(header, extensions, osn, &media.payload_types, nack) {
            Ok(Binding::New(index)) => Ok(index),
            Ok(Binding::Restarted { index, replaced }) => {
                transport.forget(replaced);
                self.restarted(id, index);
                Ok(index)
            }
            Err(reason) => {
                // What stands for nothing takes up none of the streams that there may be.
                transport.forget(header.ssrc);
                Err(reason)
            }
        }
    }

    /// A stream goes on under another SSRC: its numbers begin anew, for every receiver.
    fn restarted(&mut self, id: ParticipantId, index: usize) {
        let uplink = &mut self.sfu.participants[id].uplink;
        let stream = &uplink.streams[index];
        let (source, encoding) = (stream.source, stream.encoding);
        if stream.role != StreamRole::Media || uplink.sources[source].description.kind() != MediaKind::Video {
            return;
        }
        uplink.sources[source].key_frames.withdraw(encoding);
        self.sfu.settle_encoding(id, source, usize::from(encoding));
        let uplink = &mut self.sfu.participants[id].uplink;
        let subscribers = std::mem::take(&mut uplink.sources[source].subscribers);
        for (receiver, index) in &subscribers {
            let to = self.sfu.participants.get_mut(*receiver);
            let Some((subscription, _)) = to.and_then(|to| to.downlink.slot(*index)) else { continue };
            let Some(stream) = subscription.video() else { continue };
            let before = stream.projection.current();
            stream.projection.on_source_restart(encoding);
            stream.log.forget_encoding(encoding);
            let layer = stream.projection.current();
            if before != layer {
                let (receiver, source) = (*receiver, source_id(source));
                self.sink.event(Event::LayerForwarded { receiver, publisher: id, source, layer });
            }
        }
        self.sfu.participants[id].uplink.sources[source].subscribers = subscribers;
    }

    fn record_arrival(
        timers: &mut Timers,
        id: ParticipantId,
        participant: &mut Participant,
        packet: ArrivedPacket,
        now: Time,
    ) {
        let told = participant.uplink.arrivals.record(now, packet);
        if told && participant.uplink.feedback_due == Time::NEVER {
            participant.uplink.feedback_due = now + FEEDBACK_INTERVAL;
            Sfu::arm(timers, id, &mut participant.armed, now + FEEDBACK_INTERVAL);
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
        let stream = &mut participant.uplink.streams[stream];
        if let Some(nack) = &mut stream.nack {
            let refused = match nack.on_packet(now, media.sequence) {
                Arrival::Duplicate => Some(DropReason::Duplicate),
                Arrival::TooOld => Some(DropReason::TooOld),
                Arrival::New | Arrival::Recovered => None,
            };
            if let Some(reason) = refused {
                stream.totals.discarded += 1;
                return Err(reason);
            }
            let due = nack.deadline().unwrap_or(Time::NEVER);
            Sfu::arm(&mut self.sfu.timers, media.publisher, &mut participant.armed, due);
        }
        let source = &mut participant.uplink.sources[media.source];
        let described =
            if padding_only { Described::padding(media, now) } else { Described::of(media, source, now) };
        if let Some(reason) = described.refusal().filter(|reason| *reason == DropReason::MalformedPayload) {
            return Err(reason);
        }
        let key_frame = described.starts_key_frame();
        stream.totals.key_frames += u64::from(key_frame);
        if media.marker && !padding_only {
            stream.totals.frames.count(now);
        }
        let place = (media.sequence, media.timestamp);
        let changed = !padding_only && source.on_packet(now, media.encoding, place);
        let encoding = &mut source.encodings[usize::from(media.encoding)];
        if !padding_only {
            let size = DataSize::from_bytes(media.payload.len() as u64);
            // What can't be read yet counts as well: somebody has to want the stream before it is asked for more.
            let unread = FrameDescription::plain(false, false, false);
            encoding.rates.add(now, described.frame().unwrap_or(&unread), size);
            encoding.newest = encoding.newest.max(media.sequence);
            encoding.cache.insert(CachedPacket {
                sequence: media.sequence,
                timestamp: media.timestamp,
                marker: media.marker,
                arrived: media.received,
                extension: media.extension,
                payload: media.payload,
            });
        }
        if key_frame {
            source.key_frames.on_key_frame(media.encoding);
            self.arriving = Some((media.publisher, media.source, media.encoding));
        }
        if changed {
            self.choose_for_subscribers(media.publisher, media.source);
        }
        if described.lacks_structure && self.is_wanted(media.publisher, media.source, media.encoding) {
            self.request_key_frame(media.publisher, media.source, media.encoding, now);
        }
        if let Some(reason) = described.refusal() {
            return Err(reason);
        }
        self.video_to_all(media, &described);
        self.arriving = None;
        if padding_only { Err(DropReason::PaddingOnly) } else { Ok(()) }
    }

    fn video_to_all(&mut self, media: &Media<'_>, described: &Described) {
        let choices = self.sfu.choices;
        let source = &mut self.sfu.participants[media.publisher].uplink.sources[media.source];
        let muted = source.muted;
        let may_pass = !muted && !described.padding_only && !described.lacks_structure;
        let passed = &mut source.encodings[usize::from(media.encoding)].passed_over;
        if may_pass && passed.takes(choices, media.sequence, VideoProjection::REACH) {
            self.sfu.copies.withheld.add(DropReason::NotSelected, source.subscribers.len() as u64);
            return;
        }
        self.sfu.settle_encoding(media.publisher, media.source, usize::from(media.encoding));
        let source = &mut self.sfu.participants[media.publisher].uplink.sources[media.source];
        let subscribers = std::mem::take(&mut source.subscribers);
        let (mut passed_over, mut highest) = (0, None);
        let mut of_one_mind = may_pass;
        for (receiver, index) in &subscribers {
            let passes = if muted || described.padding_only {
                None
            } else {
                self.passes_over(*receiver, *index, media, described)
            };
            if let Some(own) = passes {
                passed_over += 1;
                of_one_mind &= *highest.get_or_insert(own) == own;
                continue;
            }
            of_one_mind = false;
            let result = if muted {
                Err(DropReason::Muted)
            } else {
                self.video_to(*receiver, *index, media, described)
            };
            match result {
                Ok(Sent { switched }) if switched || described.brings_structure => {
                    self.replay_after(*receiver, *index, media);
                }
                Ok(_) => {}
                // Padding is no packet that anybody could miss.
                Err(_) if described.padding_only => {}
                Err(reason) => self.sfu.withhold(*receiver, reason),
            }
        }
        self.sfu.copies.withheld.add(DropReason::NotSelected, passed_over);
        let source = &mut self.sfu.participants[media.publisher].uplink.sources[media.source];
        source.subscribers = subscribers;
        if let Some(highest) = highest.filter(|_| of_one_mind) {
            source.encodings[usize::from(media.encoding)].passed_over.begin(self.sfu.choices, highest);
        }
    }

    /// An encoding begins, or goes on after a silence: whoever subscribes to the source may want it, and from its
    /// very first packet on. Or it has stopped, and whoever watched it needs another.
    fn choose_for_subscribers(&mut self, publisher: ParticipantId, source: usize) {
        for place in 0.. {
            let subscribers = &self.sfu.participants[publisher].uplink.sources[source].subscribers;
            let Some((receiver, _)) = subscribers.get(place).copied() else { break };
            self.reallocate(receiver);
        }
    }
}

/// What says of a video packet where it belongs among the layers.
fn frame_extension<'a>(extensions: &Extensions<'a>) -> FrameExtension<'a> {
    let marking = || extensions.frame_marking.map(FrameExtension::Marking);
    let descriptor = extensions.dependency_descriptor.map(FrameExtension::Dependency);
    descriptor.or_else(marking).unwrap_or_default()
}

/// Whether a stream of a participant may have this payload type.
pub(crate) fn is_payload_type_of(
    codec: Codec,
    role: StreamRole,
    types: &PayloadTypes,
    payload_type: u8,
) -> bool {
    let redundant = types.opus_red.filter(|_| codec == Codec::Opus);
    match role {
        StreamRole::Media => types.media(codec) == Some(payload_type) || redundant == Some(payload_type),
        StreamRole::Rtx => types.rtx(codec) == Some(payload_type),
    }
}
