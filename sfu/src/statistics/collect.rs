//! Reads the statistics out of the core's objects.

use super::{
    CandidatePair, Codec, Copies, InboundRtp, OutboundRtp, ParticipantStatistics, QualityLimitation,
    RemoteInboundRtp, Transport,
};
use crate::codec::{self, MediaKind};
use crate::core::Sfu;
use crate::participant::ingress::{IngressStream, StreamRole};
use crate::participant::subscription::{Projection, Subscription};
use crate::participant::{Participant, ParticipantId};
use crate::rtcp::ReportBlock;
use crate::time::Time;

const TRANSPORT: &str = "transport";

impl Sfu {
    /// The statistics of one participant at `now`; `None` when there is no such participant.
    pub fn statistics(&self, id: ParticipantId, now: Time) -> Option<ParticipantStatistics> {
        let participant = self.participant(id)?;
        let outbound = participant.downlink.subscriptions();
        let outbound = outbound.map(|(_, to)| self.outbound(to, now)).collect();
        let remote = participant.downlink.subscriptions().filter_map(|(_, to)| remote_inbound(to));
        Some(ParticipantStatistics {
            participant: id.to_string(),
            timestamp: millis(now),
            transport: transport(participant),
            candidate_pair: candidate_pair(participant),
            codecs: codecs(participant),
            inbound: inbound(participant, now),
            outbound,
            remote_inbound: remote.collect(),
            copies: Copies::from(&self.copies_for(participant)),
        })
    }

    /// The statistics of everybody at `now`, in no particular but fixed order.
    pub fn all_statistics(&self, now: Time) -> impl Iterator<Item = ParticipantStatistics> {
        self.participant_ids().filter_map(move |id| self.statistics(id, now))
    }

    fn outbound(&self, to: &Subscription, now: Time) -> OutboundRtp {
        let kind = to.codec.kind();
        let video = match &to.media {
            Projection::Video(stream) => Some(stream),
            Projection::Audio(_) => None,
        };
        let totals = &to.totals;
        let layer = video.and_then(|stream| stream.projection.current());
        let reason =
            video.and_then(|stream| stream.explanation.as_ref()).map(|explanation| explanation.reason);
        let source =
            self.participant(to.publisher).map(|from| &from.uplink.sources[to.source].description.name);
        OutboundRtp {
            id: format!("outbound-{}", to.ssrc),
            ssrc: to.ssrc,
            rtx_ssrc: to.rtx.as_ref().map(|rtx| rtx.ssrc),
            kind,
            mid: to.mid.clone(),
            codec_id: codec_id(to.payload_type),
            remote_id: totals.remote.is_some().then(|| remote_id(to.ssrc)),
            active: !to.muted && (video.is_none() || layer.is_some()),
            packets_sent: totals.packets,
            bytes_sent: totals.bytes,
            header_bytes_sent: totals.header_bytes,
            retransmitted_packets_sent: totals.retransmitted_packets,
            retransmitted_bytes_sent: totals.retransmitted_bytes,
            sfu_last_packet_sent_timestamp: totals.last.map(millis),
            nack_count: totals.nacks,
            pli_count: totals.plis,
            fir_count: totals.firs,
            frames_sent: video.map(|_| totals.frames.total),
            frames_per_second: video.map(|_| totals.frames.per_second(now)),
            quality_limitation_reason: video
                .map(|_| reason.as_ref().map_or(QualityLimitation::Other, QualityLimitation::of)),
            sfu_key_frames_sent: video.map(|_| totals.key_frames),
            sfu_padding_packets_sent: totals.padding_packets,
            sfu_fec_packets_sent: totals.fec_packets,
            sfu_layer_switches: totals.switches,
            sfu_layer: layer,
            sfu_layer_reason: reason,
            sfu_publisher: to.publisher.to_string(),
            sfu_source: source.cloned().unwrap_or_default(),
        }
    }
}

fn transport(participant: &Participant) -> Transport {
    let (ingress, egress) = (&participant.ingress, &participant.egress.totals);
    Transport {
        id: TRANSPORT,
        dtls_state: if participant.transport.is_connected() { "connected" } else { "new" },
        ice_state: if participant.transport.address().is_some() { "connected" } else { "checking" },
        dtls_role: "server",
        ice_role: "controlled",
        packets_sent: egress.datagrams,
        packets_received: ingress.datagrams,
        bytes_sent: egress.bytes,
        bytes_received: ingress.bytes,
        sfu_packets_taken: ingress.taken_total(),
        sfu_packets_dropped: ingress.drops.clone(),
        sfu_packets_discarded_on_send: egress.discarded.clone(),
    }
}

fn candidate_pair(participant: &Participant) -> CandidatePair {
    let (ingress, egress) = (&participant.ingress, &participant.egress.totals);
    let nominated = participant.transport.address().is_some();
    let sender = &participant.downlink.sender;
    CandidatePair {
        id: "candidate-pair",
        transport_id: TRANSPORT,
        state: if nominated { "succeeded" } else { "waiting" },
        nominated,
        packets_sent: egress.datagrams,
        packets_received: ingress.datagrams,
        bytes_sent: egress.bytes,
        bytes_received: ingress.bytes,
        packets_discarded_on_send: egress.discarded.total(),
        current_round_trip_time: participant.downlink.rtt.map(|rtt| rtt.as_secs_f64()),
        available_outgoing_bitrate: sender.begun.then(|| sender.controller.target().as_bps()),
    }
}

fn codecs(participant: &Participant) -> Vec<Codec> {
    let published = participant.uplink.sources.iter().map(|source| source.description.codec);
    let received = participant.downlink.subscriptions().map(|(_, to)| to.codec);
    let mut used: Vec<codec::Codec> = published.chain(received).collect();
    used.sort();
    used.dedup();
    let types = &participant.media.payload_types;
    let described = used.into_iter().filter_map(|codec| {
        let payload_type = types.media(codec)?;
        Some(Codec {
            id: codec_id(payload_type),
            payload_type,
            mime_type: mime_type(codec),
            clock_rate: codec.kind().clock_rate(),
            // RFC 7587 section 4.1: Opus is always declared with two.
            channels: (codec.kind() == MediaKind::Audio).then_some(2),
        })
    });
    described.collect()
}

const fn mime_type(codec: codec::Codec) -> &'static str {
    match codec {
        codec::Codec::Opus => "audio/opus",
        codec::Codec::Vp8 => "video/VP8",
        codec::Codec::Vp9 => "video/VP9",
        codec::Codec::Av1 => "video/AV1",
        codec::Codec::H264 | codec::Codec::H264Mode0 => "video/H264",
    }
}

fn inbound(participant: &Participant, now: Time) -> Vec<InboundRtp> {
    let streams = &participant.uplink.streams;
    let media = streams.iter().filter(|stream| stream.role == StreamRole::Media);
    media.map(|stream| inbound_stream(participant, stream, now)).collect()
}

fn inbound_stream(participant: &Participant, stream: &IngressStream, now: Time) -> InboundRtp {
    let description = &participant.uplink.sources[stream.source].description;
    let kind = description.kind();
    let is_video = kind == MediaKind::Video;
    let repairs = participant.uplink.streams.iter().find(|other| {
        (other.source, other.encoding, other.role) == (stream.source, stream.encoding, StreamRole::Rtx)
    });
    let repairs = repairs.map(|stream| (stream.totals.packets, stream.totals.bytes)).unwrap_or_default();
    let totals = &stream.totals;
    let payload_type = participant.media.payload_types.media(description.codec);
    InboundRtp {
        id: format!("inbound-{}", stream.ssrc),
        ssrc: stream.ssrc,
        kind,
        mid: description.mid.clone(),
        rid: description.encodings.get(usize::from(stream.encoding)).map(|encoding| encoding.rid.clone()),
        codec_id: payload_type.map(codec_id).unwrap_or_default(),
        packets_received: totals.packets,
        bytes_received: totals.bytes,
        header_bytes_received: totals.header_bytes,
        packets_lost: stream.stats.lost(),
        jitter: f64::from(stream.stats.jitter()) / f64::from(kind.clock_rate()),
        last_packet_received_timestamp: totals.last.map(millis),
        nack_count: totals.nacks,
        pli_count: totals.plis,
        fir_count: 0,
        retransmitted_packets_received: repairs.0,
        retransmitted_bytes_received: repairs.1,
        packets_discarded: totals.discarded,
        frames_received: is_video.then_some(totals.frames.total),
        frames_per_second: is_video.then(|| totals.frames.per_second(now)),
        sfu_key_frames_received: is_video.then_some(totals.key_frames),
        sfu_packets_missing: stream.nack.as_ref().map(|nack| nack.missing()),
    }
}

fn remote_inbound(to: &Subscription) -> Option<RemoteInboundRtp> {
    let remote = to.totals.remote.as_ref()?;
    let ReportBlock { fraction_lost, cumulative_lost, jitter, .. } = remote.block;
    Some(RemoteInboundRtp {
        id: remote_id(to.ssrc),
        local_id: format!("outbound-{}", to.ssrc),
        ssrc: to.ssrc,
        kind: to.codec.kind(),
        timestamp: millis(remote.at),
        fraction_lost: f64::from(fraction_lost) / 256.0,
        packets_lost: i64::from(cumulative_lost),
        jitter: f64::from(jitter) / f64::from(to.codec.kind().clock_rate()),
        round_trip_time: remote.rtt.map(|rtt| rtt.as_secs_f64()),
        total_round_trip_time: remote.rtt_total.as_secs_f64(),
        round_trip_time_measurements: remote.rtt_count,
    })
}

fn remote_id(ssrc: u32) -> String {
    format!("remote-inbound-{ssrc}")
}

fn codec_id(payload_type: u8) -> String {
    format!("codec-{payload_type}")
}

/// A moment in the unit of webrtc-stats' timestamps.
fn millis(at: Time) -> f64 {
    at.as_secs_f64() * 1e3
}
