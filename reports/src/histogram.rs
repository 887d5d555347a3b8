//! A histogram with HdrHistogram's layout at three significant digits, whose memory follows what is recorded.
//!
//! The layout is that of Gil Tene's HdrHistogram (the `hdrhistogram` crate serves as the oracle in the tests):
//! 2048 linear buckets, then 1024 for every further power of two, so a bucket is never wider than a
//! thousandth of its values. The crate keeps one flat array from zero to the largest value: 45 KiB for one second in
//! microseconds, times fourteen histograms times ninety flows. Here the array is cut into small pages made
//! on first use, and a usual latency distribution takes 2 to 6 KiB even in nanoseconds.

use crate::Distribution;

/// Linear buckets at the start, and twice the buckets of each power of two after them.
const LINEAR: u64 = 2048;
/// log2 of the buckets per power of two.
const HALF_BITS: u32 = LINEAR.trailing_zeros() - 1;
/// Buckets per page: 256 bytes of counts.
const PAGE: usize = 64;
/// Marks a page that nothing was recorded in.
const NO_PAGE: u16 = u16::MAX;

/// The bucket that `value` falls into.
pub(crate) fn bucket_of(value: u64) -> u32 {
    if value < LINEAR {
        return value as u32;
    }
    let shift = value.ilog2() - HALF_BITS;
    (shift << HALF_BITS) + (value >> shift) as u32
}

/// The largest value that falls into `bucket`.
pub(crate) fn highest_in(bucket: u32) -> u64 {
    if u64::from(bucket) < LINEAR {
        return u64::from(bucket);
    }
    let shift = (bucket >> HALF_BITS) - 1;
    let mantissa = u64::from(bucket - (shift << HALF_BITS));
    (mantissa << shift) | ((1 << shift) - 1)
}

/// The smallest value that falls into `bucket`.
pub(crate) fn lowest_in(bucket: u32) -> u64 {
    bucket.checked_sub(1).map_or(0, |before| highest_in(before) + 1)
}

/// Counts of values by bucket, with the exact sum, minimum and maximum.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Place in `pages` of each page of buckets.
    directory: Vec<u16>,
    pages: Vec<[u32; PAGE]>,
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { directory: Vec::new(), pages: Vec::new(), count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

impl Histogram {
    /// Counts `value` once. Allocates only when it is the first in its page.
    pub fn record(&mut self, value: u64) {
        self.record_times(value, 1);
    }

    /// Counts each of `values` once, for less than one by one.
    pub fn record_all(&mut self, values: impl Iterator<Item = u64>) {
        let mut values = values;
        let Some(mut value) = values.next() else { return };
        // Many values are those of the packet or frame before, zero above all: they are counted together.
        let mut times = 1;
        for next in values {
            if next != value {
                self.record_times(value, times);
                (value, times) = (next, 0);
            }
            times += 1;
        }
        self.record_times(value, times);
    }

    fn record_times(&mut self, value: u64, times: u32) {
        let bucket = bucket_of(value) as usize;
        let count = &mut self.page(bucket / PAGE)[bucket % PAGE];
        *count = count.saturating_add(times);
        self.count += u64::from(times);
        self.sum += u128::from(value) * u128::from(times);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Counts a span of time in nanoseconds.
    pub fn record_duration(&mut self, span: std::time::Duration) {
        self.record(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How many values were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What was recorded, in the compact form that statistics are read from.
    pub fn distribution(&self) -> Distribution {
        let pages = self.directory.iter().enumerate().filter(|(_, place)| **place != NO_PAGE);
        let buckets = pages.flat_map(|(number, place)| {
            let counts = self.pages[usize::from(*place)].iter().enumerate();
            counts.filter(|(_, count)| **count > 0).map(move |(at, count)| {
                let bucket = u32::try_from(number * PAGE + at).expect("fewer than 2^16 buckets exist");
                (bucket, u64::from(*count))
            })
        });
        Distribution::from_parts(buckets.collect(), self.count, self.sum, self.min, self.max)
    }

    /// Bytes of heap that it holds.
    pub fn heap_bytes(&self) -> usize {
        self.directory.capacity() * size_of::<u16>() + self.pages.capacity() * size_of::<[u32; PAGE]>()
    }

    #[inline]
    fn page(&mut self, number: usize) -> &mut [u32; PAGE] {
        let known = self.directory.get(number).copied().unwrap_or(NO_PAGE);
        let place = if known == NO_PAGE { self.make_page(number) } else { known };
        &mut self.pages[usize::from(place)]
    }

    #[cold]
    fn make_page(&mut self, number: usize) -> u16 {
        if number >= self.directory.len() {
            self.directory.resize(number + 1, NO_PAGE);
        }
        let place = u16::try_from(self.pages.len()).expect("fewer than 2^10 pages exist");
        self.directory[number] = place;
        self.pages.push([0; PAGE]);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_values_have_buckets_of_their_own_and_large_ones_a_thousandth() {
        for (value, highest) in [(0, 0), (1, 1), (2047, 2047), (2048, 2049), (2049, 2049), (4096, 4099)] {
            assert_eq!(highest_in(bucket_of(value)), highest, "{value}");
        }
        assert_eq!(highest_in(bucket_of(u64::MAX)), u64::MAX);
    }

    #[test]
    fn a_minute_of_one_flow_takes_a_few_kilobytes() {
        let mut histogram = Histogram::default();
        // 30 fps for a minute, spread over 20 ms around 60 ms.
        for frame in 0..1800_u64 {
            histogram.record(60_000_000 + frame * 7_919_000 % 20_000_000);
        }
        assert!(histogram.heap_bytes() < 8 << 10, "{}", histogram.heap_bytes());
        let before = histogram.heap_bytes();
        for frame in 0..180_000_u64 {
            histogram.record(60_000_000 + frame * 7_919_000 % 20_000_000);
        }
        assert_eq!(histogram.heap_bytes(), before, "longer runs take no more");
    }

    proptest! {
        #[test]
        fn buckets_are_those_of_the_hdrhistogram_crate(value in 0..1_u64 << 60) {
            let oracle = hdrhistogram::Histogram::<u64>::new_with_bounds(1, 1 << 61, 3).expect("valid bounds");
            prop_assert_eq!(highest_in(bucket_of(value)), oracle.highest_equivalent(value));
            prop_assert_eq!(lowest_in(bucket_of(value)), oracle.lowest_equivalent(value));
        }
    }
}
