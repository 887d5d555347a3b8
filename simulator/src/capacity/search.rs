//! Bisection for the most that fits.

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The most that fits; 0 when not even one does.
    pub most: u32,
    /// The least that was tried and doesn't fit; `None` when all up to the limit do.
    pub refused: Option<u32>,
}

/// The most from 0 to `limit` for which `fits`, where what is less than what fits does as well. `guess` is tried first,
/// then its neighbours, in steps that double: a good guess takes two trials.
///
/// # Errors
/// The first of `fits`.
pub fn most<E>(guess: u32, limit: u32, mut fits: impl FnMut(u32) -> Result<bool, E>) -> Result<Found, E> {
    let (mut low, mut high) = (0, limit.saturating_add(1));
    let mut next = guess.clamp(1, limit.max(1));
    let mut step = 1;
    while high - low > 1 {
        if fits(next)? {
            low = next;
        } else {
            high = next;
        }
        next = if high > limit {
            // Nothing is known above: further up, twice as far each time; and likewise down.
            low.saturating_add(step).min(limit)
        } else if low == 0 {
            high.saturating_sub(step).max(1)
        } else {
            low.midpoint(high)
        };
        step *= 2;
    }
    Ok(Found { most: low, refused: (high <= limit).then_some(high) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(guess: u32, limit: u32, truth: u32) -> (Found, Vec<u32>) {
        let mut tried = Vec::new();
        let found = most(guess, limit, |count| {
            tried.push(count);
            Ok::<bool, ()>(count <= truth)
        });
        (found.expect("nothing fails"), tried)
    }

    #[test]
    fn a_good_guess_takes_two_trials() {
        assert_eq!(search(19, 1_000, 19), (Found { most: 19, refused: Some(20) }, vec![19, 20]));
        assert_eq!(search(20, 1_000, 19), (Found { most: 19, refused: Some(20) }, vec![20, 19]));
    }

    #[test]
    fn a_bad_guess_is_left_in_steps_that_double_and_then_bisected() {
        assert_eq!(search(10, 1_000, 21).1, [10, 11, 13, 17, 25, 21, 23, 22]);
        assert_eq!(search(10, 1_000, 4).1, [10, 9, 7, 3, 5, 4]);
    }

    #[test]
    fn every_guess_finds_every_truth() {
        for limit in 1..20 {
            for truth in 0..=limit {
                for guess in 0..25 {
                    let (found, tried) = search(guess, limit, truth);
                    let refused = (truth < limit).then_some(truth + 1);
                    assert_eq!(found, Found { most: truth, refused }, "{guess} {limit} {truth} {tried:?}");
                }
            }
        }
    }
}
