//! Who and what takes part in a run.

use scenarios::Time;
use serde::Serialize;

/// A participant, by place in [`Cast::participants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ParticipantIndex(pub u16);

/// A source of one participant, by place in [`CastMember::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SourceIndex(pub u8);

/// A link instance, by place in [`Cast::links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LinkIndex(pub u16);

/// One source on its way from its publisher to one receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Flow {
    /// Who receives.
    pub receiver: ParticipantIndex,
    /// Who publishes.
    pub publisher: ParticipantIndex,
    /// Which of the publisher's sources.
    pub source: SourceIndex,
}

/// A layer of a video source: simulcast encoding (0 is the lowest) and temporal layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Layer {
    /// Simulcast encoding or spatial layer, 0 the lowest.
    pub spatial: u8,
    /// Temporal layer, 0 the base.
    pub temporal: u8,
}

/// Who and what takes part in a run: what indices stand for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cast {
    /// The participants, in the scenario's order.
    pub participants: Vec<CastMember>,
    /// The link instances, in the scenario's order.
    pub links: Vec<LinkInfo>,
    /// By participant, the links that its packets pass towards the SFU and from it, by [`Direction`]; empty when
    /// nobody says.
    pub paths: Vec<[Vec<LinkIndex>; 2]>,
    /// Traffic on the links that is not the conference's.
    pub traffic: Vec<CrossInfo>,
}

/// A flow of traffic that is not the conference's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CrossInfo {
    /// On which link.
    pub link: LinkIndex,
    /// Whether it makes way (TCP), and so is entitled to a share, or takes what it takes (UDP).
    pub responsive: bool,
    /// When it begins.
    pub from: Time,
    /// When it ends; [`Time::NEVER`]: with the run.
    pub until: Time,
}

/// A participant's name and sources.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CastMember {
    /// "alice", or "guest.3" for the third of a counted group.
    pub name: String,
    /// What it publishes.
    pub sources: Vec<SourceInfo>,
}

/// A published source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceInfo {
    /// "cam", "mic".
    pub name: String,
    /// Its encodings, lowest first, for video; empty for audio.
    pub layers: Vec<LayerInfo>,
    /// Whether a layer comes with those below it, as the spatial layers of one stream do.
    pub stacked: bool,
    /// Audio or video.
    pub kind: MediaKind,
}

/// One encoding of a video source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerInfo {
    /// Picture width, px.
    pub width: u32,
    /// Picture height, px.
    pub height: u32,
    /// Full frame rate, frames per second.
    pub fps: u32,
    /// Target rate, bit/s.
    pub bps: u64,
}

/// Audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// A link instance of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkInfo {
    /// "home-up@alice", or the definition's name when it is shared.
    pub name: String,
    /// The `[link.…]` that it was made from.
    pub definition: String,
    /// Who uses it; `None` when shared.
    pub owner: Option<ParticipantIndex>,
    /// Towards the SFU or away from it.
    pub direction: Direction,
    /// Whether the SFU is at its other end, and not only who is called without it.
    #[serde(skip_serializing_if = "is_true")]
    pub leads_to_sfu: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_true(flag: &bool) -> bool {
    *flag
}

/// Which way a link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Participant to SFU.
    Up,
    /// SFU to participant.
    Down,
}
