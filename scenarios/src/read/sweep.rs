//! Reads `[sweep]`.

use indexmap::IndexMap;

use super::reader::Reader;
use super::values;
use crate::diagnostics::{Faults, Place};
use crate::model::{Setting, Sweep};
use crate::overrides::{self, Override};
use crate::tree::{Node, Table, Value};

pub(crate) fn sweep(reader: &Reader<'_>) -> Sweep {
    let seeds = reader.whole("seeds", 1..=1_000_000).unwrap_or(1) as u32;
    let mut grid = IndexMap::new();
    for (path, items) in points(reader) {
        if items.is_empty() {
            reader.faults.report(
                reader.place_of("grid"),
                format!("no value for `{path}`"),
                "give a list of values",
            );
        }
        grid.insert(path.to_owned(), items.iter().filter_map(|item| setting(reader.faults, item)).collect());
    }
    Sweep { seeds, grid }
}

/// Paths with their values.
fn points<'a>(reader: &Reader<'a>) -> Vec<(&'a str, &'a [Node])> {
    let Some(node) = reader.node("grid") else { return Vec::new() };
    let Value::Table(table) = &node.value else {
        values::wrong_kind::<()>(reader.faults, node, "a table of path to list of values");
        return Vec::new();
    };
    let mut points = Vec::new();
    for (path, entry) in &table.entries {
        match &entry.node.value {
            Value::List(items) => points.push((path.as_str(), items.as_slice())),
            // A path without quotes is a table in a table.
            Value::Table(_) => {
                let hint = format!("put the whole path in quotes: grid.\"{path}…\" = […]");
                reader.faults.report(&entry.key, "a path without quotes", hint);
            }
            _ => {
                values::wrong_kind::<()>(reader.faults, &entry.node, "a list of values");
            }
        }
    }
    points
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
        let Value::List(items) = &entry.node.value else { continue };
        for item in items {
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
