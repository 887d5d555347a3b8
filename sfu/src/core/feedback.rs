//! RTCP from a peer: what it says of its own streams, and of those that it receives.

use std::time::Duration;

use super::commands::source_id;
use super::{Sfu, Turn};
use crate::DataRate;
use crate::drop_reason::DropReason;
use crate::keyframe::KeyFrameRequest;
use crate::participant::downlink::{Downlink, PacketSender};
use crate::participant::ingress::StreamRole;
use crate::participant::{Participant, ParticipantId};
use crate::rtcp::{self, CongestionFeedback, Packet, ReportBlock, SenderInfo, TransportFeedback};
use crate::sink::Event;
use crate::statistics::OutboundTotals;
use crate::time::Time;

/// What one feedback message can be about: as many packets as are remembered. A message may claim 65,535 in a
/// few bytes, and a compound may hold forty of them.
const MAX_STATUSES: usize = crate::participant::downlink::HISTORY;
/// A change of the estimate by this part of what was told is told at once.
const TELLING_CHANGE: f64 = 0.02;

impl Turn<'_> {
    pub(super) fn rtcp(&mut self, id: ParticipantId, datagram: &mut [u8]) -> Result<(), DropReason> {
        let participant = self.sfu.participants.get_mut(id).ok_or(DropReason::UnknownAddress)?;
        let len = participant.transport.unprotect_rtcp(datagram)?;
        let compound = &datagram[..len];
        let packets = rtcp::packets(compound).map_err(|_| DropReason::MalformedRtcp)?;
        for packet in packets {
            match packet {
                Packet::SenderReport(report) => {
                    self.sender_report(id, &report.info);
                    report.blocks.iter().for_each(|block| self.report_block(id, &block));
                }
                Packet::ReceiverReport(report) => {
                    report.blocks.iter().for_each(|block| self.report_block(id, &block));
                }
                Packet::Nack(nack) => self.nacked(id, nack.media_ssrc, nack.missing()),
                Packet::Pli(pli) => self.key_frame_wanted(id, pli.media_ssrc, |totals| totals.plis += 1),
                Packet::Fir(fir) => fir.entries().for_each(|entry| {
                    self.key_frame_wanted(id, entry.ssrc, |totals| totals.firs += 1);
                }),
                Packet::TransportFeedback(feedback) => self.transport_feedback(id, feedback),
                Packet::CongestionFeedback(feedback) => self.stream_feedback(id, feedback),
                Packet::Remb(remb) => self.receiver_limit(id, remb.bitrate),
                Packet::ExtendedReport(report) => self.extended_report(id, report),
                _ => {}
            }
        }
        Ok(())
    }

    /// A publisher's sender report ties its RTP clock to its wall clock, for every receiver's timestamps.
    fn sender_report(&mut self, id: ParticipantId, info: &SenderInfo) {
        let now = self.now;
        let (ssrc, ntp, rtp) = (info.ssrc, info.ntp.0, info.rtp_timestamp);
        let uplink = &mut self.sfu.participants[id].uplink;
        let Some(stream) = uplink.streams.iter_mut().find(|stream| stream.ssrc == ssrc) else { return };
        stream.stats.note_sender_report(now, info.ntp);
        // A sender without a wall clock says 0 (RFC 3550 section 6.4.1).
        if stream.role != StreamRole::Media || ntp == 0 {
            return;
        }
        let (source, encoding) = (stream.source, stream.encoding);
        let published = &mut uplink.sources[source];
        published.encodings[usize::from(encoding)].clock = Some((ntp, rtp, now));
        let subscribers = std::mem::take(&mut published.subscribers);
        for (receiver, index) in &subscribers {
            let Some(to) = self.sfu.participants.get_mut(*receiver) else { continue };
            let Some((subscription, _)) = to.downlink.slot(*index) else { continue };
            if let Some(stream) = subscription.video() {
                stream.projection.on_sender_report(encoding, ntp, rtp);
            }
            if subscription.sent.stale {
                Sfu::report_early(&mut self.sfu.timers, *receiver, to, now);
            }
        }
        self.sfu.participants[id].uplink.sources[source].subscribers = subscribers;
    }

    /// What a receiver says of a stream that it gets: proof that it knows the SSRC, and a round trip.
    ///
    /// Its loss says nothing of the downlink: the numbers that were lost on the publisher's uplink are missing
    /// in the stream too. Transport-wide feedback is about what was sent here, and nothing else.
    fn report_block(&mut self, id: ParticipantId, block: &ReportBlock) {
        let now = self.now;
        let downlink = &mut self.sfu.participants[id].downlink;
        let Some((_, subscription)) = downlink.by_ssrc_mut(block.ssrc) else { return };
        subscription.acknowledged = true;
        let rtt = subscription.sent.round_trip(now, block);
        subscription.totals.reported(now, *block, rtt);
        if let Some(rtt) = rtt {
            downlink.on_rtt(now, rtt);
        }
    }

    fn transport_feedback(&mut self, id: ParticipantId, feedback: TransportFeedback<'_>) {
        let now = self.now;
        let Sfu { participants, results, .. } = &mut *self.sfu;
        results.clear();
        let sender = &mut participants[id].downlink.sender;
        let statuses = feedback.statuses().take(MAX_STATUSES);
        let rtt = sender.history.on_feedback(now, feedback.reference, statuses, results);
        self.take_results(id, rtt);
    }

    fn stream_feedback(&mut self, id: ParticipantId, feedback: CongestionFeedback<'_>) {
        let now = self.now;
        let Sfu { participants, results, .. } = &mut *self.sfu;
        let PacketSender { history, index: Some(index), .. } = &mut participants[id].downlink.sender else {
            return;
        };
        results.clear();
        let rtt = history.on_congestion_feedback(now, feedback, index, results);
        self.take_results(id, rtt);
    }

    /// What came of packets to a receiver, by its feedback.
    fn take_results(&mut self, id: ParticipantId, rtt: Option<Duration>) {
        let now = self.now;
        let Sfu { participants, results, timers, .. } = &mut *self.sfu;
        let Participant { downlink, armed, .. } = &mut participants[id];
        let Downlink { sender, loss, redundancy, .. } = &mut *downlink;
        redundancy.on_feedback(now, results);
        results.iter().for_each(|result| loss.add(result));
        if sender.begun {
            sender.controller.on_feedback(now, results.as_slice());
        }
        if let Some(rtt) = rtt {
            downlink.on_rtt(now, rtt);
        }
        let due = downlink.sender.controller.deadline();
        Sfu::arm(timers, id, armed, due);
        self.follow_controller(id);
    }

    /// A receiver bounds what it wants to get.
    fn receiver_limit(&mut self, id: ParticipantId, limit: DataRate) {
        let now = self.now;
        let sender = &mut self.sfu.participants[id].downlink.sender;
        sender.controller.on_remb(now, limit);
        if sender.begun {
            self.follow_controller(id);
        }
    }

    /// The controller's state may have changed: tells the estimate, begins probes, chooses layers anew.
    pub(super) fn follow_controller(&mut self, id: ParticipantId) {
        let now = self.now;
        let downlink = &mut self.sfu.participants[id].downlink;
        let target = downlink.sender.controller.target();
        if downlink.sender.prepare_probe(now) {
            // At once: a cluster whose first packet is large media makes an idle line look full.
            self.probe(id);
        }
        let downlink = &mut self.sfu.participants[id].downlink;
        let told = downlink.told;
        let changed = target != told
            && (told == DataRate::ZERO
                || target < told.scale(1.0 - TELLING_CHANGE)
                || target > told.scale(1.0 + TELLING_CHANGE));
        if changed {
            downlink.told = target;
            self.sink.event(Event::Estimate { participant: id, rate: target });
            self.reallocate(id);
        }
    }

    fn key_frame_wanted(&mut self, id: ParticipantId, ssrc: u32, count: fn(&mut OutboundTotals)) {
        let now = self.now;
        let downlink = &mut self.sfu.participants[id].downlink;
        let Some((_, subscription)) = downlink.by_ssrc_mut(ssrc) else { return };
        count(&mut subscription.totals);
        let (publisher, source) = (subscription.publisher, subscription.source);
        let Some(stream) = subscription.video() else { return };
        let wanted = stream.projection.wants_key_frame();
        let current = stream.projection.current();
        let encoding = wanted.or(current.map(|layer| layer.encoding));
        let event = Event::KeyFrameWanted { receiver: id, publisher, source: source_id(source) };
        self.sink.event(event);
        if let Some(encoding) = encoding {
            self.request_key_frame(publisher, source, encoding, now);
        }
    }

    /// Asks a publisher for a key frame, unless one is on its way already.
    pub(super) fn request_key_frame(
        &mut self,
        publisher: ParticipantId,
        source: usize,
        encoding: u8,
        now: Time,
    ) {
        let Some(participant) = self.sfu.participants.get_mut(publisher) else { return };
        let rtt = participant.downlink.rtt();
        let requests = &mut participant.uplink.sources[source].key_frames;
        requests.set_rtt(rtt);
        if requests.request(now, encoding) == KeyFrameRequest::Send {
            self.send_key_frame_request(publisher, source, encoding);
        }
        let participant = &mut self.sfu.participants[publisher];
        let due = participant.uplink.sources[source].key_frames.deadline().unwrap_or(Time::NEVER);
        Sfu::arm(&mut self.sfu.timers, publisher, &mut participant.armed, due);
    }

    pub(super) fn send_key_frame_request(&mut self, publisher: ParticipantId, source: usize, encoding: u8) {
        let Some(participant) = self.sfu.participants.get_mut(publisher) else { return };
        let uplink = &participant.uplink;
        // Without a packet yet there is nobody to ask: the first one of a stream is a key frame anyway.
        let Some(ssrc) = uplink.sources[source].encodings[usize::from(encoding)].ssrc else { return };
        let pli = rtcp::Pli { sender_ssrc: uplink.local_ssrc, media_ssrc: ssrc };
        self.sfu.scratch.clear();
        rtcp::write_pli(&mut self.sfu.scratch, pli);
        let sent = participant.send_rtcp(&mut self.sfu.scratch);
        Sfu::touch(&mut self.sfu.dirty, publisher, participant);
        if sent {
            if let Some(stream) = participant.uplink.streams.iter_mut().find(|stream| stream.ssrc == ssrc) {
                stream.totals.plis += 1;
            }
            let source = source_id(source);
            self.sink.event(Event::KeyFrameRequested { publisher, source, encoding });
        }
    }
}
