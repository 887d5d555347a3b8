//! `[[applied]]`: proof that an impairment took effect, over the whole run, warm-up included.

use std::time::Duration;

use scenarios::model::Applied;

use super::bounds::{Bounds, Side};
use super::{Check, CheckError};
use crate::glob;
use crate::observation::{LinkInfo, LossCause, TrafficClass};
use crate::recording::link::LinkRecord;
use crate::recording::{Measure, Recording};

/// What must have happened at the lines that match, together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppliedCheck {
    /// Pattern for a link (all its lines: "home-up") or a line ("home-up@alice").
    pub link: String,
    /// Packets dropped by queues, full or actively managed, summed over the lines: at least.
    pub dropped_min: Option<u64>,
    /// And at most.
    pub dropped_max: Option<u64>,
    /// Packets lost at random after queues, summed over the lines: at least.
    pub lost_min: Option<u64>,
    /// And at most.
    pub lost_max: Option<u64>,
    /// The longest wait of a packet in any of the queues: at least.
    pub queued_min: Option<Duration>,
    /// [`LinkRecord::busiest_second`] of the busiest line: at least.
    pub utilisation_min: Option<f64>,
    /// Bytes of cross traffic that left the serialisers, summed over the lines: at least.
    pub cross_min: Option<u64>,
    /// Packets that left the lines with the mark of congestion, summed over the lines: at least.
    pub marked_min: Option<u64>,
    /// Changes of capacity after the first value, summed over the lines: at least.
    pub rate_changes_min: Option<u64>,
}

impl From<&Applied> for AppliedCheck {
    fn from(applied: &Applied) -> Self {
        AppliedCheck {
            link: applied.link.as_str().to_owned(),
            dropped_min: applied.dropped_min,
            dropped_max: applied.dropped_max,
            lost_min: applied.lost_min,
            lost_max: applied.lost_max,
            queued_min: applied.queued_min,
            utilisation_min: applied.utilisation_min.map(|share| share.get()),
            cross_min: applied.cross_min.map(|size| size.as_bytes()),
            marked_min: applied.marked_min,
            rate_changes_min: None,
        }
    }
}

/// A line of the run.
type Line<'a> = (&'a LinkInfo, &'a LinkRecord);

impl AppliedCheck {
    /// Judges a run: one check per demand, each with the number that was measured.
    ///
    /// # Errors
    /// No line matches, or nothing is demanded.
    pub fn checks(&self, recording: &Recording) -> Result<Vec<Check>, CheckError> {
        let lines: Vec<Line<'_>> = recording
            .links()
            .map(|(index, record)| (recording.cast().link(index), record))
            .filter(|(info, _)| {
                glob::matches(&self.link, &info.name) || glob::matches(&self.link, &info.definition)
            })
            .collect();
        if lines.is_empty() {
            return Err(CheckError::UnknownLink { link: self.link.clone() });
        }
        let checks = [
            self.dropped(&lines),
            self.lost(&lines),
            self.queued(&lines),
            self.utilisation(&lines, recording.measure()),
            self.cross(&lines),
            self.marked(&lines),
            self.rate_changes(&lines),
        ];
        let checks: Vec<Check> = checks.into_iter().flatten().collect();
        if checks.is_empty() {
            return Err(CheckError::NoBound { subject: self.link.clone() });
        }
        Ok(checks)
    }

    fn dropped(&self, lines: &[Line<'_>]) -> Option<Check> {
        let dropped = |line: &LinkRecord| line.whole.of(LossCause::Queue) + line.whole.of(LossCause::Aqm);
        let bounds = Bounds::counts(self.dropped_min, self.dropped_max);
        self.sum("packets dropped by the queues", bounds, lines, dropped)
    }

    fn lost(&self, lines: &[Line<'_>]) -> Option<Check> {
        let bounds = Bounds::counts(self.lost_min, self.lost_max);
        self.sum("packets lost at random", bounds, lines, |line| line.whole.of(LossCause::Random))
    }

    fn cross(&self, lines: &[Line<'_>]) -> Option<Check> {
        let bounds = Bounds::counts(self.cross_min, None);
        let bytes = |line: &LinkRecord| {
            line.bins.iter().map(|bin| u64::from(bin.bytes[TrafficClass::Cross as usize])).sum()
        };
        self.sum("bytes of cross traffic", bounds, lines, bytes)
    }

    fn marked(&self, lines: &[Line<'_>]) -> Option<Check> {
        let bounds = Bounds::counts(self.marked_min, None);
        self.sum("packets marked", bounds, lines, |line| line.whole.marked)
    }

    fn rate_changes(&self, lines: &[Line<'_>]) -> Option<Check> {
        let bounds = Bounds::counts(self.rate_changes_min, None);
        self.sum("changes of the rate", bounds, lines, |line| line.capacity.len().saturating_sub(1) as u64)
    }

    fn queued(&self, lines: &[Line<'_>]) -> Option<Check> {
        let least = millis(self.queued_min?);
        self.most("the longest wait in the queues", least, "ms", lines, |line| Some(millis(line.queued_most)))
    }

    fn utilisation(&self, lines: &[Line<'_>], measure: &Measure) -> Option<Check> {
        let least = self.utilisation_min?;
        self.most("utilisation of the busiest second", least, "ratio", lines, |line| {
            line.busiest_second(measure)
        })
    }

    /// Bounds on what all lines count together; the line that counts most is named.
    fn sum(
        &self,
        what: &str,
        bounds: Bounds,
        lines: &[Line<'_>],
        of: impl Fn(&LinkRecord) -> u64,
    ) -> Option<Check> {
        if bounds.is_empty() {
            return None;
        }
        let sum: u64 = lines.iter().map(|(_, line)| of(line)).sum();
        let (_, worst) = greatest(lines, |line| Some(of(line) as f64))?;
        Some(self.made(what, bounds, "count", lines, Some((sum as f64, worst))))
    }

    /// A bound on the line that reaches most; unmeasured when no line has such a number.
    fn most(
        &self,
        what: &str,
        least: f64,
        unit: &'static str,
        lines: &[Line<'_>],
        of: impl Fn(&LinkRecord) -> Option<f64>,
    ) -> Option<Check> {
        let bounds = Bounds { min: Some(least), max: None };
        Some(self.made(what, bounds, unit, lines, greatest(lines, of)))
    }

    fn made(
        &self,
        what: &str,
        bounds: Bounds,
        unit: &'static str,
        lines: &[Line<'_>],
        measured: Option<(f64, &str)>,
    ) -> Check {
        let note = match measured.map(|(value, _)| bounds.broken_by(value, value)) {
            Some(None) => "",
            Some(Some(Side::High)) => "too much",
            Some(Some(Side::Low)) => "the impairment did not bite",
            None => "no line has a limit, or the run no whole second",
        };
        Check {
            demand: format!("applied: {what} of {} {}", self.link, bounds.text(unit)),
            passed: note.is_empty(),
            measured: measured.map(|(value, _)| value),
            unit,
            samples: lines.iter().map(|(_, line)| line.whole.offered()).sum(),
            worst: measured.map_or(String::new(), |(_, name)| format!("link={name}")),
            label_sets: lines.len(),
            // All lines together keep the demand or don't.
            failed: if note.is_empty() { 0 } else { lines.len() },
            note: note.to_owned(),
        }
    }
}

/// The greatest value of all lines that have one, and the first line that has it.
fn greatest<'a>(lines: &[Line<'a>], of: impl Fn(&LinkRecord) -> Option<f64>) -> Option<(f64, &'a str)> {
    let mut greatest: Option<(f64, &str)> = None;
    for (info, line) in lines {
        let Some(value) = of(line) else { continue };
        if greatest.is_none_or(|(known, _)| value > known) {
            greatest = Some((value, &info.name));
        }
    }
    greatest
}

fn millis(span: Duration) -> f64 {
    span.as_nanos() as f64 / 1e6
}
