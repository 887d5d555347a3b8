//! Who spoke by the scenario, and whom the SFU took for the speaker.

use std::time::Duration;

use scenarios::Time;

use super::{Measure, Span};
use crate::Histogram;
use crate::observation::{Cast, ParticipantIndex};

/// A shorter turn is an interjection: it need not take the floor (★ our own choice).
const INTERJECTION: Duration = Duration::from_secs(2);
/// So long after a turn, its end may not have been noticed (★ our own choice).
const AFTERWARDS: Duration = Duration::from_secs(1);
/// So much without speech ends a talk spurt (★ our own choice).
const PAUSE: Duration = Duration::from_millis(100);

/// All that is kept of who speaks; counted within the measured time.
#[derive(Clone, Debug, Default)]
pub struct SpeakerRecord {
    /// Changes of the dominant speaker.
    pub changes: u64,
    /// Of these, those to somebody who wasn't speaking.
    pub wrong: u64,
    /// By participant: start of a turn to being announced, ns.
    pub delays: Vec<Vec<u64>>,
    /// By receiver: start of another's turn to its being told of, ns.
    pub heard: Vec<Vec<u64>>,
    /// Turns in which an announcement was due.
    pub turns: u64,
    /// Of these, those that had none.
    pub missed: u64,
    /// How long somebody had a turn.
    pub spoken: Duration,
    /// How long of that the dominant speaker was somebody who had one.
    pub correct: Duration,
    /// Sound that was handed on in each bin, ns.
    pub forwarded: Vec<u64>,
    /// Talk spurts by place of their source.
    pub spurts: Vec<SpurtRecord>,
    /// By participant.
    open: Vec<Option<Turn>>,
    last_turn: Vec<Option<Time>>,
    dominant: Option<ParticipantIndex>,
    accounted: Time,
}

/// Talk spurts of one source.
#[derive(Clone, Debug, Default)]
pub struct SpurtRecord {
    /// What was withheld of each, ns.
    pub clipped: Histogram,
    open: Option<Spurt>,
}

#[derive(Clone, Copy, Debug)]
struct Spurt {
    began: Time,
    last: Time,
    clipped: Duration,
}

#[derive(Clone, Debug)]
struct Turn {
    began: Time,
    /// Who has it was announced, or was dominant before.
    announced: bool,
    /// Who has it was dominant before.
    kept: bool,
    /// The receivers that were told.
    told: Vec<ParticipantIndex>,
}

/// A packet of sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sound {
    /// The source's place among all.
    pub(crate) place: usize,
    pub(crate) length: Duration,
    pub(crate) speech: bool,
    pub(crate) forwarded: bool,
}

impl SpeakerRecord {
    pub(crate) fn new(cast: &Cast) -> Self {
        let people = cast.participants.len();
        let sources = cast.participants.iter().map(|member| member.sources.len()).sum();
        SpeakerRecord {
            delays: vec![Vec::new(); people],
            heard: vec![Vec::new(); people],
            spurts: vec![SpurtRecord::default(); sources],
            open: vec![None; people],
            last_turn: vec![None; people],
            ..SpeakerRecord::default()
        }
    }

    pub(crate) fn turn(&mut self, at: Time, who: ParticipantIndex, begins: bool, measure: &Measure) {
        self.account(at, measure);
        let place = usize::from(who.0);
        if !begins {
            return self.end_turn(at, place, measure);
        }
        let announced = self.dominant == Some(who);
        self.open[place] = Some(Turn { began: at, announced, kept: announced, told: Vec::new() });
    }

    fn end_turn(&mut self, at: Time, place: usize, measure: &Measure) {
        let Some(turn) = self.open[place].take() else { return };
        self.last_turn[place] = Some(at);
        if !turn.announced && at.since(turn.began) >= INTERJECTION && measure.contains(turn.began) {
            self.turns += 1;
            self.missed += 1;
        }
    }

    pub(crate) fn dominant(&mut self, at: Time, who: ParticipantIndex, measure: &Measure) {
        self.account(at, measure);
        self.dominant = Some(who);
        let place = usize::from(who.0);
        let measured = measure.contains(at);
        self.changes += u64::from(measured);
        let just_spoke = self.last_turn[place].is_some_and(|end| at.since(end) <= AFTERWARDS);
        match &mut self.open[place] {
            Some(turn) if !turn.announced => {
                turn.announced = true;
                if measure.contains(turn.began) {
                    self.turns += 1;
                    self.delays[place].push(nanos(at.since(turn.began)));
                }
            }
            Some(_) => {}
            None => self.wrong += u64::from(measured && !just_spoke),
        }
    }

    /// `receiver` was told that `who` is the dominant speaker.
    pub(crate) fn heard(
        &mut self,
        at: Time,
        receiver: ParticipantIndex,
        who: ParticipantIndex,
        measure: &Measure,
    ) {
        let Some(turn) = self.open[usize::from(who.0)].as_mut().filter(|turn| !turn.kept) else { return };
        if receiver != who && measure.contains(turn.began) && !turn.told.contains(&receiver) {
            turn.told.push(receiver);
            self.heard[usize::from(receiver.0)].push(nanos(at.since(turn.began)));
        }
    }

    pub(crate) fn sound(&mut self, at: Time, sound: &Sound, measure: &Measure) {
        if sound.forwarded {
            let bin = measure.bin_of(at);
            if bin >= self.forwarded.len() {
                self.forwarded.resize(bin + 1, 0);
            }
            self.forwarded[bin] += nanos(sound.length);
        }
        if !sound.speech {
            return;
        }
        let record = &mut self.spurts[sound.place];
        if record.open.is_some_and(|spurt| at.since(spurt.last) > PAUSE) {
            record.close(measure);
        }
        let spurt = record.open.get_or_insert(Spurt { began: at, last: at, clipped: Duration::ZERO });
        spurt.last = at;
        if !sound.forwarded {
            spurt.clipped += sound.length;
        }
    }

    /// The run is over.
    pub(crate) fn finish(&mut self, measure: &Measure) {
        self.account(measure.until, measure);
        for place in 0..self.open.len() {
            self.end_turn(measure.until, place, measure);
        }
        self.spurts.iter_mut().for_each(|record| record.close(measure));
    }

    /// Whether there was a turn, or a dominant speaker.
    pub fn is_observed(&self) -> bool {
        self.dominant.is_some() || self.last_turn.iter().any(Option::is_some)
    }

    /// Adds up the time since the last change.
    fn account(&mut self, at: Time, measure: &Measure) {
        let passed = Span { from: self.accounted, until: at }.overlap(measure.span()).length();
        self.accounted = at;
        if self.open.iter().any(Option::is_some) {
            self.spoken += passed;
        }
        if self.dominant.is_some_and(|who| self.open[usize::from(who.0)].is_some()) {
            self.correct += passed;
        }
    }
}

impl SpurtRecord {
    fn close(&mut self, measure: &Measure) {
        if let Some(spurt) = self.open.take()
            && measure.contains(spurt.began)
        {
            self.clipped.record_duration(spurt.clipped);
        }
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
