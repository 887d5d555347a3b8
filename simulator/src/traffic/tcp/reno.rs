//! Reno's window: RFC 5681, with appropriate byte counting (RFC 3465) in congestion avoidance.

use std::time::Duration;

use sfu::Time;

use super::{CongestionWindow, INITIAL_WINDOW, LEAST_THRESHOLD, slow_start};

/// Slow start, then a segment more per round trip; half after a loss.
#[derive(Clone, Debug)]
pub struct Reno {
    window: f64,
    threshold: f64,
}

impl Default for Reno {
    fn default() -> Self {
        Reno { window: INITIAL_WINDOW, threshold: f64::INFINITY }
    }
}

impl CongestionWindow for Reno {
    fn segments(&self) -> f64 {
        self.window
    }

    fn acknowledged(&mut self, _now: Time, segments: f64, _rtt: Duration) {
        let (window, rest) = slow_start(self.window, self.threshold, segments);
        // One segment per window of acknowledged ones.
        self.window = window + rest / window;
    }

    fn lost(&mut self) {
        self.threshold = (self.window / 2.0).max(LEAST_THRESHOLD);
        self.window = self.threshold;
    }

    fn timed_out(&mut self) {
        self.threshold = (self.window / 2.0).max(LEAST_THRESHOLD);
        self.window = 1.0;
    }
}
