//! Which packets of a stream to ask for again (generic NACK, RFC 4585 section 6.2.1).

use std::time::Duration;

use crate::Time;

/// How many numbers may be missing at once. A gap beyond that is an outage, and a key frame (some tens of
/// packets) comes sooner than a thousand retransmissions.
pub const MAX_MISSING: usize = 1_000;

/// How often one number is asked for.
pub const MAX_REQUESTS: u8 = 10;

/// The shortest time between two requests for one number: below it, requests cross the answers' jitter.
const SHORTEST_REPEAT: Duration = Duration::from_millis(20);

/// How long a number is asked for, or three round trips where these take longer: senders keep about a
/// second, and a frame that late has frozen the picture for longer than a key frame takes.
const MAX_AGE: Duration = Duration::from_secs(1);

/// How many numbers behind the highest are told apart into seen and unseen.
const WINDOW: u64 = 4_096;

const WORDS: usize = (WINDOW / 64) as usize;

/// What a packet is to its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Not seen before, and not known to be missing.
    New,
    /// It was missing: late, or sent again.
    Recovered,
    /// It came before.
    Duplicate,
    /// Too far behind to tell.
    TooOld,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    since: Time,
    due: Time,
    requests: u8,
}

/// Watches one stream's extended sequence numbers and says which to ask for, and when.
#[derive(Clone, Debug)]
pub struct NackGenerator {
    enabled: bool,
    reordering_guard: Duration,
    /// The first number of the stream and the highest so far.
    range: Option<(u64, u64)>,
    seen: Box<[u64; WORDS]>,
    /// By rising number.
    missing: Vec<Missing>,
    next_due: Time,
    /// The last number that was too far behind.
    suspect: Option<u64>,
    /// The highest number before the last jump out of the window: stragglers from there are no restart.
    retired: Option<u64>,
    key_frame_needed: bool,
}

impl Default for NackGenerator {
    /// Asks at once. Networks reorder one packet in a thousand at most, which then costs one packet too
    /// many; waiting would cost every repair that time.
    fn default() -> Self {
        NackGenerator::new(Duration::ZERO)
    }
}

impl NackGenerator {
    /// A generator that lets a missing number be late by `reordering_guard` before it asks.
    pub fn new(reordering_guard: Duration) -> Self {
        NackGenerator {
            enabled: true,
            reordering_guard,
            range: None,
            seen: Box::new([0; WORDS]),
            missing: Vec::with_capacity(MAX_MISSING),
            next_due: Time::NEVER,
            suspect: None,
            retired: None,
            key_frame_needed: false,
        }
    }

    /// Switches requests on or off; duplicates are told in either case.
    pub fn set_enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
        if !enabled {
            self.forget();
        }
    }

    /// Starts anew with the next packet, as after a change of SSRC.
    pub fn reset(&mut self) {
        self.range = None;
        self.seen.fill(0);
        self.suspect = None;
        self.retired = None;
        self.forget();
    }

    /// Takes note of the packet `sequence` (extended).
    pub fn on_packet(&mut self, now: Time, sequence: u64) -> Arrival {
        let Some((first, highest)) = self.range else {
            self.range = Some((sequence, sequence));
            self.mark(sequence);
            return Arrival::New;
        };
        if sequence > highest {
            self.range = Some((first, sequence));
            self.pass(now, highest, sequence);
            return Arrival::New;
        }
        if highest - sequence >= WINDOW {
            if self.retired.is_some_and(|retired| retired.abs_diff(sequence) < WINDOW) {
                return Arrival::TooOld;
            }
            if self.suspect.replace(sequence).is_some_and(|s| s.checked_add(1) == Some(sequence)) {
                self.reset();
                return self.on_packet(now, sequence);
            }
            return Arrival::TooOld;
        }
        if self.is_marked(sequence) {
            return Arrival::Duplicate;
        }
        self.mark(sequence);
        if sequence < first {
            return Arrival::New;
        }
        if let Ok(at) = self.missing.binary_search_by_key(&sequence, |missing| missing.sequence) {
            self.missing.remove(at);
            if self.missing.is_empty() {
                self.next_due = Time::NEVER;
            }
        }
        Arrival::Recovered
    }

    /// Calls `ask` with each number to ask for now, by rising number; `rtt` is the round trip to the sender
    /// (100 ms is customary until it is measured).
    pub fn collect_due(&mut self, now: Time, rtt: Duration, mut ask: impl FnMut(u16)) {
        if now < self.next_due {
            return;
        }
        // A quarter more than the round trip, so that an answer on its way isn't asked for again.
        let repeat = (rtt + rtt / 4).max(SHORTEST_REPEAT);
        let max_age = MAX_AGE.max(rtt.saturating_mul(3));
        let (mut next_due, mut given_up) = (Time::NEVER, false);
        self.missing.retain_mut(|missing| {
            if missing.due <= now {
                if missing.requests >= MAX_REQUESTS || now.since(missing.since) > max_age {
                    given_up = true;
                    return false;
                }
                missing.requests += 1;
                missing.due = now + repeat;
                ask(missing.sequence as u16);
            }
            next_due = next_due.min(missing.due);
            true
        });
        self.next_due = next_due;
        self.key_frame_needed |= given_up;
    }

    /// When [`NackGenerator::collect_due`] has something to do next; it may turn out to be nothing.
    pub fn deadline(&self) -> Option<Time> {
        (self.next_due < Time::NEVER).then_some(self.next_due)
    }

    /// Whether a number was given up since the last call: the stream needs a key frame to recover.
    pub fn take_key_frame_needed(&mut self) -> bool {
        std::mem::take(&mut self.key_frame_needed)
    }

    /// Asks for nothing below `sequence` any more: a key frame starts there.
    pub fn forget_before(&mut self, sequence: u64) {
        let keep_from = self.missing.partition_point(|missing| missing.sequence < sequence);
        self.missing.drain(..keep_from);
        if self.missing.is_empty() {
            self.next_due = Time::NEVER;
        }
    }

    /// How many numbers are missing and still asked for.
    pub fn missing(&self) -> usize {
        self.missing.len()
    }

    /// Whether a number was asked for and has not come yet.
    pub fn is_awaited(&self, sequence: u16) -> bool {
        self.missing.iter().any(|missing| missing.sequence as u16 == sequence && missing.requests > 0)
    }

    /// Takes in that the numbers between `highest` and `sequence` were passed over.
    fn pass(&mut self, now: Time, highest: u64, sequence: u64) {
        let ahead = sequence - highest;
        if ahead >= WINDOW {
            self.seen.fill(0);
            self.retired = Some(highest);
        } else {
            for skipped in highest + 1..sequence {
                self.unmark(skipped);
            }
        }
        self.mark(sequence);
        if !self.enabled || ahead == 1 {
            return;
        }
        if ahead - 1 > (MAX_MISSING - self.missing.len()) as u64 {
            self.forget();
            self.key_frame_needed = true;
            return;
        }
        let due = now + self.reordering_guard;
        let gap = highest + 1..sequence;
        self.missing.extend(gap.map(|sequence| Missing { sequence, since: now, due, requests: 0 }));
        self.next_due = self.next_due.min(due);
    }

    fn forget(&mut self) {
        self.missing.clear();
        self.next_due = Time::NEVER;
    }

    fn bit(sequence: u64) -> (usize, u64) {
        let at = sequence % WINDOW;
        ((at / 64) as usize, 1 << (at % 64))
    }

    fn mark(&mut self, sequence: u64) {
        let (word, bit) = Self::bit(sequence);
        self.seen[word] |= bit;
    }

    fn unmark(&mut self, sequence: u64) {
        let (word, bit) = Self::bit(sequence);
        self.seen[word] &= !bit;
    }

    fn is_marked(&self, sequence: u64) -> bool {
        let (word, bit) = Self::bit(sequence);
        self.seen[word] & bit != 0
    }
}

#[cfg(test)]
mod tests;
