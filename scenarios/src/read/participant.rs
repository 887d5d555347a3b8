//! Reads `[participant.<name>]`.

use std::time::Duration;

use indexmap::IndexMap;

use super::reader::Reader;
use super::sfu::{congestion_control, ecn};
use super::{data, source, values};
use crate::diagnostics::Faults;
use crate::model::{Feedback, Join, Layout, Link, Participant, Publication, View};
use crate::tree::{Node, Value};

/// Group size: keeps a slip of the keyboard from filling the memory.
const MAX_COUNT: u64 = 1_000;

pub(crate) fn participants(
    root: &Reader<'_>,
    duration: Option<Duration>,
    links: &IndexMap<String, Link>,
    feedback: Feedback,
) -> IndexMap<String, Participant> {
    let mut participants = IndexMap::new();
    for (name, reader) in root.named("participant") {
        participants.insert(name.to_owned(), participant(&reader, duration, links, feedback));
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
    feedback: Feedback,
) -> Participant {
    let line = |key| route(reader, key, links);
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
        ecn: ecn(reader, feedback),
        priority: priority(reader),
        lip_sync: reader.flag("lip_sync").unwrap_or(true),
        calls: reader.text("calls").map(str::to_owned),
    };
    check_redundancy(reader, &participant);
    check_times(reader, &participant, duration);
    participant
}

fn room_name(reader: &Reader<'_>, room: &str) -> String {
    values::name(reader.faults, room, reader.place_of("room"));
    room.to_owned()
}

fn priority(reader: &Reader<'_>) -> f64 {
    const WEIGHTS: std::ops::RangeInclusive<f64> = 0.1..=10.0;
    let given = reader.number("priority").unwrap_or(1.0);
    if !WEIGHTS.contains(&given) {
        reader.faults.report(reader.place_of("priority"), "out of range for a weight", "from 0.1 to 10");
    }
    given
}

/// Links between a participant and the server at most: keeps a slip of the keyboard from going far.
const MAX_ROUTE: usize = 8;

/// The links that `key` names, one or a list.
fn route(reader: &Reader<'_>, key: &str, links: &IndexMap<String, Link>) -> Vec<String> {
    let Some(node) = reader.node(key) else { return Vec::new() };
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() || items.len() > MAX_ROUTE {
        let message = format!("a way of {} links", items.len());
        reader.faults.report(&node.place, message, format!("give 1 to {MAX_ROUTE} links"));
    }
    let mut names: Vec<String> = Vec::new();
    for item in items {
        let Some(name) = values::text(reader.faults, item) else { continue };
        check_line(reader.faults, item, links, name);
        if names.iter().any(|known| known == name) {
            let message = format!("the link `{name}` stands here twice");
            reader.faults.report(&item.place, message, "a way passes each link once");
        }
        names.push(name.to_owned());
    }
    names
}

fn check_line(faults: &Faults, node: &Node, links: &IndexMap<String, Link>, name: &str) {
    if links.contains_key(name) {
        return;
    }
    let known: Vec<&str> = links.keys().map(String::as_str).collect();
    if known.is_empty() {
        faults.report(&node.place, format!("no link `{name}`"), format!("add a table [link.{name}]"));
    } else {
        faults.report_unknown(&node.place, "no link", name, &known);
    }
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
