//! What came of a run, and whether it can be believed.

use std::fmt::Write as _;

use serde::Serialize;

use super::Plan;
use super::crowd::{Crowd, Window};
use super::measure::Spans;

/// The share of a core above which the generator counts as the limit, time that it waited for one included.
const BUSY: f64 = 0.8;
/// How late it may send, µs, and what share of the delay may be its own lateness, of the 99th percentiles.
const SENT_LATE: f64 = 2_000.0;
const READ_LATE: f64 = 0.5;

/// The figures of one run. Times in microseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Who met, and in how many rooms.
    pub shape: String,
    /// Rooms.
    pub rooms: usize,
    /// People in all.
    pub people: usize,
    /// Seconds that were measured.
    pub seconds: f64,
    /// Media packets that receivers got.
    pub packets: u64,
    /// The same per second.
    pub packets_per_second: f64,
    /// The server's CPU time per packet that a receiver got.
    pub cpu_per_packet: f64,
    /// Packets per second that a core would forward at that price.
    pub packets_per_second_per_core: f64,
    /// From the moment of sending to the moment of reading, 50th and 99th percentile, of all packets.
    pub delay_p50: f64,
    /// See `delay_p50`.
    pub delay_p99: f64,
    /// The same of sound alone.
    pub audio_p50: f64,
    /// See `audio_p50`.
    pub audio_p99: f64,
    /// Packets that didn't come to somebody.
    pub missing: u64,
    /// Packets that came again, and packets of padding.
    pub repeated: u64,
    /// See `repeated`.
    pub padding: u64,
    /// The server's share of a core, and the share of time that it was ready and had none.
    pub server_share: f64,
    /// See `server_share`.
    pub server_waited: f64,
    /// The generator's.
    pub own_share: f64,
    /// See `own_share`.
    pub own_waited: f64,
    /// How long a packet may have waited for the generator to read it, 99th percentile.
    pub read_late_p99: f64,
    /// How late a frame or a packet of sound went out, 99th percentile.
    pub sent_late_p99: f64,
    /// Why the run can't be believed; empty if it can.
    pub doubts: Vec<String>,
}

pub(super) fn of(plan: &Plan, crowd: &Crowd, window: &Window) -> Report {
    let receivers = || crowd.people.iter().map(|person| &person.receiver);
    let mut audio = Spans::of_all(receivers().map(|receiver| &receiver.audio));
    let mut all = Spans::of_all(receivers().flat_map(|receiver| [&receiver.audio, &receiver.video]));
    let packets = all.len() as u64;
    let seconds = window.span.as_secs_f64();
    let micros = |spans: &mut Spans, share| spans.quantile(share).unwrap_or_default();
    let cpu_per_packet = window.server.cpu.as_secs_f64() * 1e6 / (packets.max(1) as f64);
    let share = |span: std::time::Duration| span.as_secs_f64() / seconds;
    let mut report = Report {
        shape: plan.shape.to_string(),
        rooms: plan.rooms,
        people: crowd.people.len(),
        seconds,
        packets,
        packets_per_second: packets as f64 / seconds,
        cpu_per_packet,
        packets_per_second_per_core: 1e6 / cpu_per_packet,
        delay_p50: micros(&mut all, 0.5),
        delay_p99: micros(&mut all, 0.99),
        audio_p50: micros(&mut audio, 0.5),
        audio_p99: micros(&mut audio, 0.99),
        missing: window.missing,
        repeated: receivers().map(|receiver| receiver.repeated).sum(),
        padding: receivers().map(|receiver| receiver.padding).sum(),
        server_share: share(window.server.cpu),
        server_waited: share(window.server.waited),
        own_share: share(window.own.cpu),
        own_waited: share(window.own.waited),
        read_late_p99: micros(&mut crowd.read_late.clone(), 0.99),
        sent_late_p99: micros(&mut crowd.sent_late.clone(), 0.99),
        doubts: Vec::new(),
    };
    report.doubts = doubts(&report, window);
    report
}

fn doubts(report: &Report, window: &Window) -> Vec<String> {
    let mut doubts = Vec::new();
    let mut doubt = |is_so: bool, text: String| {
        if is_so {
            doubts.push(text);
        }
    };
    doubt(report.packets == 0, "nothing came".into());
    doubt(report.missing > 0, format!("{} packets did not come", report.missing));
    doubt(window.nacked > 0, format!("the server missed packets ({} requests)", window.nacked));
    doubt(window.unsent > 0, format!("{} packets could not be sent", window.unsent));
    doubt(window.strange > 0, format!("{} packets were not what they should be", window.strange));
    let own = report.own_share + report.own_waited;
    doubt(own > BUSY, format!("the generator was the limit: {:.0} % of a core", own * 100.0));
    doubt(
        report.sent_late_p99 > SENT_LATE,
        format!("the generator sent {:.0} µs late", report.sent_late_p99),
    );
    doubt(
        report.read_late_p99 > READ_LATE * report.delay_p99,
        format!("of the delay up to {:.0} µs are the generator's own", report.read_late_p99),
    );
    doubts
}

/// Reports as lines for people.
pub fn table(reports: &[Report]) -> String {
    let mut out = String::from(
        "shape    rooms people   packets/s  µs/packet  packets/s/core  delay p50    p99  audio p50  \
         server  waited  generator  waited\n",
    );
    for report in reports {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let _ = writeln!(
            out,
            "{:<8} {:>5} {:>6} {:>11.0} {:>10.2} {:>15.0} {:>10.0} {:>6.0} {:>10.0} {:>7} {:>7} {:>10} {:>7}",
            report.shape,
            report.rooms,
            report.people,
            report.packets_per_second,
            report.cpu_per_packet,
            report.packets_per_second_per_core,
            report.delay_p50,
            report.delay_p99,
            report.audio_p50,
            percent(report.server_share),
            percent(report.server_waited),
            percent(report.own_share),
            percent(report.own_waited),
        );
        for doubt in &report.doubts {
            let _ = writeln!(out, "         not to be believed: {doubt}");
        }
    }
    out
}
