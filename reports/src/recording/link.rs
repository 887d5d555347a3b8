//! What passed one link, what it lost, and how long its queue was.

use std::time::Duration;

use scenarios::Time;

use super::measure::{Measure, Span};
use super::pending::Pending;
use crate::Histogram;
use crate::observation::{LossCause, TrafficClass};

/// One bin of a link's series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkBin {
    /// Bytes that left the serialiser, by class.
    pub bytes: [u32; TrafficClass::COUNT],
    /// Packets that left the serialiser.
    pub packets: u32,
    /// Packets lost, for any cause.
    pub dropped: u32,
    /// Of the bytes of cross traffic, those of flows that don't make way.
    pub unresponsive: u32,
    /// Smallest queueing delay, ns; `u64::MAX` when no packet left.
    pub queue_min: u64,
    /// Largest queueing delay, ns.
    pub queue_max: u64,
}

impl Default for LinkBin {
    fn default() -> Self {
        LinkBin {
            bytes: [0; TrafficClass::COUNT],
            packets: 0,
            dropped: 0,
            unresponsive: 0,
            queue_min: u64::MAX,
            queue_max: 0,
        }
    }
}

impl LinkBin {
    /// Bytes of all classes.
    pub fn total_bytes(&self) -> u64 {
        self.bytes.iter().map(|bytes| u64::from(*bytes)).sum()
    }
}

/// Packets of a link, sent and lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Packets that left the serialiser.
    pub sent: u64,
    /// Of these, packets with the mark of congestion (RFC 3168: CE).
    pub marked: u64,
    /// Packets lost, by cause.
    pub dropped: [u64; LossCause::ALL.len()],
}

impl LinkCounts {
    /// Packets offered to the link: random loss strikes after the serialiser, every other cause before it.
    pub fn offered(&self) -> u64 {
        let before: u64 =
            LossCause::ALL.iter().filter(|cause| **cause != LossCause::Random).map(|c| self.of(*c)).sum();
        self.sent + before
    }

    /// Packets lost for `cause`.
    pub fn of(&self, cause: LossCause) -> u64 {
        self.dropped[cause as usize]
    }
}

/// All that is kept of one link.
#[derive(Clone, Debug, Default)]
pub struct LinkRecord {
    /// The series, by bin; shorter than the run when nothing passed at its end.
    pub bins: Vec<LinkBin>,
    /// Queueing delay per packet in the measured time, ns.
    pub queued: Histogram,
    /// Counts in the measured time.
    pub measured: LinkCounts,
    /// Counts of the whole run.
    pub whole: LinkCounts,
    /// Largest queueing delay of the whole run.
    pub queued_most: Duration,
    /// Capacity, bit/s, from each moment on; `None`: without limit.
    pub capacity: Vec<(Time, Option<u64>)>,
    /// When the script made it lose more or less.
    pub disturbed: Vec<Time>,
    pending: Pending<1>,
}

impl LinkRecord {
    /// A packet left the serialiser in bin `bin`, within the measured time or not.
    pub(crate) fn sent(
        &mut self,
        (bin, measured): (usize, bool),
        class: TrafficClass,
        bytes: u32,
        queued: Duration,
    ) {
        let nanos = u64::try_from(queued.as_nanos()).unwrap_or(u64::MAX);
        let bin = self.bin(bin);
        bin.bytes[class as usize] = bin.bytes[class as usize].saturating_add(bytes);
        bin.packets += 1;
        bin.queue_min = bin.queue_min.min(nanos);
        bin.queue_max = bin.queue_max.max(nanos);
        self.whole.sent += 1;
        self.queued_most = self.queued_most.max(queued);
        if measured {
            self.measured.sent += 1;
            if self.pending.push([nanos]) {
                self.count_pending();
            }
        }
    }

    /// Of what left in bin `bin`, so much is traffic that doesn't make way.
    pub(crate) fn unresponsive(&mut self, bin: usize, bytes: u32) {
        let bin = self.bin(bin);
        bin.unresponsive = bin.unresponsive.saturating_add(bytes);
    }

    /// The packet that left last has the mark of congestion.
    pub(crate) fn marked(&mut self, measured: bool) {
        self.whole.marked += 1;
        self.measured.marked += u64::from(measured);
    }

    /// Counts what waits to be counted.
    pub(crate) fn count_pending(&mut self) {
        self.pending.count(std::iter::once(&mut self.queued));
    }

    pub(crate) fn dropped(&mut self, at: Time, cause: LossCause, measure: &Measure) {
        self.bin(measure.bin_of(at)).dropped += 1;
        self.whole.dropped[cause as usize] += 1;
        if measure.contains(at) {
            self.measured.dropped[cause as usize] += 1;
        }
    }

    pub(crate) fn capacity_is(&mut self, at: Time, bps: Option<u64>) {
        if self.capacity.last().is_none_or(|(_, last)| *last != bps) {
            self.capacity.push((at, bps));
        }
    }

    /// Bits that could have passed in each of `spans`, which must be in ascending order; `None` where the
    /// link is without limit, or its capacity unknown, for any part of the span.
    pub fn capacity_bits(&self, spans: impl IntoIterator<Item = Span>) -> Vec<Option<f64>> {
        let mut first = 0;
        let integral = |span: Span| {
            while self.capacity.get(first + 1).is_some_and(|(from, _)| *from <= span.from) {
                first += 1;
            }
            let mut bits = 0.0;
            let mut covered = Duration::ZERO;
            for (at, (from, bps)) in self.capacity.iter().enumerate().skip(first) {
                if *from >= span.until {
                    break;
                }
                let until = self.capacity.get(at + 1).map_or(Time::NEVER, |(next, _)| *next);
                let part = span.overlap(Span { from: *from, until }).length();
                bits += (*bps)? as f64 * part.as_secs_f64();
                covered += part;
            }
            (covered == span.length()).then_some(bits)
        };
        spans.into_iter().map(integral).collect()
    }

    /// The greatest share of its capacity that the link served in one second of the run, warm-up included.
    ///
    /// A second may begin with any bin (and is as many whole bins as reach one second). Bits count when they
    /// leave the serialiser, a whole packet at its last bit, so that the share may pass 1 by a packet. Seconds
    /// of no capacity don't count, nor those that the link was without limit in; `None` when there is no other.
    pub fn busiest_second(&self, measure: &Measure) -> Option<f64> {
        let width = measure.bins_per_second();
        let whole_bins = (measure.until.as_nanos() / measure.bin_span(0).until.as_nanos()) as usize;
        let starts = 0..(whole_bins + 1).saturating_sub(width);
        let second =
            |start| Span { from: measure.bin_span(start).from, until: measure.bin_span(start + width).from };
        let capacities = self.capacity_bits(starts.clone().map(second));
        let shares = starts.zip(capacities).filter_map(|(start, capacity)| {
            let capacity = capacity.filter(|bits| *bits > 0.0)?;
            let bytes: u64 = self.bins.iter().skip(start).take(width).map(LinkBin::total_bytes).sum();
            Some(bytes as f64 * 8.0 / capacity)
        });
        shares.max_by(f64::total_cmp)
    }

    fn bin(&mut self, number: usize) -> &mut LinkBin {
        if number >= self.bins.len() {
            self.bins.resize(number + 1, LinkBin::default());
        }
        &mut self.bins[number]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_integrated_over_its_changes() {
        let mut link = LinkRecord::default();
        link.capacity_is(Time::ZERO, Some(1_000_000));
        link.capacity_is(Time::from_millis(300), Some(500_000));
        link.capacity_is(Time::from_millis(500), Some(500_000));
        link.capacity_is(Time::from_millis(700), None);
        assert_eq!(link.capacity.len(), 3, "a repeated value is no change");
        let measure = Measure::new(Time::ZERO, Time::from_secs(1));
        let bits = link.capacity_bits((0..5).map(|bin| measure.bin_span(bin)));
        // 0.2 s·1M; 0.1·1M + 0.1·0.5M; 0.2·0.5M; limitless from 700 ms on.
        let expected = [Some(200_000.0), Some(150_000.0), Some(100_000.0), None, None];
        for (found, expected) in bits.iter().zip(expected) {
            assert_eq!(found.map(f64::round), expected);
        }
        assert_eq!(LinkRecord::default().capacity_bits([measure.bin_span(0)]), [None], "unknown is not zero");
    }

    #[test]
    fn the_busiest_second_is_measured_against_the_capacity_of_its_own() {
        let measure = Measure::new(Time::from_secs(2), Time::from_millis(3900));
        let mut link = LinkRecord::default();
        assert_eq!(link.busiest_second(&measure), None, "unknown capacity is not zero use");
        link.capacity_is(Time::ZERO, Some(1_000_000));
        link.capacity_is(Time::from_secs(2), Some(0));
        link.capacity_is(Time::from_secs(3), None);
        assert_eq!(link.busiest_second(&measure), Some(0.0));
        let mut sent = |millis, bytes| {
            let at = Time::from_millis(millis);
            let place = (measure.bin_of(at), measure.contains(at));
            link.sent(place, TrafficClass::Video, bytes, Duration::ZERO);
        };
        // 0.2 Mbit at 0.7 s and again at 1.3 s, which one second from 0.4 s on holds together; and what
        // passed while there was no capacity, or no limit, has no share.
        sent(700, 25_000);
        sent(1300, 25_000);
        sent(3300, 500_000);
        assert_eq!(link.busiest_second(&measure), Some(0.4));
        // From 1.8 s to 2.8 s there are 0.2 Mbit of capacity.
        link.sent((9, false), TrafficClass::Rtcp, 12_500, Duration::ZERO);
        assert_eq!(link.busiest_second(&measure), Some(0.5));
        let short = Measure::new(Time::ZERO, Time::from_millis(900));
        assert_eq!(link.busiest_second(&short), None, "less than a second");
    }

    #[test]
    fn random_loss_strikes_packets_that_were_sent() {
        let mut counts = LinkCounts { sent: 97, ..LinkCounts::default() };
        counts.dropped[LossCause::Random as usize] = 10;
        counts.dropped[LossCause::Queue as usize] = 3;
        assert_eq!(counts.offered(), 100);
    }
}
