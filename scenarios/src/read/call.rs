//! Checks calls: who talks to whom without the server, and that nobody is given what only the server has.

use indexmap::IndexMap;

use super::reader::Reader;
use crate::diagnostics::Place;
use crate::model::{Participant, Publication, View};
use crate::tree::{Table, Value};

/// Reports calls that can't be, and participants of a call that are given what only a conference has.
pub(super) fn check(root: &Reader<'_>, participants: &IndexMap<String, Participant>) {
    let mut called: Vec<&str> = Vec::new();
    for (caller, participant) in participants {
        let Some(callee) = participant.calls.as_deref() else { continue };
        let (place, faults) = (place_in(root, caller, "calls"), root.faults);
        let Some(other) = participants.get(callee) else {
            let known: Vec<&str> = participants.keys().map(String::as_str).collect();
            faults.report_unknown(place, "nobody is called", callee, &known);
            continue;
        };
        if callee == caller || other.calls.is_some() {
            faults.report(
                place,
                format!("`{callee}` calls somebody itself"),
                "only one end of a call names the other",
            );
        } else if called.contains(&callee) {
            faults.report(place, format!("`{callee}` is in a call already"), "a call has two ends");
        } else if other.count != participant.count {
            let message =
                format!("{} of `{caller}` can't call {} of `{callee}`", participant.count, other.count);
            faults.report(place, message, "give both groups the same `count`");
        } else {
            called.push(callee);
            check_end(root, (caller, participant), other);
            check_end(root, (callee, other), participant);
        }
    }
}

/// One end of a call, and the other.
fn check_end(root: &Reader<'_>, (name, own): (&str, &Participant), other: &Participant) {
    // What only a conference has.
    let given = [
        ("view", own.view != View::default(), "a call shows the other end, and nothing else"),
        ("data", !own.data.is_empty(), "data channels go through the server"),
        ("fec", own.fec, "it is the server that protects what it sends"),
    ];
    for (key, _, why) in given.into_iter().filter(|(_, given, _)| *given) {
        let message = format!("`{key}` has no meaning in a call");
        root.faults.report(place_in(root, name, key), message, format!("take it out: {why}"));
    }
    for publication in own.publish.values() {
        let place = place_in(root, name, "publish");
        match publication {
            Publication::Video(video) if video.is_simulcast() && video.layers.len() > 1 => {
                let hint = "give one layer: simulcast is for a server";
                root.faults.report(place, "a call has one encoding of each picture", hint);
            }
            Publication::Opus(opus) if opus.red > 0 && !other.red => {
                let hint = "add red = true to the other end";
                root.faults.report(place, "the other end doesn't take redundant audio", hint);
            }
            _ => {}
        }
    }
}

/// Where a participant's key stands, or the participant itself.
fn place_in<'a>(root: &Reader<'a>, name: &str, key: &str) -> &'a Place {
    table_of(root, name)
        .and_then(|table| table.get(key))
        .map_or(root.place_of("participant"), |entry| &entry.node.place)
}

fn table_of<'a>(root: &Reader<'a>, name: &str) -> Option<&'a Table> {
    let Value::Table(all) = &root.node("participant")?.value else { return None };
    match &all.get(name)?.node.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}
