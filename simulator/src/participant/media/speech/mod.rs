//! A microphone with an Opus encoder: frames of 20 ms at a constant rate, with RFC 6464 audio levels.
//!
//! Conversation is on-off: talk-spurts and pauses of exponential length. ITU-T P.59 gives means of 1.004 s
//! and 1.587 s for conversational speech; the defaults here are 1.0 s and 1.6 s, so one talks 38 % of the
//! time. Levels are our own choice: each spurt has a loudness of −25 to −35 dBov and frames vary around it;
//! pauses are at about −70 dBov (a quiet room), and silence that is meant is digital (127). Who speaks in turns sounds
//! more like life, with syllables and noises (`turns`).

#[cfg(test)]
mod tests;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use self::turns::Talker;
use crate::random::{Probability, Stream};

/// Opus's usual frame.
pub const FRAME: Duration = Duration::from_millis(20);
/// Opus's look-ahead (RFC 6716 section 2: 26.5 ms in all with frames of 20 ms): a frame's last bit is known
/// this much after its last sample.
pub const LOOK_AHEAD: Duration = Duration::from_micros(6_500);
/// RFC 6464's level of digital silence.
pub const DIGITAL_SILENCE: u8 = 127;

const PAUSE_LEVEL: f64 = 70.0;
const STEADY_LEVEL: u8 = 30;
/// Standard deviation of frames around the loudness of their spurt or pause, in dB.
const FRAME_DEVIATION: f64 = 3.0;

/// Who speaks when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeechKind {
    /// Talk-spurts and pauses with these means.
    OnOff {
        /// Mean length of a talk-spurt.
        talk: Duration,
        /// Mean length of a pause.
        pause: Duration,
    },
    /// Talks without a pause, at −30 dBov.
    Constant,
    /// Digital silence.
    Silent,
    /// Speaks in these turns, from and until, one after the other.
    Turns(Arc<[(Time, Time)]>),
}

impl SpeechKind {
    /// ITU-T P.59's conversation, rounded: 1.0 s and 1.6 s.
    pub const CONVERSATION: SpeechKind =
        SpeechKind::OnOff { talk: Duration::from_millis(1_000), pause: Duration::from_millis(1_600) };
}

/// 20 ms of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioFrame {
    /// From 0 without gaps.
    pub frame_number: u32,
    /// When its first sample was taken.
    pub captured: Time,
    /// When its bytes are ready to be sent.
    pub encoded_at: Time,
    /// Encoded bytes, without any header of a packet.
    pub size: DataSize,
    /// RFC 6464's level: 0 (loudest) to 127 (digital silence), in −dBov.
    pub level: u8,
    /// RFC 6464's V: somebody talks.
    pub voice: bool,
}

/// A microphone and its encoder.
#[derive(Clone, Debug)]
pub struct Speech {
    kind: SpeechKind,
    size: DataSize,
    stream: Stream,
    frame_number: u32,
    captured: Time,
    /// Who speaks in turns.
    talker: Option<Talker>,
    talking: bool,
    loudness: f64,
    switches_at: Time,
}

impl Speech {
    /// Sound from `start` on at a constant `rate` (32 kbps are 80 bytes a frame).
    pub fn new(kind: SpeechKind, rate: DataRate, start: Time, mut stream: Stream) -> Self {
        // In the long run one finds a speaker talking for this share of the time.
        let share = |talk: Duration, pause: Duration| {
            let share = talk.as_nanos() as f64 / (talk + pause).as_nanos().max(1) as f64;
            Probability::new(share).expect("a part is no more than the whole")
        };
        let talking = match &kind {
            SpeechKind::OnOff { talk, pause } => stream.chance(share(*talk, *pause)),
            SpeechKind::Constant => true,
            SpeechKind::Silent | SpeechKind::Turns(_) => false,
        };
        let talker = match &kind {
            SpeechKind::Turns(turns) => Some(Talker::new(Arc::clone(turns), start, &mut stream)),
            _ => None,
        };
        let mut speech = Speech {
            kind,
            size: rate.size_in(FRAME),
            stream,
            frame_number: 0,
            captured: start,
            talker,
            talking,
            loudness: 0.0,
            switches_at: start,
        };
        speech.begin_period();
        speech
    }

    /// When the next frame is ready.
    pub fn next_frame(&self) -> Time {
        self.captured + FRAME + LOOK_AHEAD
    }

    /// The frame that is ready at `now`, if any; one call for each.
    pub fn next(&mut self, now: Time) -> Option<AudioFrame> {
        let encoded_at = self.next_frame();
        if encoded_at > now {
            return None;
        }
        while self.captured >= self.switches_at {
            self.talking = !self.talking;
            self.begin_period();
        }
        let level = self.level();
        let frame = AudioFrame {
            frame_number: self.frame_number,
            captured: self.captured,
            encoded_at,
            size: self.size,
            level,
            voice: self.talking,
        };
        self.frame_number = self.frame_number.wrapping_add(1);
        self.captured += FRAME;
        Some(frame)
    }

    /// Draws how long the period that begins lasts and how loud it is.
    fn begin_period(&mut self) {
        let SpeechKind::OnOff { talk, pause } = self.kind else {
            self.switches_at = Time::NEVER;
            return;
        };
        let mean = if self.talking { talk } else { pause };
        // At least one frame, so that time passes even with a mean of zero.
        self.switches_at += self.stream.exponential_duration(mean).max(FRAME);
        self.loudness = if self.talking { self.stream.between(25, 35) as f64 } else { PAUSE_LEVEL };
    }

    fn level(&mut self) -> u8 {
        if let Some(talker) = &mut self.talker {
            let level = talker.level(self.captured, &mut self.stream);
            self.talking = talker.speaks();
            return level;
        }
        match self.kind {
            SpeechKind::Constant => STEADY_LEVEL,
            SpeechKind::Silent | SpeechKind::Turns(_) => DIGITAL_SILENCE,
            SpeechKind::OnOff { .. } => {
                let level = self.loudness + FRAME_DEVIATION * self.stream.normal();
                level.clamp(0.0, f64::from(DIGITAL_SILENCE - 1)) as u8
            }
        }
    }
}
