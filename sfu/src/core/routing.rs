//! Where a datagram belongs: protocol by its first bytes, participant by STUN user name or by address.

use super::{Sfu, Turn};
use crate::drop_reason::DropReason;
use crate::participant::ParticipantId;
use crate::participant::transport::TransportChange;
use crate::rtcp::Ecn;
use crate::sink::{Event, PacketClass, Segment, Transmit};
use crate::time::Time;
use crate::transport::Remote;
use crate::transport::demux::{Protocol, classify};
use crate::transport::ice_lite;

impl Turn<'_> {
    /// Whose datagram it is, as far as that can be told, and the protocol that it was of use to.
    pub(super) fn route(
        &mut self,
        from: Remote,
        datagram: &mut [u8],
    ) -> (Option<ParticipantId>, Result<Protocol, DropReason>) {
        let Some(protocol) = classify(datagram) else { return (None, Err(DropReason::NotDemultiplexed)) };
        let owner = match protocol {
            Protocol::Stun => self.checked_by(datagram),
            Protocol::Dtls | Protocol::Rtp | Protocol::Rtcp => self.owner(from),
        };
        let id = match owner {
            Ok(id) => id,
            Err(reason) => return (None, Err(reason)),
        };
        let result = match protocol {
            Protocol::Stun => self.stun(id, from, datagram),
            Protocol::Dtls => self.dtls(id, datagram),
            Protocol::Rtp => self.rtp(id, datagram),
            Protocol::Rtcp => self.rtcp(id, datagram),
        };
        (Some(id), result.map(|()| protocol))
    }

    /// The participant whose user name fragment a connectivity check names.
    fn checked_by(&self, message: &[u8]) -> Result<ParticipantId, DropReason> {
        let ufrag = ice_lite::ufrag_of(message).ok_or(DropReason::MalformedStun)?;
        self.sfu.by_ufrag.get(ufrag).copied().ok_or(DropReason::UnknownUfrag)
    }

    fn owner(&self, from: Remote) -> Result<ParticipantId, DropReason> {
        self.sfu.by_address.get(&from).copied().ok_or(DropReason::UnknownAddress)
    }

    /// A connectivity check. Its answer goes to where it came from, nominated or not, and only if it proves
    /// knowledge of the password.
    fn stun(&mut self, id: ParticipantId, from: Remote, message: &[u8]) -> Result<(), DropReason> {
        let own = self.sfu.config.address;
        // An address that carries another participant's media is not taken over: the check may be genuine,
        // but who sends it could have forged its source.
        let owner = self.sfu.by_address.get(&from).copied().filter(|owner| *owner != id);
        if owner.is_some_and(|owner| self.sfu.is_nominated(owner, from)) {
            return Err(DropReason::UnexpectedStun);
        }
        let participant = self.sfu.participants.get_mut(id).expect("its user name fragment was looked up");
        self.sfu.scratch.clear();
        let answer = participant.transport.ice.handle(self.now, from, own, message, &mut self.sfu.scratch)?;
        if !self.sfu.scratch.is_empty() {
            let len = self.sfu.scratch.len();
            let segments =
                [Segment { len, class: PacketClass::Connectivity, forwarded: None, ecn: Ecn::NotEct }];
            let bytes = &self.sfu.scratch;
            let Remote { address: to, carrier } = from;
            self.sink.transmit(Transmit { from: own, to, carrier, bytes, segments: &segments });
        }
        // What was given up may have become somebody else's meanwhile.
        if let Some(displaced) = answer.displaced
            && self.sfu.by_address.get(&displaced) == Some(&id)
        {
            self.sfu.by_address.remove(&displaced);
        }
        // Not only the first time: another participant may have claimed the address in between.
        if participant.transport.ice.is_proven(from) {
            self.sfu.by_address.insert(from, id);
        }
        if answer.restarted {
            self.sfu.forget_void_ufrags(id);
        }
        if let Some(path) = answer.nominated {
            self.sink.event(Event::Nominated { participant: id, address: path.remote.address });
        }
        Ok(())
    }

    fn dtls(&mut self, id: ParticipantId, datagram: &[u8]) -> Result<(), DropReason> {
        let participant = self.sfu.participants.get_mut(id).ok_or(DropReason::UnknownAddress)?;
        if participant.transport.address().is_none() {
            return Err(DropReason::UnexpectedDtls);
        }
        let change = participant.transport.dtls(self.now, datagram, &mut participant.egress);
        Sfu::touch(&mut self.sfu.dirty, id, participant);
        let deadline = participant.transport.deadline();
        Sfu::arm(&mut self.sfu.timers, id, &mut participant.armed, deadline);
        let packets = participant.transport.take_data();
        self.transport_changed(id, change?);
        self.data(id, packets)
    }

    pub(super) fn transport_changed(&mut self, id: ParticipantId, change: TransportChange) {
        match change {
            TransportChange::None => {}
            TransportChange::Ended(reason) => self.sfu.ended.push((id, reason)),
            TransportChange::Connected => {
                let participant = &mut self.sfu.participants[id];
                Sfu::arm(&mut self.sfu.timers, id, &mut participant.armed, self.now);
                self.sink.event(Event::Connected { participant: id });
                self.reallocate(id);
            }
        }
    }
}

impl Sfu {
    fn is_nominated(&self, id: ParticipantId, address: Remote) -> bool {
        self.participants.get(id).and_then(|owner| owner.transport.address()) == Some(address)
    }
}

/// The earliest of several moments.
pub(super) fn earliest(moments: impl IntoIterator<Item = Time>) -> Time {
    moments.into_iter().min().unwrap_or(Time::NEVER)
}
