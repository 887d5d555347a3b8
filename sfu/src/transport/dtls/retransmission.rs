//! When to send a handshake flight again.
//!
//! rtc-dtls has one fixed interval, 1 s unless told otherwise, and gives up after seven repeats. A second
//! is long in a call's set-up, and a fixed 50 ms would give up after 400 ms. So its interval is set to next to
//! nothing and the moments come from here: RFC 6347 section 4.2.4.1's doubling, from the initial value that
//! libwebrtc uses, twice the round-trip time within 50 ms to 3 s.

use std::time::Duration;

use crate::Time;

/// libwebrtc's `kMinHandshakeTimeoutMs`.
pub const MIN_TIMEOUT: Duration = Duration::from_millis(50);
/// libwebrtc's `kMaxHandshakeTimeoutMs`; RFC 6347's 60 s would outlive the caller's patience.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(3);
/// The interval that rtc-dtls is told: by the time that a deadline of ours comes, its timer has run out.
pub(super) const LIBRARY_INTERVAL: Duration = Duration::from_nanos(1);

/// The doubling timer of one connection.
#[derive(Debug)]
pub(super) struct Retransmission {
    initial: Duration,
    current: Duration,
    deadline: Option<Time>,
}

impl Retransmission {
    /// Starts at twice `rtt`, or at the minimum when it is unknown.
    pub(super) fn new(rtt: Option<Duration>) -> Self {
        let initial = rtt.map_or(MIN_TIMEOUT, |rtt| rtt.saturating_mul(2)).clamp(MIN_TIMEOUT, MAX_TIMEOUT);
        Retransmission { initial, current: initial, deadline: None }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.deadline
    }

    /// A new flight went out.
    pub(super) fn flight_sent(&mut self, now: Time) {
        self.current = self.initial;
        self.deadline = Some(now + self.current);
    }

    /// The same flight went out once more.
    pub(super) fn flight_repeated(&mut self, now: Time) {
        self.current = (self.current * 2).min(MAX_TIMEOUT);
        self.deadline = Some(now + self.current);
    }

    /// Nothing is waiting for an answer.
    pub(super) fn stop(&mut self) {
        self.deadline = None;
    }
}
