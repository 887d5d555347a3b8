//! Joining, leaving, subscribing, muting.

use slotmap::Key;

use super::{Sfu, Turn};
use crate::conference::{Command, CommandError, Conference, ConferenceId, JoinRequest, Joined};
use crate::participant::downlink::Downlink;
use crate::participant::egress::Egress;
use crate::participant::subscription::Subscription;
use crate::participant::transport::PeerTransport;
use crate::participant::uplink::Uplink;
use crate::participant::{
    MediaKind, Participant, ParticipantId, SourceDescription, SourceId, StreamDescription, Wish,
};
use crate::signalling::Peer;
use crate::sink::{DisconnectReason, Event};
use crate::time::Time;

/// The longest name of a participant or a conference, bytes.
const MAX_NAME: usize = 64;
/// The longest source name, bytes.
const MAX_SOURCE_NAME: usize = 32;
/// The longest mid or rid that fits a one-byte header extension (RFC 8285 section 4.2), bytes.
const MAX_STREAM_NAME: usize = 16;
/// Simulcast encodings of one source.
const MAX_ENCODINGS: usize = 3;

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
        let transport = PeerTransport::new(
            &self.sfu.config,
            &self.sfu.provider,
            &self.sfu.certificate,
            &request.remote_ufrag,
            request.fingerprint,
        )?;
        let (ufrag, pwd) = transport.credentials();
        let (ufrag, pwd) = (ufrag.to_owned(), pwd.to_owned());
        let uplink = Uplink::new(request.sources, limits.streams);
        let downlink = Downlink::new(&self.sfu.config);
        let conference = self.conference(&request.conference);
        let participant = Participant {
            name: request.name,
            conference,
            joined: self.now,
            media: request.media,
            transport,
            uplink,
            downlink,
            egress: Egress::default(),
            armed: Time::NEVER,
            dirty: false,
        };
        let id = self.sfu.participants.insert(participant);
        self.sfu.conferences[conference].members.push(id);
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

    /// Replaces what `receiver` wants to receive, and says which streams it may now expect.
    ///
    /// A wish for a source that isn't there (any more) is passed over: the publisher may have left while the
    /// request was on its way.
    ///
    /// # Errors
    /// When the receiver does not exist, wants its own source, or wants too many.
    pub fn subscribe(
        &mut self,
        receiver: ParticipantId,
        wishes: &[Wish],
    ) -> Result<Vec<StreamDescription>, CommandError> {
        let conference = self.known(receiver)?.conference;
        full("subscriptions", self.sfu.config.limits.subscriptions, wishes.len().saturating_sub(1))?;
        let mut wanted = Vec::with_capacity(wishes.len());
        for wish in wishes {
            let Some((publisher, source)) = self.find_source(conference, wish) else { continue };
            if publisher == receiver {
                return Err(invalid("wishes", "a participant does not receive its own source"));
            }
            if !wanted.iter().any(|(p, s, _)| (*p, *s) == (publisher, source)) {
                wanted.push((publisher, source, wish));
            }
        }
        self.unsubscribe_all_but(receiver, &wanted);
        for (publisher, source, wish) in &wanted {
            self.subscribe_to(receiver, *publisher, *source, wish)?;
        }
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
        self.sfu.by_ufrag.remove(participant.transport.credentials().0);
        self.sfu.by_address.retain(|_, owner| *owner != id);
        let conference = participant.conference;
        let members = &mut self.sfu.conferences[conference].members;
        members.retain(|member| *member != id);
        if members.is_empty() {
            let ended = self.sfu.conferences.remove(conference).expect("it was there a line ago");
            self.sfu.conference_names.remove(&ended.name);
        }
        self.sink.event(Event::Disconnected { participant: id, reason });
    }

    fn known(&self, id: ParticipantId) -> Result<&Participant, CommandError> {
        self.sfu.participants.get(id).ok_or_else(|| CommandError::NoSuchParticipant(id.to_string()))
    }

    fn conference(&mut self, name: &str) -> ConferenceId {
        if let Some(id) = self.sfu.conference_names.get(name) {
            return *id;
        }
        let id = self.sfu.conferences.insert(Conference { name: name.to_owned(), members: Vec::new() });
        self.sfu.conference_names.insert(name.to_owned(), id);
        debug_assert!(!id.is_null());
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
        let [to, from] = self
            .sfu
            .participants
            .get_disjoint_mut([receiver, publisher])
            .expect("both were looked up, and a wish for one's own source was refused");
        if let Some(subscription) = to.downlink.find_mut(publisher, source) {
            subscription.max_height = wish.max_height;
            subscription.priority = wish.priority;
            return Ok(());
        }
        let published = &mut from.uplink.sources[source];
        let subscription = Subscription::new(
            publisher,
            source,
            &published.description,
            &to.media,
            wish,
            &*self.sfu.provider,
        )?;
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
                kind: source.kind,
                mid: subscription.mid.clone(),
                ssrc: subscription.ssrc,
                rtx_ssrc: subscription.rtx.as_ref().map(|rtx| rtx.ssrc),
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

fn check_request(request: &JoinRequest) -> Result<(), CommandError> {
    if request.conference.is_empty() || request.conference.len() > MAX_NAME {
        return Err(invalid("conference", "a name of 1 to 64 bytes is wanted"));
    }
    if request.name.len() > MAX_NAME {
        return Err(invalid("name", "at most 64 bytes"));
    }
    if !(4..=256).contains(&request.remote_ufrag.len()) || !(22..=256).contains(&request.remote_pwd.len()) {
        return Err(invalid(
            "ice",
            "4 to 256 characters of ufrag and 22 to 256 of pwd (RFC 8445 section 5.3)",
        ));
    }
    let ids = request.media.extensions;
    for id in [ids.mid, ids.rid, ids.repaired_rid, ids.audio_level, ids.transport_cc, ids.abs_send_time] {
        if id > 14 {
            return Err(invalid("media.extensions", "ids are 1 to 14, or 0 for none"));
        }
    }
    let types = request.media.payload_types;
    let all = [Some(types.opus), Some(types.vp8), types.vp8_rtx];
    if all.iter().flatten().any(|payload_type| !(96..=127).contains(payload_type)) {
        return Err(invalid("media.payload_types", "dynamic payload types are 96 to 127"));
    }
    if types.opus == types.vp8 || Some(types.opus) == types.vp8_rtx || Some(types.vp8) == types.vp8_rtx {
        return Err(invalid("media.payload_types", "each codec needs its own"));
    }
    for (index, source) in request.sources.iter().enumerate() {
        check_source(source)?;
        let earlier = &request.sources[..index];
        if earlier.iter().any(|other| other.name == source.name || other.mid == source.mid) {
            return Err(invalid("sources", "names and mids are unique"));
        }
    }
    Ok(())
}

fn check_source(source: &SourceDescription) -> Result<(), CommandError> {
    if source.name.is_empty() || source.name.len() > MAX_SOURCE_NAME {
        return Err(invalid("sources.name", "1 to 32 bytes"));
    }
    if source.mid.is_empty() || source.mid.len() > MAX_STREAM_NAME {
        return Err(invalid("sources.mid", "1 to 16 bytes"));
    }
    let count = source.encodings.len();
    match source.kind {
        MediaKind::Audio if count != 0 => return Err(invalid("sources.encodings", "audio has none")),
        MediaKind::Video if !(1..=MAX_ENCODINGS).contains(&count) => {
            return Err(invalid("sources.encodings", "video has 1 to 3"));
        }
        _ => {}
    }
    for (index, encoding) in source.encodings.iter().enumerate() {
        if encoding.rid.is_empty() || encoding.rid.len() > MAX_STREAM_NAME {
            return Err(invalid("sources.encodings.rid", "1 to 16 bytes"));
        }
        if source.encodings[..index].iter().any(|other| other.rid == encoding.rid) {
            return Err(invalid("sources.encodings.rid", "rids are unique"));
        }
        if encoding.height == 0 || encoding.fps == 0 || !(1..=4).contains(&encoding.temporal_layers) {
            return Err(invalid("sources.encodings", "height and fps are positive, temporal layers 1 to 4"));
        }
    }
    if source.encodings.windows(2).any(|pair| pair[0].height > pair[1].height) {
        return Err(invalid("sources.encodings", "the lowest comes first"));
    }
    Ok(())
}

fn invalid(field: &'static str, problem: &str) -> CommandError {
    CommandError::Invalid { field, problem: problem.to_owned() }
}

fn full(what: &'static str, limit: usize, now: usize) -> Result<(), CommandError> {
    if now >= limit { Err(CommandError::Full { what, limit }) } else { Ok(()) }
}

/// A source's place as the events name it.
pub(super) fn source_id(index: usize) -> SourceId {
    SourceId(u8::try_from(index).expect("limits keep sources below 256"))
}
