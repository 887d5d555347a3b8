//! What the projection keeps of each encoding, current or not.

use super::history::HISTORY;

/// How many encodings one source has at most (three simulcast layers are what browsers send).
pub const MAX_ENCODINGS: usize = 3;

/// How many packets may have come after a key frame's first packet for a switch there still to be worth
/// it: those packets were refused and must be fetched from the cache again. 128 are about half a second
/// of a 2.5 Mbit/s encoding; beyond that a new key frame comes as soon.
const LATE_SWITCH: u64 = 128;

/// One encoding's ingress numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Source {
    highest: u64,
    /// Numbers below were the subject of an earlier segment.
    floor: u64,
    /// The highest number before the last restart, or the last jump out of reach.
    retired: Option<u64>,
}

impl Source {
    /// Takes note of a packet.
    pub(super) fn on_packet(&mut self, sequence: u64) {
        if self.highest > 0 && sequence >= self.highest.saturating_add(HISTORY) {
            self.retired = Some(self.highest);
        }
        self.highest = self.highest.max(sequence);
    }

    /// Takes note of packets up to `highest`, none of which was out of reach of the one before it.
    pub(super) fn on_packets(&mut self, highest: u64) {
        self.highest = self.highest.max(highest);
    }

    /// The highest number so far.
    pub(super) const fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether a segment may start at the key frame packet `sequence`.
    pub(super) fn may_start(&mut self, sequence: u64) -> bool {
        if sequence.saturating_add(HISTORY) < self.highest {
            if self.retired.is_some_and(|retired| retired.abs_diff(sequence) < HISTORY) {
                return false;
            }
            // Too far back to be late: the source counts anew.
            self.restart(sequence);
        }
        sequence >= self.floor && sequence.saturating_add(LATE_SWITCH) >= self.highest
    }

    /// A segment ended whose highest number was `highest`.
    pub(super) fn on_segment_end(&mut self, highest: u64) {
        self.floor = highest.saturating_add(1);
    }

    /// The highest number before the last restart.
    pub(super) const fn retired(&self) -> Option<u64> {
        self.retired
    }

    /// The source counts anew from `sequence`.
    pub(super) fn restart(&mut self, sequence: u64) {
        self.restart_after(self.highest, sequence);
    }

    /// The source counts anew from `sequence`, having reached `retired` before.
    pub(super) fn restart_after(&mut self, retired: u64, sequence: u64) {
        *self = Source { highest: sequence, floor: 0, retired: Some(retired) };
    }
}
