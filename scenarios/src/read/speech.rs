//! Reads `publish.<source>.speech`.

use std::time::Duration;

use super::reader::Reader;
use super::values;
use crate::diagnostics::Faults;
use crate::model::{Speech, Turn};
use crate::tree::{Node, Value};

/// The shortest slot of a rota: half of it is silence.
const SHORTEST_SLOT: Duration = Duration::from_secs(1);

/// When the source that `reader` reads has speech.
pub(super) fn speech(reader: &Reader<'_>) -> Speech {
    let speech = match reader.short("speech") {
        Some(Ok(node)) => kind_of(reader.faults, node),
        Some(Err(inner)) => long_form(&inner),
        None => None,
    };
    speech.unwrap_or(Speech::OnOff)
}

fn kind_of(faults: &Faults, node: &Node) -> Option<Speech> {
    let text = values::text(faults, node)?;
    let speech = of_word(text);
    if speech.is_none() {
        faults.report_unknown(&node.place, "unknown speech:", text, &["on-off", "constant", "silent"]);
    }
    speech
}

fn of_word(word: &str) -> Option<Speech> {
    match word {
        "on-off" => Some(Speech::OnOff),
        "constant" => Some(Speech::Constant),
        "silent" => Some(Speech::Silent),
        _ => None,
    }
}

fn long_form(inner: &Reader<'_>) -> Option<Speech> {
    let kind = inner.choice("kind").and_then(of_word);
    let turns = inner.node("turns").and_then(|node| turns(inner.faults, node));
    let rota = inner.duration("rota");
    if rota.is_some_and(|slot| slot < SHORTEST_SLOT) {
        inner.faults.report(inner.place_of("rota"), "a slot too short to speak in", "at least \"1s\"");
    }
    if inner.table.entries.len() != 1 {
        let hint = "write speech = { turns = [[\"2s\", \"9s\"]] } or speech = { rota = \"8s\" }";
        inner.faults.report(inner.place(), "speech is of one kind, in turns, or by a rota", hint);
    }
    kind.or(turns.map(Speech::Turns)).or(rota.map(Speech::Rota))
}

fn turns(faults: &Faults, node: &Node) -> Option<Vec<Turn>> {
    let Value::List(items) = &node.value else {
        return values::wrong_kind(faults, node, "a list of turns");
    };
    let mut turns: Vec<Turn> = Vec::new();
    for item in items {
        let Some([from, until]) = values::items(faults, item, "a turn such as [\"2s\", \"9s\"]") else {
            continue;
        };
        let (from, until) = (values::duration(faults, from), values::duration(faults, until));
        let Some((from, until)) = from.zip(until) else { continue };
        if until <= from || turns.last().is_some_and(|last| from <= last.until) {
            let hint = "each turn ends after it began, and begins after the one before";
            faults.report(&item.place, "turns out of order", hint);
        }
        turns.push(Turn { from, until });
    }
    Some(turns)
}
