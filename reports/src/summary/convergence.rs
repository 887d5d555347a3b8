//! Rows of how rates settle, swing and recover.

use std::time::Duration;

use super::builder::{Builder, line_labels, with};
use crate::Distribution;
use crate::fair_share::{Shares, convergences, per_window, recoveries, reversals};

pub(super) fn add(rows: &mut Builder<'_>, shares: &Shares) {
    for one in convergences(rows.recording, shares) {
        let labels = line_labels(rows.cast(), one.who, one.direction);
        match one.after {
            Some(after) => rows.add("convergence_time", &labels, Distribution::single(nanos(after))),
            None => rows.absent("convergence_time", &labels, Some(one.period.length())),
        }
    }
    oscillations(rows, shares);
    for one in recoveries(rows.recording, shares) {
        let labels = with(&line_labels(rows.cast(), one.who, one.direction), "event", one.event);
        match one.after {
            Some(after) => rows.add("recovery_time", &labels, Distribution::single(nanos(after))),
            None => rows.absent("recovery_time", &labels, Some(one.watched)),
        }
    }
}

fn oscillations(rows: &mut Builder<'_>, shares: &Shares) {
    let measure = *rows.measure();
    for (who, direction, line) in shares.lines() {
        let (mut turns, mut seconds) = (0, 0);
        for span in &rows.recording.participant(who).present {
            let rates = per_window(&line.rate, &measure, span.overlap(measure.span()), 1);
            turns += reversals(&rates);
            seconds += rates.len() as u64;
        }
        let carries = line.rate.iter().any(|rate| *rate > 0.0);
        if carries {
            let labels = line_labels(rows.cast(), who, direction);
            let minutes = seconds as f64 * measure.window_secs() / 60.0;
            rows.ratio("oscillation", &labels, seconds, turns as f64, minutes);
        }
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
