//! Whether an encoding has stopped, by its own cadence: a publisher whose line gets thinner switches its upper encodings
//! off without a word, and whoever watches one waits for pictures that never come.
//!
//! Silence alone says nothing: a line that stalls silences all encodings of a source, and a still screen does. It takes
//! pictures of another encoding that go on coming meanwhile, over the same line.

use std::time::Duration;

use crate::Time;

/// So many pictures in a row must be missing. An encoder that exceeds its rate skips one or two (libvpx's frame dropper),
/// and goes on.
const MISSING: u32 = 4;
/// … for so long at least: on a line whose queue is full a picture is spread over 100 ms.
const LEAST: Duration = Duration::from_millis(150);
/// … while so many of another encoding began to come.
const OTHERS: u8 = 3;
/// A longer step between pictures is a pause, and no cadence.
const PAUSE: Duration = Duration::from_secs(2);
/// RTP clock of all video (RFC 3551 section 5).
const CLOCK_HZ: u64 = 90_000;

/// The cadence of one encoding's pictures, by their RTP timestamps: queues don't change those.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cadence {
    /// The newest picture's last packet so far, and its timestamp.
    last: Option<(Time, u32)>,
    interval: Option<Duration>,
    /// Pictures of other encodings since.
    others: u8,
}

impl Cadence {
    /// A packet of the picture with this RTP timestamp came; says whether it is the first one of a newer picture.
    pub(crate) fn on_packet(&mut self, now: Time, timestamp: u32) -> bool {
        let Some((_, newest)) = self.last else {
            *self = Cadence { last: Some((now, timestamp)), ..*self };
            return true;
        };
        let ahead = timestamp.wrapping_sub(newest);
        if ahead > u32::MAX / 2 {
            return false;
        }
        let step = Duration::from_nanos(u64::from(ahead) * 1_000_000_000 / CLOCK_HZ);
        if ahead > 0 && step <= PAUSE {
            self.interval = Some(self.interval.map_or(step, |smoothed| (smoothed * 7 + step) / 8));
        }
        *self = Cadence { last: Some((now, timestamp)), others: 0, ..*self };
        ahead > 0
    }

    /// A picture of another encoding of the same source begins: says whether this one has stopped.
    pub(crate) fn has_stopped(&mut self, now: Time) -> bool {
        self.others = self.others.saturating_add(1);
        let Some(((at, _), interval)) = self.last.zip(self.interval) else { return false };
        self.others >= OTHERS && now.since(at) > (interval * MISSING).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (pictures per second of the upper encoding, of the lower one, milliseconds after the last upper one at which its
    /// end shows)
    #[test]
    fn an_encoding_has_stopped_when_four_pictures_are_missing() {
        for (upper, lower, after) in [(30, 30, 166), (30, 15, 200), (10, 30, 433), (60, 60, 166)] {
            let mut cadence = Cadence::default();
            let step = |fps: u64, picture: u64| (picture * 1_000 / fps, (picture * 90_000 / fps) as u32);
            for picture in 0..=upper {
                let (millis, timestamp) = step(upper, picture);
                assert!(cadence.on_packet(Time::from_millis(millis), timestamp));
                assert!(!cadence.on_packet(Time::from_millis(millis), timestamp), "the same picture");
            }
            let stopped = (1..).map(|picture| 1_000 + step(lower, picture).0).find(|millis| {
                assert!(!cadence.on_packet(Time::from_millis(*millis), 45_000), "a repair is no picture");
                cadence.has_stopped(Time::from_millis(*millis))
            });
            assert_eq!(stopped, Some(1_000 + after), "{upper} and {lower} per second");
        }
    }

    #[test]
    fn neither_a_stall_of_all_nor_a_pause_is_an_end() {
        let mut cadence = Cadence::default();
        assert!(!cadence.has_stopped(Time::from_secs(9)), "nothing came yet");
        for picture in 0..30 {
            cadence.on_packet(Time::from_millis(picture * 33), (picture * 2_970) as u32);
        }
        // Two seconds without anything, then all go on, the other one first.
        for millis in [3_000, 3_001] {
            assert!(!cadence.has_stopped(Time::from_millis(millis)));
        }
        cadence.on_packet(Time::from_millis(3_002), 270_000);
        assert!(!cadence.has_stopped(Time::from_millis(3_100)));
        assert_eq!(
            cadence.interval.map(|interval| interval.as_millis()),
            Some(33),
            "the pause left no trace"
        );
    }
}
