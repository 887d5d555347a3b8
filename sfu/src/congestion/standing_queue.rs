//! A queue that stands, as opposed to one that a burst fills and that empties at once: RFC 8289 (CoDel),
//! section 3.1 calls them the bad and the good queue and tells them apart by the least delay of an interval.
//!
//! While a queue stands the line is busy all the time, so that what arrives is what the line carries, however
//! little the sender offered before. A sender that uses less than the estimate in bursts needs both: the slope of
//! the delay alone calls each burst an overuse.

use std::time::Duration;

use crate::{DataRate, DataSize, Time};

/// A queue that lasts so long stands (RFC 8289, section 4.3: an interval of 100 ms).
const STANDS: Duration = Duration::from_millis(100);
/// A delay above the least by no more than this is no queue (RFC 8289, section 4.4: a target of 5 ms) …
const LEAST_SLACK: Duration = Duration::from_millis(5);
/// … nor is the time that one full packet takes by itself, up to [`MOST_SLACK`].
const FULL_PACKET: DataSize = DataSize::from_bytes(1_228);
/// Half of [`STANDS`].
const MOST_SLACK: Duration = Duration::from_millis(50);
/// The least delay is that of one to two such periods: long enough that some packet finds the line idle, short
/// enough for a path that became longer, and for clocks that drift apart by 100 ppm.
const BASE_PERIOD: Duration = Duration::from_secs(10);

/// What the line delivers is told of the last one to two such spans: a line that has just become thinner must not
/// be judged by what it delivered before (ours).
const RECENT: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug)]
struct Busy {
    since: Time,
    /// What has arrived since each of the two marks, the earlier first.
    marks: [(Time, DataSize); 2],
    until: Time,
}

/// Follows the delay of each packet against the least one.
#[derive(Clone, Debug, Default)]
pub struct StandingQueue {
    /// The least delay of the present period and of the one before, in nanoseconds. Meaningless but for
    /// differences: the clocks of both ends differ.
    least: [Option<i64>; 2],
    period: Option<Time>,
    /// The last packet's arrival.
    last: Option<Time>,
    busy: Option<Busy>,
}

impl StandingQueue {
    /// Takes the next packet in order of arrival; `rate` is what the line is believed to carry.
    pub fn on_packet(&mut self, sent: Time, arrival: Time, size: DataSize, rate: DataRate) {
        let delay = nanos(arrival).saturating_sub(nanos(sent));
        let base = self.base(delay, arrival);
        let slack = rate.time_for(FULL_PACKET).clamp(LEAST_SLACK, MOST_SLACK);
        let queued = u64::try_from(delay.saturating_sub(base)).unwrap_or(0);
        if Duration::from_nanos(queued) <= slack {
            self.busy = None;
        } else {
            // The line became busy when the packet before left it, or when this one came to it if that was later.
            let came = arrival.saturating_sub(Duration::from_nanos(queued));
            let since = self.last.map_or(came, |last| last.max(came));
            let mark = (since, DataSize::ZERO);
            let busy = self.busy.get_or_insert(Busy { since, marks: [mark; 2], until: arrival });
            busy.marks.iter_mut().for_each(|(_, arrived)| *arrived += size);
            busy.until = busy.until.max(arrival);
            if busy.until.since(busy.marks[1].0) >= RECENT {
                busy.marks = [busy.marks[1], (busy.until, DataSize::ZERO)];
            }
        }
        self.last = self.last.max(Some(arrival));
    }

    /// What the line delivers while a queue stands; `None` if none does.
    pub fn delivered(&self) -> Option<DataRate> {
        let busy = self.busy?;
        let (from, arrived) = busy.marks[0];
        let stands = busy.until.since(busy.since) >= STANDS;
        stands.then(|| DataRate::of(arrived, busy.until.since(from)))
    }

    fn base(&mut self, delay: i64, arrival: Time) -> i64 {
        let began = *self.period.get_or_insert(arrival);
        if arrival.since(began) >= BASE_PERIOD {
            self.period = Some(arrival);
            self.least = [None, self.least[0]];
        }
        let least = self.least[0].map_or(delay, |least| least.min(delay));
        self.least[0] = Some(least);
        self.least[1].map_or(least, |before| before.min(least))
    }
}

fn nanos(time: Time) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: DataRate = DataRate::from_kbps(400);
    const PACKET: DataSize = DataSize::from_bytes(1_000);

    /// Packets of 1,000 bytes (20 ms each at 400 kbps) sent at the given milliseconds through a line of 400 kbps
    /// and 30 ms.
    fn through_line(queue: &mut StandingQueue, sent: impl IntoIterator<Item = u64>) {
        let mut free = 0;
        for at in sent {
            free = free.max(at) + 20;
            queue.on_packet(Time::from_millis(at), Time::from_millis(free + 30), PACKET, RATE);
        }
    }

    #[test]
    fn a_burst_that_empties_is_no_standing_queue() {
        let mut queue = StandingQueue::default();
        // Four packets every 200 ms: 160 kbps. The last of each four has waited for 60 ms.
        through_line(&mut queue, (0..50).flat_map(|burst| [burst * 200; 4]));
        assert_eq!(queue.delivered(), None);
    }

    #[test]
    fn while_a_queue_stands_it_tells_what_the_line_carries() {
        let mut queue = StandingQueue::default();
        // Idle for long, then ten packets at once: the third to tenth queue for more than the 24.56 ms of a full
        // packet, from 40 ms to 200 ms after the burst came. 8 · 8,000 bits in 160 ms are 400 kbps.
        through_line(&mut queue, (0..10).map(|packet| packet * 200).chain([5_000; 10]));
        assert_eq!(queue.delivered(), Some(RATE));
        // One that finds the line idle ends it.
        through_line(&mut queue, [6_000]);
        assert_eq!(queue.delivered(), None);
    }

    #[test]
    fn a_longer_path_counts_as_a_queue_for_two_periods_at_most() {
        let mut queue = StandingQueue::default();
        let mut stood = Vec::new();
        for at in 0..400 {
            let (sent, way) = (Time::from_millis(at * 100), if at < 10 { 30 } else { 80 });
            queue.on_packet(sent, sent + Duration::from_millis(way), PACKET, RATE);
            stood.push(queue.delivered().is_some());
        }
        assert!(stood[15..100].iter().all(|stands| *stands));
        assert!(stood[202..].iter().all(|stands| !*stands));
    }

    #[test]
    fn far_and_reordered_times_are_harmless() {
        let mut queue = StandingQueue::default();
        for (sent, arrival) in [(5, 0), (0, 5), (9, 1)] {
            queue.on_packet(Time::from_secs(sent), Time::from_secs(arrival), PACKET, DataRate::ZERO);
            queue.on_packet(Time::from_secs(sent), Time::NEVER, PACKET, DataRate::INFINITE);
            queue.on_packet(Time::NEVER, Time::from_secs(arrival), PACKET, RATE);
        }
        assert!(queue.delivered().is_none_or(|rate| rate < DataRate::INFINITE));
    }
}
