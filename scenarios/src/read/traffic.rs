//! Reads `[[traffic]]`.

use std::time::Duration;

use super::link;
use super::names::Names;
use super::reader::Reader;
use super::values;
use crate::model::{Files, FilesStart, RateSchedule, TcpWindow, Traffic, TrafficKind};
use crate::tree::{Node, Value};
use crate::units::{Rate, Size};

/// The keys that some kinds have: those it needs, and those it may have.
fn keys_of(kind: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        "cbr" => (&["rate"], &["packet"]),
        "on-off" => (&["rate", "busy", "idle"], &["packet"]),
        "random-walk" => (&["rate", "step", "every", "bounds"], &["packet"]),
        _ => (&[], &["cc", "segment", "back", "files"]),
    }
}

const SPECIAL: [&str; 11] =
    ["rate", "packet", "busy", "idle", "step", "every", "bounds", "cc", "segment", "back", "files"];

/// What a packet must hold: headers, and what its flow knows it by.
const LEAST_PACKET: u64 = 50;
/// An Ethernet payload.
const MOST_PACKET: u64 = 1_500;
/// What IP and TCP with time stamps (RFC 7323) add to a segment.
const TCP_HEADERS: u64 = 52;

pub(crate) fn traffic(root: &Reader<'_>, duration: Option<Duration>, names: &Names<'_>) -> Vec<Traffic> {
    root.list("traffic").iter().filter_map(|reader| flow(reader, duration, names)).collect()
}

fn flow(reader: &Reader<'_>, duration: Option<Duration>, names: &Names<'_>) -> Option<Traffic> {
    let on = reader.glob("on");
    if let Some(on) = &on {
        names.check_link(reader.faults, reader.place_of("on"), on);
    }
    let count = reader.whole("count", 1..=1_000).unwrap_or(1) as u32;
    let from = reader.duration("from").unwrap_or_default();
    let to = reader.duration("to");
    if duration.is_some_and(|end| from >= end) {
        reader.faults.report(reader.place_of("from"), "after the end of the run", "see `duration`");
    }
    if to.is_some_and(|to| to <= from) {
        reader.faults.report(reader.place_of("to"), "it ends before it begins", "`to` is after `from`");
    }
    let kind = reader.choice("kind");
    let known = kind.inspect(|kind| check_keys(reader, kind));
    let kind = read_kind(reader, known.unwrap_or("tcp"));
    known?;
    Some(Traffic { kind: kind?, on: on?, count, from, to })
}

/// All that the kind needs, and nothing of the others.
fn check_keys(reader: &Reader<'_>, kind: &str) {
    let (needed, allowed) = keys_of(kind);
    for key in SPECIAL {
        match reader.table.get(key) {
            None if needed.contains(&key) => {
                let hint = format!("`kind = \"{kind}\"` needs {}", needed.join(", "));
                reader.faults.report(reader.place(), format!("{kind} traffic needs `{key}`"), hint);
            }
            Some(entry) if !needed.contains(&key) && !allowed.contains(&key) => {
                let message = format!("{kind} traffic has no `{key}`");
                reader.faults.report(&entry.key, message, "take it out, or change `kind`");
            }
            _ => {}
        }
    }
}

fn read_kind(reader: &Reader<'_>, kind: &str) -> Option<TrafficKind> {
    let rate = reader.node("rate").and_then(|node| link::schedule(reader.faults, node));
    let packet = packet(reader, "packet", 1_200, LEAST_PACKET, MOST_PACKET);
    let (busy, idle, every) = (reader.span("busy"), reader.span("idle"), reader.span("every"));
    let step = reader.rate("step");
    let bounds = reader.node("bounds").and_then(|node| two_rates(reader, node));
    let (cc, segment) = (reader.choice("cc"), packet_of_tcp(reader));
    let (back, files) = (reader.duration("back"), reader.inner("files").and_then(|inner| files(&inner)));
    match kind {
        "cbr" => Some(TrafficKind::Cbr { rate: rate?, packet: packet? }),
        "on-off" => {
            let rate = one_rate(reader, &rate?)?;
            Some(TrafficKind::OnOff { rate, busy: busy?, idle: idle?, packet: packet? })
        }
        "random-walk" => {
            let (rate, bounds) = (one_rate(reader, &rate?)?, bounds?);
            if rate < bounds[0] || rate > bounds[1] {
                let hint = "it starts there";
                reader.faults.report(reader.place_of("rate"), "the rate is outside of `bounds`", hint);
            }
            Some(TrafficKind::RandomWalk { rate, step: step?, every: every?, bounds, packet: packet? })
        }
        _ => {
            let cc = if cc == Some("reno") { TcpWindow::Reno } else { TcpWindow::Cubic };
            Some(TrafficKind::Tcp { cc, segment: segment?, back, files })
        }
    }
}

fn packet_of_tcp(reader: &Reader<'_>) -> Option<Size> {
    packet(reader, "segment", 1_448, 1, MOST_PACKET - TCP_HEADERS)
}

fn packet(reader: &Reader<'_>, key: &str, usual: u64, least: u64, most: u64) -> Option<Size> {
    let Some(node) = reader.node(key) else { return Some(Size::from_bytes(usual)) };
    let size = values::size(reader.faults, node)?;
    if !(least..=most).contains(&size.as_bytes()) {
        let hint = format!("from \"{least}B\" to \"{most}B\"");
        reader.faults.report(&node.place, format!("no packet is of {size}"), hint);
        return None;
    }
    Some(size)
}

fn one_rate(reader: &Reader<'_>, schedule: &RateSchedule) -> Option<Rate> {
    match schedule.steps.as_slice() {
        [step] if step.at.is_zero() => Some(step.rate),
        _ => {
            let hint = "only `cbr` follows a schedule";
            reader.faults.report(reader.place_of("rate"), "one rate is needed here", hint);
            None
        }
    }
}

fn two_rates(reader: &Reader<'_>, node: &Node) -> Option<[Rate; 2]> {
    let expected = "a pair such as [\"500kbps\", \"2Mbps\"]";
    let [least, most] = values::items(reader.faults, node, expected)?;
    let (least, most) = (values::rate(reader.faults, least), values::rate(reader.faults, most));
    let bounds = [least?, most?];
    if bounds[0] > bounds[1] {
        reader.faults.report(&node.place, "the first bound is above the second", "swap them");
    }
    Some(bounds)
}

fn files(reader: &Reader<'_>) -> Option<Files> {
    let size = reader.node("size").and_then(|node| file_sizes(reader, node));
    let idle = reader.span("idle");
    let start = match reader.choice("start") {
        Some("off") => FilesStart::Off,
        _ => FilesStart::On,
    };
    Some(Files { size: size?, idle: idle?, start })
}

fn file_sizes(reader: &Reader<'_>, node: &Node) -> Option<[Size; 2]> {
    let sizes = if let Value::List(_) = &node.value {
        let [least, most] = values::items(reader.faults, node, "a pair such as [\"100kB\", \"1MB\"]")?;
        let (least, most) = (values::size(reader.faults, least), values::size(reader.faults, most));
        [least?, most?]
    } else {
        let size = values::size(reader.faults, node)?;
        [size, size]
    };
    if sizes[0] > sizes[1] || sizes[0].as_bytes() == 0 {
        let hint = "sizes are above zero, the smaller first";
        reader.faults.report(&node.place, "no file is of these sizes", hint);
        return None;
    }
    Some(sizes)
}
