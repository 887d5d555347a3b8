//! The lite agent of one participant.

use std::net::SocketAddr;
use std::time::Duration;

use super::guard::{CheckLimit, Novelty, ProvenAddresses, RecentChecks};
use super::message::Message;
use super::response::{Verdict, unknown_attributes, write_response};
use super::{Credentials, attribute, message_type};
use crate::transport::Remote;
use crate::{DropReason, Time};

/// How long the consent of a check lasts (RFC 7675 section 5.1).
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(30);

/// A pair of addresses that media takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// The peer's address, as it appears here.
    pub remote: Remote,
    /// The address of ours that it sends to.
    pub local: SocketAddr,
}

/// What a check that gets an answer has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The new path, when this check has nominated another than the one before.
    pub nominated: Option<Path>,
    /// It was the first valid check from its address: media from there is welcome from now on.
    pub is_new_address: bool,
    /// An address that was given up for it: media from there isn't welcome any more.
    pub displaced: Option<Remote>,
    /// An ICE restart is complete: the credentials before it are void.
    pub restarted: bool,
}

/// Our credentials, with the peer's user name fragment once it is known.
#[derive(Clone, Debug)]
struct Generation {
    local: Credentials,
    remote_ufrag: Option<Box<str>>,
}

impl Generation {
    fn is_addressed_by(&self, (local, remote): (&str, &str)) -> bool {
        self.local.ufrag() == local && self.remote_ufrag.as_deref().is_none_or(|known| known == remote)
    }
}

#[derive(Clone, Copy, Debug)]
struct Nominated {
    path: Path,
    consent_until: Time,
}

/// A lite agent: always controlled, never sending a check.
#[derive(Clone, Debug)]
pub struct IceLite {
    current: Generation,
    /// The credentials of a restart that no check has nominated a path with yet.
    pending: Option<Generation>,
    nominated: Option<Nominated>,
    addresses: ProvenAddresses,
    recent: RecentChecks,
    limit: CheckLimit,
}

impl IceLite {
    /// An agent with our credentials. Without `remote_ufrag` any is accepted: checks may overtake the
    /// signalling that brings it.
    pub fn new(local: Credentials, remote_ufrag: Option<&str>) -> Self {
        IceLite {
            current: Generation { local, remote_ufrag: remote_ufrag.map(Into::into) },
            pending: None,
            nominated: None,
            addresses: ProvenAddresses::default(),
            recent: RecentChecks::default(),
            limit: CheckLimit::default(),
        }
    }

    /// Begins an ICE restart (RFC 8445 section 9): checks with the new credentials are accepted from now on,
    /// the old ones stay valid until a path is nominated with the new.
    pub fn restart(&mut self, local: Credentials, remote_ufrag: Option<&str>) {
        self.pending = Some(Generation { local, remote_ufrag: remote_ufrag.map(Into::into) });
    }

    /// Notes the peer's user name fragment, of the newest credentials.
    pub fn set_remote_ufrag(&mut self, remote_ufrag: &str) {
        let newest = self.pending.as_mut().unwrap_or(&mut self.current);
        newest.remote_ufrag = Some(remote_ufrag.into());
    }

    /// Our user name fragments by which checks may come in: one, or two during a restart.
    pub fn local_ufrags(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.current).chain(&self.pending).map(|generation| generation.local.ufrag())
    }

    /// Where media goes; `None` before nomination and after consent has expired.
    pub fn path(&self) -> Option<Path> {
        self.nominated.map(|nominated| nominated.path)
    }

    /// Whether an authenticated check has come from `address`, so that media from there is welcome.
    pub fn is_proven(&self, address: impl Into<Remote>) -> bool {
        self.addresses.contains(address.into())
    }

    /// The addresses that authenticated checks have come from: at most 16.
    pub fn proven_addresses(&self) -> impl Iterator<Item = Remote> {
        self.addresses.iter()
    }

    /// When consent expires, unless another check comes: call [`IceLite::handle_timeout`] then.
    pub fn deadline(&self) -> Option<Time> {
        self.nominated.map(|nominated| nominated.consent_until)
    }

    /// Gives up the path if its consent has expired, and says whether it did. A later nomination revives
    /// the connection.
    pub fn handle_timeout(&mut self, now: Time) -> bool {
        self.nominated.take_if(|nominated| nominated.consent_until <= now).is_some()
    }

    /// Takes a STUN datagram that came `from` the peer `to` an address of ours.
    ///
    /// On success `response` holds the answer, to be sent from `to` to `from`; it may be an error response,
    /// and then nothing has changed.
    ///
    /// # Errors
    /// The reason why it gets no answer: [`DropReason::MalformedStun`], [`DropReason::UnexpectedStun`] for
    /// anything but a binding request, [`DropReason::UnknownUfrag`], [`DropReason::StunIntegrity`],
    /// [`DropReason::StunReplay`] or [`DropReason::StunRateLimited`].
    pub fn handle(
        &mut self,
        now: Time,
        from: impl Into<Remote>,
        to: SocketAddr,
        datagram: &[u8],
        response: &mut Vec<u8>,
    ) -> Result<Answer, DropReason> {
        let from = from.into();
        let request = Message::parse(datagram).map_err(|_| DropReason::MalformedStun)?;
        if !request.has_valid_fingerprint() {
            return Err(DropReason::MalformedStun);
        }
        if request.message_type() != message_type::BINDING_REQUEST {
            return Err(DropReason::UnexpectedStun);
        }
        let is_pending = self.authenticate(request)?;
        // Only the peer itself gets this far, so that forgers can't use up its allowance.
        let is_on_path = self.path().is_some_and(|path| path.remote == from);
        if !is_on_path && !self.limit.admit(now) {
            return Err(DropReason::StunRateLimited);
        }
        let novelty = self.recent.note(request.transaction(), from);
        if novelty == Novelty::Replayed {
            return Err(DropReason::StunReplay);
        }
        let verdict = verdict_on(request);
        let generation = self.generation(is_pending);
        write_response(response, request, verdict, from.address, generation.local.key());
        if response.len() > datagram.len() {
            // A check without even a PRIORITY; it won't make us send more than was received.
            return Err(DropReason::StunRateLimited);
        }
        if verdict != Verdict::Success || novelty != Novelty::New {
            return Ok(Answer::default());
        }
        let nominates = request.attribute(attribute::USE_CANDIDATE).is_some();
        Ok(self.accept(now, Path { remote: from, local: to }, nominates, is_pending))
    }

    /// Which credentials a request was made with: whether those of a restart.
    fn authenticate(&self, request: Message<'_>) -> Result<bool, DropReason> {
        let username = request.username().ok_or(DropReason::UnknownUfrag)?;
        let is_pending = if self.current.is_addressed_by(username) {
            false
        } else if self.pending.as_ref().is_some_and(|pending| pending.is_addressed_by(username)) {
            true
        } else {
            return Err(DropReason::UnknownUfrag);
        };
        if request.has_valid_integrity(self.generation(is_pending).local.key()) {
            Ok(is_pending)
        } else {
            Err(DropReason::StunIntegrity)
        }
    }

    fn generation(&self, is_pending: bool) -> &Generation {
        match &self.pending {
            Some(pending) if is_pending => pending,
            _ => &self.current,
        }
    }

    /// Acts on a new check that succeeded.
    fn accept(&mut self, now: Time, path: Path, nominates: bool, is_pending: bool) -> Answer {
        let previous = self.path();
        let keep = previous.map(|path| path.remote);
        let (is_new_address, displaced) = self.addresses.note(path.remote, keep);
        let mut answer = Answer { is_new_address, displaced, ..Answer::default() };
        if nominates {
            if let Some(pending) = self.pending.take_if(|_| is_pending) {
                self.current = pending;
                answer.restarted = true;
            }
            answer.nominated = (previous != Some(path)).then_some(path);
        }
        if nominates || previous == Some(path) {
            self.nominated = Some(Nominated { path, consent_until: now + CONSENT_TIMEOUT });
        }
        answer
    }
}

fn verdict_on(request: Message<'_>) -> Verdict {
    if unknown_attributes(request).next().is_some() {
        Verdict::UnknownAttributes
    } else if request.attribute(attribute::ICE_CONTROLLED).is_some() {
        Verdict::RoleConflict
    } else {
        Verdict::Success
    }
}
