//! What a session may do, as whoever lets people in has decided; and what moderators do with it.

use super::messages::BrowserReply;
use super::{Browser, BrowserSignalling, Refusal, parsed};
use crate::conference::Command;
use crate::core::Turn;
use crate::participant::ParticipantId;
use crate::signalling::SessionId;

/// What a session may do in the room that it joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The name that it goes by, whatever it says; its own choice without.
    pub name: Option<String>,
    /// It may send.
    pub publish: bool,
    /// It may receive.
    pub subscribe: bool,
    /// It may mute others and send them away.
    pub moderate: bool,
}

impl Default for Grant {
    /// What everybody may do in an open room.
    fn default() -> Self {
        Grant { name: None, publish: true, subscribe: true, moderate: false }
    }
}

impl BrowserSignalling {
    /// What `session` may do when it joins next; until then, and after it has been closed, what everybody may.
    pub fn set_grant(&mut self, session: SessionId, grant: Grant) {
        self.grants.insert(session, grant);
    }

    pub(super) fn grant(&self, session: SessionId) -> Grant {
        self.grants.get(session).cloned().unwrap_or_default()
    }

    /// Mutes somebody else's source. Whoever it is may unmute it again.
    pub(super) fn silence(
        &mut self,
        session: SessionId,
        participant: &str,
        source: String,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        let other = self.in_the_same_room(session, participant, turn)?;
        self.server.mute_other(other, source, turn).map_err(|error| (error.code(), error.to_string()))
    }

    /// Sends somebody away.
    pub(super) fn remove(
        &mut self,
        session: SessionId,
        participant: &str,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refusal> {
        let participant = self.in_the_same_room(session, participant, turn)?;
        turn.command(Command::Leave { participant }).map_err(|error| (error.code(), error.to_string()))
    }

    /// Somebody in the room that a moderator is in.
    fn in_the_same_room(
        &self,
        session: SessionId,
        participant: &str,
        turn: &Turn<'_>,
    ) -> Result<ParticipantId, Refusal> {
        let Some(Browser::Inside(member)) = self.browsers.get(session) else {
            return Err(("not_joined", "join first".into()));
        };
        if !self.grant(session).moderate {
            return Err(("forbidden", "only a moderator may do that".into()));
        }
        let other = participant.parse().ok();
        let theirs = turn.members_with(parsed(&member.id));
        other
            .filter(|other| theirs.contains(other))
            .ok_or_else(|| ("no_such_participant", format!("no participant {participant}")))
    }

    /// Tells who has just joined that it may moderate, if so.
    pub(super) fn tell_grant(&mut self, session: SessionId) {
        if self.grant(session).moderate {
            self.say(session, &BrowserReply::Moderator {});
        }
    }
}
