//! The numbers and timestamps of one outgoing stream, and the gaps of one incoming encoding.

use std::time::Duration;

use sfu::Time;

/// How far back a stream's numbers are remembered: repair gives up after a second, and no stream of ours sends more than
/// 2,000 packets in one.
const WINDOW: u64 = 2_048;
const WORDS: usize = (WINDOW / 64) as usize;

/// How far a stream's timestamps may go astray from the clock. A switch of layers moves them by what two sender reports
/// disagree, at most a second; packets that waited in a queue come late by the queue.
const ASTRAY: Duration = Duration::from_secs(10);

/// The numbers of an outgoing stream so far.
#[derive(Clone, Debug)]
pub struct Numbers {
    first: u64,
    highest: u64,
    distinct: u64,
    /// A bit for each of the last [`WINDOW`] numbers, by number.
    seen: [u64; WORDS],
    /// The first timestamp and when it was sent.
    started: Option<(i64, Time)>,
    /// The newest timestamp, extended.
    newest: i64,
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The number, extended.
    pub number: u64,
    /// How far it is behind the highest.
    pub behind: u64,
}

impl Numbers {
    /// A stream that begins with `number`.
    pub fn beginning(number: u16) -> Self {
        // One round up, so that what was reordered at the beginning is above 0.
        let first = u64::from(number) + (1 << 16);
        let mut numbers =
            Numbers { first, highest: first, distinct: 1, seen: [0; WORDS], started: None, newest: 0 };
        numbers.mark(first);
        numbers
    }

    fn mark(&mut self, number: u64) -> bool {
        let word = &mut self.seen[(number % WINDOW / 64) as usize];
        let bit = 1 << (number % 64);
        let marked = *word & bit != 0;
        *word |= bit;
        marked
    }

    /// Takes the next packet's number.
    ///
    /// # Errors
    /// A number that was there before, or is too old to tell.
    pub fn add(&mut self, number: u16) -> Result<(), Repeated> {
        let step = i64::from(number.wrapping_sub(self.highest as u16) as i16);
        let number = self.highest.wrapping_add_signed(step);
        if step > 0 {
            for passed in self.highest + 1..=number.min(self.highest + WINDOW) {
                self.seen[(passed % WINDOW / 64) as usize] &= !(1 << (passed % 64));
            }
            self.highest = number;
        }
        let behind = self.highest - number;
        if behind >= WINDOW || self.mark(number) {
            return Err(Repeated { number, behind });
        }
        // What was reordered before the beginning is no business of the numbers since.
        self.distinct += u64::from(number > self.first);
        Ok(())
    }

    /// Numbers that were passed over and have not been sent.
    pub fn holes(&self) -> u64 {
        self.highest - self.first + 1 - self.distinct
    }

    /// Takes the packet's timestamp, of a clock of `hertz`, sent at `now`; tells how far the stream is astray if that is
    /// too far.
    pub fn timestamp(&mut self, timestamp: u32, hertz: u32, now: Time) -> Option<f64> {
        let Some((from, at)) = self.started else {
            self.newest = i64::from(timestamp);
            self.started = Some((self.newest, now));
            return None;
        };
        let step = timestamp.wrapping_sub(self.newest as u32) as i32;
        let extended = self.newest + i64::from(step);
        self.newest = self.newest.max(extended);
        let told = (extended - from) as f64 / f64::from(hertz);
        let astray = told - now.since(at).as_secs_f64();
        (astray.abs() > ASTRAY.as_secs_f64()).then_some(astray)
    }
}

/// What is missing of an incoming encoding, ever: a packet that came late was missing all the same, and a stream may
/// have gone on without it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gaps {
    highest: Option<u32>,
    missed: u64,
}

impl Gaps {
    /// A packet came; packets are counted by their sender. What was missing before the first doesn't count.
    pub fn given(&mut self, ordinal: u32) {
        let expected = self.highest.map_or(ordinal, |highest| highest + 1);
        if ordinal >= expected {
            self.missed += u64::from(ordinal - expected);
            self.highest = Some(ordinal);
        }
    }

    /// The packet that came was refused.
    pub fn refused(&mut self) {
        self.missed += 1;
    }

    /// How many packets were refused, or were missing when a later one came.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}
