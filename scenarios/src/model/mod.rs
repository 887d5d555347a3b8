//! A scenario, read and checked.
//!
//! Every type serialises in the shape of the format with canonical values, so that the effective scenario of
//! a run can be read back.

mod data;
mod event;
mod expectation;
mod explore;
mod faulty_line;
mod gate;
mod glob;
mod link;
mod participant;
mod sfu;
mod source;
mod sweep;
mod traffic;
mod video;

pub use data::Data;
pub use event::{Action, Event};
pub use expectation::{Applied, Bound, BoundUnit, Expect, Stat};
pub use explore::{Explore, Range, Ranged};
pub use faulty_line::{HoldBack, Management, ManagementKind, Policer, TraceFile};
pub use gate::Gate;
pub use glob::Glob;
pub use link::{Delay, Depth, Jitter, Link, Loss, Queue, RateSchedule, RateStep, SizedAt};
pub use participant::{Join, Layout, Participant, View};
pub use sfu::{Allocation, CongestionControl, Cpu, EcnUse, Feedback, Sfu};
pub use source::{Opus, Publication, Speech, Turn};
pub use sweep::{Setting, Sweep};
pub use traffic::{Files, FilesStart, TcpWindow, Traffic, TrafficKind};
pub use video::{Layer, NotAScalability, PacketizationMode, Scalability, Video, VideoCodec, VideoModel};

use std::time::Duration;

use indexmap::IndexMap;
use serde::Serialize;

use crate::units::{duration_text, optional_duration_text};

/// A whole scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// Version of the format; 1.
    pub schema: u32,
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// What it shows.
    pub doc: String,
    /// The seed of every random draw.
    pub seed: u64,
    /// Virtual time that the run lasts; above zero.
    #[serde(serialize_with = "duration_text")]
    pub duration: Duration,
    /// How long before the end all that is forwarded must have rendered; above zero.
    #[serde(serialize_with = "optional_duration_text", skip_serializing_if = "Option::is_none")]
    pub liveness: Option<Duration>,
    /// What enters the statistics.
    pub measure: Measure,
    /// Kinds of line, by name.
    #[serde(rename = "link")]
    pub links: IndexMap<String, Link>,
    /// The servers, by name; exactly one for now.
    #[serde(rename = "sfu")]
    pub sfus: IndexMap<String, Sfu>,
    /// Participants and groups, by name; at least one.
    #[serde(rename = "participant")]
    pub participants: IndexMap<String, Participant>,
    /// Traffic of others, in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<Traffic>,
    /// What happens during the run, ordered by time; at the same moment in the order of the file.
    #[serde(rename = "at")]
    pub events: Vec<Event>,
    /// Bounds on metrics.
    pub expect: Vec<Expect>,
    /// Proof that impairments took effect.
    pub applied: Vec<Applied>,
    /// How far it may be from its baseline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gate: Vec<Gate>,
    /// Variations of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    /// Ranges that whole scenarios are drawn from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explore: Option<Explore>,
}

/// What enters the statistics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// End of the warm-up; below the run's duration.
    #[serde(serialize_with = "duration_text")]
    pub from: Duration,
    /// Width of a bin of the time series; above zero.
    #[serde(serialize_with = "duration_text")]
    pub bin: Duration,
}

impl Default for Measure {
    fn default() -> Measure {
        Measure { from: Duration::ZERO, bin: Duration::from_millis(200) }
    }
}

impl Scenario {
    /// Fills in what the traces of the lines hold, by `read`, which gets the path in the file.
    ///
    /// # Errors
    /// What `read` says, for the first trace that it can't give.
    pub fn read_traces<E>(&mut self, mut read: impl FnMut(&str) -> Result<String, E>) -> Result<(), E> {
        for trace in self.links.values_mut().filter_map(|link| link.trace.as_mut()) {
            trace.text = read(&trace.file)?.into();
        }
        Ok(())
    }

    /// The one server's name and settings.
    pub fn sfu(&self) -> (&str, &Sfu) {
        let (name, sfu) = self.sfus.first().expect("a checked scenario has one SFU");
        (name, sfu)
    }

    /// The effective scenario as JSON in the shape of the format; equal scenarios give equal text.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("string keys and finite numbers make JSON")
    }
}
