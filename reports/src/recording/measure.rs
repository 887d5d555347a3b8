//! The measured time and its bins.

use std::time::Duration;

use scenarios::Time;

/// Which part of a run the statistics are of, and how the series are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Start of the statistics; what comes before is warm-up and shows in the series only.
    pub from: Time,
    /// End of the run.
    pub until: Time,
    /// Width of a bin of the series; bin k covers [k·bin, (k+1)·bin) by event time.
    pub bin: Duration,
}

/// A stretch of time, its end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First moment.
    pub from: Time,
    /// First moment after it.
    pub until: Time,
}

impl Span {
    /// Its length.
    pub fn length(self) -> Duration {
        self.until.since(self.from)
    }

    /// What it shares with `other`; of no length when nothing.
    pub fn overlap(self, other: Span) -> Span {
        let from = self.from.max(other.from);
        Span { from, until: self.until.min(other.until).max(from) }
    }
}

impl Measure {
    /// The usual 200 ms bins.
    pub const BIN: Duration = Duration::from_millis(200);

    /// Statistics from `from` to the run's end `until`, in bins of 200 ms.
    pub fn new(from: Time, until: Time) -> Self {
        Measure { from, until, bin: Self::BIN }
    }

    /// The measured time as a span.
    pub fn span(&self) -> Span {
        Span { from: self.from, until: self.until }
    }

    /// Whether something seen at `at` counts in the statistics. The end belongs to it: that is where a run
    /// reports its last counters.
    pub fn contains(&self, at: Time) -> bool {
        self.from <= at && at <= self.until
    }

    /// How many bins the run has; the last may be cut short.
    pub fn bins(&self) -> usize {
        usize::try_from(self.until.as_nanos().div_ceil(self.bin_nanos()).max(1)).unwrap_or(usize::MAX)
    }

    /// The bin of an event at `at`; the run's very end falls into the last one.
    pub fn bin_of(&self, at: Time) -> usize {
        usize::try_from(at.as_nanos() / self.bin_nanos()).unwrap_or(usize::MAX).min(self.bins() - 1)
    }

    /// The time that bin `bin` covers, not cut at the run's end.
    pub fn bin_span(&self, bin: usize) -> Span {
        let start = |bin: usize| Time::from_nanos(self.bin_nanos().saturating_mul(bin as u64));
        Span { from: start(bin), until: start(bin + 1) }
    }

    /// Ranges of bins that make up one second each (the least number of bins that reach one second), from
    /// the first whole bin of `within` on, as many as fit.
    pub fn seconds(&self, within: Span) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let within = within.overlap(self.span());
        let width = self.bins_per_second();
        let first = within.from.as_nanos().div_ceil(self.bin_nanos()) as usize;
        let end = (within.until.as_nanos() / self.bin_nanos()) as usize;
        (first..end).step_by(width).map(move |start| start..start + width).filter(move |bins| bins.end <= end)
    }

    /// Bins of one second, rounded up.
    pub fn bins_per_second(&self) -> usize {
        1_000_000_000_u64.div_ceil(self.bin_nanos()) as usize
    }

    /// Seconds that [`Measure::bins_per_second`] bins cover: 1 when the bin divides a second.
    pub fn window_secs(&self) -> f64 {
        self.bins_per_second() as f64 * self.bin.as_secs_f64()
    }

    fn bin_nanos(&self) -> u64 {
        u64::try_from(self.bin.as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_half_open_and_the_end_joins_the_last() {
        let measure = Measure::new(Time::from_secs(1), Time::from_secs(2));
        assert_eq!(measure.bins(), 10);
        for (millis, bin) in [(0, 0), (199, 0), (200, 1), (1999, 9), (2000, 9)] {
            assert_eq!(measure.bin_of(Time::from_millis(millis)), bin, "{millis} ms");
        }
    }

    #[test]
    fn seconds_are_whole_and_inside() {
        let measure = Measure::new(Time::from_secs(1), Time::from_secs(4));
        let seconds = |from, until| -> Vec<_> {
            measure.seconds(Span { from: Time::from_millis(from), until: Time::from_millis(until) }).collect()
        };
        assert_eq!(seconds(0, 9000), [5..10, 10..15, 15..20], "warm-up is left out");
        assert_eq!(seconds(1100, 3300), [6..11, 11..16]);
        assert_eq!(seconds(3100, 4000), [], "less than a second gives none");
    }
}
