//! Max-min fairness by progressive filling: all rates rise together until a link is full or a user has enough.

/// What each user gets: `capacities` by link (`None`: without limit), `paths` the links of each user, `enough` the most
/// that each can use. Infinite for users whom nothing limits.
///
/// Bertsekas and Gallager, Data Networks, section 6.5.2.
pub(super) fn max_min(capacities: &[Option<f64>], paths: &[Vec<usize>], enough: &[f64]) -> Vec<f64> {
    let mut rates: Vec<Option<f64>> = vec![None; paths.len()];
    loop {
        let mut left: Vec<(f64, u32)> =
            capacities.iter().map(|all| (all.unwrap_or(f64::INFINITY), 0)).collect();
        for (path, rate) in paths.iter().zip(&rates) {
            for link in path {
                match rate {
                    Some(rate) => left[*link].0 -= rate,
                    None => left[*link].1 += 1,
                }
            }
        }
        let level = |link: usize| left[link].0.max(0.0) / f64::from(left[link].1);
        let open = || (0..paths.len()).filter(|user| rates[*user].is_none());
        let full =
            (0..capacities.len()).filter(|link| left[*link].1 > 0).map(level).fold(f64::INFINITY, f64::min);
        // The level only rises: who needs no more than it gets that, and leaves the rest.
        let content: Vec<usize> =
            open().filter(|user| enough[*user] <= full && enough[*user].is_finite()).collect();
        if !content.is_empty() {
            content.into_iter().for_each(|user| rates[user] = Some(enough[user]));
            continue;
        }
        let is_stuck =
            |user: &usize| full.is_finite() && paths[*user].iter().any(|link| level(*link) <= full);
        let stuck: Vec<usize> = open().filter(is_stuck).collect();
        if stuck.is_empty() {
            return rates.into_iter().map(|rate| rate.unwrap_or(f64::INFINITY)).collect();
        }
        stuck.into_iter().for_each(|user| rates[user] = Some(full));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORE: f64 = f64::INFINITY;

    #[test]
    fn the_textbook_case() {
        // Link 0 of 1 Mbit/s has users 0, 1 and 2, link 1 of 2 Mbit/s users 2 and 3, link 2 is without limit.
        let paths = [vec![0], vec![0, 2], vec![0, 1], vec![1], vec![2]];
        let rates = max_min(&[Some(1.0), Some(2.0), None], &paths, &[MORE; 5]);
        let third = 1.0 / 3.0;
        for (rate, expected) in rates.iter().zip([third, third, third, 2.0 - third]) {
            assert!((rate - expected).abs() < 1e-12, "{rates:?}");
        }
        assert_eq!(rates[4], MORE);
    }

    #[test]
    fn who_has_enough_leaves_the_rest() {
        let one = || vec![0];
        for (enough, expected) in [
            ([0.1, MORE, MORE], [0.1, 0.45, 0.45]),
            ([0.1, 0.2, MORE], [0.1, 0.2, 0.7]),
            ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
            ([0.0, 0.9, 0.9], [0.0, 0.5, 0.5]),
        ] {
            let rates = max_min(&[Some(1.0)], &[one(), one(), one()], &enough);
            for (rate, expected) in rates.iter().zip(expected) {
                assert!((rate - expected).abs() < 1e-12, "{rates:?}");
            }
        }
        assert_eq!(max_min(&[Some(0.0)], &[one()], &[MORE]), [0.0]);
        assert_eq!(max_min(&[], &[vec![]], &[3.0]), [3.0]);
    }
}
