//! Delivery opportunities of a Mahimahi trace (Netravali et al., "Mahimahi: Accurate Record-and-Replay for
//! HTTP", USENIX ATC 2015): one line each, the millisecond at which up to 1500 bytes may leave.

use std::sync::Arc;
use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

/// What one opportunity carries: the trace's packets are Ethernet payloads.
const OPPORTUNITY: u64 = 1_500;
/// The most lines of a trace: an hour at 100 Mbit/s has 30 million.
const MAX_LINES: usize = 50_000_000;
const NANOS_PER_MS: u64 = 1_000_000;
/// The span over which a trace's rate is told.
const WINDOW: Duration = Duration::from_secs(1);

/// Why a text is no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// It has no opportunity.
    #[error("a trace needs at least one opportunity")]
    Empty,
    /// It has too many lines.
    #[error("a trace has at most {MAX_LINES} lines")]
    TooLong,
    /// A line is no time.
    #[error("line {0} of the trace is no whole number of milliseconds")]
    NotATime(usize),
    /// A line's time is before that of the line before it.
    #[error("line {0} of the trace is earlier than the line before it")]
    Decreasing(usize),
    /// It ends when it begins.
    #[error("a trace must last for longer than 0 ms")]
    NoLength,
}

/// All opportunities of one millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Opportunity {
    at_ms: u64,
    /// Bytes offered since the start of the trace, these included.
    offered: u64,
}

/// A trace that starts over when it is through: the last line's time is the length of a round.
///
/// Bytes carry: a packet that needs more than one opportunity takes the next ones until it is through, and
/// what it leaves over goes to the packet right behind it. What finds nobody waiting is lost, and a packet
/// that comes at the very moment of an opportunity comes too late for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    opportunities: Arc<[Opportunity]>,
    /// Where the round's first millisecond lies.
    origin: Time,
}

impl Trace {
    /// Reads a trace that begins at [`Time::ZERO`]. Blank lines and those that begin with `#` don't count.
    ///
    /// # Errors
    /// When a line is no time or they decrease, or there is nothing to repeat.
    pub fn parse(text: &str) -> Result<Trace, TraceError> {
        let mut opportunities: Vec<Opportunity> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if index >= MAX_LINES {
                return Err(TraceError::TooLong);
            }
            let at_ms: u32 = line.parse().map_err(|_| TraceError::NotATime(index + 1))?;
            let at_ms = u64::from(at_ms);
            match opportunities.last_mut() {
                Some(last) if last.at_ms == at_ms => last.offered += OPPORTUNITY,
                Some(last) if last.at_ms > at_ms => return Err(TraceError::Decreasing(index + 1)),
                last => {
                    let before = last.map_or(0, |last| last.offered);
                    opportunities.push(Opportunity { at_ms, offered: before + OPPORTUNITY });
                }
            }
        }
        match opportunities.last() {
            None => Err(TraceError::Empty),
            Some(Opportunity { at_ms: 0, .. }) => Err(TraceError::NoLength),
            Some(_) => Ok(Trace { opportunities: opportunities.into(), origin: Time::ZERO }),
        }
    }

    fn last(&self) -> Opportunity {
        *self.opportunities.last().expect("a trace has an opportunity")
    }

    /// Bytes offered up to and including `at`.
    pub(super) fn offered_until(&self, at: Time) -> u64 {
        let millis = at.as_nanos().saturating_sub(self.origin.as_nanos()) / NANOS_PER_MS;
        let Opportunity { at_ms: period, offered: total } = self.last();
        let (round, rest) = (millis / period, millis % period);
        let passed = self.opportunities.partition_point(|opportunity| opportunity.at_ms <= rest);
        let partly = passed.checked_sub(1).map_or(0, |last| self.opportunities[last].offered);
        round.saturating_mul(total).saturating_add(partly)
    }

    /// When `bytes` (at least one) have been offered after `from`.
    pub(super) fn time_of(&self, from: Time, bytes: u64) -> Time {
        let target = self.offered_until(from).saturating_add(bytes);
        let Opportunity { at_ms: period, offered: total } = self.last();
        let (round, rest) = ((target - 1) / total, (target - 1) % total + 1);
        let index = self.opportunities.partition_point(|opportunity| opportunity.offered < rest);
        let millis = round.saturating_mul(period).saturating_add(self.opportunities[index].at_ms);
        let nanos = millis.saturating_mul(NANOS_PER_MS).saturating_add(self.origin.as_nanos());
        Time::from_nanos(nanos)
    }

    /// The mean rate over the second (counted from the trace's start) that `at` is in.
    pub fn rate_around(&self, at: Time) -> DataRate {
        let from = self.window_of(at);
        let bytes = self.offered_until(from + WINDOW) - self.offered_until(from);
        DataRate::of(DataSize::from_bytes(bytes), WINDOW)
    }

    /// When [`rate_around`](Self::rate_around) changes next.
    pub fn next_window(&self, at: Time) -> Time {
        self.window_of(at) + WINDOW
    }

    /// The mean rate over a whole round.
    pub fn mean_rate(&self) -> DataRate {
        let Opportunity { at_ms, offered } = self.last();
        DataRate::of(DataSize::from_bytes(offered), Duration::from_millis(at_ms))
    }

    fn window_of(&self, at: Time) -> Time {
        let windows = at.since(self.origin).as_nanos() / WINDOW.as_nanos();
        self.origin + WINDOW * u32::try_from(windows).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::network::rate_schedule::RateSchedule;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn trace(text: &str) -> Trace {
        Trace::parse(text).expect("a trace")
    }

    /// Ends of packets of these sizes that all wait from `from` on.
    fn ends(schedule: &RateSchedule, from: Time, sizes: &[u64]) -> Vec<Time> {
        let (mut at, mut credit) = (from, 0);
        let end = |&size: &u64| {
            let finish = schedule.finish(at, credit, DataSize::from_bytes(size));
            (at, credit) = (finish.end, finish.credit);
            finish.end
        };
        sizes.iter().map(end).collect()
    }

    #[test]
    fn each_opportunity_carries_1500_bytes() {
        let schedule = RateSchedule::trace(trace("2\n5\n5\n9\n"));
        let rows: &[(&str, u64, &[u64], &[u64])] = &[
            ("one full packet each, two at 5 ms", 0, &[1500, 1500, 1500, 1500], &[2, 5, 5, 9]),
            ("small ones share", 0, &[500, 500, 500, 500], &[2, 2, 2, 5]),
            ("bytes carry over", 0, &[1000, 1000, 1000, 1000], &[2, 5, 5, 5]),
            ("a large one takes several", 0, &[4000, 500, 1500], &[5, 5, 9]),
            ("who comes at an opportunity is too late", 2, &[1500], &[5]),
            ("it starts over after 9 ms", 5, &[1500, 1500, 1500, 1500, 1500], &[9, 11, 14, 14, 18]),
            ("many rounds later", 9_001, &[1500, 1500], &[9_002, 9_005]),
        ];
        for &(name, from, sizes, expected) in rows {
            let expected: Vec<Time> = expected.iter().map(|&at| ms(at)).collect();
            assert_eq!(ends(&schedule, ms(from), sizes), expected, "{name}");
        }
    }

    #[test]
    fn capacity_counts_opportunities() {
        let schedule = RateSchedule::trace(trace("0\n2\n5\n5\n9\n"));
        for (from, to, opportunities) in [(0, 2, 1), (2, 5, 2), (0, 9, 5), (0, 90, 50), (5, 14, 5)] {
            let bits = schedule.capacity_between(ms(from), ms(to));
            assert_eq!(bits, Some(opportunities * 12_000), "{from} to {to} ms");
        }
    }

    #[test]
    fn its_rate_is_told_by_the_second() {
        // 12 Mbit/s for a second, then 1.2 Mbit/s for another.
        let lines: Vec<String> =
            (1..=1000).chain((1..=100).map(|n| 1000 + 10 * n)).map(|at| at.to_string()).collect();
        let schedule = RateSchedule::trace(trace(&lines.join("\n")));
        for (at, kbps) in [(0, 12_000), (999, 12_000), (1_000, 1_200), (1_999, 1_200), (2_000, 12_000)] {
            assert_eq!(schedule.rate_at(ms(at)), DataRate::from_kbps(kbps), "at {at} ms");
        }
        assert_eq!(schedule.sizing_rate_at(ms(5)), DataRate::from_kbps(6_600));
        assert_eq!(schedule.next_change(ms(1_500)), Some(ms(2_000)));
        assert_eq!(schedule.next_step(ms(1_500)), None);
    }

    #[test]
    fn a_rate_takes_over_from_a_trace_in_mid_packet() {
        let mut schedule = RateSchedule::trace(trace("10\n"));
        schedule.replace_from(ms(15), &RateSchedule::constant(DataRate::from_kbps(1_000)));
        // 1500 of its 2000 bytes leave at 10 ms, the rest takes 4 ms from 15 ms on.
        assert_eq!(ends(&schedule, ms(0), &[2_000]), [ms(19)]);
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        let rows = [
            ("", TraceError::Empty),
            ("# nothing\n\n", TraceError::Empty),
            ("0\n0\n", TraceError::NoLength),
            ("1\nx\n", TraceError::NotATime(2)),
            ("1\n-3\n", TraceError::NotATime(2)),
            ("5\n\n4\n", TraceError::Decreasing(3)),
            ("99999999999\n", TraceError::NotATime(1)),
        ];
        for (text, error) in rows {
            assert_eq!(Trace::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(trace("# a comment\n\n 3 \r\n"), trace("3"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9 #x\n-]{0,60}") {
            if let Ok(trace) = Trace::parse(&text) {
                prop_assert!(trace.time_of(ms(7), 1) > ms(7));
            }
        }

        /// A busy line carries exactly the bytes of its opportunities, against a plain walk over the lines.
        #[test]
        fn a_busy_line_carries_all_that_is_offered(
            gaps in prop::collection::vec(0u64..5, 1..20),
            sizes in prop::collection::vec(28u64..4_000, 1..60),
        ) {
            let mut at = 1;
            let times: Vec<u64> = gaps.iter().map(|gap| { at += gap; at }).collect();
            let text: Vec<String> = times.iter().map(u64::to_string).collect();
            let schedule = RateSchedule::trace(trace(&text.join("\n")));
            let mut offers = (0..).flat_map(|round| times.iter().map(move |time| round * at + time));
            let (mut stock, mut now) = (0, 0);
            let expected: Vec<Time> = sizes.iter().map(|&size| {
                while stock < size {
                    now = offers.next().expect("rounds without end");
                    stock += 1_500;
                }
                stock -= size;
                ms(now)
            }).collect();
            prop_assert_eq!(ends(&schedule, ms(0), &sizes), expected);
        }
    }
}
