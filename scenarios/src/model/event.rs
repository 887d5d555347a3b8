//! What happens during a run.

use std::time::Duration;

use serde::Serialize;

use super::{Glob, View};
use crate::units::{Rate, Ratio, duration_text};

/// An action at a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Since the start; below the run's duration.
    #[serde(serialize_with = "duration_text")]
    pub time: Duration,
    /// What happens.
    #[serde(flatten)]
    pub action: Action,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Sources stop.
    Mute {
        /// Whose.
        participant: Glob,
        /// Which; all when absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<Glob>,
    },
    /// Sources go on.
    Unmute {
        /// Whose.
        participant: Glob,
        /// Which; all when absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<Glob>,
    },
    /// Participants leave for good.
    Leave {
        /// Who.
        participant: Glob,
    },
    /// Participants look at something else.
    View {
        /// Who.
        participant: Glob,
        /// At what.
        #[serde(flatten)]
        view: View,
    },
    /// Participants look at one above all others.
    Pin {
        /// Who.
        participant: Glob,
        /// The member that is looked at.
        whom: String,
    },
    /// Participants look at nobody above others.
    Unpin {
        /// Who.
        participant: Glob,
    },
    /// A link's rate changes, until its schedule's next step.
    Rate {
        /// Link or line.
        link: Glob,
        /// The new rate.
        to: Rate,
    },
    /// A link's loss becomes Bernoulli loss at a new rate.
    Loss {
        /// Link or line.
        link: Glob,
        /// The new loss rate.
        to: Ratio,
    },
}
