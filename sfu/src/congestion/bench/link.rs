//! A queue with a rate, then a delay, then random loss.

use std::collections::VecDeque;
use std::time::Duration;

use crate::{DataRate, DataSize, Time};

/// One direction of a path.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) rate: DataRate,
    pub(crate) delay: Duration,
    /// A packet that would wait longer is dropped.
    pub(crate) max_wait: Duration,
    /// Lost per thousand, at random.
    pub(crate) loss_permille: u64,
    queue: VecDeque<(u64, DataSize)>,
    queued: DataSize,
    /// The packet being serialised, and when it will have left.
    serving: Option<(u64, Time)>,
    in_flight: VecDeque<(u64, Time)>,
    random: u64,
}

impl Link {
    pub(crate) fn new(kbps: u64, delay_millis: u64) -> Self {
        Link {
            rate: DataRate::from_kbps(kbps),
            delay: Duration::from_millis(delay_millis),
            max_wait: Duration::from_secs(1_000),
            loss_permille: 0,
            queue: VecDeque::new(),
            queued: DataSize::ZERO,
            serving: None,
            in_flight: VecDeque::new(),
            random: 0x9E37_79B9_7F4A_7C15,
        }
    }

    pub(crate) fn with_loss(self, loss_permille: u64) -> Self {
        Link { loss_permille, ..self }
    }

    pub(crate) fn with_seed(mut self, seed: u64) -> Self {
        self.random ^= seed.wrapping_mul(0xD134_2543_DE82_EF95);
        self
    }

    pub(crate) fn with_max_wait(self, millis: u64) -> Self {
        Link { max_wait: Duration::from_millis(millis), ..self }
    }

    pub(crate) fn send(&mut self, now: Time, packet: u64, size: DataSize) {
        if self.rate.time_for(self.queued) > self.max_wait {
            return;
        }
        self.queued += size;
        self.queue.push_back((packet, size));
        self.serve(now);
    }

    pub(crate) fn poll(&mut self, now: Time) -> Option<(u64, Time)> {
        self.serve(now);
        let (_, at) = *self.in_flight.front()?;
        if at > now { None } else { self.in_flight.pop_front() }
    }

    fn serve(&mut self, now: Time) {
        loop {
            let mut free = now;
            if let Some((packet, until)) = self.serving {
                if until > now {
                    return;
                }
                self.serving = None;
                free = until;
                if !self.is_lost() {
                    // A delay that falls must not let packets overtake.
                    let last = self.in_flight.back().map_or(Time::ZERO, |(_, at)| *at);
                    self.in_flight.push_back((packet, (until + self.delay).max(last)));
                }
            }
            let Some((packet, size)) = self.queue.pop_front() else { return };
            self.queued -= size;
            self.serving = Some((packet, free + self.rate.time_for(size)));
        }
    }

    fn is_lost(&mut self) -> bool {
        // xorshift64* of Vigna (2016): the bench needs no better.
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % 1_000 < self.loss_permille
    }
}
