//! Queueing delay, loss and marks, made one number in milliseconds (RFC 8698, sections 4.2 and 5.1).

use std::collections::VecDeque;
use std::time::Duration;

use crate::congestion::PacketResult;
use crate::congestion::base_delay::BaseDelay;
use crate::rtcp::Ecn;
use crate::{DataRate, DataSize, Time};

/// What is observed at a time (RFC 8698, figure 3).
pub(super) const LOGWIN: Duration = Duration::from_millis(500);
/// Less than this is no queue (RFC 8698, figure 3), milliseconds.
const QEPS: f64 = 10.0;
/// The least delay of this long is what counts (RFC 8698, figure 3).
const DFILT: Duration = Duration::from_millis(120);
/// Delays beyond this are warped while there is loss (RFC 8698, figure 3), milliseconds.
const QTH: f64 = 50.0;
/// How much (RFC 8698, figure 3).
const LAMBDA: f64 = 0.5;
/// There is loss for so many loss intervals after the last one (RFC 8698, figure 3).
const MULTILOSS: f64 = 7.0;
/// Reference loss, and its penalty in milliseconds (RFC 8698, figure 3).
const PLRREF: f64 = 0.01;
const DLOSS: f64 = 10.0;
/// Reference part of marked packets, and its penalty in milliseconds (RFC 8698, figure 3).
const PMRREF: f64 = 0.01;
const DMARK: f64 = 2.0;
/// Smoothing of loss and marks (RFC 8698, figure 3).
const ALPHA: f64 = 0.1;
/// Weights of the last loss intervals (RFC 5348, section 5.4).
const WEIGHTS: [f64; 8] = [1.0, 1.0, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2];
/// Feedback messages within the window; one comes every 20 ms or less often.
const MESSAGES: usize = 64;

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    packets: u64,
    lost: u64,
    marked: u64,
    size: DataSize,
}

/// The receiver's part of the algorithm.
#[derive(Clone, Debug, Default)]
pub(super) struct Signal {
    base: BaseDelay,
    /// Least queueing delays of the last messages, milliseconds.
    delays: VecDeque<(Time, f64)>,
    counts: VecDeque<(Time, Counts)>,
    begun: Option<Time>,
    loss: f64,
    marked: f64,
    last_loss: Option<Time>,
    last_queue: Option<Time>,
    last_mark: Option<Time>,
    /// Packets since the last loss, and between those before, the latest first.
    since_loss: u64,
    intervals: VecDeque<u64>,
}

impl Signal {
    pub(super) fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        self.begun.get_or_insert(now);
        let mut counts = Counts::default();
        let mut least: Option<f64> = None;
        for result in results {
            counts.packets += 1;
            let Some(arrival) = result.received else {
                counts.lost += 1;
                self.lost(now);
                continue;
            };
            self.since_loss += 1;
            counts.size += result.sent.size;
            counts.marked += u64::from(result.ecn == Ecn::Ce);
            let queue = self.base.on_packet(result.sent.at, arrival).as_secs_f64() * 1e3;
            least = Some(least.map_or(queue, |least| least.min(queue)));
        }
        if let Some(least) = least {
            push(&mut self.delays, now, least);
        }
        if counts.marked > 0 {
            self.last_mark = Some(now);
        }
        push(&mut self.counts, now, counts);
        forget(&mut self.delays, now, DFILT);
        forget(&mut self.counts, now, LOGWIN);
        if least.is_some_and(|least| least >= QEPS) {
            self.last_queue = Some(now);
        }
    }

    /// The signal now (equations 1 and 2), to be asked for once per update.
    pub(super) fn update(&mut self, now: Time) -> f64 {
        let total = self.total();
        let packets = total.packets.max(1) as f64;
        self.loss = ALPHA * (total.lost as f64 / packets) + (1.0 - ALPHA) * self.loss;
        self.marked = ALPHA * (total.marked as f64 / packets) + (1.0 - ALPHA) * self.marked;
        forget(&mut self.delays, now, DFILT);
        let queue = self.queue_millis();
        let delay = if self.loss_is_recent() { warp(queue) } else { queue };
        aggregate(delay, self.loss, self.marked)
    }

    /// Neither a queue nor a loss for a whole window; nor a mark, which RFC 8698 (section 4.3) doesn't name, but which asks
    /// for the answer to a loss (RFC 3168, section 5).
    pub(super) fn is_clear(&self, now: Time) -> bool {
        let passed = |at: Option<Time>| at.is_none_or(|at| now.since(at) > LOGWIN);
        passed(self.last_loss) && passed(self.last_queue) && passed(self.last_mark)
    }

    pub(super) fn queue_millis(&self) -> f64 {
        let least = self.delays.iter().map(|(_, delay)| *delay).fold(f64::INFINITY, f64::min);
        if least.is_finite() { least } else { 0.0 }
    }

    pub(super) fn received(&self) -> DataRate {
        let Some((last, begun)) = self.counts.back().map(|(at, _)| *at).zip(self.begun) else {
            return DataRate::ZERO;
        };
        // The first message tells of a time before it that isn't known: what comes after it counts.
        let known = last.since(begun);
        if known >= LOGWIN {
            return DataRate::of(self.total().size, LOGWIN);
        }
        let first = self.counts.front().map_or(DataSize::ZERO, |(_, counts)| counts.size);
        if known.is_zero() {
            DataRate::ZERO
        } else {
            DataRate::of(self.total().size.saturating_sub(first), known)
        }
    }

    pub(super) fn loss(&self) -> f64 {
        self.loss
    }

    pub(super) fn marked(&self) -> f64 {
        self.marked
    }

    fn total(&self) -> Counts {
        self.counts.iter().fold(Counts::default(), |sum, (_, counts)| Counts {
            packets: sum.packets + counts.packets,
            lost: sum.lost + counts.lost,
            marked: sum.marked + counts.marked,
            size: sum.size + counts.size,
        })
    }

    fn lost(&mut self, now: Time) {
        self.last_loss = Some(now);
        if self.since_loss == 0 && !self.intervals.is_empty() {
            return;
        }
        self.intervals.truncate(WEIGHTS.len() - 1);
        self.intervals.push_front(self.since_loss);
        self.since_loss = 0;
    }

    /// The last loss is less than seven mean loss intervals ago (RFC 8698, section 4.2).
    fn loss_is_recent(&self) -> bool {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (interval, weight) in self.intervals.iter().zip(WEIGHTS) {
            sum += *interval as f64 * weight;
            weights += weight;
        }
        weights > 0.0 && (self.since_loss as f64) < MULTILOSS * sum / weights
    }
}

/// RFC 8698, section 4.2, equation 1.
pub(super) fn warp(queue: f64) -> f64 {
    if queue < QTH { queue } else { QTH * libm::exp(-LAMBDA * (queue - QTH) / QTH) }
}

/// RFC 8698, section 4.2, equation 2.
pub(super) fn aggregate(delay: f64, loss: f64, marked: f64) -> f64 {
    let square = |ratio: f64| ratio * ratio;
    delay + DMARK * square(marked / PMRREF) + DLOSS * square(loss / PLRREF)
}

fn push<T>(queue: &mut VecDeque<(Time, T)>, now: Time, value: T) {
    if queue.len() == MESSAGES {
        queue.pop_front();
    }
    queue.push_back((now, value));
}

fn forget<T>(queue: &mut VecDeque<(Time, T)>, now: Time, after: Duration) {
    while queue.len() > 1 && queue.front().is_some_and(|(at, _)| now.since(*at) >= after) {
        queue.pop_front();
    }
}
