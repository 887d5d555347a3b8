//! The server's counters as Prometheus reads them (text format 0.0.4).

use std::fmt::{Display, Write as _};

use super::port::Traffic;
use crate::Sfu;
use crate::drop_reason::{DropCounters, DropReason};
use crate::transport::demux::Protocol;

/// What only the worker knows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// WebSockets.
    pub(super) sessions: usize,
    /// HTTP connections, WebSockets included.
    pub(super) connections: usize,
    /// Connections that a limit kept out.
    pub(super) connections_refused: u64,
    /// What was sent.
    pub(super) traffic: Traffic,
    /// Whether nobody new is let in.
    pub(super) draining: bool,
}

/// All of them.
pub(super) fn text(sfu: &Sfu, around: &Around) -> String {
    let mut page = Page(String::with_capacity(8 * 1024));
    let census = sfu.census();
    page.one("participants", "gauge", "Participants, connected or about to be.", census.participants);
    page.one("rooms", "gauge", "Rooms with somebody in them.", census.conferences);
    page.one("publisher_streams", "gauge", "Streams that participants send.", census.streams);
    page.one("subscriber_streams", "gauge", "Streams that participants receive.", census.subscriptions);
    page.one("sessions", "gauge", "WebSockets.", around.sessions);
    page.one("connections", "gauge", "HTTP connections, WebSockets included.", around.connections);
    page.one("connections_refused_total", "counter", "Connections over a limit.", around.connections_refused);
    page.one("draining", "gauge", "1 when nobody new is let in.", u8::from(around.draining));
    let ingress = sfu.ingress();
    page.one("received_datagrams_total", "counter", "Datagrams that came.", ingress.datagrams);
    page.one("received_bytes_total", "counter", "Their bytes, UDP payload.", ingress.bytes);
    page.head("received_taken_datagrams_total", "counter", "Datagrams that were of use, by protocol.");
    for (name, protocol) in
        [("stun", Protocol::Stun), ("dtls", Protocol::Dtls), ("rtp", Protocol::Rtp), ("rtcp", Protocol::Rtcp)]
    {
        page.labelled("received_taken_datagrams_total", "protocol", name, ingress.taken(protocol));
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
    page.0
}

/// Bounds of the histogram of estimates, bit/s: sound alone, a thumbnail, a picture, a full picture, several.
const ESTIMATES: [u64; 7] = [100_000, 300_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 20_000_000];

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP plenum_sfu_{name} {help}\n# TYPE plenum_sfu_{name} {kind}\n");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "plenum_sfu_{name} {value}");
    }

    fn labelled(&mut self, name: &str, label: &str, word: impl Display, value: impl Display) {
        let _ = writeln!(self.0, "plenum_sfu_{name}{{{label}=\"{word}\"}} {value}");
    }

    fn reasons(&mut self, name: &str, help: &str, counters: &DropCounters) {
        self.head(name, "counter", help);
        // All of them: a counter that appears with its first event hides that event from rate().
        for reason in DropReason::ALL {
            let word = serde_json::to_value(reason).expect("a word");
            self.labelled(name, "reason", word.as_str().expect("a word"), counters.of(reason));
        }
    }

    /// A histogram of the receivers' estimates at this moment.
    fn estimates(&mut self, estimates: &[u64]) {
        let name = "downlink_estimate_bps";
        self.head(name, "histogram", "Estimates of the receivers' lines, now.");
        for bound in ESTIMATES {
            let below = estimates.iter().filter(|estimate| **estimate <= bound).count();
            self.labelled(&format!("{name}_bucket"), "le", bound, below);
        }
        self.labelled(&format!("{name}_bucket"), "le", "+Inf", estimates.len());
        let _ = writeln!(self.0, "plenum_sfu_{name}_sum {}", estimates.iter().sum::<u64>());
        let _ = writeln!(self.0, "plenum_sfu_{name}_count {}", estimates.len());
    }
}
