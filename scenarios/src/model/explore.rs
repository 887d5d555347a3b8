//! Ranges that whole scenarios are drawn from.

use std::time::Duration;

use serde::Serialize;

use super::Setting;
use crate::units::{Rate, Ratio, format_duration};

/// From the least to the most, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<T> {
    /// The least.
    pub least: T,
    /// The most; not below the least.
    pub most: T,
}

/// A value that a range may be of.
pub trait Ranged: Copy {
    /// As the file has it.
    fn written(self) -> Setting;
}

impl Ranged for u32 {
    fn written(self) -> Setting {
        Setting::Integer(self.into())
    }
}

impl Ranged for Duration {
    fn written(self) -> Setting {
        Setting::Text(format_duration(self))
    }
}

impl Ranged for Rate {
    fn written(self) -> Setting {
        Setting::Text(self.to_string())
    }
}

impl Ranged for Ratio {
    fn written(self) -> Setting {
        Setting::Text(self.to_string())
    }
}

impl<T: Ranged> Serialize for Range<T> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        [self.least.written(), self.most.written()].serialize(to)
    }
}

/// What `plenum explore` draws from: people, their lines and cameras, and what happens to them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explore {
    /// How many people.
    pub people: Range<u32>,
    /// How many kinds of line.
    pub links: Range<u32>,
    /// How many events.
    pub events: Range<u32>,
    /// How long everything is shaken. A phase without events follows, in which all must come back.
    pub duration: Range<Duration>,
    /// That phase's length.
    #[serde(serialize_with = "crate::units::duration_text")]
    pub settle: Duration,
    /// Rates of lines, drawn by their logarithm.
    pub rate: Range<Rate>,
    /// Delays of lines, one way.
    pub delay: Range<Duration>,
    /// Standard deviations of their jitter.
    pub jitter: Range<Duration>,
    /// Their random losses.
    pub loss: Range<Ratio>,
    /// Depths of their queues, in time.
    pub queue: Range<Duration>,
    /// Video codecs, as the format names them.
    pub codecs: Vec<String>,
    /// What controls congestion, as the format names it.
    pub controllers: Vec<String>,
}
