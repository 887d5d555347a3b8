//! Data messages from one participant to others.

use bytes::BytesMut;

use super::{Sfu, Turn};
use crate::data::broker::{Received, Target, understand};
use crate::data::peer::DataPeer;
use crate::data::share::Line;
use crate::data::{AssociationSeed, Refusal};
use crate::drop_reason::DropReason;
use crate::participant::{Participant, ParticipantId};
use crate::units::DataRate;

impl Turn<'_> {
    /// Takes the SCTP packets of one datagram.
    pub(super) fn data(&mut self, id: ParticipantId, packets: Vec<BytesMut>) -> Result<(), DropReason> {
        let mut result = Ok(());
        for packet in packets {
            result = result.and(self.sctp(id, &packet));
        }
        result
    }

    fn sctp(&mut self, id: ParticipantId, packet: &[u8]) -> Result<(), DropReason> {
        let Sfu { participants, provider, undelivered, .. } = &mut *self.sfu;
        let participant = participants.get_mut(id).ok_or(DropReason::UnknownAddress)?;
        if participant.data.is_none() {
            let mut random = [0; AssociationSeed::LEN];
            provider.random().fill(&mut random).map_err(|_| DropReason::SctpRefused)?;
            participant.data = Some(Box::new(DataPeer::new(AssociationSeed::from_bytes(&random))));
        }
        let data = participant.data.as_mut().expect("made above");
        let handled = data.handle(self.now, packet, undelivered);
        while let Some(message) = self.sfu.participants[id].data.as_mut().and_then(|data| data.poll_message())
        {
            self.distribute(id, &message);
        }
        self.flush_data(id);
        handled.map_err(drop_reason)
    }

    /// Hands a message to those it is for.
    fn distribute(&mut self, sender: ParticipantId, message: &Received) {
        let understood = understand(&sender.to_string(), message);
        let (target, outgoing) = match understood {
            Ok(understood) => understood,
            Err(reason) => {
                self.sfu.undelivered.count(reason);
                if let Some(data) = &mut self.sfu.participants[sender].data {
                    data.close(self.now, message.stream);
                }
                return;
            }
        };
        let conference = self.sfu.participants[sender].conference;
        let only: Option<ParticipantId> = match &target {
            Target::All => None,
            Target::One(id) => Some(id.parse().unwrap_or(sender)),
        };
        let mut found = false;
        for place in 0..self.sfu.conferences[conference].members.len() {
            let member = self.sfu.conferences[conference].members[place];
            if member == sender || only.is_some_and(|only| only != member) {
                continue;
            }
            let Sfu { participants, undelivered, .. } = &mut *self.sfu;
            let data = participants.get_mut(member).and_then(|participant| participant.data.as_mut());
            if data.is_some_and(|data| data.offer(self.now, &outgoing, undelivered)) {
                found = true;
                self.flush_data(member);
            }
        }
        if only.is_some() && !found {
            self.sfu.undelivered.count(DropReason::NoDataRecipient);
            if let Some(data) = &mut self.sfu.participants[sender].data {
                data.tell_no_recipient(message.stream);
            }
        }
    }

    /// Does what is due of a participant's association, and sends what may leave.
    pub(super) fn data_due(&mut self, id: ParticipantId) {
        let Sfu { participants, undelivered, .. } = &mut *self.sfu;
        let Some(data) = participants.get_mut(id).and_then(|participant| participant.data.as_mut()) else {
            return;
        };
        data.handle_timeout(self.now, undelivered);
        self.flush_data(id);
    }

    fn flush_data(&mut self, id: ParticipantId) {
        let now = self.now;
        let Some(participant) = self.sfu.participants.get_mut(id) else { return };
        let line = participant.line();
        let Participant { data, transport, egress, armed, .. } = &mut *participant;
        let Some(data) = data else { return };
        data.flush(now, &line, |packet| transport.send_data(now, packet, egress));
        Sfu::arm(&mut self.sfu.timers, id, armed, data.deadline().max(now));
        Sfu::touch(&mut self.sfu.dirty, id, participant);
    }
}

impl Participant {
    fn line(&self) -> Line {
        let sender = &self.downlink.sender;
        Line { rate: sender.controller.target(), rtt: self.downlink.rtt(), media: sender.sent }
    }

    /// What the allocation of video leaves alone.
    pub(super) fn data_reserve(&self) -> DataRate {
        match &self.data {
            Some(data) if data.is_sending() => self.line().least(),
            _ => DataRate::ZERO,
        }
    }
}

fn drop_reason(refusal: Refusal) -> DropReason {
    match refusal {
        Refusal::Malformed => DropReason::MalformedSctp,
        Refusal::Tag => DropReason::SctpTag,
        _ => DropReason::SctpRefused,
    }
}
