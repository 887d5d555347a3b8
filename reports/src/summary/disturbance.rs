//! Rows of what a join does to those who were there.

use std::time::Duration;

use scenarios::Time;

use super::builder::{Builder, raw};
use crate::Distribution;
use crate::fair_share::{per_window, rolling};
use crate::metric::Unit;
use crate::observation::ParticipantIndex;
use crate::recording::{Recording, Span};

/// What counts as before and after.
const ASIDE: Duration = Duration::from_secs(5);

pub(super) fn add(rows: &mut Builder<'_>) {
    let (recording, measure) = (rows.recording, *rows.measure());
    for (joiner, record) in recording.participants() {
        let joins = record.present.iter().map(|span| span.from);
        let counted = joins.filter(|at| measure.contains(*at) && *at + ASIDE <= measure.until);
        let drops: Vec<u64> = counted
            .flat_map(|at| recording.participants().map(move |(who, _)| (at, who)))
            .filter(|(_, who)| *who != joiner)
            .filter_map(|(at, who)| drop_of(recording, joiner, who, at))
            .map(|drop| raw(Unit::Ratio, drop))
            .collect();
        let labels = vec![("participant", recording.cast().name(joiner).to_owned())];
        rows.values("join_disturbance", &labels, Distribution::of(drops));
    }
}

/// By how much what `who` received of others than `joiner` fell after `at`, if it was there long before.
fn drop_of(recording: &Recording, joiner: ParticipantIndex, who: ParticipantIndex, at: Time) -> Option<f64> {
    let measure = recording.measure();
    let is_there = |span: &&Span| span.from + ASIDE <= at && at + ASIDE <= span.until;
    recording.participant(who).present.iter().find(is_there)?;
    let mut bytes = vec![0.0; measure.bins()];
    let others = recording.flows().filter(|flow| flow.flow.receiver == who && flow.flow.publisher != joiner);
    for flow in others {
        for (sum, bin) in bytes.iter_mut().zip(&flow.bins) {
            *sum += f64::from(bin.media_bytes);
        }
    }
    let before = Span { from: Time::from_nanos(at.as_nanos() - ASIDE.as_nanos() as u64), until: at };
    let before = per_window(&bytes, measure, before, 1);
    let mean = before.iter().sum::<f64>() / before.len().max(1) as f64;
    let after = crate::fair_share::whole_bins(measure, Span { from: at, until: at + ASIDE });
    let end = after.end.min(bytes.len());
    let worst =
        rolling(&bytes[after.start.min(end)..end], measure.bins_per_second()).into_iter().reduce(f64::min)?;
    (mean > 0.0).then(|| (1.0 - worst / mean).max(0.0))
}
