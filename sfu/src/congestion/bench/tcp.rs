//! One greedy TCP flow, as far as a congestion controller beside it can tell: slow start, additive increase,
//! halving on a loss, a time-out when nothing comes back (RFC 5681, sections 3.1 and 3.2; RFC 6298).

use std::collections::VecDeque;
use std::time::Duration;

use super::Link;
use crate::{DataSize, Time};

/// Names the flow's segments on the link, beside the media's 16-bit numbers.
pub(crate) const FLOW: u64 = 1 << 32;
const SEGMENT: DataSize = DataSize::from_bytes(1_250);
/// RFC 6298, section 2.4.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The sender. Its receiver acknowledges each segment at once, on a way back that loses none.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    /// In segments.
    window: f64,
    threshold: f64,
    next: u64,
    /// The first segment that isn't acknowledged or given up.
    first: u64,
    /// Segments sent before this one belong to the last loss.
    recover: u64,
    acknowledgements: VecDeque<(Time, u64)>,
    progress: Time,
    pub(crate) delivered: DataSize,
}

impl Tcp {
    pub(crate) fn new(now: Time) -> Self {
        Tcp {
            window: 10.0,
            threshold: f64::INFINITY,
            next: 0,
            first: 0,
            recover: 0,
            acknowledgements: VecDeque::new(),
            progress: now,
            delivered: DataSize::ZERO,
        }
    }

    /// A segment came out of the link.
    pub(crate) fn arrived(&mut self, segment: u64, at: Time, way_back: Duration) {
        self.delivered += SEGMENT;
        self.acknowledgements.push_back((at + way_back, segment & !FLOW));
    }

    pub(crate) fn step(&mut self, now: Time, link: &mut Link) {
        while self.acknowledgements.front().is_some_and(|(at, _)| *at <= now) {
            let (_, segment) = self.acknowledgements.pop_front().expect("front was there");
            self.acknowledged(now, segment);
        }
        if now.since(self.progress) > TIMEOUT && self.next > self.first {
            self.threshold = (self.window / 2.0).max(2.0);
            self.window = 1.0;
            (self.first, self.recover, self.progress) = (self.next, self.next, now);
        }
        while ((self.next - self.first) as f64) < self.window {
            link.send(now, FLOW | self.next, SEGMENT);
            self.next += 1;
        }
    }

    /// The link keeps the order, so that a gap is a loss.
    fn acknowledged(&mut self, now: Time, segment: u64) {
        if segment < self.first {
            return;
        }
        let lost = segment > self.first;
        self.first = segment + 1;
        self.progress = now;
        if lost && segment >= self.recover {
            self.recover = self.next;
            self.threshold = (self.window / 2.0).max(2.0);
            self.window = self.threshold;
        } else if self.window < self.threshold {
            self.window += 1.0;
        } else {
            self.window += 1.0 / self.window;
        }
    }
}
