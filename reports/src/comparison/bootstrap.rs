//! Confidence intervals by resampling (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13:
//! the percentile interval).

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// How often the seeds are drawn again.
pub const RESAMPLES: usize = 2000;
/// The share of intervals that hold the true value, if there are seeds enough.
pub const CONFIDENCE: f64 = 0.95;
/// Where the draws start, so that equal runs give equal intervals.
pub const SEED: u64 = 0x506c_656e_756d;
/// With fewer pairs than this, no interval of the median can keep 95 %: the chance that all pairs fall on one side
/// of it is 2 · 0.5^n, and 6 is the first n for which that is below 5 %.
pub const FEWEST: usize = 6;

/// Which of `n` pairs each resample holds: the same for every quantity of a comparison.
#[derive(Clone, Debug)]
pub struct Resamples {
    n: usize,
    picks: Vec<u32>,
}

impl Resamples {
    /// Draws for `n` pairs.
    pub fn new(n: usize) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(SEED);
        let pick = |_| ((u128::from(random.next_u64()) * n as u128) >> 64) as u32;
        Resamples { n, picks: (0..n * RESAMPLES).map(pick).collect() }
    }

    /// The interval of `statistic` over `values`, of which there are as many as pairs; `None` of fewer than two.
    pub fn interval(&self, values: &[f64], statistic: fn(&mut [f64]) -> f64) -> Option<(f64, f64)> {
        assert_eq!(values.len(), self.n, "resamples are drawn for as many values");
        if self.n < 2 {
            return None;
        }
        let mut again = vec![0.0; self.n];
        let mut found: Vec<f64> = (self.picks.chunks_exact(self.n))
            .map(|picks| {
                again.iter_mut().zip(picks).for_each(|(value, pick)| *value = values[*pick as usize]);
                statistic(&mut again)
            })
            .collect();
        found.sort_by(f64::total_cmp);
        let tail = ((1.0 - CONFIDENCE) / 2.0 * RESAMPLES as f64).round() as usize;
        Some((found[tail], found[RESAMPLES - 1 - tail]))
    }
}

/// The median: of an even number of values, the mean of the two in the middle. 0 of none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        even if even % 2 == 0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

/// The mean; 0 of none.
pub fn mean(values: &mut [f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_means() {
        for (mut values, middle, average) in [
            (vec![], 0.0, 0.0),
            (vec![3.0], 3.0, 3.0),
            (vec![4.0, 1.0], 2.5, 2.5),
            (vec![9.0, 1.0, 2.0], 2.0, 4.0),
            (vec![1.0, 2.0, 3.0, 10.0], 2.5, 4.0),
        ] {
            assert_eq!((median(&mut values), mean(&mut values)), (middle, average), "{values:?}");
        }
    }

    #[test]
    fn equal_values_have_an_interval_of_no_width() {
        assert_eq!(Resamples::new(20).interval(&[2.5; 20], median), Some((2.5, 2.5)));
        assert_eq!(Resamples::new(1).interval(&[2.5], median), None);
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_approximation() {
        // 1 to 100: mean 50.5, standard error 28.866 / 10, so 1.96 of them are 5.66 either way.
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let (low, high) = Resamples::new(100).interval(&values, mean).expect("many values");
        assert!((low - 44.84).abs() < 0.6 && (high - 56.16).abs() < 0.6, "{low} to {high}");
        assert_eq!(Resamples::new(100).interval(&values, mean), Some((low, high)), "seeded");
    }

    #[test]
    fn most_intervals_hold_the_true_median() {
        // 400 samples of 15 uniform numbers: 95 % of intervals should hold 0.5; the percentile bootstrap of a median
        // keeps that within a few per cent.
        let mut random = Pcg64Mcg::seed_from_u64(1);
        let resamples = Resamples::new(15);
        let held = (0..400)
            .filter(|_| {
                let values: Vec<f64> = (0..15).map(|_| random.next_u64() as f64 / u64::MAX as f64).collect();
                let (low, high) = resamples.interval(&values, median).expect("many values");
                low <= 0.5 && 0.5 <= high
            })
            .count();
        assert!((360..=398).contains(&held), "{held} of 400");
    }
}
