//! Sound from a publisher to its receivers: redundancy (RFC 2198) taken off, put on, and made use of on the way.

use super::forwarding::srtp_index;
use super::ingest::Media;
use super::{Sfu, Turn};
use crate::codec::red::{self, Red};
use crate::drop_reason::DropReason;
use crate::forward::IngressAudio;
use crate::participant::downlink::Purpose;
use crate::participant::packet_writer::OutgoingPacket;
use crate::participant::subscription::Projection;
use crate::participant::{Participant, ParticipantId};
use crate::receive::audio_tail::AudioTail;
use crate::send::redundancy::MAX_DISTANCE;
use crate::sink::{ForwardTimes, PacketClass};
use crate::units::DataSize;

/// The longest payload with redundancy, bytes: with IPv6, UDP, SRTP and header extensions it stays below 1,280.
const MAX_PAYLOAD: usize = 1_130;

/// What becomes of a packet at every receiver alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is sent, with up to so many of those before it.
    Sound { redundancy: u8 },
    /// It was lost, and came with a later one, which goes out right behind it.
    Recovered,
    /// It is one too many of a pause.
    Silence,
    /// It is padding.
    Padding,
}

impl Turn<'_> {
    pub(super) fn audio(
        &mut self,
        media: &Media<'_>,
        payload_type: u8,
        padding_only: bool,
    ) -> Result<(), DropReason> {
        // A packet with nothing in it is no sound either.
        let padding_only = padding_only || media.payload.is_empty();
        self.ask_floor(media, padding_only)?;
        let participant = &mut self.sfu.participants[media.publisher];
        let types = participant.media.payload_types;
        if padding_only {
            let tail = &mut participant.uplink.sources[media.source].tail;
            tail.insert(media.sequence, media.timestamp, &[]);
            self.audio_to_all(media, Way::Padding, &AudioTail::default());
            return Err(DropReason::PaddingOnly);
        }
        let red = match types.opus_red == Some(payload_type) {
            true => Some(Red::parse(media.payload).map_err(|_| DropReason::MalformedPayload)?),
            false => None,
        };
        if red.is_some_and(|red| red.payload_type != types.opus) {
            return Err(DropReason::MalformedPayload);
        }
        let source = &mut participant.uplink.sources[media.source];
        let payload = red.map_or(media.payload, |red| red.primary);
        source.encodings[0].rates.add_sound(self.now, DataSize::from_bytes(payload.len() as u64));
        // Beside the source while its subscribers are served: it can't change meanwhile.
        let mut tail = std::mem::take(&mut source.tail);
        if let Some(red) = &red {
            tail.redundancy = red.redundant.len() as u8;
            self.recover(media, red, types.opus, &mut tail);
        }
        let source = &mut self.sfu.participants[media.publisher].uplink.sources[media.source];
        let way = match source.silence.cuts(media.sequence, payload) {
            true => Way::Silence,
            false => Way::Sound { redundancy: tail.redundancy.min(MAX_DISTANCE) },
        };
        self.audio_to_all(&Media { payload, ..*media }, way, &tail);
        tail.insert(media.sequence, media.timestamp, payload);
        self.sfu.participants[media.publisher].uplink.sources[media.source].tail = tail;
        Ok(())
    }

    /// Hands on what a packet's redundancy says of those that were lost before it, each in its own place.
    fn recover(&mut self, media: &Media<'_>, red: &Red<'_>, opus: u8, tail: &mut AudioTail) {
        let found = tail.missing((media.sequence, media.timestamp), red, opus);
        for packet in found.as_slice() {
            let (sequence, timestamp, payload) = (packet.sequence, packet.timestamp, packet.payload);
            // The level in the header is the later packet's.
            let lost = Media { sequence, timestamp, payload, marker: false, audio_level: None, ..*media };
            let source = &mut self.sfu.participants[media.publisher].uplink.sources[media.source];
            let way = if source.silence.cuts(sequence, payload) { Way::Silence } else { Way::Recovered };
            self.sfu.recovered += 1;
            self.audio_to_all(&lost, way, tail);
            tail.insert(sequence, timestamp, payload);
        }
    }

    fn audio_to_all(&mut self, media: &Media<'_>, way: Way, tail: &AudioTail) {
        let source = &mut self.sfu.participants[media.publisher].uplink.sources[media.source];
        let ingress = IngressAudio {
            source: source.encodings[0].ssrc.unwrap_or(0),
            padding_only: matches!(way, Way::Padding | Way::Silence),
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
                self.audio_to(*receiver, *index, media, &ingress, (way, tail))
            };
            match (result, way) {
                (Err(_), Way::Padding) | (Ok(()), _) => {}
                (Err(DropReason::PaddingOnly), _) => self.sfu.withhold(*receiver, DropReason::Silence),
                (Err(reason), _) => self.sfu.withhold(*receiver, reason),
            }
        }
        self.sfu.participants[media.publisher].uplink.sources[media.source].subscribers = subscribers;
    }

    fn audio_to(
        &mut self,
        receiver: ParticipantId,
        index: u16,
        media: &Media<'_>,
        ingress: &IngressAudio,
        (way, tail): (Way, &AudioTail),
    ) -> Result<(), DropReason> {
        let now = self.now;
        let to = self.sfu.participants.get_mut(receiver).ok_or(DropReason::ReceiverNotReady)?;
        if !to.transport.is_connected() {
            return Err(DropReason::ReceiverNotReady);
        }
        let Participant { transport, egress, downlink, media: parameters, .. } = &mut *to;
        let distance = downlink.redundancy.distance();
        let (subscription, sender) = downlink.slot(index).ok_or(DropReason::NotSelected)?;
        let Projection::Audio(projection) = &mut subscription.media else {
            return Err(DropReason::NotSelected);
        };
        let offset = projection.map_timestamp(ingress.source, 0);
        let projected = projection.project(ingress)?;
        let switched = projection.map_timestamp(ingress.source, 0) != offset;
        let (wanted, red_type) = match (way, parameters.payload_types.opus_red) {
            (Way::Sound { redundancy }, Some(red_type)) => (redundancy.max(distance), red_type),
            _ => (0, subscription.payload_type),
        };
        let room = MAX_PAYLOAD.saturating_sub(red::PRIMARY_HEADER_LEN + media.payload.len());
        let place = (media.sequence, media.timestamp);
        let opus = subscription.payload_type;
        let content = (wanted > 0).then(|| {
            let redundant = tail.preceding(place, wanted, opus, room, |number| projection.has_sent(number));
            Red { redundant, payload_type: opus, primary: media.payload }
        });
        // Alone, it needs no header around it.
        let content = content.as_ref().filter(|content| !content.redundant.is_empty());
        let packet = OutgoingPacket {
            payload_type: if content.is_some() { red_type } else { opus },
            marker: projected.marker,
            sequence: srtp_index(projected.sequence).ok_or(DropReason::TooOld)?,
            timestamp: projected.timestamp,
            ssrc: subscription.ssrc,
            mid: (!subscription.acknowledged).then_some(&subscription.mid),
            audio_level: media.audio_level,
            dependency_descriptor: None,
            transport_sequence: sender.peek_sequence(),
        };
        let forwarded = ForwardTimes { received: media.received, first_sent: now };
        let purpose = Purpose { class: PacketClass::Audio, forwarded: Some(forwarded) };
        let len = sender.send(now, (transport, egress), parameters, &packet, purpose, |buffer| {
            if let Some(content) = content {
                content.write(buffer).expect("blocks, types and payload were bounded when they were taken");
            } else {
                buffer.extend_from_slice(media.payload);
            }
        })?;
        let octets = content.map_or(media.payload.len(), Red::len);
        subscription.sent.packets = subscription.sent.packets.wrapping_add(1);
        subscription.sent.octets = subscription.sent.octets.wrapping_add(octets as u32);
        subscription.totals.sent(now, len, octets);
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
