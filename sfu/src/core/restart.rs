//! ICE restarts (RFC 8445 section 9): a peer that has changed networks goes on under new credentials.

use super::validation::check_ice;
use super::{Sfu, Turn};
use crate::conference::CommandError;
use crate::participant::ParticipantId;
use crate::signalling::IceCredentials;

impl Turn<'_> {
    /// Begins an ICE restart with the peer's new credentials, and gives ours. Media goes on where it went, and the old
    /// credentials hold, until the peer nominates a path with the new ones.
    ///
    /// # Errors
    /// When there is no such participant, or the credentials are too short or too long.
    pub fn restart_ice(
        &mut self,
        participant: ParticipantId,
        remote: &IceCredentials,
    ) -> Result<IceCredentials, CommandError> {
        check_ice(&remote.ufrag, &remote.pwd)?;
        self.known(participant)?;
        let transport = &mut self.sfu.participants[participant].transport;
        let own = transport.restart(&*self.sfu.provider, &remote.ufrag)?;
        // One that was begun before and never came to anything is forgotten.
        self.sfu.forget_void_ufrags(participant);
        self.sfu.by_ufrag.insert(own.ufrag.clone(), participant);
        Ok(own)
    }
}

impl Sfu {
    /// Forgets the user name fragments of a participant's that hold no longer.
    pub(super) fn forget_void_ufrags(&mut self, participant: ParticipantId) {
        let ice = &self.participants[participant].transport.ice;
        let holds = |ufrag: &String| ice.local_ufrags().any(|own| own == ufrag);
        self.by_ufrag.retain(|ufrag, owner| *owner != participant || holds(ufrag));
    }
}
