//! The receiver's reports, on their way back.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::congestion::sent_history::SentHistory;
use crate::congestion::{CongestionController, LossReport, PacketResult};

/// The number of the first packet: close to the wrap.
pub(crate) const FIRST: u16 = 65_000;
/// Between receiver reports: RFC 3550, section 6.2 allows one every 360 ms at 1 Mbps.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);

enum Report {
    Packets(Vec<(u16, Option<i64>)>),
    /// With the round trip, which the report's LSR and DLSR tell (RFC 3550, section 6.4.1).
    Loss(LossReport, Duration),
}

/// Makes reports and hands them to the controller once they have come back.
pub(crate) struct Feedback {
    /// Between the receiver's reports.
    pub(crate) interval: Duration,
    /// Added to the way back.
    pub(crate) delay: Duration,
    /// Nothing but receiver reports.
    pub(crate) reports_only: bool,
    next: Time,
    next_expected: u16,
    arrived: Vec<(u16, Time)>,
    reports: VecDeque<(Time, Report)>,
    results: Vec<PacketResult>,
}

impl Feedback {
    pub(crate) fn new(now: Time) -> Self {
        Feedback {
            interval: Duration::from_millis(50),
            delay: Duration::ZERO,
            reports_only: false,
            next: now,
            next_expected: FIRST,
            arrived: Vec::new(),
            reports: VecDeque::new(),
            results: Vec::new(),
        }
    }

    /// No report before then.
    pub(crate) fn begin(&mut self, at: Time) {
        self.next = at;
    }

    pub(crate) fn arrived(&mut self, sequence: u16, at: Time) {
        self.arrived.push((sequence, at));
    }

    /// Makes the report that is due, if one is; the way back takes `delay`, and what is configured more.
    pub(crate) fn report(&mut self, now: Time, delay: Duration) {
        if now < self.next || self.arrived.is_empty() {
            return;
        }
        self.next = now + if self.reports_only { REPORT_INTERVAL } else { self.interval };
        let last = self.arrived.last().expect("not empty").0;
        let count = last.wrapping_sub(self.next_expected).wrapping_add(1);
        let report = if self.reports_only {
            let received = self.arrived.len() as i64;
            self.arrived.clear();
            let report = LossReport { lost: i64::from(count) - received, expected: u64::from(count) };
            Report::Loss(report, 2 * delay)
        } else {
            let mut entries: Vec<(u16, Option<i64>)> =
                (0..count).map(|index| (self.next_expected.wrapping_add(index), None)).collect();
            for (sequence, at) in self.arrived.drain(..) {
                let index = usize::from(sequence.wrapping_sub(self.next_expected));
                entries[index].1 = Some((at.as_nanos() / 250_000) as i64);
            }
            Report::Packets(entries)
        };
        self.next_expected = last.wrapping_add(1);
        self.reports.push_back((now + delay + self.delay, report));
    }

    /// Hands over what has come back by `now`.
    pub(crate) fn deliver(
        &mut self,
        now: Time,
        history: &mut SentHistory,
        controller: &mut dyn CongestionController,
    ) {
        while self.reports.front().is_some_and(|(at, _)| *at <= now) {
            let (_, report) = self.reports.pop_front().expect("front was there");
            match report {
                Report::Packets(entries) => {
                    self.results.clear();
                    if let Some(rtt) = history.on_feedback(now, 0, entries, &mut self.results) {
                        controller.on_rtt(now, rtt);
                    }
                    controller.on_feedback(now, &self.results);
                }
                Report::Loss(report, rtt) => {
                    controller.on_rtt(now, rtt);
                    controller.on_loss_report(now, &report);
                }
            }
        }
    }
}
