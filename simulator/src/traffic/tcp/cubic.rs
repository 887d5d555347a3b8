//! CUBIC's window: RFC 9438.

use std::time::Duration;

use sfu::Time;

use super::{CongestionWindow, INITIAL_WINDOW, LEAST_THRESHOLD, slow_start};

/// `C` of RFC 9438 section 5: how steep the curve is, segments per second cubed.
const STEEPNESS: f64 = 0.4;
/// `β_cubic` of RFC 9438 section 4.6: what remains of the window after a loss.
const DECREASE: f64 = 0.7;
/// `α_cubic` of RFC 9438 section 4.3: segments per round trip that are as friendly as Reno's one.
const FRIENDLY: f64 = 3.0 * (1.0 - DECREASE) / (1.0 + DECREASE);
/// The most by which the curve may lead the window: RFC 9438 section 4.2.
const MOST_AHEAD: f64 = 1.5;

/// The curve since the last loss.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    started: Time,
    /// Seconds until the curve is at `most` again: `K`.
    inflection: f64,
    /// The height of the flat part: the curve starts from there when the window is above it.
    origin: f64,
    /// What Reno would have: `W_est`.
    reno: f64,
}

/// Slow start, then a cubic curve of time that is flat where the last loss was.
#[derive(Clone, Debug)]
pub struct Cubic {
    window: f64,
    threshold: f64,
    /// The window before the last reduction, less if that was below the one before (`W_max`).
    most: f64,
    /// The window at the last reduction (`cwnd_prior`).
    before: f64,
    epoch: Option<Epoch>,
}

impl Default for Cubic {
    fn default() -> Self {
        Cubic { window: INITIAL_WINDOW, threshold: f64::INFINITY, most: 0.0, before: 0.0, epoch: None }
    }
}

impl Cubic {
    fn reduce(&mut self) {
        // Fast convergence: who shrinks makes room (RFC 9438 section 4.7).
        let shrinks = self.window < self.most;
        self.most = if shrinks { self.window * (1.0 + DECREASE) / 2.0 } else { self.window };
        self.before = self.window;
        self.threshold = (self.window * DECREASE).max(LEAST_THRESHOLD);
        self.epoch = None;
    }

    fn avoid(&mut self, now: Time, segments: f64, rtt: Duration) {
        let (window, most, before) = (self.window, self.most, self.before);
        let epoch = self.epoch.get_or_insert_with(|| Epoch {
            started: now,
            inflection: libm::cbrt((most - window).max(0.0) / STEEPNESS),
            origin: most.max(window),
            reno: window,
        });
        let gain = if epoch.reno < before { FRIENDLY } else { 1.0 };
        epoch.reno += gain * segments / window;
        let curve = |at: f64| {
            let t = at - epoch.inflection;
            STEEPNESS * t * t * t + epoch.origin
        };
        let age = now.since(epoch.started).as_secs_f64();
        if curve(age) < epoch.reno {
            self.window = epoch.reno.max(window);
            return;
        }
        let target = curve(age + rtt.as_secs_f64()).clamp(window, MOST_AHEAD * window);
        self.window += (target - window) * segments / window;
    }
}

impl CongestionWindow for Cubic {
    fn segments(&self) -> f64 {
        self.window
    }

    fn acknowledged(&mut self, now: Time, segments: f64, rtt: Duration) {
        let (window, rest) = slow_start(self.window, self.threshold, segments);
        self.window = window;
        if rest > 0.0 {
            self.avoid(now, rest, rtt);
        }
    }

    fn lost(&mut self) {
        self.reduce();
        self.window = self.threshold;
    }

    fn timed_out(&mut self) {
        self.reduce();
        self.window = 1.0;
    }
}
