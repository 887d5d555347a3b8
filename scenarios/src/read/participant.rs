//! Reads `[participant.<name>]`.

use std::time::Duration;

use indexmap::IndexMap;

use super::reader::Reader;
use super::sfu::congestion_control;
use super::{data, source, values};
use crate::diagnostics::Faults;
use crate::model::{Join, Layout, Link, Participant, Publication, View};
use crate::tree::Node;

/// Group size: keeps a slip of the keyboard from filling the memory.
const MAX_COUNT: u64 = 1_000;

pub(crate) fn participants(
    root: &Reader<'_>,
    duration: Option<Duration>,
    links: &IndexMap<String, Link>,
) -> IndexMap<String, Participant> {
    let mut participants = IndexMap::new();
    for (name, reader) in root.named("participant") {
        participants.insert(name.to_owned(), participant(&reader, duration, links));
    }
    if let Some(node) = root.node("participant").filter(|_| participants.is_empty() && root.faults.is_empty())
    {
        root.faults.report(&node.place, "nobody takes part", "add a table [participant.alice]");
    }
    participants
}

fn participant(
    reader: &Reader<'_>,
    duration: Option<Duration>,
    links: &IndexMap<String, Link>,
) -> Participant {
    let line = |key| line_name(reader, key, links);
    let participant = Participant {
        count: reader.whole("count", 1..=MAX_COUNT).unwrap_or(1) as u32,
        join: join(reader).unwrap_or(Join::At(Duration::ZERO)),
        leave: reader.duration("leave"),
        up: line("up"),
        down: line("down"),
        room: reader.text("room").map(|room| room_name(reader, room)),
        data: data::channels(reader),
        reads: reader.rate("reads"),
        publish: source::publications(reader.faults, reader.entry("publish")),
        view: reader.inner("view").map(|inner| view(&inner)).unwrap_or_default(),
        rtx: reader.flag("rtx").unwrap_or(true),
        nack: reader.flag("nack").unwrap_or(true),
        red: reader.flag("red").unwrap_or(false),
        fec: reader.flag("fec").unwrap_or(false),
        congestion_control: congestion_control(reader),
        lip_sync: reader.flag("lip_sync").unwrap_or(true),
    };
    check_redundancy(reader, &participant);
    check_times(reader, &participant, duration);
    participant
}

fn room_name(reader: &Reader<'_>, room: &str) -> String {
    values::name(reader.faults, room, reader.place_of("room"));
    room.to_owned()
}

fn line_name(reader: &Reader<'_>, key: &str, links: &IndexMap<String, Link>) -> Option<String> {
    let name = reader.text(key)?;
    if !links.contains_key(name) {
        let known: Vec<&str> = links.keys().map(String::as_str).collect();
        let place = reader.place_of(key);
        if known.is_empty() {
            reader.faults.report(place, format!("no link `{name}`"), format!("add a table [link.{name}]"));
        } else {
            reader.faults.report_unknown(place, "no link", name, &known);
        }
    }
    Some(name.to_owned())
}

fn join(reader: &Reader<'_>) -> Option<Join> {
    let inner = match reader.short("join")? {
        Ok(node) => return values::duration(reader.faults, node).map(Join::At),
        Err(inner) => inner,
    };
    let uniform = inner.node("uniform");
    let at = inner.duration("at").map(Join::At);
    if inner.table.entries.len() != 1 {
        let hint = "write join = \"3s\" or join = { uniform = [\"0s\", \"5s\"] }";
        inner.faults.report(inner.place(), "a join is either a moment or drawn", hint);
    }
    match uniform {
        Some(node) => uniform_join(inner.faults, node),
        None => at,
    }
}

fn uniform_join(faults: &Faults, node: &Node) -> Option<Join> {
    let [from, to] = values::items(faults, node, "[\"0s\", \"5s\"]")?;
    let (from, to) = (values::duration(faults, from), values::duration(faults, to));
    let (from, to) = (from?, to?);
    if from > to {
        faults.report(&node.place, "the earliest moment is after the latest", "swap them");
        return None;
    }
    Some(Join::Uniform { from, to })
}

pub(super) fn view(reader: &Reader<'_>) -> View {
    let usual = View::default();
    let layout = match reader.choice("layout") {
        Some("stage") => Layout::Stage,
        Some("none") => Layout::None,
        _ => usual.layout,
    };
    View {
        layout,
        tiles: reader.whole("tiles", 1..=100).map_or(usual.tiles, |tiles| tiles as u32),
        max_height: reader.whole("max_height", 90..=4_320).map(|height| height as u32),
        last_n: reader.whole("last_n", 0..=100).map(|last_n| last_n as u32),
    }
}

fn check_redundancy(reader: &Reader<'_>, participant: &Participant) {
    let sends = |published: &Publication| matches!(published, Publication::Opus(opus) if opus.red > 0);
    if !participant.red && participant.publish.values().any(sends) {
        let message = "a source sends redundant audio, which the participant doesn't offer";
        reader.faults.report(reader.place_of("publish"), message, "add red = true beside `publish`");
    }
}

fn check_times(reader: &Reader<'_>, participant: &Participant, duration: Option<Duration>) {
    let join = participant.join.latest();
    if duration.is_some_and(|end| join >= end) {
        reader.faults.report(reader.place_of("join"), "joins after the end of the run", "see `duration`");
    }
    let Some(leave) = participant.leave else { return };
    if leave <= join {
        reader.faults.report(reader.place_of("leave"), "leaves before it has joined", "see `join`");
    }
    if duration.is_some_and(|end| leave >= end) {
        let hint = "take it out: everyone leaves at the end";
        reader.faults.report(reader.place_of("leave"), "leaves after the end of the run", hint);
    }
}
