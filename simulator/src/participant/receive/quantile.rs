//! Exact order statistics of the newest samples.

/// The last `N` samples, kept in order of age and in order of size.
#[derive(Clone, Debug)]
pub(super) struct SlidingQuantile<const N: usize> {
    by_age: [i64; N],
    by_size: [i64; N],
    len: usize,
    /// Where the next sample goes in `by_age`; once full, the oldest is there.
    next: usize,
}

impl<const N: usize> SlidingQuantile<N> {
    pub(super) const fn new() -> Self {
        SlidingQuantile { by_age: [0; N], by_size: [0; N], len: 0, next: 0 }
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
        self.next = 0;
    }

    pub(super) fn push(&mut self, sample: i64) {
        if self.len == N {
            self.replace(self.by_age[self.next], sample);
        } else {
            let at = self.by_size[..self.len].partition_point(|&s| s < sample);
            self.by_size.copy_within(at..self.len, at + 1);
            self.by_size[at] = sample;
            self.len += 1;
        }
        self.by_age[self.next] = sample;
        self.next = (self.next + 1) % N;
    }

    /// Puts `sample` in and `oldest` out: only what lies between the two moves.
    fn replace(&mut self, oldest: i64, sample: i64) {
        let from = self.by_size.partition_point(|&s| s < oldest);
        let at = if sample > oldest {
            let to = from + self.by_size[from + 1..].partition_point(|&s| s < sample);
            self.by_size.copy_within(from + 1..=to, from);
            to
        } else {
            let to = self.by_size[..from].partition_point(|&s| s < sample);
            self.by_size.copy_within(to..from, to + 1);
            to
        };
        self.by_size[at] = sample;
    }

    /// The smallest sample.
    pub(super) fn min(&self) -> Option<i64> {
        self.by_size[..self.len].first().copied()
    }

    /// The nearest-rank `percent` quantile, 1 to 100.
    pub(super) fn quantile(&self, percent: usize) -> Option<i64> {
        let rank = (self.len * percent).div_ceil(100);
        self.by_size[..self.len].get(rank.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nearest_rank_of_few() {
        let mut window = SlidingQuantile::<20>::new();
        assert_eq!((window.min(), window.quantile(95)), (None, None));
        for sample in 1..=19 {
            window.push(sample);
            assert_eq!(window.quantile(95), Some(sample), "up to 19 samples, the largest");
        }
        window.push(20);
        assert_eq!((window.min(), window.quantile(50), window.quantile(95)), (Some(1), Some(10), Some(19)));
        window.push(21);
        assert_eq!((window.min(), window.quantile(100)), (Some(2), Some(21)));
    }

    proptest! {
        #[test]
        fn agrees_with_sorting(samples in prop::collection::vec(-50i64..50, 1..60), percent in 1usize..=100) {
            let mut window = SlidingQuantile::<16>::new();
            for &sample in &samples {
                window.push(sample);
            }
            let mut last = samples[samples.len().saturating_sub(16)..].to_vec();
            last.sort_unstable();
            prop_assert_eq!(window.min(), Some(last[0]));
            prop_assert_eq!(window.quantile(percent), Some(last[(last.len() * percent).div_ceil(100) - 1]));
        }
    }
}
