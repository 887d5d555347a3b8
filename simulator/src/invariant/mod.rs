//! What must hold in every run, watched from outside the SFU: at its port, in its events, and in what it holds.
//!
//! A [`Watch`] sees what the SFU is given and what it sends, and keeps books of its own, so that a fault of the SFU's
//! books doesn't hide itself. It changes nothing: a run with it and a run without it are the same run. Of each invariant
//! the first breach is kept, with its time and its event, because what follows is mostly a consequence.

pub mod addressee;
pub mod budget;
pub mod continuity;
pub mod key_frames;
pub mod liveness;
mod watch;

#[cfg(test)]
mod tests;

use std::fmt;

use sfu::Time;

pub use watch::{Sent, Watch};

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// No number of an outgoing stream is used twice.
    NumberOnce,
    /// An outgoing stream skips no more numbers than packets were missing of its source.
    NoHoles,
    /// Timestamps of an outgoing stream go on as time does.
    Timestamps,
    /// Nothing but connectivity checks and handshakes before the keys are there.
    Keys,
    /// Nothing to an address that isn't its owner's as proved by a connectivity check.
    Stranger,
    /// Nothing back to its own sender.
    OwnSender,
    /// No more video than the estimate and the burst bound allow.
    Budget,
    /// Key-frame requests for an encoding keep their distance.
    KeyFrameRequests,
    /// Queues, caches and lists within their limits.
    Occupancy,
    /// What goes into a stage of a link comes out, is dropped, or is held.
    Stages,
    /// Nothing is left when everybody has gone.
    Remains,
    /// After the last fault, every stream that is subscribed to renders again.
    Liveness,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Invariant; 12] = [
        Invariant::NumberOnce,
        Invariant::NoHoles,
        Invariant::Timestamps,
        Invariant::Keys,
        Invariant::Stranger,
        Invariant::OwnSender,
        Invariant::Budget,
        Invariant::KeyFrameRequests,
        Invariant::Occupancy,
        Invariant::Stages,
        Invariant::Remains,
        Invariant::Liveness,
    ];

    /// Its name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Invariant::NumberOnce => "number-once",
            Invariant::NoHoles => "no-holes",
            Invariant::Timestamps => "timestamps",
            Invariant::Keys => "keys",
            Invariant::Stranger => "stranger",
            Invariant::OwnSender => "own-sender",
            Invariant::Budget => "budget",
            Invariant::KeyFrameRequests => "key-frame-requests",
            Invariant::Occupancy => "occupancy",
            Invariant::Stages => "stages",
            Invariant::Remains => "remains",
            Invariant::Liveness => "liveness",
        }
    }
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The virtual time.
    pub at: Time,
    /// The number of the event of the event loop.
    pub event: u64,
}

/// The first event that broke an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub moment: Moment,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, seconds) = (self.invariant.name(), self.moment.at.as_nanos() as f64 / 1e9);
        write!(f, "{name} at {seconds:.6} s, event {}: {}", self.moment.event, self.what)
    }
}

/// The first breach of each invariant.
#[derive(Debug, Default)]
pub struct Breaches(Vec<Breach>);

impl Breaches {
    /// Keeps a breach, unless the invariant was broken before. `what` is only called if it is kept.
    pub fn add(&mut self, invariant: Invariant, moment: Moment, what: impl FnOnce() -> String) {
        if self.0.iter().all(|breach| breach.invariant != invariant) {
            self.0.push(Breach { invariant, moment, what: what() });
        }
    }

    /// In the order in which they happened.
    pub fn iter(&self) -> impl Iterator<Item = &Breach> {
        self.0.iter()
    }
}
