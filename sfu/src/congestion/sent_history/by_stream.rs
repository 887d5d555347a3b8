//! Feedback that names packets by stream (RFC 8888).

use std::time::Duration;

use super::SentHistory;
use crate::Time;
use crate::congestion::PacketResult;
use crate::congestion::stream_index::StreamIndex;
use crate::rtcp::CongestionFeedback;

/// Seconds of a report's timestamp are the upper half of it.
const TIMESTAMP_BITS: u32 = 16;
/// Offsets are in units of 1/1,024 s …
const OFFSET_HZ: u64 = 1_024;
/// … and these two say "earlier than that" and "unknown" (RFC 8888, section 3.1).
const OFFSET_OVER: u16 = 8_190;
const NANOS: u64 = 1_000_000_000;

impl SentHistory {
    /// Takes one RFC 8888 message that came at `now`; `index` tells which packets it is about. Appends what is news to
    /// `results`, in the order of sending, and returns a round trip as [`Self::on_feedback`] does.
    ///
    /// Packets whose arrival is too long ago to be told, or unknown, count as arrived 8 s before the report.
    pub fn on_congestion_feedback(
        &mut self,
        now: Time,
        feedback: CongestionFeedback<'_>,
        index: &StreamIndex,
        results: &mut Vec<PacketResult>,
    ) -> Option<Duration> {
        let made = self.unwrap_timestamp(feedback.timestamp);
        let begin = results.len();
        let mut newest = None;
        for stream in feedback.streams() {
            for (sequence, metric) in stream.metrics() {
                let Some(transport) = index.find(stream.ssrc, sequence) else {
                    self.counters.unknown += 1;
                    continue;
                };
                let arrival = metric.map(|metric| {
                    let offset = u64::from(metric.arrival_offset.min(OFFSET_OVER)) * NANOS / OFFSET_HZ;
                    made.saturating_sub(Duration::from_nanos(offset))
                });
                let ecn = metric.map(|metric| metric.ecn).unwrap_or_default();
                let Some(result) = self.take(transport, arrival, ecn) else { continue };
                if arrival.is_some() {
                    newest = newest.max(Some(result.sent.at));
                }
                results.push(result);
            }
        }
        let taken = &mut results[begin..];
        let first = taken.iter().map(|result| result.sent.at).min();
        let base = taken.iter().find(|result| Some(result.sent.at) == first).map_or(0, |r| r.sent.sequence);
        // Numbers of packets sent at one instant may wrap.
        taken.sort_unstable_by_key(|result| {
            (result.sent.at, result.sent.sequence.wrapping_sub(base).wrapping_add(1 << 15))
        });
        newest.map(|sent| now.since(sent))
    }

    /// When the report was made, on the receiver's clock; it wraps after 18 hours.
    fn unwrap_timestamp(&mut self, timestamp: u32) -> Time {
        let last = self.made.unwrap_or(u64::from(timestamp) | 1 << 32);
        let step = timestamp.wrapping_sub(last as u32) as i32;
        let made = last.saturating_add_signed(i64::from(step));
        self.made = Some(made);
        let nanos = (u128::from(made) * u128::from(NANOS)) >> TIMESTAMP_BITS;
        Time::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DataSize;
    use crate::congestion::{PacketClass, SentPacket};
    use crate::rtcp::congestion_feedback::{Metric, write_congestion_feedback};
    use crate::rtcp::{Ecn, Packet, packets};

    fn sent(
        history: &mut SentHistory,
        index: &mut StreamIndex,
        ssrc: u32,
        n: u16,
        transport: u16,
        millis: u64,
    ) {
        history.on_sent(SentPacket {
            sequence: transport,
            size: DataSize::from_bytes(1_000),
            at: Time::from_millis(millis),
            class: PacketClass::Media,
            cluster: None,
        });
        index.on_sent(ssrc, n, transport);
    }

    fn feed(
        history: &mut SentHistory,
        index: &StreamIndex,
        timestamp: u32,
        streams: &[(u32, u16, &[Option<Metric>])],
    ) -> (Vec<PacketResult>, Option<Duration>) {
        let mut out = Vec::new();
        write_congestion_feedback(&mut out, 1, timestamp, streams).expect("few");
        let mut results = Vec::new();
        let mut rtt = None;
        for packet in packets(&out).expect("well formed") {
            let Packet::CongestionFeedback(feedback) = packet else { panic!("it is feedback") };
            rtt = history.on_congestion_feedback(Time::from_millis(2_000), feedback, index, &mut results);
        }
        (results, rtt)
    }

    #[test]
    fn streams_become_one_sequence_with_marks() {
        let (mut history, mut index) = (SentHistory::new(64), StreamIndex::default());
        sent(&mut history, &mut index, 7, 100, 65_535, 1_000);
        sent(&mut history, &mut index, 9, 5, 0, 1_000);
        sent(&mut history, &mut index, 7, 101, 1, 1_010);
        let metric = |ecn, arrival_offset| Some(Metric { ecn, arrival_offset });
        let timestamp = 50 << 16;
        let streams: [(u32, u16, &[_]); 2] = [
            (7, 100, &[metric(Ecn::Ect1, 1_024), None, metric(Ecn::Ce, 0)]),
            (9, 5, &[metric(Ecn::Ce, 512)]),
        ];
        let (results, rtt) = feed(&mut history, &index, timestamp, &streams);
        let told: Vec<_> = results.iter().map(|r| (r.sent.sequence, r.received.is_some(), r.ecn)).collect();
        assert_eq!(told, [(65_535, true, Ecn::Ect1), (0, true, Ecn::Ce), (1, false, Ecn::NotEct)]);
        let apart = results[1].received.expect("it was").since(results[0].received.expect("it was"));
        assert_eq!(apart, Duration::from_millis(500));
        assert_eq!(rtt, Some(Duration::from_millis(1_000)));
        assert_eq!(history.counters().unknown, 1, "102 was never sent");
        let (results, _) = feed(&mut history, &index, timestamp, &streams);
        assert!(results.is_empty(), "nothing new");
    }

    #[test]
    fn the_clock_goes_on_over_the_wrap() {
        let mut history = SentHistory::new(64);
        let before = history.unwrap_timestamp(u32::MAX);
        let after = history.unwrap_timestamp(u32::from(u16::MAX));
        assert_eq!(after.since(before), Duration::from_secs(1));
        assert_eq!(history.unwrap_timestamp(u32::MAX), before, "an older one");
    }
}
