//! When to ask for a key frame.

use std::time::Duration;

use sfu::Time;

/// How long a stream may begin without a key frame before one is asked for: the SFU asks for one by itself
/// for each new subscriber, so most streams begin with it. libwebrtc waits 200 ms as well.
const INITIAL_WAIT: Duration = Duration::from_millis(200);
/// Least time between two requests: a round trip to the publisher through the SFU, and the key frame's own
/// transmission. Asking sooner asks twice for the same key frame.
const INTERVAL: Duration = Duration::from_millis(500);

/// The wish for a key frame, and the rate limit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyRequest {
    wanted: Option<Time>,
    last_sent: Option<Time>,
    /// Whether a packet came since the last request: silence means that the stream is off, not broken.
    stirred: bool,
}

impl KeyRequest {
    /// The stream just began, and needs a key frame sooner or later.
    pub(super) fn begin(&mut self, now: Time) {
        self.wanted = Some(now + INITIAL_WAIT);
    }

    /// Nothing can be decoded until a key frame comes.
    pub(super) fn want(&mut self, now: Time) {
        self.wanted = Some(self.wanted.map_or(now, |at| at.min(now)));
    }

    /// A key frame is on its way, in pieces: ask not before `until`.
    pub(super) fn postpone(&mut self, until: Time) {
        self.wanted = self.wanted.map(|at| at.max(until));
    }

    /// A key frame was decoded.
    pub(super) fn satisfied(&mut self) {
        self.wanted = None;
    }

    /// A packet arrived.
    pub(super) fn on_packet(&mut self) {
        self.stirred = true;
    }

    /// When to ask.
    pub(super) fn due(&self) -> Time {
        match (self.wanted, self.last_sent) {
            (Some(at), None) => at,
            (Some(at), Some(sent)) if self.stirred => at.max(sent + INTERVAL),
            _ => Time::NEVER,
        }
    }

    /// The request goes out.
    pub(super) fn sent(&mut self, now: Time) {
        self.last_sent = Some(now);
        self.stirred = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_after_patience_then_at_intervals_while_packets_come() {
        let ms = Time::from_millis;
        let mut request = KeyRequest::default();
        assert_eq!(request.due(), Time::NEVER);
        request.begin(ms(1_000));
        assert_eq!(request.due(), ms(1_200));
        request.sent(ms(1_200));
        assert_eq!(request.due(), Time::NEVER, "no packet since");
        request.on_packet();
        assert_eq!(request.due(), ms(1_700));
        request.postpone(ms(2_000));
        assert_eq!(request.due(), ms(2_000));
        request.satisfied();
        assert_eq!(request.due(), Time::NEVER);
        request.want(ms(3_000));
        assert_eq!(request.due(), ms(3_000));
    }
}
