//! Values that wait to be counted in their histograms, so that they are counted many at a time.
//!
//! A frame has a value for each of fourteen histograms, of ninety flows: counted one by one, nearly every value
//! would fetch three cold lines of memory. Counted 128 at a time, a histogram is fetched once for all.

use crate::Histogram;

/// Samples that wait together.
const BATCH: usize = 128;

/// Up to [`BATCH`] samples of `N` values each, ns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending<const N: usize> {
    samples: Vec<[u64; N]>,
}

impl<const N: usize> Pending<N> {
    /// Adds a sample; says whether it is time to [`count`](Self::count).
    pub(crate) fn push(&mut self, sample: [u64; N]) -> bool {
        if self.samples.capacity() == 0 {
            self.samples.reserve_exact(BATCH);
        }
        self.samples.push(sample);
        self.samples.len() >= BATCH
    }

    /// Counts all that wait: the first values of the samples in the first histogram, and so on.
    pub(crate) fn count<'h>(&mut self, histograms: impl Iterator<Item = &'h mut Histogram>) {
        for (place, histogram) in histograms.enumerate() {
            histogram.record_all(self.samples.iter().map(|sample| sample[place]));
        }
        self.samples.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_reaches_its_histogram_once() {
        let mut histograms = [Histogram::default(), Histogram::default()];
        let mut pending = Pending::<2>::default();
        for value in 0..BATCH as u64 + 36 {
            if pending.push([value, 1000 + value]) {
                pending.count(histograms.iter_mut());
            }
        }
        assert_eq!(histograms[0].count(), BATCH as u64, "a full batch");
        pending.count(histograms.iter_mut());
        pending.count(histograms.iter_mut());
        for (histogram, first) in histograms.iter().zip([0, 1000]) {
            let mut alone = Histogram::default();
            (first..first + BATCH as u64 + 36).for_each(|value| alone.record(value));
            assert_eq!(histogram.distribution(), alone.distribution());
        }
    }
}
