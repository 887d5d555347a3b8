//! TCP, in whole segments: congestion windows, loss recovery, acknowledgements. Connections are established from the
//! start, and their acknowledgements are never lost.

pub mod connection;
pub mod cubic;
pub mod receiver;
pub mod reno;
mod scoreboard;
pub mod sender;
#[cfg(test)]
mod tests;

use std::time::Duration;

use sfu::Time;

/// A segment on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number, from 0.
    pub number: u64,
    /// When it was sent, this time (RFC 7323 time stamps).
    pub sent: Time,
}

/// A congestion window in segments.
pub trait CongestionWindow: std::fmt::Debug + Send {
    /// The window: how many segments may be in flight.
    fn segments(&self) -> f64;

    /// New data is acknowledged: `segments` of them, at `now`, with the round trip measured last. Not during
    /// the recovery from a loss.
    fn acknowledged(&mut self, now: Time, segments: f64, rtt: Duration);

    /// Loss was found by duplicate acknowledgements or SACK: once per window of data.
    fn lost(&mut self);

    /// The retransmission timer ran out.
    fn timed_out(&mut self);
}

/// The initial window of RFC 6928 section 2 for segments of up to 1460 bytes.
pub const INITIAL_WINDOW: f64 = 10.0;

/// The least slow-start threshold, RFC 5681 equation 4.
const LEAST_THRESHOLD: f64 = 2.0;

/// Growth in slow start: by what is acknowledged, at most a segment per acknowledged segment (RFC 5681 section
/// 3.1), up to the threshold. Gives the window and what was not used up.
fn slow_start(window: f64, threshold: f64, segments: f64) -> (f64, f64) {
    let grown = (window + segments).min(threshold.max(window));
    (grown, segments - (grown - window))
}
