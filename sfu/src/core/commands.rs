//! Joining, leaving, subscribing, muting.

use super::armed::Armed;
use super::validation::{check_request, full, invalid};
use super::{Sfu, Turn};
use crate::audio::Floor;
use crate::conference::{Command, CommandError, Conference, ConferenceId, JoinRequest, Joined};
use crate::participant::downlink::Downlink;
use crate::participant::egress::Egress;
use crate::participant::subscription::Subscription;
use crate::participant::transport::PeerTransport;
use crate::participant::uplink::Uplink;
use crate::participant::{Participant, ParticipantId, SourceId, StreamDescription, Wish};
use crate::planted::{self, Planted};
use crate::signalling::{IceCredentials, Peer};
use crate::sink::{DisconnectReason, Event};

impl Turn<'_> {
    /// A participant joins; its transport waits for connectivity checks.
    ///
    /// # Errors
    /// When a field is wrong or a limit is reached.
    pub fn join(&mut self, request: JoinRequest) -> Result<Joined, CommandError> {
        check_request(&request)?;
        let limits = &self.sfu.config.limits;
        full("participants", limits.participants, self.sfu.participants.len())?;
        full("sources", limits.sources, request.sources.len().saturating_sub(1))?;
        if let Some(id) = self.sfu.conference_names.get(&request.conference) {
            let members = self.sfu.conferences[*id].members.len();
            full("participants in a conference", limits.conference, members)?;
        }
        let (transport, IceCredentials { ufrag, pwd }) = PeerTransport::new(
            &self.sfu.config,
            &self.sfu.provider,
            &self.sfu.certificate,
            &request.remote_ufrag,
            request.fingerprint,
        )?;
        let uplink = Uplink::new(request.sources, limits.streams, self.sfu.config.feedback);
        let downlink = Downlink::new(&self.sfu.config);
        let conference = self.conference(&request.conference);
        let now = self.now;
        let participant = |id: ParticipantId| Participant {
            cname: id.to_string(),
            name: request.name,
            conference,
            joined: now,
            media: request.media,
            transport,
            uplink,
            downlink,
            reference_times: Default::default(),
            ingress: Default::default(),
            egress: Egress::default(),
            data: None,
            armed: Armed::NEVER,
            dirty: false,
        };
        let id = self.sfu.participants.insert_with_key(participant);
        self.sfu.conferences[conference].members.push(id);
        self.enter_floor(conference, id);
        self.sfu.by_ufrag.insert(ufrag.clone(), id);
        let setup_ends = self.now + self.sfu.config.limits.setup;
        Sfu::arm(&mut self.sfu.timers, id, &mut self.sfu.participants[id].armed, setup_ends);
        Ok(Joined {
            participant: id,
            ufrag,
            pwd,
            candidate: self.sfu.config.address,
            fingerprint: self.sfu.certificate.fingerprint(),
        })
    }

    /// Mutes, or leaves.
    ///
    /// # Errors
    /// When the participant or the source does not exist.
    pub fn command(&mut self, command: Command) -> Result<(), CommandError> {
        match command {
            Command::Leave { participant } => {
                self.known(participant)?;
                self.remove(participant, DisconnectReason::Left);
                Ok(())
            }
            Command::Mute { participant, source, muted } => self.mute(participant, &source, muted),
        }
    }

    /// [`Self::subscribe_to_last_n`] without a limit.
    ///
    /// # Errors
    /// As there.
    pub fn subscribe(
        &mut self,
        receiver: ParticipantId,
        wishes: &[Wish],
    ) -> Result<Vec<StreamDescription>, CommandError> {
        self.subscribe_to_last_n(receiver, wishes, None)
    }

    /// Replaces what `receiver` wants to receive, and says which streams it may now expect. Of the sources of video that
    /// it wants, `last_n` are sent at a time: those on stage first, then by priority, then by who spoke last.
    ///
    /// A wish for a source that isn't there (any more) is passed over: the publisher may have left while the
    /// request was on its way. So is one for a source in a codec that the receiver doesn't speak, of which
    /// [`Event::CodecNotSpoken`] tells.
    ///
    /// # Errors
    /// When the receiver does not exist, wants its own source, or wants too many.
    pub fn subscribe_to_last_n(
        &mut self,
        receiver: ParticipantId,
        wishes: &[Wish],
        last_n: Option<u16>,
    ) -> Result<Vec<StreamDescription>, CommandError> {
        let conference = self.known(receiver)?.conference;
        full("subscriptions", self.sfu.config.limits.subscriptions, wishes.len().saturating_sub(1))?;
        let mut wanted = Vec::with_capacity(wishes.len());
        for wish in wishes {
            let Some((publisher, source)) = self.find_source(conference, wish) else { continue };
            if publisher == receiver {
                return Err(invalid("wishes", "a participant does not receive its own source"));
            }
            let codec = self.sfu.participants[publisher].uplink.sources[source].description.codec;
            if self.sfu.participants[receiver].media.payload_types.media(codec).is_none() {
                let source = source_id(source);
                self.sink.event(Event::CodecNotSpoken { receiver, publisher, source, codec });
            } else if !wanted.iter().any(|(p, s, _)| (*p, *s) == (publisher, source)) {
                wanted.push((publisher, source, wish));
            }
        }
        self.unsubscribe_all_but(receiver, &wanted);
        for (publisher, source, wish) in &wanted {
            self.subscribe_to(receiver, *publisher, *source, wish)?;
        }
        self.sfu.participants[receiver].downlink.last_n = last_n;
        self.reallocate(receiver);
        Ok(self.streams_of(receiver))
    }

    /// The members of the conference that `participant` is in, itself included, in the order of joining.
    pub fn members_with(&self, participant: ParticipantId) -> Vec<ParticipantId> {
        let conference = self.sfu.participants.get(participant).map(|p| p.conference);
        conference.map_or_else(Vec::new, |id| self.sfu.conferences[id].members.clone())
    }

    /// A participant as the others see it.
    pub fn peer(&self, id: ParticipantId) -> Option<Peer> {
        let participant = self.sfu.participants.get(id)?;
        let sources = &participant.uplink.sources;
        Some(Peer {
            id: id.to_string(),
            name: participant.name.clone(),
            sources: sources.iter().map(|source| source.description.clone()).collect(),
            muted: sources.iter().filter(|s| s.muted).map(|s| s.description.name.clone()).collect(),
        })
    }

    pub(super) fn remove(&mut self, id: ParticipantId, reason: DisconnectReason) {
        self.unsubscribe_all_but(id, &[]);
        let sources = self.sfu.participants.get(id).map_or(0, |participant| participant.uplink.sources.len());
        (0..sources).for_each(|source| self.sfu.settle_source(id, source));
        let Some(mut participant) = self.sfu.participants.remove(id) else { return };
        for (index, source) in participant.uplink.sources.iter().enumerate() {
            for (receiver, subscription) in &source.subscribers {
                if let Some(receiver) = self.sfu.participants.get_mut(*receiver) {
                    debug_assert_eq!(receiver.downlink.source_of(*subscription), Some((id, index)));
                    receiver.downlink.remove(*subscription);
                }
            }
        }
        participant.transport.close(self.now, &mut participant.egress);
        participant.egress.flush(self.sfu.config.address, participant.transport.address(), self.sink);
        if !planted::is(Planted::UfragLeaked) {
            for ufrag in participant.transport.ice.local_ufrags() {
                self.sfu.by_ufrag.remove(ufrag);
            }
        }
        self.sfu.by_address.retain(|_, owner| *owner != id);
        let conference = participant.conference;
        let Conference { members, floor, .. } = &mut self.sfu.conferences[conference];
        members.retain(|member| *member != id);
        if let Some(floor) = floor {
            floor.remove(id);
        }
        if members.is_empty() {
            let ended = self.sfu.conferences.remove(conference).expect("it was there a line ago");
            self.sfu.conference_names.remove(&ended.name);
        }
        self.sink.event(Event::Disconnected { participant: id, reason });
    }

    pub(super) fn known(&self, id: ParticipantId) -> Result<&Participant, CommandError> {
        self.sfu.participants.get(id).ok_or_else(|| CommandError::NoSuchParticipant(id.to_string()))
    }

    fn conference(&mut self, name: &str) -> ConferenceId {
        if let Some(id) = self.sfu.conference_names.get(name) {
            return *id;
        }
        let config = &self.sfu.config;
        let wants_floor = config.dominant_speaker || config.loudest.is_some_and(|most| most > 0);
        let floor = wants_floor.then(|| Floor::new(config.loudest));
        let id =
            self.sfu.conferences.insert(Conference { name: name.to_owned(), members: Vec::new(), floor });
        self.sfu.conference_names.insert(name.to_owned(), id);
        id
    }

    fn find_source(&self, conference: ConferenceId, wish: &Wish) -> Option<(ParticipantId, usize)> {
        let publisher = wish.publisher.parse().ok()?;
        let participant = self.sfu.participants.get(publisher)?;
        let sources = &participant.uplink.sources;
        let source = sources.iter().position(|source| source.description.name == wish.source)?;
        (participant.conference == conference).then_some((publisher, source))
    }

    fn unsubscribe_all_but(&mut self, receiver: ParticipantId, wanted: &[(ParticipantId, usize, &Wish)]) {
        let Some(participant) = self.sfu.participants.get_mut(receiver) else { return };
        let gone: Vec<(u16, ParticipantId, usize)> = participant
            .downlink
            .subscriptions()
            .filter(|(_, s)| !wanted.iter().any(|(p, source, _)| (*p, *source) == (s.publisher, s.source)))
            .map(|(index, s)| (index, s.publisher, s.source))
            .collect();
        for (_, publisher, source) in &gone {
            self.sfu.settle_source(*publisher, *source);
        }
        let participant = &mut self.sfu.participants[receiver];
        for (index, _, _) in &gone {
            participant.downlink.remove(*index);
        }
        for (index, publisher, source) in gone {
            if let Some(publisher) = self.sfu.participants.get_mut(publisher) {
                publisher.uplink.sources[source].subscribers.retain(|s| *s != (receiver, index));
            }
        }
    }

    fn subscribe_to(
        &mut self,
        receiver: ParticipantId,
        publisher: ParticipantId,
        source: usize,
        wish: &Wish,
    ) -> Result<(), CommandError> {
        self.sfu.settle_source(publisher, source);
        let [to, from] = self
            .sfu
            .participants
            .get_disjoint_mut([receiver, publisher])
            .expect("both were looked up, and a wish for one's own source was refused");
        if let Some(subscription) = to.downlink.find_mut(publisher, source) {
            subscription.wanted = wish.into();
            return Ok(());
        }
        let published = &mut from.uplink.sources[source];
        let mut subscription = Subscription::new(
            publisher,
            source,
            &published.description,
            &to.media,
            wish,
            &*self.sfu.provider,
        )?;
        subscription.muted = published.muted;
        // The publisher's clock is known to those who came before; its next report may be seconds away.
        for (encoding, clock) in (0..).zip(published.encodings.iter().map(|encoding| encoding.clock)) {
            if let (Some((ntp, rtp, _)), Some(stream)) = (clock, subscription.video()) {
                stream.projection.on_sender_report(encoding, ntp, rtp);
            }
        }
        let index = to.downlink.insert(subscription);
        published.subscribers.push((receiver, index));
        Ok(())
    }

    fn streams_of(&self, receiver: ParticipantId) -> Vec<StreamDescription> {
        let downlink = &self.sfu.participants[receiver].downlink;
        let describe = |subscription: &Subscription| {
            let publisher = self.sfu.participants.get(subscription.publisher)?;
            let source = &publisher.uplink.sources[subscription.source].description;
            Some(StreamDescription {
                publisher: subscription.publisher.to_string(),
                source: source.name.clone(),
                codec: source.codec,
                mid: subscription.mid.clone(),
                ssrc: subscription.ssrc,
                rtx_ssrc: subscription.rtx.as_ref().map(|rtx| rtx.ssrc),
                fec_ssrc: subscription.fec.as_ref().map(|fec| fec.ssrc),
            })
        };
        downlink.subscriptions().filter_map(|(_, subscription)| describe(subscription)).collect()
    }

    fn mute(&mut self, id: ParticipantId, name: &str, muted: bool) -> Result<(), CommandError> {
        self.known(id)?;
        let sources = &mut self.sfu.participants[id].uplink.sources;
        let Some(index) = sources.iter().position(|source| source.description.name == name) else {
            return Err(CommandError::NoSuchSource { participant: id.to_string(), source_name: name.into() });
        };
        let source = &mut sources[index];
        if source.muted == muted {
            return Ok(());
        }
        source.muted = muted;
        self.leave_floor(id, index);
        let source = &mut self.sfu.participants[id].uplink.sources[index];
        let subscribers = source.subscribers.clone();
        for (receiver, subscription) in subscribers {
            if let Some(receiver) = self.sfu.participants.get_mut(receiver) {
                receiver.downlink.set_muted(subscription, muted);
            }
            self.reallocate(receiver);
        }
        Ok(())
    }
}

/// A source's place as the events name it.
pub(super) fn source_id(index: usize) -> SourceId {
    SourceId(u8::try_from(index).expect("limits keep sources below 256"))
}
