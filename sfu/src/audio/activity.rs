//! The last second of one source's levels, counted on three time scales.

use super::SILENCE;

/// Steps that the range of levels is cut into (N1 of Volfin and Cohen).
pub(super) const N1: u8 = 13;
/// Frames that make up one medium value.
pub(super) const N2: u8 = 5;
/// Medium values that make up the long one.
pub(super) const N3: u8 = 10;
/// The width of a step, in levels: (127 + 13 − 1) / 13, whole.
pub(super) const STEP: u8 = SILENCE.div_ceil(N1);
/// A frame counts towards its medium value above this step: from −47 dBov on.
const MEDIUM_THRESHOLD: u8 = 7;
/// A medium value counts towards the long one above this: all five frames of the 100 ms are loud.
const LONG_THRESHOLD: u8 = 4;
/// Frames that are remembered: one second.
const FRAMES: usize = N2 as usize * N3 as usize;
/// Frames after which the background may have become louder: 15 s.
const BACKGROUND_FRAMES: u16 = 750;

/// How active a source is on each time scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// The last frame: which of the 13 steps its level is in, 0 for no louder than the background.
    pub immediate: u8,
    /// The last five frames: how many are loud, 0 to 5.
    pub medium: u8,
    /// The last fifty: in how many of the ten fives all are loud, 0 to 10.
    pub long: u8,
}

/// A source's last fifty levels, and what it sounds like when nobody speaks.
///
/// Levels count from silence up: 127 minus the RFC 6464 value.
#[derive(Clone, Debug)]
pub struct SpeechActivity {
    levels: [u8; FRAMES],
    /// Where the newest level is.
    newest: usize,
    background: Background,
}

impl Default for SpeechActivity {
    fn default() -> Self {
        SpeechActivity { levels: [0; FRAMES], newest: 0, background: Background::default() }
    }
}

impl SpeechActivity {
    /// Takes the level of one more frame, 0 for silence to 127.
    pub fn push(&mut self, level: u8) {
        let level = level.min(SILENCE);
        self.newest = (self.newest + 1) % FRAMES;
        self.levels[self.newest] = level;
        self.background.update(level);
    }

    /// Nothing came for `frames` frames.
    pub fn push_silence(&mut self, frames: u64) {
        if frames >= FRAMES as u64 {
            self.levels = [0; FRAMES];
            return;
        }
        for _ in 0..frames {
            self.push(0);
        }
    }

    /// The quietest that the source has been of late: its background, 0 when nothing is known.
    pub fn background(&self) -> u8 {
        self.background.lowest
    }

    /// The counts as they stand.
    pub fn counts(&self) -> Activity {
        let step = |age: usize| {
            let level = self.levels[(self.newest + FRAMES - age) % FRAMES];
            // Sources differ in what their silence sounds like; none of it is activity.
            if level < self.background.lowest.saturating_add(STEP) { 0 } else { level / STEP }
        };
        let medium = |age: usize| {
            let first = age * usize::from(N2);
            (first..first + usize::from(N2)).filter(|age| step(*age) > MEDIUM_THRESHOLD).count() as u8
        };
        let long = (0..usize::from(N3)).filter(|age| medium(*age) > LONG_THRESHOLD).count() as u8;
        Activity { immediate: step(0), medium: medium(0), long }
    }
}

/// The running minimum of a source's levels, which may rise after fifteen seconds.
#[derive(Clone, Debug, Default)]
struct Background {
    lowest: u8,
    /// The lowest since the last change, and over how many frames.
    next: u8,
    frames: u16,
}

impl Background {
    fn update(&mut self, level: u8) {
        // Digital silence says nothing about the room.
        if level == 0 {
            return;
        }
        if self.lowest == 0 || level < self.lowest {
            *self = Background { lowest: level, next: 0, frames: 0 };
            return;
        }
        self.next = if self.next == 0 { level } else { self.next.min(level) };
        self.frames += 1;
        if self.frames >= BACKGROUND_FRAMES {
            let mean = libm::sqrt(f64::from(self.lowest) * f64::from(self.next));
            *self = Background { lowest: mean as u8, next: 0, frames: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(runs: &[(usize, u8)]) -> SpeechActivity {
        let mut activity = SpeechActivity::default();
        for (count, level) in runs {
            (0..*count).for_each(|_| activity.push(*level));
        }
        activity
    }

    #[test]
    fn t7_017_to_019_steps_and_thresholds() {
        assert_eq!((N1, N2, N3, STEP, FRAMES), (13, 5, 10, 10, 50));
        // Levels from silence up: background 40, then so many loud ones. 80 is above step 7, 79 is not.
        let rows = [
            ("background", &[(50, 40)][..], (0, 0, 0)),
            ("a step above the background", &[(50, 40), (1, 50)], (5, 0, 0)),
            ("just below it", &[(50, 40), (1, 49)], (0, 0, 0)),
            ("loud", &[(50, 40), (5, 80)], (8, 5, 1)),
            ("not loud enough", &[(50, 40), (5, 79)], (7, 0, 0)),
            ("four of five", &[(50, 40), (1, 40), (4, 90)], (9, 4, 0)),
            ("a second of it", &[(50, 40), (50, 127)], (12, 5, 10)),
            ("speech just over", &[(50, 40), (40, 95), (10, 45)], (0, 0, 8)),
        ];
        for (name, runs, (immediate, medium, long)) in rows {
            assert_eq!(after(runs).counts(), Activity { immediate, medium, long }, "{name}");
        }
    }

    #[test]
    fn t7_022_the_background_rises_after_fifteen_seconds() {
        let mut activity = after(&[(1, 20), (749, 80)]);
        assert_eq!(activity.background(), 20);
        activity.push(80);
        assert_eq!(activity.background(), 40, "the geometric mean of 20 and 80");
        activity.push(30);
        assert_eq!(activity.background(), 30, "it falls at once");
        activity.push(0);
        assert_eq!(activity.background(), 30, "silence is none");
    }

    #[test]
    fn a_gap_is_silence() {
        let mut activity = after(&[(50, 40), (50, 100)]);
        activity.push_silence(20);
        assert_eq!(activity.counts(), Activity { immediate: 0, medium: 0, long: 6 });
        activity.push_silence(u64::MAX);
        assert_eq!(activity.counts(), Activity::default());
        assert_eq!(activity.background(), 40);
    }
}
