//! Rows of how far estimates are from what lines could carry.

use super::builder::{Builder, line_labels, raw};
use crate::Distribution;
use crate::fair_share::{LineShare, Shares};
use crate::metric::Unit;
use crate::observation::{Direction, ParticipantIndex};
use crate::recording::Span;
use crate::views::estimate_kbps;

/// An estimate is too high above this ratio to the reference (★ our own choice).
const ABOVE: f64 = 1.1;
/// Of each static period so many seconds are left for the estimate to follow (★ our own choice).
const FOLLOWS: u64 = 1;

pub(super) fn add(rows: &mut Builder<'_>, shares: &Shares) {
    for (who, direction, line) in shares.lines() {
        errors(rows, shares, (who, direction), line);
    }
}

fn errors(
    rows: &mut Builder<'_>,
    shares: &Shares,
    (who, direction): (ParticipantIndex, Direction),
    line: &LineShare,
) {
    let measure = *rows.measure();
    let estimates = estimate_kbps(rows.recording, who, direction);
    let both = |bin: usize| {
        let reference = line.reference.get(bin).copied().flatten().filter(|reference| *reference > 0.0)?;
        Some((estimates.get(bin).copied().flatten()? * 1e3, reference))
    };
    let bins = rows.whole_bins();
    let known: Vec<(f64, f64)> = bins.filter_map(both).collect();
    if known.is_empty() {
        return;
    }
    let (labels, n) = (line_labels(rows.cast(), who, direction), known.len() as u64);
    let errors = known.iter().map(|(estimate, reference)| (estimate / reference - 1.0).abs());
    rows.values("bwe.error", &labels, Distribution::of(errors.map(|error| raw(Unit::Ratio, error))));
    let above = known.iter().filter(|(estimate, reference)| *estimate > reference * ABOVE).count();
    rows.ratio("bwe.error.above", &labels, n, above as f64, n as f64);
    let excess: f64 = known.iter().map(|(estimate, reference)| (estimate - reference).max(0.0)).sum();
    rows.number("bwe.error.excess", &labels, n, excess * measure.bin.as_secs_f64() / 8.0);
    let overshoot = |period: &Span| {
        let span = period.overlap(measure.span());
        let from = span.from + std::time::Duration::from_secs(FOLLOWS);
        let bins =
            crate::fair_share::whole_bins(&measure, Span { from: from.min(span.until), until: span.until });
        if bins.len() < measure.bins_per_second() {
            return None;
        }
        let ratios = bins.filter_map(both).map(|(estimate, reference)| estimate / reference - 1.0);
        ratios.reduce(f64::max).map(|most| raw(Unit::Ratio, most.max(0.0)))
    };
    let overshoots = Distribution::of(shares.static_periods(line).iter().filter_map(overshoot));
    rows.values("bwe.error.overshoot", &labels, overshoots);
}
