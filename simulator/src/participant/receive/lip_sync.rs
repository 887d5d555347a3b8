//! Keeps lips with the sound, as far as sender reports tell what belongs together.
//!
//! Each report says which RTP timestamp the publisher's wall clock stood at (RFC 3550 section 6.4.1), so how long
//! after its capture a stream is played is known but for a constant that is the same for all streams of one
//! publisher. The difference is what a receiver corrects, by libwebrtc's rules (`StreamSynchronization`): it is
//! smoothed, and beyond 30 ms half of it, at most 80 ms, is taken away with each report of the picture. The stream
//! that is ahead waits; one that waits already stops waiting before the other begins to.
//!
//! Unlike there a stream's waiting begins at the delay that it has, not at zero, so the first steps are not in vain;
//! and the last report counts alone, where libwebrtc fits a line through up to twenty.

use sfu::rtcp::NtpTime;

/// Reports over which a difference is smoothed (libwebrtc, `kFilterLength`).
const FILTER: i64 = 4;
/// A smaller difference is let be, ns (libwebrtc, `kMinDeltaMs`).
const TOLERANCE: i64 = 30_000_000;
/// The most that is corrected at once, ns (libwebrtc, `kMaxChangeMs`).
const MAX_STEP: i64 = 80_000_000;
/// A larger difference is no skew but a fault of the reports, ns (libwebrtc, `kMaxDeltaDelayMs`).
const MAX_DIFFERENCE: i64 = 10_000_000_000;
/// The most that a stream waits beyond what its own jitter asks for, ns. libwebrtc would wait for ten seconds; the
/// buffer of sound holds 1.28 s here, of which jitter may take 0.5 s.
const MAX_EXTRA: i64 = 700_000_000;

/// How long after its capture by the publisher's wall clock a stream is played, ns: only differences between streams
/// of one publisher mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// As it is.
    pub in_force: i64,
    /// As the stream's own jitter wants it.
    pub wanted: i64,
}

/// What one stream knows of its publisher's clock, and how long it has to wait for another stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StreamSync {
    /// Media time of a moment minus the wall clock at the same moment, ns.
    epoch: Option<i64>,
    /// The least transit (playout minus media time), ns.
    least: Option<i64>,
}

impl StreamSync {
    pub(super) const NONE: StreamSync = StreamSync { epoch: None, least: None };

    /// A sender report: the wall clock stood at `ntp` at the media time `media` (ns).
    pub(super) fn on_sender_report(&mut self, ntp: NtpTime, media: i64) {
        let (seconds, fraction) = (ntp.0 >> 32, ntp.0 & 0xffff_ffff);
        let nanos = seconds * 1_000_000_000 + ((fraction * 1_000_000_000) >> 32);
        // Seconds fill 32 bits, so nanoseconds fit 62.
        self.epoch = Some(media.saturating_sub(nanos as i64));
    }

    /// Transits (playout minus media time) as delays.
    pub(super) fn delay(&self, in_force: Option<i64>, wanted: Option<i64>) -> Option<Delay> {
        let epoch = self.epoch?;
        Some(Delay { in_force: in_force?.saturating_add(epoch), wanted: wanted?.saturating_add(epoch) })
    }

    /// The stream is to be played no sooner than this delay after its capture.
    pub(super) fn wait(&mut self, least: Option<i64>) {
        self.least = self.epoch.and_then(|epoch| Some(least?.saturating_sub(epoch)));
    }

    /// The transit to aim at where jitter alone wants `wanted`.
    pub(super) fn at_least(&self, wanted: i64) -> i64 {
        self.least.map_or(wanted, |least| wanted.max(least.min(wanted.saturating_add(MAX_EXTRA))))
    }

    /// The stream's timestamps start anew.
    pub(super) fn reset(&mut self) {
        *self = StreamSync::default();
    }
}

/// One picture and the sound that belongs to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LipSync {
    average: i64,
    /// The least delay of the sound; none while it need not wait.
    sound: Option<i64>,
    /// The least delay of the picture; none while it need not wait.
    picture: Option<i64>,
}

impl LipSync {
    /// Compares the delays of sound and picture, and says what the least delay of each is from now on.
    pub fn compare(&mut self, sound: Delay, picture: Delay) -> (Option<i64>, Option<i64>) {
        let late = picture.in_force.saturating_sub(sound.in_force);
        if late.saturating_abs() > MAX_DIFFERENCE {
            *self = LipSync::default();
            return (None, None);
        }
        self.average = (self.average * (FILTER - 1) + late) / FILTER;
        if self.average.abs() >= TOLERANCE {
            let step = (self.average / 2).clamp(-MAX_STEP, MAX_STEP);
            self.average = 0;
            if step > 0 {
                delay((&mut self.sound, sound), (&mut self.picture, picture), step);
            } else {
                delay((&mut self.picture, picture), (&mut self.sound, sound), -step);
            }
        }
        (self.sound, self.picture)
    }
}

/// Brings the one that is ahead closer to the one that is behind by `step`: the latter waits less, if it waits at all,
/// or else the former longer.
fn delay(ahead: (&mut Option<i64>, Delay), behind: (&mut Option<i64>, Delay), step: i64) {
    let (least, delay) = behind;
    if let Some(waits) = *least {
        let shorter = waits.min(delay.in_force) - step;
        *least = (shorter > delay.wanted).then_some(shorter);
        return;
    }
    let (least, delay) = ahead;
    let longer = least.map_or(delay.in_force, |waits| waits.max(delay.in_force)) + step;
    // What was asked for and has not come about yet is not asked for twice.
    *least = Some(longer.min(delay.in_force + MAX_STEP));
}

#[cfg(test)]
mod tests;
