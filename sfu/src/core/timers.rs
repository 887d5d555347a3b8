//! What happens because time passed.

use std::cmp::Reverse;

use smallvec::SmallVec;

use super::routing::earliest;
use super::{Sfu, Turn};
use crate::participant::reports::INTERVAL;
use crate::participant::{Participant, ParticipantId};
use crate::rtcp;
use crate::sink::DisconnectReason;
use crate::time::Time;

/// The longest RTCP compound, bytes: with SRTCP's trailer it stays below 1,200.
const MAX_COMPOUND: usize = 1_150;

impl Turn<'_> {
    /// Does whatever is due. To be called at [`Sfu::deadline`]; harmless at any other moment.
    pub fn timeout(&mut self) {
        while let Some(&Reverse((at, id))) = self.sfu.timers.peek() {
            if at > self.now {
                break;
            }
            self.sfu.timers.pop();
            // An entry that an earlier one has overtaken stands for nothing.
            let Some(participant) = self.sfu.participants.get_mut(id) else { continue };
            if !participant.armed.left(at) {
                continue;
            }
            self.participant_timeout(id);
            if let Some(participant) = self.sfu.participants.get_mut(id) {
                // Strictly later, or two things that wait for each other would spin within one moment.
                let due = participant.deadline(self.sfu.config.limits.setup);
                let due = due.max(self.now + std::time::Duration::from_nanos(1));
                Sfu::arm(&mut self.sfu.timers, id, &mut participant.armed, due);
            }
        }
    }

    fn participant_timeout(&mut self, id: ParticipantId) {
        let now = self.now;
        let setup = self.sfu.config.limits.setup;
        let participant = &mut self.sfu.participants[id];
        let connected = participant.transport.is_connected();
        if !connected && now >= participant.joined + setup {
            return self.sfu.ended.push((id, DisconnectReason::SetupTimedOut));
        }
        if participant.transport.ice.handle_timeout(now) && connected {
            return self.sfu.ended.push((id, DisconnectReason::ConsentExpired));
        }
        let change = participant.transport.timeout(now, &mut participant.egress);
        Sfu::touch(&mut self.sfu.dirty, id, participant);
        self.transport_changed(id, change);
        if !self.sfu.participants[id].transport.is_connected() {
            return;
        }
        self.transport_feedback_due(id);
        self.nacks_due(id);
        self.repairs_due(id);
        self.key_frames_due(id);
        self.reports_due(id);
        self.data_due(id);
        let sender = &mut self.sfu.participants[id].downlink.sender;
        if sender.begun {
            sender.controller.on_tick(now);
        }
        self.follow_controller(id);
        self.probe(id);
        self.reallocate_due(id);
    }

    fn transport_feedback_due(&mut self, id: ParticipantId) {
        let now = self.now;
        let participant = &mut self.sfu.participants[id];
        let uplink = &mut participant.uplink;
        if now < uplink.feedback_due {
            return;
        }
        let scratch = &mut self.sfu.scratch;
        scratch.clear();
        let media_ssrc = uplink.streams.first().map_or(0, |stream| stream.ssrc);
        let names = (uplink.local_ssrc, media_ssrc);
        while uplink.arrivals.write_report(scratch, names, now, MAX_COMPOUND) {}
        uplink.feedback_due = Time::NEVER;
        self.send_compounds(id);
    }

    fn nacks_due(&mut self, id: ParticipantId) {
        let now = self.now;
        let participant = &mut self.sfu.participants[id];
        let rtt = participant.downlink.rtt();
        let scratch = &mut self.sfu.scratch;
        scratch.clear();
        let mut given_up: SmallVec<[(usize, u8); 8]> = SmallVec::new();
        for stream in &mut participant.uplink.streams {
            let Some(nack) = &mut stream.nack else { continue };
            let missing = &mut self.sfu.missing;
            missing.clear();
            nack.collect_due(now, rtt, |sequence| missing.push(sequence));
            rtcp::write_nack(scratch, participant.uplink.local_ssrc, stream.ssrc, missing);
            stream.totals.nacks += u64::from(!missing.is_empty());
            if nack.take_key_frame_needed() {
                given_up.push((stream.source, stream.encoding));
            }
        }
        self.send_compounds(id);
        for (source, encoding) in given_up {
            if self.is_wanted(id, source, encoding) {
                self.request_key_frame(id, source, encoding, now);
            }
        }
    }

    /// Whether some receiver gets, or waits for, an encoding: only then is a key frame of it worth asking for.
    pub(super) fn is_wanted(&self, id: ParticipantId, source: usize, encoding: u8) -> bool {
        let participants = &self.sfu.participants;
        let subscribers = &participants[id].uplink.sources[source].subscribers;
        subscribers.iter().any(|(receiver, index)| {
            let to = participants.get(*receiver);
            to.and_then(|to| to.downlink.projection(*index)).is_some_and(|projection| {
                let current = projection.current().map(|layer| layer.encoding);
                current == Some(encoding) || projection.wants_key_frame() == Some(encoding)
            })
        })
    }

    fn key_frames_due(&mut self, id: ParticipantId) {
        let now = self.now;
        for source in 0..self.sfu.participants[id].uplink.sources.len() {
            let participant = &mut self.sfu.participants[id];
            let due = participant.uplink.sources[source].key_frames.due(now);
            for encoding in due.iter() {
                if self.is_wanted(id, source, encoding) {
                    self.send_key_frame_request(id, source, encoding);
                } else {
                    self.sfu.participants[id].uplink.sources[source].key_frames.withdraw(encoding);
                }
            }
        }
    }

    /// Sends what is in the scratch buffer as RTCP, in as many compounds as it takes.
    pub(super) fn send_compounds(&mut self, id: ParticipantId) {
        let Sfu { participants, scratch, compound, .. } = &mut *self.sfu;
        let participant = &mut participants[id];
        for packets in rtcp::datagrams(scratch, MAX_COMPOUND) {
            compound.clear();
            compound.extend_from_slice(packets);
            participant.send_rtcp(compound);
        }
    }
}

impl Participant {
    /// When the participant wants [`Turn::timeout`] next.
    fn deadline(&self, setup: std::time::Duration) -> Time {
        let consent = self.transport.ice.deadline().unwrap_or(Time::NEVER);
        if !self.transport.is_connected() {
            return earliest([self.joined + setup, consent, self.transport.deadline()]);
        }
        let nacks = self.uplink.streams.iter().filter_map(|stream| stream.nack.as_ref()?.deadline()).min();
        let key_frames = self.uplink.sources.iter().filter_map(|s| s.key_frames.deadline()).min();
        earliest([
            consent,
            self.transport.deadline(),
            self.uplink.feedback_due,
            nacks.unwrap_or(Time::NEVER),
            key_frames.unwrap_or(Time::NEVER),
            self.downlink.reported + INTERVAL,
            self.downlink.early_report,
            if self.downlink.sender.begun { self.downlink.sender.controller.deadline() } else { Time::NEVER },
            self.downlink.probe_due(),
            self.downlink.fec_due(),
            self.downlink.allocation_due(),
            self.data.as_ref().map_or(Time::NEVER, |data| data.deadline()),
        ])
    }

    /// Protects and queues an RTCP compound; `false` without keys.
    pub(crate) fn send_rtcp(&mut self, compound: &mut Vec<u8>) -> bool {
        let sent = self.transport.protect_rtcp(compound);
        if sent {
            self.egress.push(crate::sink::PacketClass::Rtcp, compound);
        }
        sent
    }
}
