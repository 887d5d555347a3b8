//! Retransmission towards receivers (RFC 4588), and padding for probes on the same streams.

use super::described::outgoing_descriptor;
use super::forwarding::{Origin, srtp_index, write_video_payload};
use super::{Sfu, Turn};
use crate::codec::dependency_descriptor::MAX_LEN;
use crate::codec::frame::{FrameExtension, PayloadDescriptor};
use crate::drop_reason::DropReason;
use crate::participant::downlink::Purpose;
use crate::participant::packet_writer::OutgoingPacket;
use crate::participant::source::Source;
use crate::participant::subscription::Projection;
use crate::participant::{Participant, ParticipantId};
use crate::send::cache::CachedPacket;
use crate::send::sent_log::{Refusal, SentPacket};
use crate::sink::{ForwardTimes, PacketClass};

/// The most padding that one RTP packet can hold (RFC 3550 section 5.1: the count is one byte).
const MAX_PADDING: usize = 255;
/// What a packet of padding has besides: IP and UDP (28), RTP with extensions (24), the tag (16), bytes.
const OVERHEAD: usize = 68;

impl Turn<'_> {
    /// A receiver misses packets of `ssrc`.
    pub(super) fn nacked(&mut self, id: ParticipantId, ssrc: u32, missing: impl Iterator<Item = u16>) {
        let Some((index, subscription)) = self.sfu.participants[id].downlink.by_ssrc_mut(ssrc) else {
            return;
        };
        subscription.totals.nacks += 1;
        let repairs = self.sfu.config.nack && self.sfu.config.rtx;
        for sequence in missing {
            let refused = Err(DropReason::UnknownPayloadType);
            let result = if repairs { self.retransmit(id, index, sequence) } else { refused };
            self.sfu.copies.repaired(result);
            self.sfu.participants[id].downlink.copies.repaired(result);
        }
        let participant = &mut self.sfu.participants[id];
        Sfu::touch(&mut self.sfu.dirty, id, participant);
    }

    fn retransmit(&mut self, id: ParticipantId, index: u16, sequence: u16) -> Result<(), DropReason> {
        let now = self.now;
        let to = &self.sfu.participants[id];
        let (publisher, source) = to.downlink.source_of(index).ok_or(DropReason::TooOld)?;
        let [to, from] = self.sfu.participants.get_disjoint_mut([id, publisher]).ok_or(DropReason::TooOld)?;
        let rtt = to.downlink.rtt();
        let Participant { transport, egress, downlink, media, .. } = to;
        let (subscription, sender) = downlink.slot(index).ok_or(DropReason::TooOld)?;
        let Projection::Video(stream) = &mut subscription.media else { return Err(DropReason::TooOld) };
        let rtx = subscription.rtx.as_mut().ok_or(DropReason::UnknownPayloadType)?;
        let entry = match stream.log.answer(now, rtt, sequence) {
            Ok(entry) => entry,
            Err(Refusal::TooSoon | Refusal::TooOften) => return Err(DropReason::Duplicate),
            // Never sent: its number was kept free for a packet that may be here by now.
            Err(Refusal::Unknown) => {
                let (encoding, hole) = stream.projection.hole(sequence).ok_or(DropReason::TooOld)?;
                return self.replay(id, index, Origin { publisher, source, encoding, sequence: hole });
            }
        };
        let (first_sent, ..) = stream.log.times(entry.sequence).expect("it was answered from the log");
        let encoding = &from.uplink.sources[source].encodings[usize::from(entry.encoding)];
        let cached = encoding.cache.get(now, entry.source_sequence).ok_or(DropReason::TooOld)?;
        let payload = PayloadDescriptor::parse(subscription.codec, cached.payload);
        let mut room = [0; MAX_LEN];
        let source = &from.uplink.sources[source];
        let gets_descriptors = media.extensions.dependency_descriptor != 0;
        let descriptor =
            gets_descriptors.then(|| cached_descriptor(source, &entry, &cached, &mut room)).flatten();
        let packet = OutgoingPacket {
            payload_type: rtx.payload_type,
            marker: entry.marker,
            sequence: srtp_index(rtx.sequence.take()).ok_or(DropReason::TooOld)?,
            timestamp: entry.timestamp,
            ssrc: rtx.ssrc,
            mid: (!subscription.acknowledged).then_some(&subscription.mid),
            audio_level: None,
            dependency_descriptor: descriptor,
            transport_sequence: sender.peek_sequence(),
        };
        let forwarded = ForwardTimes { received: cached.arrived, first_sent };
        let purpose = Purpose { class: PacketClass::Retransmission, forwarded: Some(forwarded) };
        let len = sender.send(now, (transport, egress), media, &packet, purpose, |buffer| {
            buffer.extend_from_slice(&sequence.to_be_bytes());
            write_video_payload(buffer, cached.payload, &payload, entry.numbers);
        })?;
        // The original number in front (RFC 4588 section 4) counts with the header.
        subscription.totals.retransmitted(now, len, cached.payload.len());
        Ok(())
    }

    /// Sends padding on the retransmission stream of a video subscription until the probe's pace is met.
    pub(super) fn probe(&mut self, id: ParticipantId) {
        let now = self.now;
        let participant = &mut self.sfu.participants[id];
        let Participant { transport, egress, downlink, media, .. } = &mut *participant;
        if !transport.is_connected() {
            return;
        }
        let Some((subscription, sender)) = downlink.padding_carrier() else { return };
        let rtx = subscription.rtx.as_mut().expect("a carrier of padding has RTX");
        while (sender.probing.cluster(now).is_some() || sender.prepare_probe(now))
            && sender.probing.next_send_time() <= now
        {
            let Some(index) = srtp_index(rtx.sequence.take()) else { break };
            let packet = OutgoingPacket {
                payload_type: rtx.payload_type,
                marker: false,
                sequence: index,
                timestamp: 0,
                ssrc: rtx.ssrc,
                mid: (!subscription.acknowledged).then_some(&subscription.mid),
                audio_level: None,
                dependency_descriptor: None,
                transport_sequence: sender.peek_sequence(),
            };
            let padding = usize::try_from(sender.probing.packet_size().as_bytes())
                .map_or(MAX_PADDING, |wanted| wanted.saturating_sub(OVERHEAD).clamp(1, MAX_PADDING));
            let sent = sender.send_padding(now, (transport, egress), media, &packet, padding as u8);
            if sent.is_err() {
                break;
            }
            subscription.totals.padding_packets += 1;
        }
        let due = downlink.probe_due();
        Sfu::arm(&mut self.sfu.timers, id, &mut participant.armed, due);
        Sfu::touch(&mut self.sfu.dirty, id, participant);
    }
}

/// The dependency descriptor of a packet as it went out the first time.
fn cached_descriptor<'a>(
    source: &Source,
    entry: &SentPacket,
    cached: &CachedPacket<'a>,
    room: &'a mut [u8; MAX_LEN],
) -> Option<&'a [u8]> {
    let FrameExtension::Dependency(bytes) = cached.extension else { return None };
    let Some(mask) = entry.active_targets else { return Some(bytes) };
    let structures = &source.encodings[usize::from(entry.encoding)].structures;
    let (descriptor, known) = structures.read(entry.source_sequence, bytes)?;
    outgoing_descriptor(bytes, &descriptor, &known.structure, Some(mask), room)
}
