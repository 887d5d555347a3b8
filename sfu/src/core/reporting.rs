//! Reports to a participant: on what it sends, on what it gets, and what it asks about the round trip.

use smallvec::SmallVec;

use super::{Sfu, Timers, Turn};
use crate::participant::reports::{self, Clock, EARLY, INTERVAL};
use crate::participant::source::Encoding;
use crate::participant::{Participant, ParticipantId};
use crate::rtcp::{self, ExtendedReport, XrBlock};
use crate::time::Time;

impl Turn<'_> {
    pub(super) fn reports_due(&mut self, id: ParticipantId) {
        let now = self.now;
        let Sfu { participants, scratch, .. } = &mut *self.sfu;
        let participant = &mut participants[id];
        let regular = now >= participant.downlink.reported + INTERVAL;
        if !regular && now < participant.downlink.early_report {
            return;
        }
        participant.downlink.early_report = Time::NEVER;
        scratch.clear();
        if regular {
            participant.downlink.reported = now;
            reports::write_receiver_reports(scratch, &mut participant.uplink, now);
        }
        let mut reported = false;
        for index in 0..participant.downlink.slot_count() {
            reported |= self.sender_report_on(id, index, regular);
        }
        if regular {
            self.reference_times_due(id, reported);
        }
        self.send_compounds(id);
    }

    /// Appends a sender report on the subscription at `index`, and the name of its source; unless `regular`, only
    /// if nothing explains its timestamps yet. Says whether.
    fn sender_report_on(&mut self, id: ParticipantId, index: u16, regular: bool) -> bool {
        let Sfu { participants, scratch, .. } = &mut *self.sfu;
        let Some((publisher, source)) = participants[id].downlink.source_of(index) else { return false };
        let Some([to, from]) = participants.get_disjoint_mut([id, publisher]) else { return false };
        let Some((subscription, _)) = to.downlink.slot(index) else { return false };
        if !regular && !subscription.sent.stale {
            return false;
        }
        let encodings = &from.uplink.sources[source].encodings;
        let clock = |e: &Encoding| Clock { ssrc: e.ssrc.unwrap_or(0), report: e.clock };
        let clocks: SmallVec<[Clock; 3]> = encodings.iter().map(clock).collect();
        let written = reports::write_sender_report(scratch, subscription, &clocks, self.now);
        if written {
            rtcp::write_sdes_cname(scratch, subscription.ssrc, &from.cname).expect("a short name");
        }
        written
    }

    /// Answers the participant's reference times; asks with one of our own when no sender report does.
    fn reference_times_due(&mut self, id: ParticipantId, reported: bool) {
        let Sfu { participants, scratch, .. } = &mut *self.sfu;
        let Participant { reference_times, uplink, .. } = &mut participants[id];
        if reference_times.is_asked() {
            reference_times.write_answers(scratch, uplink.local_ssrc, self.now);
        }
        if !reported && !uplink.streams.is_empty() {
            reference_times.write_question(scratch, uplink.local_ssrc, self.now);
        }
    }

    /// What a peer asks and answers about the round trip.
    pub(super) fn extended_report(&mut self, id: ParticipantId, report: ExtendedReport<'_>) {
        let now = self.now;
        let Participant { reference_times, uplink, downlink, .. } = &mut self.sfu.participants[id];
        for block in report.blocks() {
            match block {
                XrBlock::ReferenceTime(time) => reference_times.on_reference(now, report.sender_ssrc, time),
                XrBlock::Delays(delays) => {
                    let ours = delays.iter().find(|item| item.ssrc == uplink.local_ssrc);
                    if let Some(rtt) = ours.and_then(|item| reference_times.round_trip(now, &item)) {
                        downlink.on_rtt(now, rtt);
                    }
                }
                XrBlock::Unknown(_) => {}
            }
        }
    }
}

impl Sfu {
    /// A stream to `to` began, or its timestamps continue another clock: a sender report is due soon.
    pub(super) fn report_early(timers: &mut Timers, id: ParticipantId, to: &mut Participant, now: Time) {
        to.downlink.early_report = to.downlink.early_report.min(now + EARLY);
        Sfu::arm(timers, id, &mut to.armed, to.downlink.early_report);
    }
}
