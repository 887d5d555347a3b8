//! Whether lips move with the sound: how far the sound that plays is from the picture that is shown.

use std::time::Duration;

use scenarios::Time;

use super::pending::Pending;
use crate::Histogram;

/// Sound ahead of the picture by less than this is not noticed (ITU-R BT.1359, threshold of detectability).
pub const DETECTABLE_AHEAD: Duration = Duration::from_millis(45);
/// Sound behind the picture by less than this is not noticed.
pub const DETECTABLE_BEHIND: Duration = Duration::from_millis(125);
/// Sound ahead of the picture by less than this is put up with (ITU-R BT.1359, threshold of acceptability).
pub const ACCEPTABLE_AHEAD: Duration = Duration::from_millis(90);
/// Sound behind the picture by less than this is put up with.
pub const ACCEPTABLE_BEHIND: Duration = Duration::from_millis(185);

/// What is kept of one picture against its publisher's sound, one sample a frame that is shown while sound plays.
#[derive(Clone, Debug, Default)]
pub struct AvSkew {
    /// Sound ahead, ns; zero when it is behind.
    pub ahead: Histogram,
    /// Sound behind, ns; zero when it is ahead.
    pub behind: Histogram,
    /// Samples beyond the threshold of detectability, on either side.
    pub detectable: u64,
    /// Samples beyond the threshold of acceptability, on either side.
    pub unacceptable: u64,
    pending: Pending<2>,
}

impl AvSkew {
    /// A frame captured at `picture` is shown while sound captured at `sound` plays.
    pub(crate) fn sample(&mut self, sound: Time, picture: Time) {
        let (ahead, behind) = (since(sound, picture), since(picture, sound));
        if self.pending.push([ahead, behind].map(|span| span.as_nanos() as u64)) {
            self.count_pending();
        }
        self.detectable += u64::from(ahead > DETECTABLE_AHEAD || behind > DETECTABLE_BEHIND);
        self.unacceptable += u64::from(ahead > ACCEPTABLE_AHEAD || behind > ACCEPTABLE_BEHIND);
    }

    /// Counts what waits for that.
    pub(crate) fn count_pending(&mut self) {
        self.pending.count([&mut self.ahead, &mut self.behind].into_iter());
    }
}

fn since(later: Time, earlier: Time) -> Duration {
    if later > earlier { later.since(earlier) } else { Duration::ZERO }
}

/// The piece of sound that began to play last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Playing {
    pub(crate) began: Time,
    pub(crate) captured: Time,
    pub(crate) length: Duration,
}

impl Playing {
    /// When the sound that plays at `at` was captured, if any plays.
    pub(crate) fn captured_at(&self, at: Time) -> Option<Time> {
        let into = at.since(self.began);
        (at >= self.began && into < self.length).then(|| self.captured + into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    #[test]
    fn thresholds_are_those_of_bt_1359_and_not_symmetric() {
        // sound ms, picture ms, detectable, unacceptable
        let rows = [
            (1_000, 1_000, 0, 0),
            (1_045, 1_000, 0, 0),
            (1_046, 1_000, 1, 0),
            (1_090, 1_000, 1, 0),
            (1_091, 1_000, 1, 1),
            (1_000, 1_125, 0, 0),
            (1_000, 1_126, 1, 0),
            (1_000, 1_185, 1, 0),
            (1_000, 1_186, 1, 1),
        ];
        for (sound, picture, detectable, unacceptable) in rows {
            let mut skew = AvSkew::default();
            skew.sample(at(sound), at(picture));
            assert_eq!((skew.detectable, skew.unacceptable), (detectable, unacceptable), "{sound} {picture}");
            skew.count_pending();
            assert_eq!((skew.ahead.count(), skew.behind.count()), (1, 1));
        }
    }

    #[test]
    fn sound_plays_for_its_length() {
        let playing = Playing { began: at(500), captured: at(400), length: Duration::from_millis(20) };
        for (now, captured) in [(499, None), (500, Some(400)), (519, Some(419)), (520, None)] {
            assert_eq!(playing.captured_at(at(now)), captured.map(at), "at {now} ms");
        }
    }
}
