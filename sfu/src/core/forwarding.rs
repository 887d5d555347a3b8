//! One media packet to one receiver: projected, written anew, protected.

use super::commands::source_id;
use super::described::Described;
use super::ingest::Media;
use super::protection::{protected, send_repairs};
use super::{Sfu, Turn};
use crate::codec::dependency_descriptor::MAX_LEN;
use crate::codec::frame::{PayloadDescriptor, PictureNumbers};
use crate::drop_reason::DropReason;
use crate::participant::downlink::Purpose;
use crate::participant::packet_writer::OutgoingPacket;
use crate::participant::subscription::Projection;
use crate::participant::{Participant, ParticipantId};
use crate::send::cache::CachedPacket;
use crate::send::sent_log::SentPacket;
use crate::sink::{Event, ForwardTimes, PacketClass};

/// How many numbers after a late key frame's first packet are looked for in the cache: as many as the projection
/// accepts the key frame behind.
const REPLAYED: u64 = 128;

/// What came of a packet that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// It started the stream, or took it to another encoding.
    pub(super) switched: bool,
}

/// Which packet of a publisher.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) publisher: ParticipantId,
    pub(super) source: usize,
    pub(super) encoding: u8,
    /// Extended over the stream's life.
    pub(super) sequence: u64,
}

impl Origin {
    fn of(media: &Media<'_>) -> Self {
        let Media { publisher, source, encoding, sequence, .. } = *media;
        Origin { publisher, source, encoding, sequence }
    }
}

impl Turn<'_> {
    /// Whether a packet is of an encoding that the receiver neither gets nor is to get, as most of a simulcast are: it
    /// is then counted as withheld from the receiver, and that is all. Tells the highest number of the encoding that the
    /// receiver's projection knows of.
    pub(super) fn passes_over(
        &mut self,
        receiver: ParticipantId,
        index: u16,
        media: &Media<'_>,
        described: &Described,
    ) -> Option<u64> {
        let to = self.sfu.participants.get_mut(receiver).filter(|to| to.transport.is_connected())?;
        if !described.is_readable_by(&to.media) {
            return None;
        }
        let (subscription, _) = to.downlink.slot(index)?;
        let highest = subscription.video()?.projection.passes_over(media.encoding, media.sequence)?;
        to.downlink.copies.withheld.count(DropReason::NotSelected);
        Some(highest)
    }

    pub(super) fn video_to(
        &mut self,
        receiver: ParticipantId,
        index: u16,
        media: &Media<'_>,
        described: &Described,
    ) -> Result<Sent, DropReason> {
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
        let ingress = described.for_receiver(parameters)?;
        let before = stream.projection.current();
        let projected = stream.projection.project(ingress);
        let after = stream.projection.current();
        if before != after {
            let (publisher, source) = (media.publisher, source_id(media.source));
            self.sink.event(Event::LayerForwarded { receiver, publisher, source, layer: after });
        }
        let projected = projected?;
        let mut room = [0; MAX_LEN];
        let packet = OutgoingPacket {
            payload_type: subscription.payload_type,
            marker: projected.marker,
            sequence: srtp_index(projected.sequence).ok_or(DropReason::TooOld)?,
            timestamp: projected.timestamp,
            ssrc: subscription.ssrc,
            mid: (!subscription.acknowledged).then_some(&subscription.mid),
            audio_level: None,
            dependency_descriptor: described.outgoing_descriptor(
                media.extension,
                projected.active_targets,
                &mut room,
            ),
            transport_sequence: sender.peek_sequence(),
        };
        let forwarded = ForwardTimes { received: media.received, first_sent: now };
        let purpose = Purpose { class: PacketClass::Video, forwarded: Some(forwarded) };
        let (start, fec) = (egress.len(), &mut subscription.fec);
        let len = sender.send(now, (&*transport, &mut *egress), parameters, &packet, purpose, |buffer| {
            write_video_payload(buffer, media.payload, &described.payload, projected.numbers);
            if let Some(fec) = fec {
                fec.protect(now, &protected(ingress, &packet, &buffer[start..]));
            }
        })?;
        stream.log.record(
            now,
            SentPacket {
                sequence: projected.sequence,
                encoding: media.encoding,
                source_sequence: media.sequence,
                timestamp: projected.timestamp,
                marker: projected.marker,
                active_targets: projected.active_targets,
                numbers: projected.numbers,
            },
        );
        subscription.sent.packets = subscription.sent.packets.wrapping_add(1);
        subscription.sent.octets = subscription.sent.octets.wrapping_add(media.payload.len() as u32);
        let totals = &mut subscription.totals;
        totals.sent(now, len, media.payload.len());
        totals.key_frames += u64::from(projected.key_frame && ingress.frame.key_frame_start);
        totals.switches += u64::from(projected.switched);
        if projected.marker {
            totals.frames.count(now);
        }
        subscription.sent.stale |= projected.switched;
        let due = send_repairs(now, subscription, sender, (transport, egress), parameters);
        Sfu::arm(&mut self.sfu.timers, receiver, &mut to.armed, due);
        to.downlink.copies.forwarded += 1;
        if projected.switched {
            Sfu::report_early(&mut self.sfu.timers, receiver, to, now);
        }
        Sfu::touch(&mut self.sfu.dirty, receiver, to);
        self.sfu.copies.forwarded += 1;
        Ok(Sent { switched: projected.switched })
    }

    /// Projects the packets after `media` again, which came before it and were refused because it starts their
    /// key frame (see `PROJECTION.md`).
    pub(super) fn replay_after(&mut self, receiver: ParticipantId, index: u16, media: &Media<'_>) {
        let source = &self.sfu.participants[media.publisher].uplink.sources[media.source];
        let newest = source.encodings[usize::from(media.encoding)].newest;
        for sequence in media.sequence + 1..=newest.min(media.sequence + REPLAYED) {
            // Those that are missing, or not of the receiver's layer, are no loss of this moment.
            let _ = self.replay(receiver, index, Origin { sequence, ..Origin::of(media) });
        }
    }

    /// Projects one packet of the publisher's cache for one receiver.
    pub(super) fn replay(
        &mut self,
        receiver: ParticipantId,
        index: u16,
        origin: Origin,
    ) -> Result<(), DropReason> {
        let from = self.sfu.participants.get(origin.publisher).ok_or(DropReason::TooOld)?;
        let encoding = &from.uplink.sources[origin.source].encodings[usize::from(origin.encoding)];
        let cached = encoding.cache.get(self.now, origin.sequence).ok_or(DropReason::TooOld)?;
        let CachedPacket { timestamp, marker, arrived: received, extension, payload, .. } = cached;
        let mut kept = std::mem::take(&mut self.sfu.replayed);
        kept.clear();
        kept.extend_from_slice(extension.value());
        kept.extend_from_slice(payload);
        let (value, payload) = kept.split_at(extension.value().len());
        let extension = extension.of_same_kind(value);
        let media = Media {
            publisher: origin.publisher,
            source: origin.source,
            encoding: origin.encoding,
            sequence: origin.sequence,
            timestamp,
            marker,
            payload,
            audio_level: None,
            extension,
            received,
        };
        let published = &self.sfu.participants[origin.publisher].uplink.sources[origin.source];
        let described = Described::again(&media, published, received);
        let result = self.video_to(receiver, index, &media, &described);
        self.sfu.replayed = kept;
        result?;
        self.sfu.copies.replayed += 1;
        if let Some(to) = self.sfu.participants.get_mut(receiver) {
            to.downlink.copies.replayed += 1;
        }
        Ok(())
    }
}

/// Projections count from one whole range up; SRTP's roll-over counter starts at zero. A straggler from before a
/// stream's first packet can lie before both: SRTP has no index for it.
pub(super) fn srtp_index(sequence: u64) -> Option<u64> {
    sequence.checked_sub(1 << 16)
}

/// Appends `payload` with the descriptor's numbers as projected.
pub(super) fn write_video_payload(
    buffer: &mut Vec<u8>,
    payload: &[u8],
    descriptor: &PayloadDescriptor,
    numbers: PictureNumbers,
) {
    let start = buffer.len();
    buffer.extend_from_slice(payload);
    descriptor.rewrite(&mut buffer[start..], numbers);
}

#[cfg(test)]
mod tests {
    use super::srtp_index;

    #[test]
    fn what_lies_before_the_first_roll_over_has_no_index() {
        assert_eq!(srtp_index((1 << 16) + 7), Some(7));
        assert_eq!(srtp_index(1 << 16), Some(0));
        assert_eq!(srtp_index((1 << 16) - 1), None);
    }
}
