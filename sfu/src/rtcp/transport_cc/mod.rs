//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//!
//! Arrival times are counted in ticks of 250 µs from a reference that the report carries in units of 64 ms.

mod chunk;
mod encoder;
mod parse;
mod recorder;
mod write;

#[cfg(test)]
mod tests;

pub use parse::{Arrival, TransportFeedback};
pub use recorder::ArrivalRecorder;
pub use write::{MAX_REPORT, ReportHeader, write_transport_feedback};

use crate::Time;

/// Nanoseconds of a tick.
pub const TICK_NANOS: u64 = 250_000;

/// Ticks of one unit of the reference time, 64 ms.
pub const TICKS_PER_REFERENCE: i64 = 256;

/// Whole ticks from the epoch to `time`. Differences of these add up without drift.
fn ticks(time: Time) -> i64 {
    (time.as_nanos() / TICK_NANOS) as i64
}
