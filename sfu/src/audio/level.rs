//! How loud one source is, over windows of some hundred milliseconds.

use std::time::Duration;

use super::SILENCE;
use crate::Time;

/// How a source is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterConfig {
    /// The quietest RFC 6464 level that counts as sound, −dBov.
    pub active: u8,
    /// The least share of a window that must be sound, percent.
    pub least_share: u8,
    /// The window: how much observed sound makes up one value.
    pub window: Duration,
    /// Over how many windows values are smoothed; 1 for not at all.
    pub smoothing: u8,
}

/// A source's loudness as a linear amplitude: 1 is full scale, 0.001 is −60 dBov.
///
/// A window's value is the amplitude of its loudest frame times the share of it that is sound, so that a click
/// doesn't count as a word; below the least share it is 0 and forgets the past at once. Without a packet for two
/// windows (discontinuous transmission, mute, a broken line) the source is silent.
#[derive(Clone, Debug)]
pub struct ActivityMeter {
    config: MeterConfig,
    observed: Duration,
    active: Duration,
    loudest: u8,
    value: f64,
    last: Option<Time>,
}

impl ActivityMeter {
    /// A meter that has observed nothing.
    pub fn new(config: MeterConfig) -> Self {
        let (observed, active) = (Duration::ZERO, Duration::ZERO);
        ActivityMeter { config, observed, active, loudest: SILENCE, value: 0.0, last: None }
    }

    /// Takes a frame of `length` with the RFC 6464 level `level` (0 the loudest), which came at `now`.
    pub fn observe(&mut self, now: Time, level: u8, length: Duration) {
        if self.is_stale(now) {
            self.reset();
        }
        self.last = Some(now);
        self.observed += length;
        if level <= self.config.active {
            self.active += length;
            self.loudest = self.loudest.min(level);
        }
        if self.observed >= self.config.window {
            self.close_window();
        }
    }

    /// The loudness at `now`.
    pub fn level(&self, now: Time) -> f64 {
        if self.is_stale(now) { 0.0 } else { self.value }
    }

    /// Whether the loudness at `now` is at least that of unbroken sound at the threshold.
    pub fn is_active(&self, now: Time) -> bool {
        self.level(now) >= amplitude(self.config.active)
    }

    /// Forgets everything: the source was muted.
    pub fn reset(&mut self) {
        *self = ActivityMeter::new(self.config);
    }

    fn is_stale(&self, now: Time) -> bool {
        self.last.is_some_and(|last| now.since(last) >= self.config.window * 2)
    }

    fn close_window(&mut self) {
        let window = self.config.window.as_secs_f64();
        let share = self.active.as_secs_f64() / window;
        if self.active * 100 >= self.config.window * u32::from(self.config.least_share) {
            let value = amplitude(self.loudest) * share;
            self.value += (value - self.value) * 2.0 / (f64::from(self.config.smoothing) + 1.0);
        } else {
            self.value = 0.0;
        }
        (self.observed, self.active, self.loudest) = (Duration::ZERO, Duration::ZERO, SILENCE);
    }
}

/// The amplitude of an RFC 6464 level, full scale being 1.
pub fn amplitude(level: u8) -> f64 {
    libm::pow(10.0, -f64::from(level) / 20.0)
}

#[cfg(test)]
mod tests;
