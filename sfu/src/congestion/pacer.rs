//! A leaky bucket that says when the next packet may leave.
//!
//! The pacer keeps no packets: its owner does, in queues of its own per class, and sends from the first of
//! audio > retransmission > video > padding that has one. Audio isn't paced (it is small, steady and the least
//! able to wait) but counts. What a bound on the queueing time needs follows from the rate: a queue of `q`
//! bytes empties within `q / rate`, so an owner that sets the rate to [`Pacer::rate_for_queue`] sends every
//! packet within the limit that it gave, at the price of exceeding the controller's rate.

use std::time::Duration;

use crate::{DataRate, DataSize, Time};

/// The bucket may run ahead of the rate by this much: packets of one frame leave in twos and threes rather
/// than each on a timer of its own (libwebrtc's task-queue pacer holds back 5 ms alike).
const BURST: Duration = Duration::from_millis(5);

/// What waits to be sent, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PacerClass {
    /// Not paced, but counted.
    Audio,
    /// Repairs come before new video: a receiver waits for them.
    Retransmission,
    /// Video sent for the first time.
    Video,
    /// Only when nothing else waits.
    Padding,
}

/// The bucket.
#[derive(Clone, Debug)]
pub struct Pacer {
    rate: DataRate,
    /// When all that was sent would have left at the rate.
    drained: Time,
}

impl Pacer {
    /// A pacer that sends at `rate`; nothing was sent yet.
    pub const fn new(rate: DataRate) -> Self {
        Pacer { rate, drained: Time::ZERO }
    }

    /// Changes the rate; what was sent and hasn't drained by `now` drains at the new one.
    pub fn set_rate(&mut self, now: Time, rate: DataRate) {
        if rate == self.rate {
            return;
        }
        let backlog = self.rate.size_in(self.drained.since(now));
        self.rate = rate;
        self.drained = now + rate.time_for(backlog).min(MAX_BACKLOG);
    }

    /// The rate.
    pub fn rate(&self) -> DataRate {
        self.rate
    }

    /// May a paced packet leave at `now`? Audio always may.
    pub fn may_send(&self, now: Time) -> bool {
        now >= self.next_send_time()
    }

    /// The earliest moment at which a paced packet may leave; possibly past.
    pub fn next_send_time(&self) -> Time {
        if self.rate == DataRate::ZERO { Time::NEVER } else { self.drained.saturating_sub(BURST) }
    }

    /// A packet left at `now`. Audio delays what comes after it just as the others do.
    pub fn on_sent(&mut self, now: Time, size: DataSize, _class: PacerClass) {
        self.drained = self.drained.max(now) + self.rate.time_for(size).min(MAX_BACKLOG);
    }

    /// The rate at which a queue of `queued` bytes whose first packet has waited for `waited` empties within
    /// `limit` of that packet's coming, and at least `rate`.
    pub fn rate_for_queue(rate: DataRate, queued: DataSize, waited: Duration, limit: Duration) -> DataRate {
        let left = limit.saturating_sub(waited).max(Duration::from_millis(1));
        rate.max(DataRate::of(queued, left))
    }
}

/// A change to a tiny rate doesn't block the pacer for longer.
const MAX_BACKLOG: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: DataSize = DataSize::from_bytes(1_250);

    /// Sends whenever the pacer lets it; bytes sent in `span`.
    fn greedy(pacer: &mut Pacer, from: Time, span: Duration) -> u64 {
        let (mut now, mut sent) = (from, 0);
        while now.since(from) < span {
            if pacer.may_send(now) {
                pacer.on_sent(now, PACKET, PacerClass::Video);
                sent += PACKET.as_bytes();
            }
            now = pacer.next_send_time().max(now);
        }
        sent
    }

    #[test]
    fn sends_at_the_rate_and_never_more_than_a_burst_ahead() {
        for kbps in [100, 1_000, 20_000] {
            let rate = DataRate::from_kbps(kbps);
            for millis in [1, 10, 100, 1_000] {
                let mut pacer = Pacer::new(rate);
                let span = Duration::from_millis(millis);
                let sent = greedy(&mut pacer, Time::from_secs(1), span);
                let allowed = rate.size_in(span + BURST) + PACKET;
                assert!(sent <= allowed.as_bytes(), "{kbps} kbps, {millis} ms: {sent}");
                assert!(sent >= rate.size_in(span).as_bytes().min(PACKET.as_bytes()));
            }
        }
    }

    #[test]
    fn idle_time_saves_up_nothing() {
        let mut pacer = Pacer::new(DataRate::from_kbps(1_000));
        let now = Time::from_secs(100);
        pacer.on_sent(now, PACKET, PacerClass::Audio);
        assert_eq!(pacer.next_send_time(), now + Duration::from_millis(5));
        assert!(!pacer.may_send(now), "10 ms are sent, 5 may be ahead");
    }

    #[test]
    fn a_new_rate_applies_to_what_has_not_drained() {
        let mut pacer = Pacer::new(DataRate::from_kbps(1_000));
        let now = Time::from_secs(1);
        pacer.on_sent(now, PACKET, PacerClass::Video);
        pacer.set_rate(now, DataRate::from_kbps(500));
        assert_eq!(pacer.next_send_time(), now + Duration::from_millis(15));
        pacer.set_rate(now, DataRate::ZERO);
        assert_eq!(pacer.next_send_time(), Time::NEVER);
        pacer.set_rate(now, DataRate::from_kbps(1_000));
        assert!(pacer.next_send_time() <= now + MAX_BACKLOG);
    }

    #[test]
    fn the_queue_bound_raises_the_rate_as_far_as_needed() {
        let rate = DataRate::from_kbps(100);
        let queued = DataSize::from_bytes(25_000);
        let limit = Duration::from_millis(250);
        let needed = Pacer::rate_for_queue(rate, queued, Duration::from_millis(50), limit);
        assert_eq!(needed, DataRate::from_kbps(1_000));
        assert_eq!(Pacer::rate_for_queue(rate, DataSize::ZERO, limit, limit), rate);
    }
}
