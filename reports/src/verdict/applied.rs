//! `[[applied]]`: proof that an impairment took effect, over the whole run, warm-up included.

use std::time::Duration;

use super::{Check, CheckError};
use crate::glob;
use crate::observation::LossCause;
use crate::recording::Recording;
use crate::recording::link::LinkRecord;

/// What must have happened at a link, or at all links that match together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppliedCheck {
    /// Pattern for a link's name ("home-up@alice") or its definition's ("home-up").
    pub link: String,
    /// Packets lost, at least.
    pub dropped_min: Option<u64>,
    /// Only losses for this cause count.
    pub cause: Option<LossCause>,
    /// The longest wait in the queue, at least.
    pub queued_min: Option<Duration>,
    /// Changes of capacity after the first value, at least.
    pub rate_changes_min: Option<u64>,
}

impl AppliedCheck {
    /// Judges a run. With several demands, the first that fails is told, or else the first of all.
    ///
    /// # Errors
    /// No link matches, or nothing is demanded.
    pub fn check(&self, recording: &Recording) -> Result<Check, CheckError> {
        let links: Vec<&LinkRecord> = recording
            .links()
            .filter(|(index, _)| {
                let info = recording.cast().link(*index);
                glob::matches(&self.link, &info.name) || glob::matches(&self.link, &info.definition)
            })
            .map(|(_, record)| record)
            .collect();
        if links.is_empty() {
            return Err(CheckError::UnknownLink { link: self.link.clone() });
        }
        let checks = [self.dropped(&links), self.queued(&links), self.rate_changes(&links)];
        let checks: Vec<Check> = checks.into_iter().flatten().collect();
        let told = checks.iter().find(|check| !check.passed).or(checks.first());
        told.cloned().ok_or_else(|| CheckError::NoBound { subject: self.link.clone() })
    }

    fn dropped(&self, links: &[&LinkRecord]) -> Option<Check> {
        let least = self.dropped_min?;
        let lost: u64 = links
            .iter()
            .map(|link| self.cause.map_or(link.whole.dropped.iter().sum(), |cause| link.whole.of(cause)))
            .sum();
        let cause = self.cause.map_or(String::new(), |cause| format!(" ({})", cause.name()));
        let demand = format!("applied: {} drops at least {least} packets{cause}", self.link);
        Some(self.made(demand, lost >= least, lost as f64, "count", links))
    }

    fn queued(&self, links: &[&LinkRecord]) -> Option<Check> {
        let least = self.queued_min?;
        let most = links.iter().map(|link| link.queued_most).max().unwrap_or_default();
        let demand = format!("applied: {} queues for at least {least:?}", self.link);
        Some(self.made(demand, most >= least, most.as_nanos() as f64 / 1e6, "ms", links))
    }

    fn rate_changes(&self, links: &[&LinkRecord]) -> Option<Check> {
        let least = self.rate_changes_min?;
        let changes: u64 = links.iter().map(|link| link.capacity.len().saturating_sub(1) as u64).sum();
        let demand = format!("applied: {} changes its rate at least {least} times", self.link);
        Some(self.made(demand, changes >= least, changes as f64, "count", links))
    }

    fn made(
        &self,
        demand: String,
        passed: bool,
        measured: f64,
        unit: &'static str,
        links: &[&LinkRecord],
    ) -> Check {
        Check {
            demand,
            passed,
            measured: Some(measured),
            unit,
            samples: links.iter().map(|link| link.whole.offered()).sum(),
            worst: String::new(),
            label_sets: links.len(),
            failed: if passed { 0 } else { links.len() },
            note: if passed { String::new() } else { "the impairment did not bite".to_owned() },
        }
    }
}
