//! Traffic of others on the lines.

use std::time::Duration;

use serde::Serialize;

use super::{Glob, RateSchedule};
use crate::units::{Rate, Size, duration_text, optional_duration_text};

/// A kind of flow on every line that it names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Traffic {
    /// How it sends.
    #[serde(flatten)]
    pub kind: TrafficKind,
    /// Link or line: one flow on each that matches.
    pub on: Glob,
    /// So many flows on each; 1 to 1000.
    pub count: u32,
    /// When it begins.
    #[serde(serialize_with = "duration_text")]
    pub from: Duration,
    /// From when on it sends nothing; at the end of the run when absent.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub to: Option<Duration>,
}

/// How a flow sends. Packets are of one size, headers included.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TrafficKind {
    /// UDP at a rate that is given.
    Cbr {
        /// The rate over time; nothing before the first step.
        rate: RateSchedule,
        /// Size of a packet on the wire.
        packet: Size,
    },
    /// UDP in bursts.
    OnOff {
        /// The rate in a burst.
        rate: Rate,
        /// Mean length of a burst; above zero.
        #[serde(serialize_with = "duration_text")]
        busy: Duration,
        /// Mean length of silence; above zero.
        #[serde(serialize_with = "duration_text")]
        idle: Duration,
        /// Size of a packet on the wire.
        packet: Size,
    },
    /// UDP whose rate goes a step up or down by chance.
    RandomWalk {
        /// The first rate, within the bounds.
        rate: Rate,
        /// The step.
        step: Rate,
        /// How often one is taken; above zero.
        #[serde(serialize_with = "duration_text")]
        every: Duration,
        /// The lowest and the highest rate; in order.
        bounds: [Rate; 2],
        /// Size of a packet on the wire.
        packet: Size,
    },
    /// TCP.
    Tcp {
        /// Its congestion window.
        cc: TcpWindow,
        /// Data in a segment.
        segment: Size,
        /// How long acknowledgements travel; as long as the line's base delay when absent.
        #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
        back: Option<Duration>,
        /// One file after the other; one without end when absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        files: Option<Files>,
    },
}

/// TCP's congestion windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TcpWindow {
    /// RFC 5681.
    Reno,
    /// RFC 9438.
    Cubic,
}

/// Files with pauses between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Files {
    /// The smallest and the largest; in order, above zero.
    pub size: [Size; 2],
    /// The mean pause; above zero.
    #[serde(serialize_with = "duration_text")]
    pub idle: Duration,
    /// What it begins with.
    pub start: FilesStart,
}

/// What a sender of files begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FilesStart {
    /// A file.
    On,
    /// A pause.
    Off,
}
