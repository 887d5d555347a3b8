//! Sound from a publisher to its receivers.

use super::forwarding::srtp_index;
use super::ingest::Media;
use super::{Sfu, Turn};
use crate::drop_reason::DropReason;
use crate::forward::IngressAudio;
use crate::participant::downlink::Purpose;
use crate::participant::packet_writer::OutgoingPacket;
use crate::participant::subscription::Projection;
use crate::participant::{Participant, ParticipantId};
use crate::sink::{ForwardTimes, PacketClass};
use crate::units::DataSize;

impl Turn<'_> {
    pub(super) fn audio(&mut self, media: &Media<'_>, padding_only: bool) -> Result<(), DropReason> {
        let participant = &mut self.sfu.participants[media.publisher];
        let source = &mut participant.uplink.sources[media.source];
        source.encodings[0].rates[0].add(self.now, DataSize::from_bytes(media.payload.len() as u64));
        let ingress = IngressAudio {
            source: source.encodings[0].ssrc.unwrap_or(0),
            padding_only,
            sequence: media.sequence,
            timestamp: media.timestamp,
            marker: media.marker,
            arrived: self.now,
        };
        let muted = source.muted;
        let subscribers = std::mem::take(&mut source.subscribers);
        for (receiver, index) in &subscribers {
            let result = if muted {
                Err(DropReason::Muted)
            } else {
                self.audio_to(*receiver, *index, media, &ingress)
            };
            match result {
                Err(reason) if !padding_only => self.sfu.withhold(*receiver, reason),
                _ => {}
            }
        }
        self.sfu.participants[media.publisher].uplink.sources[media.source].subscribers = subscribers;
        if padding_only { Err(DropReason::PaddingOnly) } else { Ok(()) }
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
        let offset = projection.map_timestamp(ingress.source, 0);
        let projected = projection.project(ingress)?;
        let switched = projection.map_timestamp(ingress.source, 0) != offset;
        let packet = OutgoingPacket {
            payload_type: subscription.payload_type,
            marker: projected.marker,
            sequence: srtp_index(projected.sequence).ok_or(DropReason::TooOld)?,
            timestamp: projected.timestamp,
            ssrc: subscription.ssrc,
            mid: (!subscription.acknowledged).then_some(&subscription.mid),
            audio_level: media.audio_level,
            transport_sequence: sender.peek_sequence(),
        };
        let forwarded = ForwardTimes { received: media.received, first_sent: now };
        let purpose = Purpose { class: PacketClass::Audio, forwarded: Some(forwarded) };
        let len = sender.send(now, (transport, egress), parameters, &packet, purpose, |buffer| {
            buffer.extend_from_slice(media.payload);
        })?;
        subscription.sent.packets = subscription.sent.packets.wrapping_add(1);
        subscription.sent.octets = subscription.sent.octets.wrapping_add(media.payload.len() as u32);
        subscription.totals.sent(now, len, media.payload.len());
        subscription.sent.stale |= switched;
        downlink.copies.forwarded += 1;
        if switched {
            Sfu::report_early(&mut self.sfu.timers, receiver, to, now);
        }
        Sfu::touch(&mut self.sfu.dirty, receiver, to);
        self.sfu.copies.forwarded += 1;
        Ok(())
    }
}
