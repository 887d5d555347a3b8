//! The verdict on each gate.

use scenarios::model::Gate;

use super::{Baseline, GateError, SeedReadings, better, name, unit};
use crate::comparison::Pair;
use crate::comparison::bootstrap::{Resamples, mean, median};
use crate::metric::Better;
use crate::number::{number, rounded};
use crate::verdict::Check;

/// A statistic over the paired differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// "median" or "mean".
    pub statistic: &'static str,
    /// Of the baseline's values.
    pub base: f64,
    /// Of the differences, now less baseline.
    pub difference: f64,
    /// The 95 % bootstrap interval of the difference; `None` of a single seed.
    pub interval: Option<(f64, f64)>,
    /// How much of a rise is allowed.
    pub rise: f64,
    /// How much of a fall is allowed.
    pub fall: f64,
}

impl Change {
    /// Whether it goes beyond what is allowed, and luck can't explain it: 1 upwards, −1 downwards, 0 no.
    fn beyond(&self) -> i8 {
        let (low, high) = self.interval.unwrap_or((self.difference, self.difference));
        // A hair of tolerance: a rise of exactly what is allowed is allowed, whatever the rounding.
        let slack = 1e-9 * self.base.abs().max(1.0);
        if self.difference > self.rise + slack && low > 0.0 {
            1
        } else if -self.difference > self.fall + slack && high < 0.0 {
            -1
        } else {
            0
        }
    }
}

/// What became of a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What it holds.
    pub of: String,
    /// The metric's id.
    pub metric: String,
    /// The unit of its values.
    pub unit: &'static str,
    /// Which way it gets better.
    pub better: Better,
    /// The seeds with their values in the baseline and now.
    pub pairs: Vec<Pair>,
    /// The median of the differences.
    pub median: Change,
    /// Their mean, which tells of what befalls few seeds.
    pub mean: Change,
    /// Whether it holds.
    pub passed: bool,
    /// Why it doesn't; empty when it holds.
    pub note: String,
}

/// Judges what was measured now against the baseline.
///
/// # Errors
/// What [`Baseline::check`] finds, or a gate that selects nothing in any run.
pub fn judge(
    scenario: &str,
    gates: &[Gate],
    baseline: &Baseline,
    measured: &[SeedReadings],
) -> Result<Vec<Judged>, GateError> {
    let seeds: Vec<u64> = measured.iter().map(|one| one.seed).collect();
    baseline.check(scenario, gates, &seeds)?;
    (gates.iter().enumerate()).map(|(at, gate)| one(at, gate, baseline, measured)).collect()
}

fn one(at: usize, gate: &Gate, baseline: &Baseline, measured: &[SeedReadings]) -> Result<Judged, GateError> {
    let entry = baseline.entry(gate)?;
    let readings = || measured.iter().map(|one| (one.seed, one.readings[at]));
    if readings().all(|(_, reading)| reading.label_sets + reading.never_seen == 0) {
        return Err(GateError::Empty { of: name(gate) });
    }
    let (mut pairs, mut silent, mut fewer) = (Vec::new(), Vec::new(), 0);
    for (seed, reading) in readings() {
        match reading.value {
            Some(value) => pairs.push(Pair { seed, base: entry.value(seed)?, other: rounded(value) }),
            None => silent.push(seed.to_string()),
        }
        fewer += reading.never_seen.saturating_sub(entry.never_seen(seed));
    }
    let resamples = Resamples::new(pairs.len());
    let change = |statistic: &'static str, of: fn(&mut [f64]) -> f64| {
        let differences: Vec<f64> = pairs.iter().map(Pair::difference).collect();
        let base = of(&mut pairs.iter().map(|pair| pair.base).collect::<Vec<_>>());
        let (rise, fall) = (gate.rise_allowed(base), gate.fall_allowed(base));
        let interval = resamples.interval(&differences, of);
        Change { statistic, base, difference: of(&mut differences.clone()), interval, rise, fall }
    };
    let (median, mean) = (change("median", median), change("mean", mean));
    let mut notes = Vec::new();
    if !silent.is_empty() {
        notes.push(format!("nothing was seen of it with seed {}", silent.join(", ")));
    } else if fewer > 0 {
        notes.push(format!("{fewer} label sets more than in the baseline have no samples"));
    }
    let beyond = [median, mean].into_iter().find(|change| change.beyond() != 0);
    notes.extend(beyond.map(|change| words(&change, better(gate), unit(gate))));
    Ok(Judged {
        of: name(gate),
        metric: gate.metric.clone(),
        unit: unit(gate),
        better: better(gate),
        pairs,
        median,
        mean,
        passed: notes.is_empty(),
        note: notes.join("; "),
    })
}

fn words(change: &Change, better: Better, unit: &str) -> String {
    let (way, allowed) = if change.beyond() > 0 { ("rose", change.rise) } else { ("fell", change.fall) };
    let judged = match (better, change.beyond() > 0) {
        (Better::Neither, _) => "changed",
        (Better::Lower, true) | (Better::Higher, false) => "worse",
        _ => "better: update the baseline, with a reason, so that it is kept",
    };
    let unit = if matches!(unit, "count" | "ratio") { "" } else { unit };
    let text = format!("the {} {way} by {} {unit}", change.statistic, number(change.difference.abs()));
    let (text, allowed) = (text.trim_end(), number(allowed));
    format!("{text}, where {} is allowed: {judged}", format!("{allowed} {unit}").trim_end())
}

impl Judged {
    /// It as a test case.
    pub(super) fn check(&self) -> Check {
        let allowed = format!("{} to +{}", number(-self.median.fall), number(self.median.rise));
        let unit = if matches!(self.unit, "count" | "ratio") { "" } else { self.unit };
        Check {
            demand: format!("change of {} within {allowed} {unit}", self.of).trim_end().to_owned(),
            passed: self.passed,
            measured: (!self.pairs.is_empty()).then_some(self.median.difference),
            unit: self.unit,
            samples: self.pairs.len() as u64,
            worst: String::new(),
            label_sets: 1,
            failed: usize::from(!self.passed),
            note: self.note.clone(),
        }
    }

    /// The median now.
    pub fn now(&self) -> f64 {
        median(&mut self.pairs.iter().map(|pair| pair.other).collect::<Vec<_>>())
    }
}
