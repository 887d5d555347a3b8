//! Traces, queue management, policing, and what happens to packets at a line's far end.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::units::{Rate, Ratio, Size, duration_text};

/// Delivery opportunities from a file in Mahimahi's format, in the place of a rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceFile {
    /// Path, seen from the folder of the scenario.
    pub file: String,
    /// What it holds: empty until [`Scenario::read_traces`](super::Scenario::read_traces).
    #[serde(skip)]
    pub text: Arc<str>,
}

/// A token bucket: what exceeds it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Policer {
    /// Tokens that come in, for bytes on the wire.
    pub rate: Rate,
    /// The most that the bucket holds; above zero.
    pub burst: Size,
}

/// Packets held back at the far end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HoldBack {
    /// Probability that a packet is.
    pub rate: Ratio,
    /// For how long.
    #[serde(serialize_with = "duration_text")]
    pub by: Duration,
}

/// Active queue management.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Management {
    /// By which method.
    pub kind: ManagementKind,
    /// The delay that may stand; above zero.
    pub target: Duration,
    /// For how long it may be longer; above zero. For the kinds that have it.
    pub interval: Duration,
    /// The most that waits; above zero.
    pub limit: Size,
    /// Whether packets of ECN-capable senders are marked instead of dropped. For the kinds that have it.
    pub ecn: bool,
}

/// The methods of active queue management.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagementKind {
    /// RFC 8289.
    Codel,
    /// RFC 8290.
    FqCodel,
    /// RFC 8033.
    Pie,
    /// RFC 9332, appendix A: always marks, as L4S asks.
    DualPi2,
}

impl ManagementKind {
    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            ManagementKind::Codel => "codel",
            ManagementKind::FqCodel => "fq-codel",
            ManagementKind::Pie => "pie",
            ManagementKind::DualPi2 => "dual-pi2",
        }
    }

    /// The kind of that name in the file.
    pub fn find(name: &str) -> Option<ManagementKind> {
        use ManagementKind::{Codel, DualPi2, FqCodel, Pie};
        [Codel, FqCodel, Pie, DualPi2].into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it knows an interval.
    pub fn has_interval(self) -> bool {
        matches!(self, ManagementKind::Codel | ManagementKind::FqCodel)
    }

    /// Whether marking is a choice.
    pub fn has_ecn(self) -> bool {
        self != ManagementKind::DualPi2
    }

    /// The target of its RFC: 5 ms (RFC 8289 section 4.4) or 15 ms (RFC 8033 section 5.1, RFC 9332 appendix
    /// A.1).
    pub fn usual_target(self) -> Duration {
        Duration::from_millis(if self.has_interval() { 5 } else { 15 })
    }
}
