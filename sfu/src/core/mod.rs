//! The state machine: datagrams, commands and time come in by a [`Turn`], and every turn ends drained.

mod allocate;
pub(crate) mod armed;
mod audio;
mod census;
mod commands;
mod data;
mod demand;
mod described;
mod explain;
mod feedback;
mod floor;
mod forwarding;
mod ingest;
mod occupancy;
mod offers;
mod protection;
mod repair;
mod reporting;
mod restart;
mod routing;
mod timers;
mod validation;

use allocate::Candidate;
pub(crate) use allocate::INTERVAL as ALLOCATION_INTERVAL;
use armed::Armed;
pub use census::Census;
pub(crate) use ingest::is_payload_type_of;
pub use occupancy::Occupancy;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use rtc_crypto::RTCCryptoProvider;
use rustc_hash::FxHashMap;
use slotmap::SlotMap;

use crate::allocation::{Decision, Workspace};
use crate::conference::{CommandError, Conference, ConferenceId};
use crate::config::Config;
use crate::congestion::PacketResult;
use crate::drop_reason::{DropCounters, DropReason};
use crate::participant::{Participant, ParticipantId};
use crate::planted;
use crate::rtcp::Ecn;
use crate::sink::Sink;
use crate::statistics::{CopyTotals, IngressTotals};
use crate::time::Time;
use crate::transport::Remote;
use crate::transport::certificate::{Certificate, Fingerprint};
use crate::units::DataRate;

/// When whose time-out is due, the earliest first. An entry that an earlier one has overtaken stays until its
/// time, and stands for nothing.
type Timers = BinaryHeap<Reverse<(Time, ParticipantId)>>;

/// A selective forwarding unit.
///
/// It changes only through a [`Turn`], and a turn hands all that came of it to its [`Sink`] before it ends:
/// "mutate, then drain" can't be held wrongly.
pub struct Sfu {
    config: Config,
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    participants: SlotMap<ParticipantId, Participant>,
    conferences: SlotMap<ConferenceId, Conference>,
    conference_names: FxHashMap<String, ConferenceId>,
    by_ufrag: FxHashMap<String, ParticipantId>,
    by_address: FxHashMap<Remote, ParticipantId>,
    timers: Timers,
    /// Those with something in their egress; flushed when the turn ends.
    dirty: Vec<ParticipantId>,
    /// Whose transport ended in this turn, to be removed before it ends.
    ended: Vec<(ParticipantId, crate::sink::DisconnectReason)>,
    undelivered: DropCounters,
    ingress: IngressTotals,
    copies: CopyTotals,
    /// How often a receiver was to get another layer than before.
    choices: u64,
    recovered: u64,
    /// Reused buffers: RTCP to be cut, one compound, feedback results, missing numbers.
    scratch: Vec<u8>,
    compound: Vec<u8>,
    results: Vec<PacketResult>,
    missing: Vec<u16>,
    /// The payload of a packet that is taken out of a cache.
    replayed: Vec<u8>,
    /// The allocation's room to work in.
    candidates: Vec<Candidate>,
    decisions: Vec<Decision<u16>>,
    workspace: Workspace,
    /// Room to work in.
    order: Vec<usize>,
}

impl Sfu {
    /// A core without participants. `provider` is the source of cryptography and randomness; with a
    /// deterministic one, every run of the same inputs gives the same outputs.
    ///
    /// # Errors
    /// When the provider can't make a certificate.
    pub fn new(config: Config, provider: Arc<dyn RTCCryptoProvider>) -> Result<Self, CommandError> {
        let certificate = Certificate::generate(provider.as_ref())
            .map_err(|error| CommandError::Transport(error.to_string()))?;
        Ok(Sfu {
            config,
            provider,
            certificate,
            participants: SlotMap::with_key(),
            conferences: SlotMap::with_key(),
            conference_names: FxHashMap::default(),
            by_ufrag: FxHashMap::default(),
            by_address: FxHashMap::default(),
            timers: BinaryHeap::new(),
            dirty: Vec::new(),
            ended: Vec::new(),
            undelivered: DropCounters::default(),
            ingress: IngressTotals::default(),
            copies: CopyTotals::default(),
            choices: 0,
            recovered: 0,
            scratch: Vec::with_capacity(2048),
            compound: Vec::with_capacity(2048),
            results: Vec::new(),
            missing: Vec::new(),
            replayed: Vec::new(),
            candidates: Vec::new(),
            decisions: Vec::new(),
            workspace: Workspace::default(),
            order: Vec::new(),
        })
    }

    /// Begins a turn at `now`, which must not be before the last one's.
    pub fn turn<'a>(&'a mut self, now: Time, sink: &'a mut dyn Sink) -> Turn<'a> {
        Turn { sfu: self, now, sink, arriving: None, ecn: Ecn::NotEct, drained: false }
    }

    /// When [`Turn::timeout`] has something to do next.
    pub fn deadline(&self) -> Time {
        self.timers.peek().map_or(Time::NEVER, |Reverse((at, _))| *at)
    }

    /// Every datagram that [`Turn::datagram`] refused, by reason.
    pub fn drops(&self) -> &DropCounters {
        &self.ingress.drops
    }

    /// Every copy that a subscriber did not get of a media packet that was taken in, by reason: with
    /// [`Sfu::forwarded`] it makes up packets times subscribers (see [`CopyTotals`]).
    pub fn withheld(&self) -> &DropCounters {
        &self.copies.withheld
    }

    /// Every number in a receiver's NACK that was not answered, by reason.
    pub fn unrepaired(&self) -> &DropCounters {
        &self.copies.unrepaired
    }

    /// Every data message, and every copy of one, that did not go on, by reason.
    pub fn undelivered(&self) -> &DropCounters {
        &self.undelivered
    }

    /// Copies handed on to receivers since the start, retransmissions not counted.
    pub fn forwarded(&self) -> u64 {
        self.copies.forwarded
    }

    /// What came in since the start, whoever it was from.
    pub fn ingress(&self) -> &IngressTotals {
        &self.ingress
    }

    /// What became of the copies for all receivers since the start.
    pub fn copies(&self) -> &CopyTotals {
        &self.copies
    }

    pub(crate) fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.participants.get(id)
    }

    pub(crate) fn participant_ids(&self) -> impl Iterator<Item = ParticipantId> {
        self.participants.keys()
    }

    /// Audio packets that were lost on their way here, and were taken out of a later one's redundancy (RFC 2198):
    /// taken in, as those are that came by themselves.
    pub fn recovered(&self) -> u64 {
        self.recovered
    }

    /// A participant's name.
    pub fn name(&self, id: ParticipantId) -> Option<&str> {
        self.participants.get(id).map(|participant| participant.name.as_str())
    }

    /// The downlink estimate of each connected participant, in no particular but fixed order.
    pub fn estimates(&self) -> impl Iterator<Item = (ParticipantId, DataRate)> {
        let connected = self.participants.iter().filter(|(_, p)| p.transport.is_connected());
        connected.map(|(id, participant)| (id, participant.downlink.sender.controller.target()))
    }

    /// Participants, connected or about to be.
    pub fn participant_count(&self) -> usize {
        self.participants.len()
    }

    /// Conferences with at least one participant.
    pub fn conference_count(&self) -> usize {
        self.conferences.len()
    }

    /// The fingerprint of the certificate that this core shows in DTLS.
    pub fn fingerprint(&self) -> Fingerprint {
        self.certificate.fingerprint()
    }
}

/// Exclusive access to the core at one moment. Dropping it hands everything that is to be sent to the sink.
pub struct Turn<'a> {
    sfu: &'a mut Sfu,
    now: Time,
    sink: &'a mut dyn Sink,
    /// The encoding whose key frame is being handed on: nobody needs to ask for it.
    arriving: Option<(ParticipantId, usize, u8)>,
    /// The codepoint that the datagram in hand came with.
    ecn: Ecn,
    /// The turn is over, and nothing can have come since.
    drained: bool,
}

impl Turn<'_> {
    /// Takes one datagram that came from `from`. It is decrypted in place.
    ///
    /// Whatever is wrong with it is counted in [`Sfu::drops`] and told to the caller; nothing else follows.
    ///
    /// # Errors
    /// The reason for which the datagram went no further.
    pub fn datagram(&mut self, from: impl Into<Remote>, datagram: &mut [u8]) -> Result<(), DropReason> {
        self.marked_datagram(from, Ecn::NotEct, datagram)
    }

    /// The same for a datagram whose IP header carries the codepoint `ecn` (RFC 3168), which publishers are told in
    /// feedback by stream (RFC 8888).
    ///
    /// # Errors
    /// The reason for which the datagram went no further.
    pub fn marked_datagram(
        &mut self,
        from: impl Into<Remote>,
        ecn: Ecn,
        datagram: &mut [u8],
    ) -> Result<(), DropReason> {
        planted::waste();
        self.ecn = ecn;
        let len = datagram.len();
        let (owner, result) = self.route(from.into(), datagram);
        self.sfu.ingress.count(len, result);
        if let Some(owner) = owner.and_then(|id| self.sfu.participants.get_mut(id)) {
            owner.ingress.count(len, result);
        }
        result.map(|_| ())
    }

    /// Ends the turn and says when the next time-out is due.
    pub fn finish(mut self) -> Time {
        self.drain();
        self.drained = true;
        self.sfu.deadline()
    }

    /// Removes those whose transport ended, then hands all egress to the sink.
    fn drain(&mut self) {
        for (id, reason) in std::mem::take(&mut self.sfu.ended) {
            self.remove(id, reason);
        }
        let Sfu { participants, dirty, timers, config, .. } = &mut *self.sfu;
        for id in dirty.drain(..) {
            if let Some(participant) = participants.get_mut(id) {
                participant.dirty = false;
                participant.egress.flush(config.address, participant.transport.address(), self.sink);
            }
        }
        // What has been overtaken stands for nothing: without this, it would wake the world up once more.
        while let Some(Reverse((at, id))) = timers.peek() {
            let (at, mut participant) = (*at, participants.get_mut(*id));
            if participant.as_ref().is_some_and(|participant| participant.armed.at() == at) {
                break;
            }
            timers.pop();
            if let Some(participant) = &mut participant {
                participant.armed.left(at);
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.drained {
            self.drain();
        }
    }
}

impl Sfu {
    /// Puts `id` on the list of those to flush.
    fn touch(dirty: &mut Vec<ParticipantId>, id: ParticipantId, participant: &mut Participant) {
        if !participant.dirty {
            participant.dirty = true;
            dirty.push(id);
        }
    }

    /// Makes sure that the time-out of `id` comes no later than `at`.
    fn arm(timers: &mut Timers, id: ParticipantId, armed: &mut Armed, at: Time) {
        if armed.bring_forward(at) {
            timers.push(Reverse((at, id)));
        }
    }
}
