//! The standing queue: the least queueing delay of any packet in each second.

use std::time::Duration;

use sfu::Time;

const WINDOW_NANOS: u64 = 1_000_000_000;

/// Minima over windows [k s, (k+1) s) by the start of transmission.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StandingQueue {
    window: u64,
    least: Option<Duration>,
    least_before: Option<Duration>,
}

impl StandingQueue {
    /// Takes in a packet that began transmission at `start` after `wait`; starts come in order.
    pub(super) fn observe(&mut self, start: Time, wait: Duration) {
        let begin = self.window * WINDOW_NANOS;
        if !(begin..begin + WINDOW_NANOS).contains(&start.as_nanos()) {
            let window = start.as_nanos() / WINDOW_NANOS;
            self.least_before = if window == self.window + 1 { self.least } else { None };
            self.least = None;
            self.window = window;
        }
        self.least = Some(self.least.map_or(wait, |least| least.min(wait)));
    }

    /// The minimum of the last window that is complete at `now`; `None` when nothing was sent in it.
    pub(super) fn at(&self, now: Time) -> Option<Duration> {
        match (now.as_nanos() / WINDOW_NANOS).checked_sub(self.window) {
            Some(0) => self.least_before,
            Some(1) => self.least,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_minimum_of_the_last_complete_second() {
        let (ms, wait) = (Time::from_millis, Duration::from_millis);
        let mut queue = StandingQueue::default();
        assert_eq!(queue.at(ms(100)), None);
        for (start, waited) in [(100, 30), (900, 20), (950, 40), (1_000, 70), (1_500, 50)] {
            queue.observe(ms(start), wait(waited));
        }
        assert_eq!(queue.at(ms(1_600)), Some(wait(20)));
        assert_eq!(queue.at(ms(2_000)), Some(wait(50)));
        assert_eq!(queue.at(ms(3_000)), None);
        queue.observe(ms(4_100), wait(1));
        assert_eq!(queue.at(ms(4_200)), None, "nothing was sent in the second before");
    }
}
