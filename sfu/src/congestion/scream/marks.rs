//! The averaged part of marked bytes (draft-johansson-ccwg-rfc8298bis-screamv2, section 4.2.1.2).

use std::time::Duration;

use crate::Time;

/// The average rises fast … (draft: `L4S_AVG_G_UP`)
const UP: f64 = 1.0 / 8.0;
/// … and falls slowly (draft: `L4S_AVG_G_DOWN`).
const DOWN: f64 = 1.0 / 128.0;
/// Between updates, or a round trip if that is shorter (draft).
const INTERVAL: Duration = Duration::from_millis(10);

#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    alpha: f64,
    delivered: f64,
    marked: f64,
    updated: Option<Time>,
}

impl Marks {
    pub(super) fn on_feedback(&mut self, now: Time, rtt: Duration, delivered: f64, marked: f64) {
        self.delivered += delivered;
        self.marked += marked;
        let due = self.updated.is_none_or(|at| now.since(at) >= INTERVAL.min(rtt));
        if !due || self.delivered == 0.0 {
            return;
        }
        let part = self.marked / self.delivered;
        self.alpha =
            if part >= self.alpha { UP * part + (1.0 - UP) * self.alpha } else { (1.0 - DOWN) * self.alpha };
        (self.delivered, self.marked, self.updated) = (0.0, 0.0, Some(now));
    }

    pub(super) fn alpha(&self) -> f64 {
        self.alpha
    }
}
