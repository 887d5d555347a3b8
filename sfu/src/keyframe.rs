//! When to ask a publisher for a key frame, on behalf of many receivers.

use std::time::Duration;

use crate::Time;
use crate::forward::MAX_ENCODINGS;

/// The shortest time between two requests for one encoding. For 300 ms after a request that it followed libwebrtc
/// ignores others (`EncoderRtcpFeedback`'s `kMinKeyframeSendInterval`), and an ignored one would only be repeated
/// later, and so serve its receivers later; 50 ms for the jitter between the two.
const SHORTEST_GUARD: Duration = Duration::from_millis(350);

/// What a key frame takes beyond the round trip: encoding, pacing (a key frame is several times an ordinary
/// frame) and the uplink's queue. After that the request or the key frame counts as lost.
const ANSWER_ALLOWANCE: Duration = Duration::from_millis(300);

/// The longest time between two repetitions. Each waits twice as long as the one before, so that a publisher
/// who can't answer isn't flooded.
const LONGEST_REPEAT: Duration = Duration::from_secs(4);

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFrameRequest {
    /// Send one (PLI, RFC 4585 section 6.3.1) now.
    Send,
    /// One is on its way, or is going to be sent when [`KeyFrameRequests::due`] says so.
    Coalesced,
}

/// A set of encodings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encodings(u8);

impl Encodings {
    /// Whether `encoding` is in the set.
    pub const fn contains(self, encoding: u8) -> bool {
        encoding < 8 && self.0 & (1 << encoding) != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members, rising.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |encoding| self.contains(*encoding))
    }

    fn insert(&mut self, encoding: usize) {
        self.0 |= 1 << encoding;
    }
}

/// How many requests there were: `sent` per key frame over one is a storm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyFrameCounters {
    /// Requests sent to the publisher, repetitions included.
    pub sent: u64,
    /// Requests of receivers that needed no sending of their own.
    pub coalesced: u64,
    /// Key frames that arrived.
    pub key_frames: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Somebody waits; send at this time.
    due: Option<Time>,
    last_sent: Option<Time>,
    /// Requests sent since the last key frame.
    unanswered: u32,
}

/// The key-frame requests of one source, per encoding.
#[derive(Clone, Debug)]
pub struct KeyFrameRequests {
    encodings: [State; MAX_ENCODINGS],
    rtt: Duration,
    counters: KeyFrameCounters,
}

impl Default for KeyFrameRequests {
    fn default() -> Self {
        KeyFrameRequests {
            encodings: [State::default(); MAX_ENCODINGS],
            // Customary until it is measured.
            rtt: Duration::from_millis(100),
            counters: KeyFrameCounters::default(),
        }
    }
}

impl KeyFrameRequests {
    /// Nothing asked for yet.
    pub fn new() -> Self {
        KeyFrameRequests::default()
    }

    /// Sets the round trip to the publisher.
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.rtt = rtt;
    }

    /// A receiver needs a key frame of `encoding`.
    ///
    /// The first request goes out at once; others wait for the answer to it, and for at least the guard of
    /// twice the round trip (350 ms at least) after it.
    pub fn request(&mut self, now: Time, encoding: u8) -> KeyFrameRequest {
        let guard = (self.rtt * 2).max(SHORTEST_GUARD);
        let Some(state) = self.encodings.get_mut(usize::from(encoding)) else {
            return KeyFrameRequest::Coalesced;
        };
        let earliest = state.due.or(state.last_sent.map(|sent| sent + guard)).unwrap_or(now);
        if now < earliest {
            state.due = Some(earliest);
            self.counters.coalesced += 1;
            return KeyFrameRequest::Coalesced;
        }
        self.send(now, usize::from(encoding));
        KeyFrameRequest::Send
    }

    /// A key frame of `encoding` arrived (call it once per key frame): all who waited are served.
    pub fn on_key_frame(&mut self, encoding: u8) {
        if let Some(state) = self.encodings.get_mut(usize::from(encoding)) {
            state.due = None;
            state.unanswered = 0;
            self.counters.key_frames += 1;
        }
    }

    /// Nobody wants a key frame of `encoding` any more.
    pub fn withdraw(&mut self, encoding: u8) {
        if let Some(state) = self.encodings.get_mut(usize::from(encoding)) {
            state.due = None;
            state.unanswered = 0;
        }
    }

    /// The encodings that somebody waits for.
    pub fn pending(&self) -> Encodings {
        self.having(|due| due < Time::NEVER)
    }

    /// The encodings to send a request for now; each counts as sent.
    pub fn due(&mut self, now: Time) -> Encodings {
        let due = self.having(|due| due <= now);
        for encoding in due.iter() {
            self.send(now, usize::from(encoding));
        }
        due
    }

    /// When [`KeyFrameRequests::due`] has something to do next.
    pub fn deadline(&self) -> Option<Time> {
        self.encodings.iter().filter_map(|state| state.due).min()
    }

    /// What happened so far.
    pub const fn counters(&self) -> KeyFrameCounters {
        self.counters
    }

    fn having(&self, condition: impl Fn(Time) -> bool) -> Encodings {
        let mut set = Encodings::default();
        for (encoding, state) in self.encodings.iter().enumerate() {
            if state.due.is_some_and(&condition) {
                set.insert(encoding);
            }
        }
        set
    }

    fn send(&mut self, now: Time, encoding: usize) {
        let state = &mut self.encodings[encoding];
        let first = (self.rtt * 2 + ANSWER_ALLOWANCE).max(SHORTEST_GUARD);
        let repeat = first.saturating_mul(1 << state.unanswered.min(8)).min(LONGEST_REPEAT.max(first));
        state.unanswered += 1;
        state.last_sent = Some(now);
        state.due = Some(now + repeat);
        self.counters.sent += 1;
    }
}

#[cfg(test)]
mod tests;
