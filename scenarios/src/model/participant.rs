//! People and groups of alike people.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::{CongestionControl, Data, EcnUse, Publication};
use crate::units::{Rate, duration_text, format_duration, optional_duration_text};

/// A participant, or a group of alike participants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Participant {
    /// How many, 1 to 1000. More than one gives members `<name>.1` to `<name>.<count>`.
    pub count: u32,
    /// When to join; before the end of the run.
    pub join: Join,
    /// When to leave; after the latest moment to join.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub leave: Option<Duration>,
    /// Links to the server, the participant's own end first; none is [`super::Link::ideal`].
    #[serde(serialize_with = "route", skip_serializing_if = "Vec::is_empty")]
    pub up: Vec<String>,
    /// Links from the server, the participant's own end last; none is [`super::Link::ideal`].
    #[serde(serialize_with = "route", skip_serializing_if = "Vec::is_empty")]
    pub down: Vec<String>,
    /// Which conference it takes part in; `None`: the one of all who name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// What to publish, by source name.
    pub publish: IndexMap<String, Publication>,
    /// Data channels, by label.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub data: IndexMap<String, Data>,
    /// How fast it reads what comes on data channels; `None`: at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<Rate>,
    /// What to watch.
    pub view: View,
    /// Offers retransmission (RFC 4588).
    pub rtx: bool,
    /// Asks for lost packets, and answers who asks.
    pub nack: bool,
    /// Offers redundant audio (RFC 2198), to send it and to receive it.
    pub red: bool,
    /// What estimates the line to the server.
    #[serde(skip_serializing_if = "CongestionControl::is_usual")]
    pub congestion_control: CongestionControl,
    /// Whether what it sends is ECN-capable.
    #[serde(skip_serializing_if = "EcnUse::is_usual")]
    pub ecn: EcnUse,
    /// Its weight among flows that share a bottleneck, for a controller that shares by weight; 0.1 to 10.
    #[serde(skip_serializing_if = "is_one")]
    pub priority: f64,
    /// Keeps sound and picture of one publisher together by sender reports (RFC 3550, 6.4.1).
    pub lip_sync: bool,
    /// Takes forward error correction (RFC 8627) where it helps.
    pub fec: bool,
    /// Who it talks to directly, without the server: members of the same number of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}

/// One link is written by its bare name.
fn route<S: Serializer>(links: &Vec<String>, to: S) -> Result<S::Ok, S::Error> {
    match links.as_slice() {
        [one] => to.serialize_str(one),
        several => to.collect_seq(several),
    }
}

/// When to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// At this moment.
    At(Duration),
    /// At a moment drawn evenly from `from` to `to`, for each member.
    Uniform {
        /// The earliest.
        from: Duration,
        /// The latest.
        to: Duration,
    },
}

impl Join {
    /// The latest moment that it can give.
    pub fn latest(self) -> Duration {
        match self {
            Join::At(at) => at,
            Join::Uniform { to, .. } => to,
        }
    }

    /// The moment for a draw of `unit` from 0 to 1, in whole nanoseconds.
    pub fn at(self, unit: f64) -> Duration {
        match self {
            Join::At(at) => at,
            Join::Uniform { from, to } => {
                let width = to.saturating_sub(from).as_nanos() as f64;
                from + Duration::from_nanos((width * unit.clamp(0.0, 1.0)) as u64)
            }
        }
    }
}

impl Serialize for Join {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Join::At(at) => duration_text(at, to),
            Join::Uniform { from, to: latest } => {
                to.collect_map([("uniform", [format_duration(*from), format_duration(*latest)])])
            }
        }
    }
}

/// What to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// How tiles are laid out.
    pub layout: Layout,
    /// Most videos at a time, 1 to 100.
    pub tiles: u32,
    /// No layer higher than this many pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_height: Option<u32>,
    /// Videos that the server sends at a time; `None`: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_n: Option<u32>,
}

impl Default for View {
    /// Ten people see each other: nine tiles of one size.
    fn default() -> View {
        View { layout: Layout::Grid, tiles: 9, max_height: None, last_n: None }
    }
}

/// How tiles are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Tiles of one size.
    Grid,
    /// One large picture, the others small.
    Stage,
    /// No video.
    None,
}
