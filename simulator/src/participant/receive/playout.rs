//! When a frame is due: an adaptive delay behind its media time.
//!
//! A frame's *transit* is its completion minus its media time (RTP timestamp in nanoseconds), so a frame is
//! due at media time + offset, where offset follows a high quantile of the recent transits. Base delay and
//! jitter are one number here: nothing has to guess the shortest path. Repairs count as transit like any other
//! delay, as in libwebrtc, which adds the round-trip time to its target once it sees retransmissions.

use std::time::Duration;

use sfu::Time;
use sfu::rtcp::NtpTime;

use super::lip_sync::{Delay, StreamSync};
use super::quantile::SlidingQuantile;

/// Frames remembered: 8.5 s at 30 frames per second.
const WINDOW: usize = 256;
/// One frame in twenty may come late; a late frame is shown on arrival, so it costs smoothness and not content.
/// libwebrtc's `JitterEstimator` aims at 99 % of its noise, but leaves out frames that waited for a repair.
const QUANTILE_PERCENT: usize = 95;
/// Added for decoding and showing; libwebrtc's render delay (`VCMTiming`) is the same 10 ms.
const MARGIN: Duration = Duration::from_millis(10);
/// Bound of the delay over the shortest transit seen: beyond it a conversation is none, and freezing is honest.
const MAX_DELAY: Duration = Duration::from_secs(1);
/// The offset grows at once and shrinks by 1/20 of the time that passes (50 ms per second): playing 5 %
/// faster isn't seen. libwebrtc allows 100 ms per second.
const SHRINK_DIVISOR: u64 = 20;
/// A transit this far off means that the timestamps jumped, not that the network did: libwebrtc resets its
/// timing at the same 10 s (`FrameHasBadRenderTiming`).
const RESTART: Duration = Duration::from_secs(10);

/// Nanoseconds as a signed number: the clocks compared have different epochs.
pub(super) fn signed_nanos(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

/// An unwrapped RTP timestamp in nanoseconds.
pub(super) fn media_nanos(timestamp: u64, clock_hz: u32) -> i64 {
    let clock = u64::from(clock_hz);
    let (seconds, ticks) = (timestamp / clock, timestamp % clock);
    let nanos = seconds.saturating_mul(1_000_000_000).saturating_add(ticks * 1_000_000_000 / clock);
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

/// The playout delay of one video stream.
#[derive(Clone, Debug)]
pub(super) struct PlayoutDelay {
    transits: SlidingQuantile<WINDOW>,
    offset: Option<i64>,
    updated: Time,
    sync: StreamSync,
}

impl PlayoutDelay {
    pub(super) const fn new() -> Self {
        PlayoutDelay {
            transits: SlidingQuantile::new(),
            offset: None,
            updated: Time::ZERO,
            sync: StreamSync::NONE,
        }
    }

    /// A frame of media time `media` (ns) was completed at `now`.
    pub(super) fn sample(&mut self, now: Time, media: i64) {
        let transit = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX).saturating_sub(media);
        let jumped = |offset: i64| offset.abs_diff(transit) > signed_nanos(RESTART).unsigned_abs();
        if self.offset.is_some_and(jumped) {
            self.transits.clear();
            self.offset = None;
            self.sync.reset();
        }
        self.transits.push(transit);
        let wanted = self.sync.at_least(self.wanted().unwrap_or(transit));
        let shrink =
            i64::try_from((now - self.updated).as_nanos() as u64 / SHRINK_DIVISOR).unwrap_or(i64::MAX);
        self.offset = Some(match self.offset {
            // Back within the bound at once: after a stall of many seconds frames would wait for longer than there is room
            // for them, and none would ever be shown.
            Some(offset) if offset > wanted => wanted.max(offset.saturating_sub(shrink).min(self.longest())),
            _ => wanted,
        });
        self.updated = now;
    }

    /// The transit that the jitter alone asks for; none before the first frame.
    fn wanted(&self) -> Option<i64> {
        let quantile = self.transits.quantile(QUANTILE_PERCENT)?;
        Some(quantile.saturating_add(signed_nanos(MARGIN)).min(self.longest()))
    }

    /// The longest transit that frames are held for.
    fn longest(&self) -> i64 {
        let bound = signed_nanos(MAX_DELAY) + signed_nanos(MARGIN);
        self.transits.min().map_or(i64::MAX, |shortest| shortest.saturating_add(bound))
    }

    /// A sender report: the publisher's wall clock stood at `ntp` at the media time `media` (ns).
    pub(super) fn on_sender_report(&mut self, ntp: NtpTime, media: i64) {
        self.sync.on_sender_report(ntp, media);
    }

    /// How long after its capture the picture is shown; none before a report and a frame.
    pub(super) fn delay(&self) -> Option<Delay> {
        self.sync.delay(self.offset, self.wanted())
    }

    /// The picture is to be shown no sooner than this delay.
    pub(super) fn wait(&mut self, least: Option<i64>) {
        self.sync.wait(least);
    }

    /// When a frame of media time `media` (ns) is due; at once while nothing is known.
    pub(super) fn due(&self, media: i64) -> Time {
        let due = self.offset.map_or(0, |offset| media.saturating_add(offset));
        Time::from_nanos(u64::try_from(due).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn at(millis: i64) -> Time {
        Time::from_millis(millis as u64)
    }

    #[test]
    fn follows_the_quantile_up_at_once_and_down_slowly() {
        let mut delay = PlayoutDelay::new();
        assert_eq!(delay.due(77 * MS), Time::ZERO);
        // completed ms, media ms, offset ms afterwards
        let rows = [
            (140, 100, 50), // transit 40
            (180, 140, 50),
            (290, 180, 120), // transit 110: the largest of three is the 95 % quantile
            (360, 320, 120), // still
        ];
        for (completed, media, offset) in rows {
            delay.sample(at(completed), media * MS);
            assert_eq!(delay.due(0), at(offset), "after media {media}");
        }
        for n in 0..16 {
            delay.sample(at(400 + 40 * n), (360 + 40 * n) * MS);
        }
        // Twenty samples: the one late frame is above the quantile, so 50 is wanted; the last step shrank
        // by 40 ms / 20 = 2 ms.
        assert_eq!(delay.due(0), at(118));
        for n in 0..40 {
            delay.sample(at(1_040 + 40 * n), (1_000 + 40 * n) * MS);
        }
        assert_eq!(delay.due(0), at(50));
    }

    #[test]
    fn is_bounded_over_the_shortest_transit_and_restarts_on_a_jump() {
        let mut delay = PlayoutDelay::new();
        delay.sample(at(100), 0);
        delay.sample(at(5_100), 0);
        assert_eq!(delay.due(0), at(100 + 1_000 + 10));
        delay.sample(at(20_000), 0);
        assert_eq!(delay.due(0), at(20_010));
    }

    #[test]
    fn a_long_stall_is_over_with_its_last_frame() {
        let mut delay = PlayoutDelay::new();
        // Ten seconds of frames that are six seconds old, then fresh ones.
        (0..300).for_each(|n| delay.sample(at(6_000 + 33 * n), 33 * n * MS));
        assert_eq!(delay.due(0), at(6_010));
        delay.sample(at(15_950), 15_850 * MS);
        assert_eq!(delay.due(0), at(100 + 1_000 + 10));
    }
}
