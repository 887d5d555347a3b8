//! Exact order statistics of the newest samples.

/// The largest samples are kept in order, this many of them at most. The 95 % quantile of 256 samples is the
/// 13th from above; the rest is room, so that samples come and go without the others being looked at.
const KEPT: usize = 32;

/// The last `N` samples in the order of age, with the largest and the smallest of them at hand.
#[derive(Clone, Debug)]
pub(super) struct SlidingQuantile<const N: usize> {
    by_age: [i64; N],
    len: usize,
    /// Where the next sample goes in `by_age`; once full, the oldest is there.
    next: usize,
    /// The `kept` largest samples, ascending.
    largest: [i64; KEPT],
    kept: usize,
    least: i64,
    /// How many of the samples are as small as `least`: on a line without jitter many are.
    ties: usize,
}

impl<const N: usize> SlidingQuantile<N> {
    pub(super) const fn new() -> Self {
        SlidingQuantile {
            by_age: [0; N],
            len: 0,
            next: 0,
            largest: [0; KEPT],
            kept: 0,
            least: i64::MAX,
            ties: 0,
        }
    }

    pub(super) const fn clear(&mut self) {
        *self = Self::new();
    }

    pub(super) fn push(&mut self, sample: i64) {
        let oldest = std::mem::replace(&mut self.by_age[self.next], sample);
        self.next = (self.next + 1) % N;
        let all_kept = if self.len == N {
            let all_kept = self.kept == N;
            self.forget(oldest);
            all_kept
        } else {
            self.len += 1;
            self.kept + 1 == self.len
        };
        if sample <= self.least {
            self.ties = if sample == self.least { self.ties + 1 } else { 1 };
            self.least = sample;
        }
        self.keep(sample, all_kept);
        if self.kept < self.len.min(KEPT / 2) {
            self.sort_largest();
        }
    }

    /// Takes `oldest`, which has left `by_age`, out of the rest.
    fn forget(&mut self, oldest: i64) {
        let largest = &mut self.largest[..self.kept];
        if largest.first().is_some_and(|&smallest| oldest >= smallest) {
            let at = largest.partition_point(|&s| s < oldest);
            largest.copy_within(at + 1.., at);
            self.kept -= 1;
        }
        if oldest == self.least {
            self.ties -= 1;
            if self.ties == 0 {
                self.find_least();
            }
        }
    }

    /// Looks for the least of all samples but the newest, which is not accounted for yet.
    fn find_least(&mut self) {
        (self.least, self.ties) = (i64::MAX, 0);
        let (newest, before) = (self.newest(), &self.by_age[..self.len]);
        for (_, &sample) in before.iter().enumerate().filter(|(place, _)| *place != newest) {
            if sample <= self.least {
                self.ties = if sample == self.least { self.ties + 1 } else { 1 };
                self.least = sample;
            }
        }
    }

    const fn newest(&self) -> usize {
        (self.next + N - 1) % N
    }

    /// Keeps `sample` if it is known to be among the largest: when it is not below the smallest one kept, or
    /// when `all_kept` says that there are no others.
    fn keep(&mut self, sample: i64, all_kept: bool) {
        let at = self.largest[..self.kept].partition_point(|&s| s < sample);
        let is_among = at > 0 || all_kept || self.largest[..self.kept].first() == Some(&sample);
        if self.kept < KEPT && is_among {
            self.largest.copy_within(at..self.kept, at + 1);
            self.largest[at] = sample;
            self.kept += 1;
        } else if at > 0 {
            self.largest.copy_within(1..at, 0);
            self.largest[at - 1] = sample;
        }
    }

    fn sort_largest(&mut self) {
        let mut samples = self.by_age;
        let samples = &mut samples[..self.len];
        samples.sort_unstable();
        self.kept = self.len.min(KEPT);
        self.largest[..self.kept].copy_from_slice(&samples[self.len - self.kept..]);
    }

    /// The smallest sample.
    pub(super) fn min(&self) -> Option<i64> {
        (self.len > 0).then_some(self.least)
    }

    /// The nearest-rank `percent` quantile, 1 to 100. Quick where at most 15 samples are larger.
    pub(super) fn quantile(&self, percent: usize) -> Option<i64> {
        let rank = (self.len * percent).div_ceil(100);
        let place = rank.checked_sub(1)?;
        let larger = self.len - rank;
        if larger < self.kept {
            return Some(self.largest[self.kept - 1 - larger]);
        }
        let mut samples = self.by_age;
        Some(*samples[..self.len].select_nth_unstable(place).1)
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
        fn agrees_with_sorting(
            samples in prop::collection::vec(prop_oneof![-50i64..50, Just(7)], 1..400),
            percent in 1usize..=100,
        ) {
            let (mut narrow, mut wide) = (SlidingQuantile::<16>::new(), SlidingQuantile::<100>::new());
            for end in 1..=samples.len() {
                narrow.push(samples[end - 1]);
                wide.push(samples[end - 1]);
                let of = |window: usize| {
                    let mut last = samples[end.saturating_sub(window)..end].to_vec();
                    last.sort_unstable();
                    (Some(last[0]), Some(last[(last.len() * percent).div_ceil(100) - 1]))
                };
                prop_assert_eq!((narrow.min(), narrow.quantile(percent)), of(16));
                prop_assert_eq!((wide.min(), wide.quantile(percent)), of(100));
            }
        }
    }
}
