//! The conference protocol's messages: JSON, one object a message, `type` first. Version 1.
//!
//! A client says `join`, then `subscribe`, `mute` and `leave` as it likes; the server answers each request
//! and announces what the others do. Browsers carry it over WebSocket; the simulator over a simulated
//! reliable channel.

use serde::{Deserialize, Serialize};

use crate::codec::Codec;
use crate::participant::{MediaParameters, SourceDescription, StreamDescription, Wish};

/// The version that this crate speaks.
pub const VERSION: u32 = 1;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Enters a conference; answered by [`ServerMessage::Joined`].
    Join {
        /// [`VERSION`].
        version: u32,
        /// The conference's name, 1 to 64 bytes.
        conference: String,
        /// The participant's name, at most 64 bytes.
        name: String,
        /// The client's ICE credentials.
        ice: IceCredentials,
        /// The client's DTLS certificate fingerprint: SHA-256, "AB:CD:…".
        fingerprint: String,
        /// Payload types and header extensions.
        media: MediaParameters,
        /// What it publishes.
        sources: Vec<SourceDescription>,
    },
    /// Replaces the list of what the client wants to receive; answered by [`ServerMessage::Subscribed`].
    Subscribe {
        /// All wishes; what is not in the list is no longer sent.
        wishes: Vec<Wish>,
        /// How many sources of video are to be sent at a time; all when absent. Those on stage come first, then by
        /// priority, then by who spoke last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_n: Option<u16>,
    },
    /// Mutes or unmutes a source of the client's own.
    Mute {
        /// Which source, by name.
        source: String,
        /// Muted or not.
        muted: bool,
    },
    /// Leaves.
    Leave,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ServerMessage {
    /// The answer to `join`.
    Joined {
        /// The client's own id.
        id: String,
        /// The server's ICE credentials for this client.
        ice: IceCredentials,
        /// The server's one candidate, "address:port" over UDP.
        candidate: String,
        /// The server's DTLS certificate fingerprint; the server is the DTLS server.
        fingerprint: String,
        /// Who is there already.
        participants: Vec<Peer>,
        /// The ids of those who were the dominant speaker, the latest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recent_speakers: Vec<String>,
    },
    /// The answer to `subscribe`: every stream that the client may now receive.
    Subscribed {
        /// The streams.
        streams: Vec<StreamDescription>,
    },
    /// Somebody came.
    ParticipantJoined {
        /// Who.
        participant: Peer,
    },
    /// Somebody went.
    ParticipantLeft {
        /// Who.
        id: String,
    },
    /// Somebody muted or unmuted a source.
    Muted {
        /// Who.
        id: String,
        /// Which source, by name.
        source: String,
        /// Muted or not.
        muted: bool,
    },
    /// Somebody else has become the dominant speaker; said to everybody, the speaker included. Who it is stays so in
    /// silence, until another speaks.
    DominantSpeaker {
        /// Who.
        id: String,
    },
    /// The server stopped or resumed sending a source to this client, by its own choice: the client's line has no
    /// room for it, or has again. Said only of sources that the client subscribed to.
    Paused {
        /// Whose.
        publisher: String,
        /// Which source, by name.
        source: String,
        /// Stopped or resumed.
        paused: bool,
    },
    /// The client wished for a source in a codec that it doesn't speak: nothing of it is sent. Said after the answer to
    /// `subscribe`, which leaves the source out.
    CodecNotSpoken {
        /// Whose.
        publisher: String,
        /// Which source, by name.
        source: String,
        /// The codec.
        codec: Codec,
    },
    /// How much of a source of the client's own anybody watches, when that changes. The client need not send the rest;
    /// when it rises, the client goes on with a key frame. Not said unless the server is set to.
    Watched {
        /// Which source, by name.
        source: String,
        /// How many of its encodings, from the lowest, or of the spatial layers if an encoding has several; 0: nobody
        /// watches.
        encodings: u8,
    },
    /// A request was refused; nothing changed.
    Error {
        /// In machine-readable words.
        code: String,
        /// For people.
        message: String,
    },
}

/// ICE user name fragment and password (RFC 8445 section 5.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceCredentials {
    /// User name fragment, 4 to 256 characters.
    pub ufrag: String,
    /// Password, 22 to 256 characters.
    pub pwd: String,
}

/// A participant as the others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it publishes.
    pub sources: Vec<SourceDescription>,
    /// The names of its muted sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub muted: Vec<String>,
}
