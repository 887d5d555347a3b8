//! Where ticks lie and what they are called.

use crate::number::number;

/// Steps of time axes, s: people count in 60ths.
const TIME_STEPS: [f64; 14] =
    [0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14_400.0];
/// From this length on a time axis counts minutes, s.
const IN_MINUTES: f64 = 600.0;

/// The ticks of a scale from zero: multiples of 1, 2 or 5 times a power of ten, at most `most` beside zero, the
/// last at or above `highest`.
pub(super) fn ticks(highest: f64, most: u32) -> Vec<f64> {
    let highest = if highest.is_finite() && highest > 0.0 { highest } else { 1.0 };
    let mut power = 1e-3;
    loop {
        for digit in [1.0, 2.0, 5.0] {
            let step = digit * power;
            // A hair of tolerance, so that 0.3 / 0.1 is three steps.
            let steps = (highest / step - 1e-9).ceil().max(1.0);
            if steps <= f64::from(most) {
                return (0..=steps as u32).map(|number| f64::from(number) * step).collect();
            }
        }
        power *= 10.0;
    }
}

/// The ticks of a run of `secs` seconds, none beyond its end.
pub(super) fn time_ticks(secs: f64, most: u32) -> Vec<f64> {
    let fits = |step: &f64| secs / step <= f64::from(most);
    let last = TIME_STEPS[TIME_STEPS.len() - 1];
    let step =
        TIME_STEPS.into_iter().find(fits).unwrap_or_else(|| (secs / f64::from(most) / last).ceil() * last);
    (0..).map(|number| f64::from(number) * step).take_while(|tick| *tick <= secs + 1e-9).collect()
}

/// What a tick of a time axis says, of a run of `secs` seconds.
pub(super) fn time_label(tick: f64, secs: f64) -> String {
    if secs < IN_MINUTES { number(tick) } else { number(tick / 60.0) }
}

/// What a time axis of a run of `secs` seconds counts.
pub(super) fn time_unit(secs: f64) -> &'static str {
    if secs < IN_MINUTES { "time, s" } else { "time, min" }
}

/// A scale for rates up to `kbps`: how many kbit/s make one unit, and what the unit is called.
pub(super) fn rate_unit(kbps: f64) -> (f64, &'static str) {
    if kbps >= 2000.0 { (1000.0, "Mbit/s") } else { (1.0, "kbit/s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_over_the_highest_value() {
        for (highest, most, last, count) in [
            (1.0, 5, 1.0, 6),
            (0.93, 4, 1.0, 3),
            (7.3, 4, 8.0, 5),
            (2480.0, 5, 2500.0, 6),
            (0.0, 4, 1.0, 3),
            (f64::NAN, 4, 1.0, 3),
            (1e9, 4, 1e9, 3),
        ] {
            let found = ticks(highest, most);
            assert_eq!((found[0], found[found.len() - 1], found.len()), (0.0, last, count), "{highest}");
        }
    }

    #[test]
    fn time_ticks_stay_inside_the_run() {
        for (secs, most, step, last) in [
            (60.0, 12, 5.0, 60.0),
            (61.5, 8, 10.0, 60.0),
            (600.0, 10, 60.0, 600.0),
            (1e6, 10, 100_800.0, 907_200.0),
        ] {
            let found = time_ticks(secs, most);
            assert_eq!((found[1], found[found.len() - 1]), (step, last), "{secs}");
        }
        assert_eq!(time_label(120.0, 599.0), "120");
        assert_eq!(time_label(120.0, 600.0), "2");
    }
}
