//! The E-model's estimate of how a voice sounds (ITU-T G.107, the shortened form with all else at its default).

/// Equipment impairment without loss: none.
const IE: f64 = 0.0;
/// Robustness against loss: G.711 with packet loss concealment, ITU-T G.113 (★ it has no value for Opus).
const BPL: f64 = 25.1;

/// The rating of sound with a mean delay of `delay_ms` of which `lost` (a share) was concealed, in runs of
/// `run_packets` on average.
pub(super) fn rating(delay_ms: f64, lost: f64, run_packets: f64) -> f64 {
    let id = 0.024 * delay_ms + 0.11 * (delay_ms - 177.3).max(0.0);
    // Random loss comes in runs of 1 / (1 - p).
    let burst = (run_packets * (1.0 - lost)).max(1.0);
    let ppl = lost * 100.0;
    let ie_eff = IE + (95.0 - IE) * ppl / (ppl / burst + BPL);
    (93.2 - id - ie_eff).max(0.0)
}

/// The mean opinion score that a rating up to 100 stands for.
pub(super) fn mos(r: f64) -> f64 {
    1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn delay_and_loss_cost_what_the_formula_says() {
        near(rating(0.0, 0.0, 0.0), 93.2);
        near(rating(100.0, 0.0, 0.0), 93.2 - 2.4);
        // 0.024 · 277.3 + 0.11 · 100.
        near(rating(277.3, 0.0, 0.0), 93.2 - 6.6552 - 11.0);
        // 5 % at random, in runs of 1 / 0.95: 95 · 5 / (5 + 25.1).
        near(rating(0.0, 0.05, 1.0 / 0.95), 93.2 - 475.0 / 30.1);
        // In runs twice as long: 95 · 5 / (2.5 + 25.1).
        near(rating(0.0, 0.05, 2.0 / 0.95), 93.2 - 475.0 / 27.6);
        near(rating(2_000.0, 0.5, 9.0), 0.0);
    }

    #[test]
    fn a_rating_is_a_score() {
        near(mos(0.0), 1.0);
        near(mos(60.0), 3.1);
        // 1 + 3.262 + 7e-6 · 93.2 · 33.2 · 6.8.
        near(mos(93.2), 4.409_285_824);
    }
}
