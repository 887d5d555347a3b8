//! Reads `[[at]]`.

use std::time::Duration;

use super::names::Names;
use super::participant::view;
use super::reader::Reader;
use super::values;
use crate::model::{Action, Event, Glob};

/// The keys of which an event has exactly one.
const ACTIONS: [&str; 8] = ["mute", "unmute", "leave", "view", "pin", "unpin", "rate", "loss"];

pub(crate) fn events(root: &Reader<'_>, duration: Option<Duration>, names: &Names<'_>) -> Vec<Event> {
    let mut events: Vec<Event> =
        root.list("at").iter().filter_map(|reader| event(reader, duration, names)).collect();
    events.sort_by_key(|event| event.time);
    events
}

fn event(reader: &Reader<'_>, duration: Option<Duration>, names: &Names<'_>) -> Option<Event> {
    let time = reader.duration("time");
    if time.zip(duration).is_some_and(|(time, end)| time >= end) {
        reader.faults.report(reader.place_of("time"), "after the end of the run", "see `duration`");
    }
    let mut actions: Vec<Action> = ACTIONS.iter().filter_map(|key| action(reader, key, names)).collect();
    if let (Some(time), Some(Action::Leave { participant })) = (time, actions.last()) {
        names.check_present(reader.faults, reader.place_of("time"), participant, time);
    }
    let given: Vec<&str> = reader.table.names().into_iter().filter(|key| *key != "time").collect();
    match given.as_slice() {
        [] => {
            let hint = format!("add one of {}", ACTIONS.join(", "));
            reader.faults.report(reader.place(), "an event without an action", hint);
        }
        [_] => {}
        [_, second, ..] => {
            let place = &reader.table.entries[*second].key;
            reader.faults.report(place, "a second action in one event", "write an [[at]] of its own for it");
        }
    }
    Some(Event { time: time?, action: actions.pop()? })
}

fn action(reader: &Reader<'_>, key: &str, names: &Names<'_>) -> Option<Action> {
    match key {
        "mute" => muted(reader, key, names).map(|(participant, source)| Action::Mute { participant, source }),
        "unmute" => {
            muted(reader, key, names).map(|(participant, source)| Action::Unmute { participant, source })
        }
        "leave" => member(reader, key, names).map(|participant| Action::Leave { participant }),
        "unpin" => {
            let participant = member(reader, key, names)?;
            names.check_in_conference(reader.faults, reader.place_of(key), &participant);
            Some(Action::Unpin { participant })
        }
        "view" => {
            let inner = reader.inner(key)?;
            let (participant, view) = (watcher(&inner, names), view(&inner));
            Some(Action::View { participant: participant?, view })
        }
        "pin" => {
            let inner = reader.inner(key)?;
            let (participant, whom) = (watcher(&inner, names), inner_member(&inner, "whom", names));
            whom?;
            Some(Action::Pin { participant: participant?, whom: inner.text("whom")?.to_owned() })
        }
        "rate" => {
            let inner = reader.inner(key)?;
            let (link, to) = (link(&inner, names), inner.rate("to"));
            Some(Action::Rate { link: link?, to: to? })
        }
        "loss" => {
            let inner = reader.inner(key)?;
            let (link, to) = (link(&inner, names), inner.ratio("to"));
            Some(Action::Loss { link: link?, to: to? })
        }
        _ => unreachable!("every declared action is read above"),
    }
}

fn member(reader: &Reader<'_>, key: &str, names: &Names<'_>) -> Option<Glob> {
    let participant = match reader.short(key)? {
        Ok(node) => Glob::new(values::text(reader.faults, node)?),
        Err(inner) => inner.glob("participant")?,
    };
    names.check_member(reader.faults, reader.place_of(key), &participant);
    Some(participant)
}

fn inner_member(inner: &Reader<'_>, key: &str, names: &Names<'_>) -> Option<Glob> {
    let participant = inner.glob(key)?;
    names.check_member(inner.faults, inner.place_of(key), &participant);
    Some(participant)
}

/// Somebody who looks at others by way of the server.
fn watcher(inner: &Reader<'_>, names: &Names<'_>) -> Option<Glob> {
    let participant = inner_member(inner, "participant", names)?;
    names.check_in_conference(inner.faults, inner.place_of("participant"), &participant);
    Some(participant)
}

fn link(inner: &Reader<'_>, names: &Names<'_>) -> Option<Glob> {
    let link = inner.glob("link")?;
    names.check_link(inner.faults, inner.place_of("link"), &link);
    Some(link)
}

fn muted(reader: &Reader<'_>, key: &str, names: &Names<'_>) -> Option<(Glob, Option<Glob>)> {
    let inner = match reader.short(key)? {
        Ok(node) => {
            let participant = Glob::new(values::text(reader.faults, node)?);
            names.check_member(reader.faults, &node.place, &participant);
            return Some((participant, None));
        }
        Err(inner) => inner,
    };
    let (participant, source) = (inner.glob("participant"), inner.glob("source"));
    let participant = participant?;
    names.check_member(inner.faults, inner.place_of("participant"), &participant);
    if let Some(source) = &source {
        names.check_source(inner.faults, inner.place_of("source"), Some(&participant), source);
    }
    Some((participant, source))
}
