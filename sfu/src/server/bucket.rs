//! A token bucket: how often something may happen.

use std::time::Duration;

use crate::Time;

/// Seconds' worth of tokens that may be spent at once.
const BURST: f64 = 10.0;

/// Fills with time, up to ten seconds' worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    per_second: f64,
    tokens: f64,
    at: Time,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(per_second: u32, now: Time) -> Self {
        let per_second = f64::from(per_second);
        Bucket { per_second, tokens: per_second * BURST, at: now }
    }

    fn fill(&mut self, now: Time) {
        let gained = now.since(self.at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(self.per_second * BURST);
        self.at = self.at.max(now);
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Time) -> bool {
        self.fill(now);
        let there = self.tokens >= 1.0;
        if there {
            self.tokens -= 1.0;
        }
        there
    }

    /// How long until there is a token again.
    pub(super) fn wait(&mut self, now: Time) -> Duration {
        self.fill(now);
        Duration::from_secs_f64(((1.0 - self.tokens) / self.per_second).max(0.0))
    }

    /// Whether nothing of it is spent.
    pub(super) fn is_full(&mut self, now: Time) -> bool {
        self.fill(now);
        self.tokens >= self.per_second * BURST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn ten_seconds_at_once_then_the_rate() {
        let mut bucket = Bucket::new(2, at(5));
        assert!(bucket.is_full(at(5)));
        assert_eq!((0..30).filter(|_| bucket.take(at(5))).count(), 20);
        assert_eq!(bucket.wait(at(5)), Duration::from_millis(500));
        assert_eq!((0..30).filter(|_| bucket.take(at(8))).count(), 6);
        assert_eq!(bucket.wait(at(9)), Duration::ZERO);
        assert!(!bucket.is_full(at(9)) && bucket.is_full(at(30)));
        // A clock that is read out of order takes nothing away.
        assert!(bucket.take(at(29)));
    }
}
