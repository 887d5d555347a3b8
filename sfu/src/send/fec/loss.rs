//! What a downlink loses, from transport-wide feedback.

use crate::congestion::PacketResult;

/// Packets that the mean goes back over: 0.5 % of them are five losses.
const MEMORY: u32 = 1_000;
/// Nothing is said before so many packets.
const FEWEST: u32 = 200;
/// Losses that the mean of what follows a loss goes back over.
const BURST_MEMORY: u32 = 32;
/// Nothing is said of bursts before so many losses.
const FEWEST_LOSSES: u32 = 8;
/// Losses come in bursts when so many are followed by another at once: independent ones at 5 % are at 0.05, and the
/// mean over 32 strays from there by 0.04.
const BURSTY: f64 = 0.25;

/// Mean loss, and whether losses come together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LossEstimate {
    seen: u32,
    rate: f64,
    losses: u32,
    /// Part of the losses that were followed by another.
    followed: f64,
    last: Option<(u16, bool)>,
}

impl LossEstimate {
    /// Takes what feedback said of one packet, in the order of sending.
    pub(crate) fn add(&mut self, result: &PacketResult) {
        let (sequence, lost) = (result.sent.sequence, result.received.is_none());
        if result.was_lost {
            // It came after all: the mean is set right by as much as it was wrong.
            self.rate = (self.rate - 1.0 / f64::from(self.seen.max(1))).max(0.0);
            return;
        }
        self.seen = (self.seen + 1).min(MEMORY);
        self.rate = mean(self.rate, lost, self.seen);
        if self.last == Some((sequence.wrapping_sub(1), true)) {
            self.losses = (self.losses + 1).min(BURST_MEMORY);
            self.followed = mean(self.followed, lost, self.losses);
        }
        self.last = Some((sequence, lost));
    }

    /// Part of the packets that is lost; 0 while little is known.
    pub(crate) fn rate(&self) -> f64 {
        if self.seen < FEWEST { 0.0 } else { self.rate }
    }

    /// Whether losses come in bursts.
    pub(crate) fn is_bursty(&self) -> bool {
        self.losses >= FEWEST_LOSSES && self.followed >= BURSTY
    }
}

/// The mean of `count` values after another one, `value`.
fn mean(before: f64, value: bool, count: u32) -> f64 {
    before + (f64::from(u8::from(value)) - before) / f64::from(count)
}
