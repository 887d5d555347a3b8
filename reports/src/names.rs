//! How the vocabulary of observations is spelt in labels, files and messages.

use std::fmt;

use crate::observation::{
    Cast, Direction, Flow, JoinStep, Layer, LinkIndex, LinkInfo, LossCause, MediaKind, ParticipantIndex,
    SourceIndex, SourceInfo, TrafficClass,
};

impl fmt::Display for Layer {
    /// "s2t1": as it is spelt in labels.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}t{}", self.spatial, self.temporal)
    }
}

impl JoinStep {
    /// As it is spelt in `events.jsonl`.
    pub const fn name(self) -> &'static str {
        match self {
            JoinStep::Intent => "intent",
            JoinStep::Signalled => "signalled",
            JoinStep::Ice => "ice",
            JoinStep::Dtls => "dtls",
            JoinStep::Left => "left",
        }
    }
}

impl MediaKind {
    /// As it is spelt in labels.
    pub const fn name(self) -> &'static str {
        match self {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
        }
    }
}

impl Direction {
    /// As it is spelt in labels.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }
}

impl LossCause {
    /// All causes, in the order of their discriminants.
    pub const ALL: [LossCause; 5] =
        [LossCause::Queue, LossCause::Aqm, LossCause::Random, LossCause::Policer, LossCause::Partition];

    /// As it is spelt in labels.
    pub const fn name(self) -> &'static str {
        match self {
            LossCause::Queue => "queue",
            LossCause::Aqm => "aqm",
            LossCause::Random => "random",
            LossCause::Policer => "policer",
            LossCause::Partition => "partition",
        }
    }
}

impl Cast {
    /// A participant's name. Panics when the cast has no such participant.
    pub fn name(&self, who: ParticipantIndex) -> &str {
        &self.participants[usize::from(who.0)].name
    }

    /// A published source. Panics when the cast has no such source.
    pub fn source(&self, publisher: ParticipantIndex, source: SourceIndex) -> &SourceInfo {
        &self.participants[usize::from(publisher.0)].sources[usize::from(source.0)]
    }

    /// A link. Panics when the cast has no such link.
    pub fn link(&self, link: LinkIndex) -> &LinkInfo {
        &self.links[usize::from(link.0)]
    }

    /// "alice/cam → bob", for messages.
    pub fn flow_name(&self, flow: Flow) -> String {
        let source = &self.source(flow.publisher, flow.source).name;
        format!("{}/{source} → {}", self.name(flow.publisher), self.name(flow.receiver))
    }
}

impl TrafficClass {
    /// As it is spelt in labels.
    pub const fn name(self) -> &'static str {
        match self {
            TrafficClass::Audio => "audio",
            TrafficClass::Video => "video",
            TrafficClass::Retransmission => "retransmission",
            TrafficClass::Fec => "fec",
            TrafficClass::Padding => "padding",
            TrafficClass::Rtcp => "rtcp",
            TrafficClass::Connectivity => "connectivity",
            TrafficClass::Data => "data",
            TrafficClass::Signalling => "signalling",
            TrafficClass::Cross => "cross",
        }
    }
}
