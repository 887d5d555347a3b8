//! How strongly a receiver's streams are protected.

use std::time::Duration;

use serde::Serialize;

use crate::Time;

/// Round trips from which on protection begins, and below which it ends. With a jitter buffer of 50 to 100 ms a
/// retransmission after 180 ms is late, and the picture stands still for longer than people overlook (W3C
/// webrtc-stats counts a freeze from 150 ms above the usual).
const RTT: (Duration, Duration) = (Duration::from_millis(180), Duration::from_millis(140));
/// A level that was taken is kept down to this part of the loss that called for it.
const KEEP: f64 = 0.6;
/// A lower level must have been enough for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bounds of the time that a block stays open: half a round trip, so that a column comes before a retransmission
/// would, but long enough for some frames and short enough to be no freeze.
const BLOCK: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(200));

/// What one downlink is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// Part of the packets that is lost on it.
    pub(crate) loss: f64,
    /// Whether losses come in bursts.
    pub(crate) bursty: bool,
    /// Round trip.
    pub(crate) rtt: Duration,
}

/// A strength of protection. The order is that of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Off,
    /// Rows only: single losses, rarely.
    Light,
    /// Long rows and as many columns.
    Medium,
    /// Short rows and as many columns.
    Strong,
}

/// The shape of a level's blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    /// Packets in a row.
    pub(crate) row: u32,
    /// Columns at most; 0 for none.
    pub(crate) columns: usize,
    /// Repair bytes over protected bytes, at most.
    pub(crate) share: f64,
}

impl Level {
    /// `None` when nothing is protected.
    pub(crate) const fn shape(self) -> Option<Shape> {
        match self {
            Level::Off => None,
            Level::Light => Some(Shape { row: 10, columns: 0, share: 0.15 }),
            Level::Medium => Some(Shape { row: 8, columns: 8, share: 0.33 }),
            Level::Strong => Some(Shape { row: 5, columns: 5, share: 0.5 }),
        }
    }

    /// The loss from which on the level is wanted.
    const fn threshold(self) -> f64 {
        match self {
            Level::Off => 0.0,
            Level::Light => 0.005,
            Level::Medium => 0.01,
            Level::Strong => 0.02,
        }
    }
}

/// The level that a need calls for; `part` of the thresholds is enough.
fn wanted(need: &Need, part: f64) -> Level {
    let level = [Level::Strong, Level::Medium, Level::Light];
    let level = level.into_iter().find(|level| need.loss >= level.threshold() * part).unwrap_or(Level::Off);
    // A row repairs one packet: against bursts it takes columns.
    if level == Level::Light && need.bursty { Level::Medium } else { level }
}

/// Chooses the level: up at once, down with patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    level: Level,
    block: Duration,
    /// Since when a lower level has been enough.
    lower_since: Option<Time>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { level: Level::Off, block: BLOCK.0, lower_since: None }
    }
}

impl Policy {
    pub(crate) const fn level(&self) -> Level {
        self.level
    }

    /// How long a block may stay open.
    pub(crate) const fn block(&self) -> Duration {
        self.block
    }

    /// Follows the downlink. `retransmits` is whether a loss can be repaired by asking.
    pub(crate) fn follow(&mut self, now: Time, need: &Need, retransmits: bool) {
        self.block = (need.rtt / 2).clamp(BLOCK.0, BLOCK.1);
        let is_on = self.level > Level::Off;
        let far = !retransmits || need.rtt >= if is_on { RTT.1 } else { RTT.0 };
        let level = |part| if far { wanted(need, part) } else { Level::Off };
        if level(1.0) > self.level {
            self.level = level(1.0);
        }
        let kept = level(KEEP);
        if kept >= self.level {
            self.lower_since = None;
        } else if now.since(*self.lower_since.get_or_insert(now)) >= PATIENCE {
            self.level = kept;
            self.lower_since = None;
        }
    }
}
