//! Who speaks: levels of sound (RFC 6464), the dominant speaker, the loudest sources, and who spoke last.
//!
//! Everything here is a pure function of the packets' levels and the times that they came at. A [`Floor`] puts
//! the parts together for one conference; `CONSTANTS.md` lists each number with its source.

mod activity;
pub mod dominant_speaker;
mod floor;
pub mod level;
pub mod loudest;
pub mod recent;

#[cfg(test)]
mod properties;

pub use activity::{Activity, SpeechActivity};
pub use floor::{Floor, Heard, Sound, SpeakerId};
pub use recent::RecentSpeakers;

use std::time::Duration;

/// The frame that all counts are in: what browsers send, and what levels are reported of.
pub const FRAME: Duration = Duration::from_millis(20);

/// The quietest RFC 6464 level, digital silence, in −dBov; also the range of levels counted from silence up.
pub const SILENCE: u8 = 127;
