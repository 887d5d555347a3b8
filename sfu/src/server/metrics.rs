//! The server's counters as Prometheus reads them (text format 0.0.4).

use std::fmt::Write as _;

use super::port::Traffic;
use crate::Sfu;
use crate::drop_reason::{DropCounters, DropReason};
use crate::transport::demux::Protocol;

/// What only the worker knows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// WebSockets.
    pub(super) sessions: usize,
    /// Connections that media comes over.
    pub(super) streams: usize,
    /// What was sent.
    pub(super) traffic: Traffic,
}

/// Those of one worker.
pub(super) fn of_worker(sfu: &Sfu, around: &Around) -> Page {
    let mut page = Page::default();
    let census = sfu.census();
    page.one("participants", "gauge", "Participants, connected or about to be.", census.participants);
    page.one("rooms", "gauge", "Rooms with somebody in them.", census.conferences);
    page.one("publisher_streams", "gauge", "Streams that participants send.", census.streams);
    page.one("subscriber_streams", "gauge", "Streams that participants receive.", census.subscriptions);
    page.one("sessions", "gauge", "WebSockets.", around.sessions);
    page.one("media_connections", "gauge", "TCP connections for media.", around.streams);
    let ingress = sfu.ingress();
    page.one("received_datagrams_total", "counter", "Datagrams that came.", ingress.datagrams);
    page.one("received_bytes_total", "counter", "Their bytes, UDP payload.", ingress.bytes);
    page.head("received_taken_datagrams_total", "counter", "Datagrams that were of use, by protocol.");
    for (name, protocol) in
        [("stun", Protocol::Stun), ("dtls", Protocol::Dtls), ("rtp", Protocol::Rtp), ("rtcp", Protocol::Rtcp)]
    {
        page.sample("", Some(format!("protocol=\"{name}\"")), ingress.taken(protocol));
    }
    page.reasons("received_dropped_datagrams_total", "Datagrams that were of no use.", sfu.drops());
    let traffic = &around.traffic;
    page.one("sent_datagrams_total", "counter", "Datagrams that went out.", traffic.datagrams);
    page.one("sent_bytes_total", "counter", "Their bytes, UDP payload.", traffic.bytes);
    page.one("sent_calls_total", "counter", "System calls that took them, several at a time.", traffic.calls);
    page.one(
        "sent_refused_datagrams_total",
        "counter",
        "Datagrams without room in the socket.",
        traffic.refused,
    );
    let copies = sfu.copies();
    page.one(
        "forwarded_packets_total",
        "counter",
        "Copies of media packets for receivers.",
        copies.forwarded,
    );
    page.reasons("withheld_packets_total", "Copies that a receiver didn't get.", sfu.withheld());
    page.one("nacked_packets_total", "counter", "Packets that receivers asked for again.", copies.asked);
    page.one(
        "retransmitted_packets_total",
        "counter",
        "Those of them that were sent again.",
        copies.answered,
    );
    page.reasons("unrepaired_packets_total", "Those of them that were not.", sfu.unrepaired());
    page.one(
        "recovered_packets_total",
        "counter",
        "Sound taken out of a later packet's redundancy.",
        sfu.recovered(),
    );
    let estimates: Vec<u64> = sfu.estimates().map(|(_, rate)| rate.as_bps()).collect();
    page.estimates(&estimates);
    page
}

/// What the whole server has once: its connections, whether it drains, and the thousandths of the last second that each
/// worker was busy.
pub(super) fn of_server((connections, refused): (usize, u64), draining: bool, busy: &[u32]) -> Page {
    let mut page = Page::default();
    page.one("connections", "gauge", "HTTP connections, WebSockets included.", connections);
    page.one("connections_refused_total", "counter", "Connections over a limit.", refused);
    page.one("draining", "gauge", "1 when nobody new is let in.", usize::from(draining));
    page.head("worker_busy_permille", "gauge", "Thousandths of the last second that a worker was busy.");
    for (worker, busy) in busy.iter().enumerate() {
        page.sample("", Some(format!("worker=\"{worker}\"")), *busy);
    }
    page
}

/// Bounds of the histogram of estimates, bit/s: sound alone, a thumbnail, a picture, a full picture, several.
const ESTIMATES: [u64; 7] = [100_000, 300_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 20_000_000];

/// Metrics in an order, each with its samples. Those of several workers have the same ones, and add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page(Vec<Metric>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Sample {
    /// What follows the metric's name, as histograms have it.
    suffix: &'static str,
    label: Option<String>,
    value: u64,
}

/// A count, in the width that samples have.
trait Count {
    fn count(self) -> u64;
}

impl Count for u64 {
    fn count(self) -> u64 {
        self
    }
}

impl Count for u32 {
    fn count(self) -> u64 {
        u64::from(self)
    }
}

impl Count for usize {
    fn count(self) -> u64 {
        self as u64
    }
}

impl Page {
    /// Adds another worker's.
    pub(super) fn add(&mut self, other: Page) {
        if self.0.is_empty() {
            self.0 = other.0;
            return;
        }
        for (own, other) in self.0.iter_mut().zip(other.0) {
            for (own, other) in own.samples.iter_mut().zip(other.samples) {
                own.value += other.value;
            }
        }
    }

    /// This page, with another's metrics behind it.
    pub(super) fn text(&self, rest: &Page) -> String {
        let mut out = String::with_capacity(8 * 1024);
        for Metric { name, kind, help, samples } in self.0.iter().chain(&rest.0) {
            let _ = write!(out, "# HELP plenum_sfu_{name} {help}\n# TYPE plenum_sfu_{name} {kind}\n");
            for Sample { suffix, label, value } in samples {
                let _ = match label {
                    Some(label) => writeln!(out, "plenum_sfu_{name}{suffix}{{{label}}} {value}"),
                    None => writeln!(out, "plenum_sfu_{name}{suffix} {value}"),
                };
            }
        }
        out
    }

    fn head(&mut self, name: &'static str, kind: &'static str, help: &'static str) {
        self.0.push(Metric { name, kind, help, samples: Vec::new() });
    }

    fn one(&mut self, name: &'static str, kind: &'static str, help: &'static str, value: impl Count) {
        self.head(name, kind, help);
        self.sample("", None, value);
    }

    fn sample(&mut self, suffix: &'static str, label: Option<String>, value: impl Count) {
        let metric = self.0.last_mut().expect("a sample has a head before it");
        metric.samples.push(Sample { suffix, label, value: value.count() });
    }

    fn reasons(&mut self, name: &'static str, help: &'static str, counters: &DropCounters) {
        self.head(name, "counter", help);
        // All of them: a counter that appears with its first event hides that event from rate().
        for reason in DropReason::ALL {
            let word = serde_json::to_value(reason).expect("a word");
            let label = format!("reason=\"{}\"", word.as_str().expect("a word"));
            self.sample("", Some(label), counters.of(reason));
        }
    }

    /// A histogram of the receivers' estimates at this moment.
    fn estimates(&mut self, estimates: &[u64]) {
        self.head("downlink_estimate_bps", "histogram", "Estimates of the receivers' lines, now.");
        for bound in ESTIMATES {
            let below = estimates.iter().filter(|estimate| **estimate <= bound).count();
            self.sample("_bucket", Some(format!("le=\"{bound}\"")), below);
        }
        self.sample("_bucket", Some("le=\"+Inf\"".into()), estimates.len());
        self.sample("_sum", None, estimates.iter().sum::<u64>());
        self.sample("_count", None, estimates.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_add_up_and_what_there_is_once_follows() {
        let worker = |count: u64| {
            let mut page = Page::default();
            page.one("rooms", "gauge", "Rooms.", count);
            page.head("taken_total", "counter", "Taken.");
            page.sample("", Some("protocol=\"rtp\"".into()), 10 * count);
            page
        };
        let mut sum = Page::default();
        (1..=3).for_each(|count| sum.add(worker(count)));
        let text = sum.text(&of_server((4, 5), true, &[70, 80]));
        for line in [
            "# TYPE plenum_sfu_rooms gauge",
            "plenum_sfu_rooms 6",
            "plenum_sfu_taken_total{protocol=\"rtp\"} 60",
            "plenum_sfu_connections 4",
            "plenum_sfu_connections_refused_total 5",
            "plenum_sfu_draining 1",
            "plenum_sfu_worker_busy_permille{worker=\"1\"} 80",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} in {text}");
        }
    }
}
