//! How long a line's rate takes to settle near what it is entitled to, and how it swings.

use std::time::Duration;

use super::windows::whole_bins;
use super::{LineShare, Shares, rolling};
use crate::observation::{Direction, ParticipantIndex};
use crate::recording::{Recording, Span};

/// For so long the rate stays near its mean (★ our own choice).
const HELD: Duration = Duration::from_secs(10);
/// It stays within this of its mean (★ our own choice).
const NEAR: f64 = 0.15;
/// The mean is at least this share of the entitlement (★ our own choice).
const LEAST: f64 = 0.8;
/// A reversal is larger than this share of the mean (★ our own choice).
const SWING: f64 = 0.1;
/// Less than this isn't worth waiting for, bit/s.
const NOTHING: f64 = 1_000.0;

/// One static period of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convergence {
    /// Whose line.
    pub who: ParticipantIndex,
    /// Which way.
    pub direction: Direction,
    /// The period.
    pub period: Span,
    /// From its start until the rate had settled; `None` when it never did.
    pub after: Option<Duration>,
}

/// Every static period of at least 10 s of every line that something was wanted of.
pub fn convergences(recording: &Recording, shares: &Shares) -> Vec<Convergence> {
    let mut all = Vec::new();
    for (who, direction, line) in shares.lines() {
        let present = recording.participant(who).present.clone();
        for period in shares.static_periods(line).iter().filter(|period| period.length() >= HELD) {
            let is_there = present.iter().any(|span| span.from <= period.from && period.until <= span.until);
            let bins = whole_bins(recording.measure(), *period);
            let needed = mean(&line.entitlement, bins.clone());
            if !is_there || needed < NOTHING {
                continue;
            }
            let settled = settled(recording, line, bins);
            let start = |bin: usize| recording.measure().bin_span(bin).from;
            let after = settled.map(|bin| start(bin).since(period.from));
            all.push(Convergence { who, direction, period: *period, after });
        }
    }
    all
}

/// The first bin from which on the rate is settled, within `bins`.
fn settled(recording: &Recording, line: &LineShare, bins: std::ops::Range<usize>) -> Option<usize> {
    let second = recording.measure().bins_per_second();
    let held = second * usize::try_from(HELD.as_secs()).unwrap_or(usize::MAX);
    let end = bins.end.min(line.rate.len());
    let rates = rolling(&line.rate[bins.start.min(end)..end], second);
    let steps = held.checked_sub(second)? + 1;
    let is_settled = |(place, seconds): (usize, &[f64])| {
        let from = bins.start + place;
        let mean_rate = mean(&line.rate, from..from + held);
        let near = |rate: &f64| (rate - mean_rate).abs() <= NEAR * mean_rate;
        (seconds.iter().all(near) && mean_rate >= LEAST * mean(&line.entitlement, from..from + held))
            .then_some(from)
    };
    rates.windows(steps).enumerate().find_map(is_settled)
}

fn mean(values: &[f64], bins: std::ops::Range<usize>) -> f64 {
    let end = bins.end.min(values.len());
    let values = &values[bins.start.min(end)..end];
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// How often `rates` turn, and go the other way by more than a tenth of their mean before they turn again.
pub fn reversals(rates: &[f64]) -> u64 {
    let swing = mean(rates, 0..rates.len()) * SWING;
    let Some(first) = rates.first() else { return 0 };
    let (mut low, mut high) = (*first, *first);
    let mut rising: Option<bool> = None;
    let mut turns = 0;
    for rate in rates {
        (low, high) = (low.min(*rate), high.max(*rate));
        let turned = match rising {
            Some(true) => high - rate > swing,
            Some(false) => rate - low > swing,
            None => high - low > swing,
        };
        if turned {
            turns += u64::from(rising.is_some());
            rising = Some(rising.map_or(*rate == high, |rising| !rising));
            (low, high) = (*rate, *rate);
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reversals_are_larger_than_a_tenth_of_the_mean() {
        for (rates, expected) in [
            (&[100.0, 100.0, 100.0][..], 0),
            (&[10.0, 50.0, 100.0, 150.0], 0),
            // The mean is 100: swings of 9 are none, of 11 they are.
            (&[100.0, 104.5, 95.5, 104.5, 95.5], 0),
            (&[100.0, 106.0, 94.0, 106.0, 94.0], 2),
            // Down in small steps is one reversal.
            (&[50.0, 100.0, 150.0, 145.0, 135.0, 125.0, 60.0, 35.0], 1),
            (&[], 0),
        ] {
            assert_eq!(reversals(rates), expected, "{rates:?}");
        }
    }
}
