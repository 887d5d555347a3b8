//! Somebody in a room, who speaks when it is their turn: levels as a microphone has them.
//!
//! Speech comes in phrases with short pauses, and phrases in syllables, four or five a second, between which the level
//! dips by 6 to 18 dB. Each speaker has a loudness of −25 to −38 dBov at the microphone. The room has a background of
//! −75 to −88 dBov, and outside one's turn there is a cough or a run of keys now and then. All of it our own choice,
//! within what headsets and laptops have.

use std::sync::Arc;
use std::time::Duration;

use sfu::Time;

use super::DIGITAL_SILENCE;
use crate::random::Stream;

/// Mean length of a phrase, and its least.
const PHRASE: Duration = Duration::from_secs(2);
const SHORTEST_PHRASE: Duration = Duration::from_millis(600);
/// A pause within a turn.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(450));
/// The loud part of a syllable, and the dip after it.
const SYLLABLE: (Duration, Duration) = (Duration::from_millis(120), Duration::from_millis(280));
const DIP: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(60));
/// Mean time between two noises, and how long one lasts.
const BETWEEN_NOISES: Duration = Duration::from_secs(10);
const COUGH: (Duration, Duration) = (Duration::from_millis(120), Duration::from_millis(280));
const KEYS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(1_500));
/// One frame in so many of a run of keys has a click in it.
const FRAMES_PER_KEY: u64 = 7;
/// Standard deviation of a frame around what it stands for, dB.
const DEVIATION: f64 = 1.5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Room,
    Cough,
    Keys,
    Phrase,
    Pause,
}

/// Who speaks in turns.
#[derive(Clone, Debug)]
pub(super) struct Talker {
    turns: Arc<[(Time, Time)]>,
    /// The turn that comes, or that is.
    next: usize,
    state: State,
    /// When the state ends; of [`State::Room`], with a noise.
    until: Time,
    background: u64,
    loudness: u64,
    /// Within a phrase: between two syllables, by so many dB, and when that changes.
    dip: u64,
    beat: Time,
    cough: u64,
}

impl Talker {
    pub(super) fn new(turns: Arc<[(Time, Time)]>, start: Time, stream: &mut Stream) -> Self {
        Talker {
            turns,
            next: 0,
            state: State::Room,
            until: start + stream.exponential_duration(BETWEEN_NOISES),
            background: stream.between(75, 88),
            loudness: stream.between(25, 38),
            dip: 0,
            beat: start,
            cough: 0,
        }
    }

    /// Whether the last frame was of speech.
    pub(super) fn speaks(&self) -> bool {
        self.state == State::Phrase
    }

    /// The level of the frame that begins at `at`.
    pub(super) fn level(&mut self, at: Time, stream: &mut Stream) -> u8 {
        self.move_on(at, stream);
        let mean = match self.state {
            State::Room | State::Pause => self.background,
            State::Cough => self.cough,
            State::Keys if stream.below(FRAMES_PER_KEY) == 0 => stream.between(45, 55),
            State::Keys => self.background,
            State::Phrase => self.loudness + self.syllable(at, stream),
        };
        let level = mean as f64 + DEVIATION * stream.normal();
        level.clamp(0.0, f64::from(DIGITAL_SILENCE - 1)) as u8
    }

    fn move_on(&mut self, at: Time, stream: &mut Stream) {
        while self.turns.get(self.next).is_some_and(|(_, until)| *until <= at) {
            self.next += 1;
        }
        let in_turn = self.turns.get(self.next).is_some_and(|(from, _)| *from <= at);
        let speaks = matches!(self.state, State::Phrase | State::Pause);
        if in_turn == speaks && at < self.until {
            return;
        }
        let spans =
            |(low, high): (Duration, Duration), stream: &mut Stream| stream.duration_between(low, high);
        let (state, lasts) = match (in_turn, self.state) {
            (true, State::Phrase) => (State::Pause, spans(PAUSE, stream)),
            (true, _) => {
                (self.dip, self.beat) = (0, at + spans(SYLLABLE, stream));
                (State::Phrase, stream.exponential_duration(PHRASE).max(SHORTEST_PHRASE))
            }
            (false, State::Room) if stream.below(2) == 0 => {
                self.cough = stream.between(25, 38);
                (State::Cough, spans(COUGH, stream))
            }
            (false, State::Room) => (State::Keys, spans(KEYS, stream)),
            (false, _) => (State::Room, stream.exponential_duration(BETWEEN_NOISES)),
        };
        (self.state, self.until) = (state, at + lasts);
    }

    /// How far below the loudness the frame is.
    fn syllable(&mut self, at: Time, stream: &mut Stream) -> u64 {
        if at >= self.beat {
            let (dip, (low, high)) = if self.dip == 0 { (stream.between(6, 18), DIP) } else { (0, SYLLABLE) };
            (self.dip, self.beat) = (dip, at + stream.duration_between(low, high));
        }
        self.dip
    }
}
