//! From the tree to the model. Every reader reports all that it finds wrong and goes on with a default, so
//! that one pass shows every fault; the model counts only when nothing was reported.

mod call;
mod data;
mod event;
mod expectation;
mod explore;
mod faulty_line;
mod gate;
mod link;
mod names;
mod participant;
mod queue;
mod range;
mod reader;
mod sfu;
mod source;
mod speech;
mod sweep;
mod traffic;
mod values;
mod video;

pub(crate) use sfu::IMPLIED as IMPLIED_SFU;
pub(crate) use source::default_entry as default_publish;
pub(crate) use sweep::check_grid;

use std::time::Duration;

use indexmap::IndexMap;

use crate::diagnostics::{Faults, Place};
use crate::expand::{self, Cast, IDEAL};
use crate::keys::ROOT;
use crate::model::{Link, Measure, Scenario};
use crate::tree::{Node, Table, Value};
use crate::vocabulary::MetricName;
use names::Names;
use reader::Reader;

/// Reads and checks a whole scenario.
pub(crate) fn scenario(
    faults: &Faults,
    table: &Table,
    place: &Place,
    metrics: &[MetricName<'_>],
) -> Scenario {
    let root = Reader::new(faults, table, place, &ROOT);
    let schema = schema(&root);
    let name = root.text("name").unwrap_or_default();
    if root.table.get("name").is_some() {
        values::name(faults, name, root.place_of("name"));
    }
    let doc = root.text("doc").unwrap_or_default().to_owned();
    let seed = root.whole("seed", 0..=u64::MAX).unwrap_or(0);
    let duration = root.span("duration");
    let measure = root.inner("measure").map(|inner| measure(&inner, duration)).unwrap_or_default();
    let before = faults.count();
    let links = links(&root);
    let sfus = sfu::sfus(&root);
    let feedback = sfus.values().next().map(|sfu| sfu.feedback).unwrap_or_default();
    let participants = participant::participants(&root, duration, &links, feedback);
    call::check(&root, &participants);
    // Drawn as late as can be, so that what is checked against a join holds for every draw.
    let cast = expand::cast(&participants, &links, &mut |_| 1.0);
    check_shared(&root, &cast);
    let names = Names::new(&cast, faults.count() == before);
    let traffic = traffic::traffic(&root, duration, &names);
    let events = event::events(&root, duration, &names);
    let expect = expectation::expectations(&root, &names, metrics);
    let applied = expectation::applied(&root, &names);
    let gate = gate::gates(&root, &names, metrics);
    let explore = root.inner("explore").map(|inner| explore::explore(&inner));
    let sweep = root.inner("sweep").map(|inner| sweep::sweep(&inner));
    Scenario {
        schema,
        name: name.to_owned(),
        doc,
        seed,
        duration: duration.unwrap_or_default(),
        liveness: root.span("liveness"),
        measure,
        links,
        sfus,
        participants,
        traffic,
        events,
        expect,
        applied,
        gate,
        sweep,
        explore,
    }
}

fn schema(root: &Reader<'_>) -> u32 {
    if let Some(version) = root.whole("schema", 0..=u64::MAX).filter(|version| *version != 1) {
        let place = root.place_of("schema");
        root.faults.report(place, format!("schema {version} is unknown"), "this version reads schema = 1");
    }
    1
}

fn measure(reader: &Reader<'_>, duration: Option<Duration>) -> Measure {
    let usual = Measure::default();
    let from = reader.duration("from").unwrap_or(usual.from);
    if duration.is_some_and(|end| from >= end) {
        let hint = "nothing would be measured; see `duration`";
        reader.faults.report(reader.place_of("from"), "the warm-up lasts to the end of the run", hint);
    }
    Measure { from, bin: reader.span("bin").unwrap_or(usual.bin) }
}

fn links(root: &Reader<'_>) -> IndexMap<String, Link> {
    let mut links = IndexMap::new();
    for (name, reader) in root.named("link") {
        if name == IDEAL {
            let hint = "it is the line of who names none; choose another name";
            root.faults.report(reader.place(), format!("the name `{IDEAL}` is taken"), hint);
        }
        links.insert(name.to_owned(), link::link(&reader));
    }
    links
}

/// A line carries one direction; a shared one too.
fn check_shared(root: &Reader<'_>, cast: &Cast) {
    for member in &cast.members {
        let ups = member.up.iter().map(|index| (index, "up", expand::Direction::Up));
        let downs = member.down.iter().map(|index| (index, "down", expand::Direction::Down));
        for (index, key, way) in ups.chain(downs) {
            let line = &cast.links[index.0];
            if line.direction == way {
                continue;
            }
            let place = root.node("participant").and_then(|node| place_in(node, &member.group, key));
            let message = format!("the shared link `{}` already carries the other direction", line.name);
            root.faults.report(
                place.unwrap_or(root.place()),
                message,
                "use a link of its own for each direction",
            );
        }
    }
}

fn place_in<'a>(participants: &'a Node, group: &str, key: &str) -> Option<&'a Place> {
    let Value::Table(groups) = &participants.value else { return None };
    let Value::Table(table) = &groups.get(group)?.node.value else { return None };
    table.get(key).map(|entry| &entry.node.place)
}
