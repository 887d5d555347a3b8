//! Repair packets towards receivers (RFC 8627).

use super::forwarding::srtp_index;
use super::{Sfu, Turn};
use crate::forward::IngressVideo;
use crate::participant::describe::MediaParameters;
use crate::participant::downlink::PacketSender;
use crate::participant::egress::Egress;
use crate::participant::packet_writer::OutgoingPacket;
use crate::participant::subscription::Subscription;
use crate::participant::transport::PeerTransport;
use crate::participant::{Participant, ParticipantId};
use crate::send::fec::Packet;
use crate::time::Time;

/// What the FEC stream has to know of `packet`, whose `bytes` are about to be encrypted.
pub(super) fn protected<'a>(
    ingress: &IngressVideo,
    packet: &OutgoingPacket<'_>,
    bytes: &'a [u8],
) -> Packet<'a> {
    Packet {
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        starts_key_frame: ingress.frame.key_frame_start,
        temporal: ingress.frame.temporal,
        ends_frame: packet.marker,
        bytes,
    }
}

/// Sends the repair packets that are due, and says when the next ones are if no packet comes.
pub(super) fn send_repairs(
    now: Time,
    subscription: &mut Subscription,
    sender: &mut PacketSender,
    (transport, egress): (&PeerTransport, &mut Egress),
    parameters: &MediaParameters,
) -> Time {
    let mid = (!subscription.acknowledged).then_some(subscription.mid.as_str());
    let Some(fec) = &mut subscription.fec else { return Time::NEVER };
    let (ssrc, payload_type) = (fec.ssrc, fec.payload_type);
    while let Some((group, number, timestamp)) = fec.next(now) {
        let Some(sequence) = srtp_index(number) else { continue };
        let packet = OutgoingPacket {
            payload_type,
            marker: false,
            sequence,
            timestamp,
            ssrc,
            mid,
            audio_level: None,
            dependency_descriptor: None,
            transport_sequence: sender.peek_sequence(),
        };
        let path = (transport, &mut *egress);
        // What there is no room for is left out, like any packet.
        match sender.send_fec(now, path, parameters, &packet, subscription.ssrc, |out| group.write(out)) {
            Ok(_) => subscription.totals.fec_packets += 1,
            Err(reason) => egress.totals.discarded.count(reason),
        }
    }
    fec.deadline()
}

impl Turn<'_> {
    /// Sends the repair packets of what has waited long enough for more media.
    pub(super) fn repairs_due(&mut self, id: ParticipantId) {
        let now = self.now;
        let participant = &mut self.sfu.participants[id];
        if now < participant.downlink.fec_due() {
            return;
        }
        let Participant { transport, egress, downlink, media, .. } = &mut *participant;
        for index in 0..downlink.slot_count() {
            let Some((subscription, sender)) = downlink.slot(index) else { continue };
            send_repairs(now, subscription, sender, (transport, egress), media);
        }
        Sfu::touch(&mut self.sfu.dirty, id, participant);
    }
}
