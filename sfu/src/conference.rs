//! Conferences and what can be asked of them.

use std::net::SocketAddr;

use slotmap::new_key_type;
use thiserror::Error;

use crate::audio::Floor;
use crate::participant::{MediaParameters, ParticipantId, SourceDescription};
use crate::transport::certificate::Fingerprint;

new_key_type! {
    /// A conference, for as long as somebody is in it.
    pub(crate) struct ConferenceId;
}

/// People who meet.
#[derive(Debug)]
pub(crate) struct Conference {
    pub(crate) name: String,
    /// In the order of joining.
    pub(crate) members: Vec<ParticipantId>,
    /// Who speaks; none if nobody wants to know.
    pub(crate) floor: Option<Floor>,
}

/// Who wants to join what, how, and with which sources.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The conference's name, 1 to 64 bytes; it begins with its first participant.
    pub conference: String,
    /// The participant's name, at most 64 bytes.
    pub name: String,
    /// The peer's ICE user name fragment.
    pub remote_ufrag: String,
    /// The peer's ICE password.
    pub remote_pwd: String,
    /// The fingerprint of the certificate that the peer must show in DTLS.
    pub fingerprint: Fingerprint,
    /// Payload types and header extensions, both ways.
    pub media: MediaParameters,
    /// What the peer publishes.
    pub sources: Vec<SourceDescription>,
}

/// The core's side of a transport, for the peer.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The new participant.
    pub participant: ParticipantId,
    /// Our ICE user name fragment for it.
    pub ufrag: String,
    /// Our ICE password for it.
    pub pwd: String,
    /// Our one candidate.
    pub candidate: SocketAddr,
    /// Our certificate's fingerprint.
    pub fingerprint: Fingerprint,
}

/// What can be asked of the core besides joining and subscribing, which have answers of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stops or resumes forwarding of a source.
    Mute {
        /// Whose.
        participant: ParticipantId,
        /// Which source, by name.
        source: String,
        /// Muted or not.
        muted: bool,
    },
    /// Takes a participant out of its conference and ends its transport.
    Leave {
        /// Who.
        participant: ParticipantId,
    },
}

/// Why a command was refused; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// No such participant (any more).
    #[error("no participant {0}")]
    NoSuchParticipant(String),
    /// The participant publishes no such source.
    #[error("participant {participant} has no source '{source_name}'")]
    NoSuchSource {
        /// Whose.
        participant: String,
        /// The name that was asked for.
        source_name: String,
    },
    /// A field of a request is wrong.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A cap of [`crate::config::Limits`] is reached.
    #[error("at most {limit} {what}")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// The injected source of randomness or the DTLS set-up failed.
    #[error("transport: {0}")]
    Transport(String),
}

impl CommandError {
    /// The error in one machine-readable word.
    pub const fn code(&self) -> &'static str {
        match self {
            CommandError::NoSuchParticipant(_) => "no_such_participant",
            CommandError::NoSuchSource { .. } => "no_such_source",
            CommandError::Invalid { .. } => "invalid",
            CommandError::Full { .. } => "full",
            CommandError::Transport(_) => "transport",
        }
    }
}
