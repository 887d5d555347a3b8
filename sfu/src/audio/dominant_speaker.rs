//! Dominant speaker identification on three time scales (Volfin and Cohen, 2012).
//!
//! I. Volfin and I. Cohen, "Dominant speaker identification for multipoint videoconferencing", Computer Speech
//! and Language 27 (2013): each source's activity on a scale is the number of active parts among its last ones,
//! and its score the logarithm of the ratio of two likelihoods, of a speaker (exponential) and of noise
//! (binomial). Who challenges the dominant speaker must beat it on all three scales at once: the immediate one
//! says that it speaks now, the medium one that it is a word, the long one that it has the floor. The numbers are
//! those that Jitsi and mediasoup use.

use std::time::Duration;

use super::activity::{Activity, N1, N2, N3};

/// Time between two decisions: short against a word, long against what one costs.
pub const DECISION_INTERVAL: Duration = Duration::from_millis(300);

/// What a challenger's score must be over the dominant one's, as the logarithm of the ratio: C1, C2 and C3.
const MARGINS: [f64; 3] = [3.0, 2.0, 0.0];
/// The least score: no logarithm of less is taken.
const LEAST_SCORE: f64 = 1e-10;
/// Share of active parts in noise.
const NOISE: f64 = 0.5;
/// The rate of the exponential that a speaker's activity follows, by scale.
const LAMBDA: [f64; 3] = [0.78, 24.0, 47.0];

/// The score of `active` active parts out of `parts`, at the least [`LEAST_SCORE`].
pub fn score(active: u8, parts: u8, lambda: f64) -> f64 {
    let (active_f, idle) = (f64::from(active), f64::from(parts) - f64::from(active));
    let score =
        libm::log(binomial(parts, active)) + active_f * libm::log(NOISE) + idle * libm::log(1.0 - NOISE)
            - libm::log(lambda)
            + lambda * active_f;
    if score < LEAST_SCORE { LEAST_SCORE } else { score }
}

/// In how many ways `k` of `n` can be chosen.
fn binomial(n: u8, k: u8) -> f64 {
    let k = k.min(n - k);
    let ways = (1..=u64::from(k)).fold(1, |ways, i| ways * (u64::from(n - k) + i) / i);
    ways as f64
}

/// The logarithms of all scores that there are.
#[derive(Clone, Debug)]
struct Scores {
    immediate: [f64; N1 as usize + 1],
    medium: [f64; N2 as usize + 1],
    long: [f64; N3 as usize + 1],
}

impl Scores {
    fn new() -> Self {
        let log =
            |active: usize, parts: u8, scale: usize| libm::log(score(active as u8, parts, LAMBDA[scale]));
        Scores {
            immediate: std::array::from_fn(|active| log(active, N1, 0)),
            medium: std::array::from_fn(|active| log(active, N2, 1)),
            long: std::array::from_fn(|active| log(active, N3, 2)),
        }
    }

    fn of(&self, activity: Activity) -> [f64; 3] {
        [
            self.immediate[usize::from(activity.immediate)],
            self.medium[usize::from(activity.medium)],
            self.long[usize::from(activity.long)],
        ]
    }
}

/// Decides between sources.
#[derive(Clone, Debug)]
pub struct DominantSpeaker<K> {
    scores: Scores,
    current: Option<K>,
}

impl<K: Copy + PartialEq> Default for DominantSpeaker<K> {
    fn default() -> Self {
        DominantSpeaker { scores: Scores::new(), current: None }
    }
}

impl<K: Copy + PartialEq> DominantSpeaker<K> {
    /// Who has the floor; none before anybody spoke, and after who had it went.
    pub fn current(&self) -> Option<K> {
        self.current
    }

    /// A source is gone, or muted: if it had the floor, nobody has.
    pub fn remove(&mut self, key: K) {
        self.current.take_if(|current| *current == key);
    }

    /// Lets all `sources` compete; who wins the floor from another, or from nobody, is the answer.
    ///
    /// While nobody has the floor, silence has: unlike Jitsi, which then nominates anybody.
    pub fn decide(&mut self, sources: impl Iterator<Item = (K, Activity)> + Clone) -> Option<K> {
        let holder = sources.clone().find(|(key, _)| Some(*key) == self.current);
        let floor = self.scores.of(holder.map_or(Activity::default(), |(_, activity)| activity));
        let mut best = None;
        for (key, activity) in sources.filter(|(key, _)| Some(*key) != self.current) {
            let scores = self.scores.of(activity);
            let ratios = [0, 1, 2].map(|scale: usize| scores[scale] - floor[scale]);
            let wins = ratios.iter().zip(MARGINS).all(|(ratio, margin)| *ratio > margin);
            if wins && best.is_none_or(|(_, ratio)| ratios[1] > ratio) {
                best = Some((key, ratios[1]));
            }
        }
        let (winner, _) = best?;
        self.current = Some(winner);
        Some(winner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_by_the_formula() {
        let rows = [
            ("T7.028", 5, N2, LAMBDA[1], 113.356_210),
            ("T7.028", 0, N2, LAMBDA[1], LEAST_SCORE),
            ("T7.029", 1, N3, LAMBDA[2], 38.520_966),
            ("T7.029", 0, N3, LAMBDA[2], LEAST_SCORE),
            // ln 715 + 13 ln 0.5 − ln 0.78 + 0.78 · 9
            ("immediate", 9, N1, LAMBDA[0], 4.829_831),
        ];
        for (row, active, parts, lambda, expected) in rows {
            let found = score(active, parts, lambda);
            assert!((found - expected).abs() < 1e-6, "{row}: {found}");
        }
    }

    #[test]
    fn binomials() {
        for (n, k, ways) in [(13, 0, 1.0), (13, 6, 1_716.0), (13, 9, 715.0), (10, 5, 252.0), (5, 5, 1.0)] {
            assert!((binomial(n, k) - ways).abs() < f64::EPSILON, "{n} over {k}");
        }
    }

    fn activity(immediate: u8, medium: u8, long: u8) -> Activity {
        Activity { immediate, medium, long }
    }

    #[test]
    fn a_challenger_must_win_on_all_three_scales() {
        // The holder's activity, the challenger's, and whether the floor changes.
        let rows = [
            ("a silent holder", activity(0, 0, 0), activity(9, 5, 1), true),
            ("the challenger is between two syllables", activity(0, 0, 2), activity(3, 3, 5), false),
            ("a click: no long activity", activity(0, 0, 0), activity(9, 2, 0), false),
            ("a cough: less long activity", activity(0, 0, 5), activity(9, 5, 3), false),
            ("the holder still speaks", activity(9, 5, 3), activity(9, 5, 8), false),
            ("the holder has just stopped", activity(0, 0, 5), activity(9, 5, 5), false),
            ("and the challenger went on", activity(0, 0, 4), activity(9, 5, 6), true),
        ];
        for (name, holder, challenger, changes) in rows {
            let mut dominant = DominantSpeaker::default();
            assert_eq!(dominant.decide([(1, activity(9, 5, 5))].into_iter()), Some(1));
            let found = dominant.decide([(1, holder), (2, challenger)].into_iter());
            assert_eq!(found, changes.then_some(2), "{name}");
            assert_eq!(dominant.current(), Some(if changes { 2 } else { 1 }), "{name}");
        }
    }

    #[test]
    fn nobody_has_the_floor_before_somebody_speaks_and_after_the_holder_went() {
        let mut dominant = DominantSpeaker::default();
        assert_eq!(dominant.decide([(1, Activity::default())].into_iter()), None);
        let both = [(1, activity(8, 3, 2)), (2, activity(9, 5, 4))];
        assert_eq!(dominant.decide(both.into_iter()), Some(2), "the larger medium score");
        dominant.remove(1);
        assert_eq!(dominant.current(), Some(2));
        dominant.remove(2);
        assert_eq!(dominant.current(), None);
        assert_eq!(dominant.decide([both[0]].into_iter()), Some(1));
    }
}
