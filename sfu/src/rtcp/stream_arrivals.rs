//! What has arrived by stream, until RFC 8888 feedback tells of it.

use std::collections::VecDeque;
use std::time::Duration;

use smallvec::SmallVec;

use super::congestion_feedback::{Ecn, Metric, write_congestion_feedback};
use crate::Time;
use crate::rtp::Unwrapper;

/// How long a packet that was told of is kept, so that it can be told again together with a late one, as for
/// transport-wide feedback.
const BACK_WINDOW: Duration = Duration::from_millis(500);
/// Streams of one peer: others are refused. A peer that gets 256 streams has as many for retransmissions.
const MAX_STREAMS: usize = 512;
/// Numbers of one stream from the first that waits to the last: before, they are given up.
const MAX_SPAN: u64 = 1_024;
/// RTCP header and sender SSRC, and the timestamp.
const FRAME: usize = 12;
/// SSRC, first number and count.
const BLOCK: usize = 8;
/// Two metrics: what blocks are padded to.
const WORD: usize = 4;
/// The offset of a packet that arrived earlier than can be told (RFC 8888, section 3.1).
const OVER_RANGE: u64 = 8_190;
/// Ticks of a report's timestamp: the middle 32 bits of an NTP time.
const TIMESTAMP_HZ: u32 = 1 << 16;

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    unwrapper: Unwrapper<16>,
    /// Numbers, ascending, with their arrivals and marks.
    arrivals: VecDeque<(u64, Time, Ecn)>,
    /// Where the next report begins.
    next: u64,
    /// Numbers below were given up.
    floor: u64,
}

/// Records arrivals by SSRC and reports each of them once, or again when a late packet re-opens the range. The first
/// arrival of a number counts.
#[derive(Debug, Default)]
pub struct StreamArrivals {
    streams: Vec<Stream>,
    metrics: Vec<Option<Metric>>,
}

impl StreamArrivals {
    /// Notes that a packet arrived at `now` with that mark. Numbers too far back, those that came before, and streams
    /// beyond the 512th are ignored.
    pub fn record(&mut self, now: Time, ssrc: u32, sequence: u16, ecn: Ecn) {
        let place = self.streams.iter().position(|stream| stream.ssrc == ssrc);
        let place = place.unwrap_or(self.streams.len());
        if place == MAX_STREAMS {
            return;
        }
        if place == self.streams.len() {
            self.streams.push(Stream::new(ssrc, sequence));
        }
        self.streams[place].record(now, sequence, ecn);
    }

    /// Whether there is an arrival to report.
    pub fn has_unreported(&self) -> bool {
        self.streams.iter().any(Stream::has_unreported)
    }

    /// Appends one report, made at `now`, of at most `max_size` bytes on as many streams as fit, and says whether there
    /// was anything to report. Call it until it says no.
    ///
    /// All streams go into one report where they can: told one after the other, packets would seem to have been
    /// reordered by as much as a report spans.
    pub fn write_report(&mut self, out: &mut Vec<u8>, sender_ssrc: u32, now: Time, max_size: usize) -> bool {
        self.metrics.clear();
        let mut blocks: SmallVec<[(u32, u16, usize); 32]> = SmallVec::new();
        let mut room = max_size.saturating_sub(FRAME).max(BLOCK + WORD);
        for stream in self.streams.iter_mut().filter(|stream| stream.has_unreported()) {
            if room < BLOCK + WORD {
                break;
            }
            let begin = stream.next;
            let before = self.metrics.len();
            stream.take(now, (room - BLOCK) / WORD * 2, &mut self.metrics);
            let count = self.metrics.len() - before;
            blocks.push((stream.ssrc, begin as u16, count));
            room -= BLOCK + (2 * count).next_multiple_of(WORD);
        }
        let mut rest = self.metrics.as_slice();
        /// SSRC, first number, and what is known from there on.
        type Block<'a> = (u32, u16, &'a [Option<Metric>]);
        let streams: SmallVec<[Block<'_>; 32]> = blocks
            .iter()
            .map(|(ssrc, begin, count)| {
                let (metrics, after) = rest.split_at(*count);
                rest = after;
                (*ssrc, *begin, metrics)
            })
            .collect();
        if streams.is_empty() {
            return false;
        }
        let timestamp = now.ticks(TIMESTAMP_HZ) as u32;
        write_congestion_feedback(out, sender_ssrc, timestamp, &streams)
            .expect("a datagram holds few metrics");
        true
    }
}

impl Stream {
    fn new(ssrc: u32, sequence: u16) -> Self {
        let mut unwrapper = Unwrapper::new();
        let first = unwrapper.unwrap(u64::from(sequence));
        Stream { ssrc, unwrapper, arrivals: VecDeque::new(), next: first, floor: 0 }
    }

    fn has_unreported(&self) -> bool {
        self.arrivals.back().is_some_and(|(last, ..)| *last >= self.next)
    }

    fn record(&mut self, now: Time, sequence: u16, ecn: Ecn) {
        let sequence = self.unwrapper.unwrap(u64::from(sequence));
        if sequence < self.floor {
            return;
        }
        if self.arrivals.back().is_none_or(|(last, ..)| *last < sequence) {
            self.arrivals.push_back((sequence, now, ecn));
        } else {
            match self.arrivals.binary_search_by_key(&sequence, |(known, ..)| *known) {
                Ok(_) => return,
                Err(place) => self.arrivals.insert(place, (sequence, now, ecn)),
            }
        }
        self.next = self.next.min(sequence);
        self.prune(now);
    }

    fn prune(&mut self, now: Time) {
        let highest = self.arrivals.back().map_or(0, |(sequence, ..)| *sequence);
        while let Some(&(sequence, at, _)) = self.arrivals.front() {
            let told = sequence < self.next && now.since(at) > BACK_WINDOW;
            if !told && highest - sequence < MAX_SPAN {
                break;
            }
            self.arrivals.pop_front();
            self.floor = sequence + 1;
        }
        self.next = self.next.max(self.floor).max((highest + 1).saturating_sub(MAX_SPAN));
    }

    /// Appends the metrics of the next report, `room` at most.
    fn take(&mut self, now: Time, room: usize, metrics: &mut Vec<Option<Metric>>) {
        let before = metrics.len();
        let from = self.arrivals.partition_point(|(sequence, ..)| *sequence < self.next);
        let mut told = self.next;
        for &(sequence, at, ecn) in self.arrivals.range(from..) {
            let gap = usize::try_from(sequence - told).expect("a span of 1,024 at most");
            if metrics.len() - before + gap >= room {
                break;
            }
            metrics.resize(metrics.len() + gap, None);
            let offset = now.since(at).as_nanos() * 1_024 / 1_000_000_000;
            let arrival_offset =
                u64::try_from(offset).map_or(OVER_RANGE, |offset| offset.min(OVER_RANGE)) as u16;
            metrics.push(Some(Metric { ecn, arrival_offset }));
            told = sequence + 1;
        }
        if metrics.len() == before {
            // A gap that fills the whole report.
            metrics.resize(before + room, None);
            told += room as u64;
        }
        self.next = told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, packets};

    type Told = Vec<(u32, u16, Option<Metric>)>;

    fn report(log: &mut StreamArrivals, now: Time, max_size: usize) -> Vec<Told> {
        let mut reports = Vec::new();
        loop {
            let mut out = Vec::new();
            if !log.write_report(&mut out, 1, now, max_size) {
                return reports;
            }
            assert!(out.len() <= max_size);
            for packet in packets(&out).expect("well formed") {
                let Packet::CongestionFeedback(feedback) = packet else { panic!("it is feedback") };
                assert_eq!(feedback.timestamp, now.ticks(TIMESTAMP_HZ) as u32);
                let told = feedback.streams().flat_map(|s| s.metrics().map(move |(n, m)| (s.ssrc, n, m)));
                reports.push(told.collect());
            }
        }
    }

    fn at(millis: u64) -> Time {
        Time::from_millis(10_000 + millis)
    }

    fn metric(ecn: Ecn, arrival_offset: u16) -> Option<Metric> {
        Some(Metric { ecn, arrival_offset })
    }

    #[test]
    fn tells_each_packet_once_with_its_age_and_mark() {
        let mut log = StreamArrivals::default();
        log.record(at(0), 7, 65_535, Ecn::Ect1);
        log.record(at(500), 7, 1, Ecn::Ce);
        log.record(at(500), 9, 30, Ecn::NotEct);
        let expected = [vec![
            (7, 65_535, metric(Ecn::Ect1, 1_024)),
            (7, 0, None),
            (7, 1, metric(Ecn::Ce, 512)),
            (9, 30, metric(Ecn::NotEct, 512)),
        ]];
        assert_eq!(report(&mut log, at(1_000), 1_150), expected);
        assert!(!log.has_unreported());
        log.record(at(1_000), 7, 0, Ecn::Ect1);
        let again = vec![vec![(7, 0, metric(Ecn::Ect1, 0)), (7, 1, metric(Ecn::Ce, 512))]];
        assert_eq!(report(&mut log, at(1_000), 1_150), again, "with what came after it");
        log.record(at(1_000), 7, 1, Ecn::NotEct);
        assert!(!log.has_unreported(), "a repetition");
    }

    #[test]
    fn what_does_not_fit_goes_into_the_next_report() {
        let mut log = StreamArrivals::default();
        (0..1_000).for_each(|n| log.record(at(0), 7, n, Ecn::NotEct));
        let reports = report(&mut log, at(9_000), 100);
        assert!(reports.len() > 20);
        let numbers: Vec<u16> = reports.iter().flatten().map(|(_, number, _)| *number).collect();
        assert_eq!(numbers, (0..1_000).collect::<Vec<_>>());
        assert!(reports.iter().flatten().all(|(.., told)| *told == metric(Ecn::NotEct, 8_190)));
    }

    #[test]
    fn jumps_and_many_streams_keep_it_small() {
        let mut log = StreamArrivals::default();
        let mut sequence = 0u16;
        for step in 0..2_000u32 {
            sequence = sequence.wrapping_add(30_000);
            log.record(at(0), step, sequence, Ecn::NotEct);
            log.record(at(0), 7, sequence, Ecn::NotEct);
        }
        assert_eq!(log.streams.len(), MAX_STREAMS);
        assert!(log.streams.iter().all(|stream| stream.arrivals.len() <= MAX_SPAN as usize));
        let told: usize = report(&mut log, at(1), 1_150).iter().map(Vec::len).sum();
        assert!(told <= MAX_STREAMS + MAX_SPAN as usize, "{told}");
    }
}
