//! Reads `[sweep]`.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::reader::Reader;
use super::{range, values};
use crate::diagnostics::{Faults, Place};
use crate::model::{Setting, Sweep};
use crate::overrides::{self, Override};
use crate::tree::{Entry, Node, Table, Value};

pub(crate) fn sweep(reader: &Reader<'_>) -> Sweep {
    let seeds = reader.whole("seeds", 1..=1_000_000).unwrap_or(1) as u32;
    let mut grid = IndexMap::new();
    let Some(node) = reader.node("grid") else { return Sweep { seeds, grid } };
    let Value::Table(table) = &node.value else {
        values::wrong_kind::<()>(reader.faults, node, "a table of path to list of values");
        return Sweep { seeds, grid };
    };
    for (path, entry) in &table.entries {
        let Some(items) = items(reader.faults, path, entry) else { continue };
        if items.is_empty() {
            let message = format!("no value for `{path}`");
            reader.faults.report(reader.place_of("grid"), message, "give a list of values");
        }
        grid.insert(path.to_owned(), items.iter().filter_map(|item| setting(reader.faults, item)).collect());
    }
    Sweep { seeds, grid }
}

/// The values of a path: a list, or a range spelt out.
fn items<'a>(faults: &Faults, path: &str, entry: &'a Entry) -> Option<Cow<'a, [Node]>> {
    match &entry.node.value {
        Value::List(items) => Some(Cow::Borrowed(items)),
        Value::Table(table) if range::is_range(table) => {
            range::values(faults, &entry.node, table).map(Cow::Owned)
        }
        // A path without quotes is a table in a table.
        Value::Table(_) => {
            let hint = format!("put the whole path in quotes: grid.\"{path}…\" = […]");
            faults.report(&entry.key, "a path without quotes", hint);
            None
        }
        _ => values::wrong_kind(faults, &entry.node, "a list of values, or a range"),
    }
}

fn setting(faults: &Faults, node: &Node) -> Option<Setting> {
    Some(match &node.value {
        Value::Text(text) => Setting::Text(text.clone()),
        Value::Flag(flag) => Setting::Flag(*flag),
        Value::Integer(digits) => match digits.parse() {
            Ok(number) => Setting::Integer(number),
            Err(_) => {
                faults.report(&node.place, "out of range", "at most 2^63 − 1");
                return None;
            }
        },
        Value::Float(_) => Setting::Float(values::number(faults, node)?),
        Value::Date => return values::wrong_kind(faults, node, "a value"),
        Value::List(items) => Setting::List(items.iter().filter_map(|item| setting(faults, item)).collect()),
        Value::Table(table) => {
            let entries = table.entries.iter();
            let entries =
                entries.filter_map(|(key, entry)| Some((key.clone(), setting(faults, &entry.node)?)));
            Setting::Table(entries.collect())
        }
    })
}

/// Tries every grid value on its own, so that a bad path or value shows before the first run.
pub(crate) fn check_grid(faults: &Faults, tree: &Table, start: &Place) {
    let Some(Value::Table(sweep)) = tree.get("sweep").map(|entry| &entry.node.value) else { return };
    let Some(Value::Table(grid)) = sweep.get("grid").map(|entry| &entry.node.value) else { return };
    let mut base = tree.clone();
    base.entries.shift_remove("sweep");
    for (path, entry) in &grid.entries {
        // What is wrong with a range was told when it was read.
        let Some(items) = items(&Faults::default(), path, entry) else { continue };
        for item in items.iter() {
            let Some(value) = setting(faults, item) else { continue };
            let (trial, mut tree) = (Faults::default(), base.clone());
            overrides::apply(&mut tree, &Override::of(path, &value), &trial);
            super::scenario(&trial, &tree, start, &[]);
            if let Some(fault) = trial.into_first() {
                let message = format!("`{path}` can't be this: {}", fault.message());
                faults.report(&item.place, message, fault.hint());
            }
        }
    }
}
