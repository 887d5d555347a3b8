//! What was sent and what arrived of late, and the most that was in flight (RFC 8298, sections 4.1.2.2 and 4.1.3).

use std::time::Duration;

use crate::{DataSize, Time};

/// Between adjustments of the rate, and of the rates that these go by (`RATE_ADJUST_INTERVAL`).
pub(super) const ADJUST_INTERVAL: Duration = Duration::from_millis(200);
/// The window is limited by what was in flight over so long (section 4.1.2.2).
const REMEMBERED: usize = 5;
const SLOT: Duration = Duration::from_secs(1);

/// The greater of what leaves and what arrives per second.
#[derive(Clone, Debug, Default)]
pub(super) struct Throughput {
    since: Option<Time>,
    sent: u64,
    acknowledged: u64,
    rate: f64,
}

impl Throughput {
    pub(super) fn on_sent(&mut self, now: Time, size: DataSize) {
        self.turn(now);
        self.sent += size.as_bytes();
    }

    pub(super) fn on_acknowledged(&mut self, now: Time, size: DataSize) {
        self.turn(now);
        self.acknowledged += size.as_bytes();
    }

    fn turn(&mut self, now: Time) {
        let since = *self.since.get_or_insert(now);
        let span = now.since(since);
        if span >= ADJUST_INTERVAL {
            let most = self.sent.max(self.acknowledged) as f64;
            self.rate = most * 8.0 / span.as_secs_f64();
            (self.sent, self.acknowledged, self.since) = (0, 0, Some(now));
        }
    }

    /// Bit/s over the last whole interval; 0 before the first.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }
}

/// The most bytes in flight over the last five seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct MostInFlight {
    slots: [f64; REMEMBERED],
    turned: Option<Time>,
}

impl MostInFlight {
    pub(super) fn note(&mut self, now: Time, bytes: f64) {
        if self.turned.is_none_or(|at| now.since(at) >= SLOT) {
            self.turned = Some(now);
            self.slots.rotate_right(1);
            self.slots[0] = 0.0;
        }
        self.slots[0] = self.slots[0].max(bytes);
    }

    pub(super) fn bytes(&self) -> f64 {
        self.slots.iter().copied().fold(0.0, f64::max)
    }
}
