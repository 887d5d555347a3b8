//! The messages that only browsers need: those that carry session descriptions. Version 1.

use serde::{Deserialize, Serialize};

use crate::participant::{StreamDescription, Wish};
use crate::sdp::SourceHint;
use crate::signalling::messages::{IceCredentials, Peer};

/// The version that this crate speaks.
pub const VERSION: u32 = 1;

/// What a browser says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum BrowserRequest {
    /// Enters a conference; answered by [`BrowserReply::Joined`].
    Join {
        /// [`VERSION`].
        version: u32,
        /// The conference's name, 1 to 64 bytes.
        conference: String,
        /// The participant's name, at most 64 bytes.
        name: String,
        /// The session description of its offer, with a section for each source that it publishes.
        offer: String,
        /// What the offer doesn't say of the sources.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<SourceHint>,
        /// The server's ICE password in an earlier answer, which nobody else was told: the participation that it
        /// belongs to ends, since this one takes its place. One that has ended already is no error.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<String>,
        /// What lets it in where rooms are locked; whoever has the sockets looks at it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// Replaces the list of what the browser wants to receive; answered by `subscribed`, and by
    /// [`BrowserReply::Offer`] if that takes other sections.
    Subscribe {
        /// All wishes; what is not in the list is no longer sent.
        wishes: Vec<Wish>,
    },
    /// Answers [`BrowserReply::Offer`].
    Answer {
        /// The session description.
        answer: String,
    },
    /// Enters a conference only to watch, with an offer whose sections are to carry what there is; answered by
    /// [`BrowserReply::Viewing`], and by no offer ever after.
    View {
        /// [`VERSION`].
        version: u32,
        /// The conference's name, 1 to 64 bytes.
        conference: String,
        /// The viewer's name, at most 64 bytes.
        name: String,
        /// The session description of its offer.
        offer: String,
        /// Whose sources, by id or by name; anybody's when absent, those who came first before others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        publisher: Option<String>,
        /// As for `join`: what lets it in where rooms are locked; whoever has the sockets looks at it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// Begins an ICE restart (RFC 8445 section 9), as a browser does whose network has changed; answered by
    /// [`BrowserReply::IceRestarted`]. Nothing else of the session changes.
    RestartIce {
        /// The browser's new ICE credentials.
        ice: IceCredentials,
    },
    /// Mutes or unmutes a source of the browser's own.
    Mute {
        /// Which source, by name.
        source: String,
        /// Muted or not.
        muted: bool,
    },
    /// Mutes a source of somebody else's in the room, who may unmute it again; for moderators.
    Silence {
        /// Whose, by id.
        participant: String,
        /// Which source, by name.
        source: String,
    },
    /// Sends somebody in the room away; for moderators.
    Remove {
        /// Whom, by id.
        participant: String,
    },
    /// Leaves.
    Leave,
}

/// What the server says to a browser besides the messages of [`crate::signalling::ServerMessage`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum BrowserReply {
    /// The answer to `join`.
    Joined {
        /// [`VERSION`].
        version: u32,
        /// The browser's own id.
        id: String,
        /// The session description that answers its offer.
        answer: String,
        /// The server's ICE user name fragment in it.
        ufrag: String,
        /// Who is there already.
        participants: Vec<Peer>,
        /// The ids of those who were the dominant speaker, the latest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recent_speakers: Vec<String>,
    },
    /// The answer to `view`.
    Viewing {
        /// [`VERSION`].
        version: u32,
        /// The viewer's own id.
        id: String,
        /// The session description that answers its offer.
        answer: String,
        /// The server's ICE user name fragment in it.
        ufrag: String,
        /// What is sent, as the core names it: the sections have the offer's mids.
        streams: Vec<StreamDescription>,
    },
    /// The answer to `restart_ice`.
    IceRestarted {
        /// The server's new ICE user name fragment.
        ufrag: String,
        /// What goes into the descriptions of both sides, as a fragment (RFC 8840 section 9).
        fragment: String,
    },
    /// What is sent to the browser takes other sections than before; to be answered by
    /// [`BrowserRequest::Answer`]. There is no further offer before that.
    Offer {
        /// The session description.
        offer: String,
        /// What is sent, by mid.
        streams: Vec<StreamDescription>,
    },
    /// Follows `joined` for those who may moderate.
    Moderator {},
    /// The server has ended the browser's participation: it may join anew.
    Ended {
        /// Why, in one word.
        reason: String,
    },
}
