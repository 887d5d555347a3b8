//! Reads one table by its declared section: unknown, missing and unsupported keys, and typed values.

use std::cell::Cell;
use std::time::Duration;

use crate::diagnostics::{Faults, Place};
use crate::keys::{Absent, Section, Takes};
use crate::model::Glob;
use crate::tree::{Entry, Node, Table, Value};
use crate::units::{Rate, Ratio};

use super::values;

/// A table being read. Every getter reports what is wrong with its value and then returns `None`, so that
/// the caller goes on with a default and one pass finds all faults.
pub(crate) struct Reader<'a> {
    pub(crate) faults: &'a Faults,
    pub(crate) table: &'a Table,
    place: &'a Place,
    section: &'static Section,
    asked: Cell<u64>,
}

impl<'a> Reader<'a> {
    /// Starts on a table that stands at `place`, and reports keys that are unknown, unsupported or missing.
    pub(crate) fn new(
        faults: &'a Faults,
        table: &'a Table,
        place: &'a Place,
        section: &'static Section,
    ) -> Self {
        let known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
        for (name, entry) in &table.entries {
            match section.key(name) {
                Some(key) if matches!(key.takes, Takes::Later) => {
                    faults.report_unsupported(&entry.key, &format!("`{name}` ({})", key.about));
                }
                Some(_) => {}
                None => {
                    let what = format!("unknown key in `{}`:", section.path);
                    faults.report_unknown(&entry.key, &what, name, &known);
                }
            }
        }
        for key in section.keys {
            if matches!(key.absent, Absent::Error) && table.get(key.name).is_none() {
                let hint = format!("`{}`: {}", key.name, key.about);
                faults.report(place, format!("`{}` needs `{}`", section.path, key.name), hint);
            }
        }
        Reader { faults, table, place, section, asked: Cell::new(0) }
    }

    /// The entry of a declared key.
    pub(crate) fn entry(&self, name: &str) -> Option<&'a Entry> {
        let index = self.section.keys.iter().position(|key| key.name == name);
        let index = index.expect("readers ask for declared keys only");
        self.asked.set(self.asked.get() | 1 << index);
        self.table.get(name)
    }

    pub(crate) fn node(&self, name: &str) -> Option<&'a Node> {
        self.entry(name).map(|entry| &entry.node)
    }

    /// Where the table itself stands.
    pub(crate) fn place(&self) -> &'a Place {
        self.place
    }

    /// Where the key's value stands, or the table when it is absent.
    pub(crate) fn place_of(&self, name: &str) -> &'a Place {
        self.table.get(name).map_or(self.place, |entry| &entry.node.place)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        values::text(self.faults, self.node(name)?)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        let node = self.node(name)?;
        match node.value {
            Value::Flag(flag) => Some(flag),
            _ => values::wrong_kind(self.faults, node, "`true` or `false`"),
        }
    }

    pub(crate) fn whole(&self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        values::whole(self.faults, self.node(name)?, range)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        values::number(self.faults, self.node(name)?)
    }

    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        values::duration(self.faults, self.node(name)?)
    }

    /// A duration above zero.
    pub(crate) fn span(&self, name: &str) -> Option<Duration> {
        let span = self.duration(name)?;
        if span.is_zero() {
            self.faults.report(
                self.place_of(name),
                format!("`{name}` must be above zero"),
                "give a longer time",
            );
            return None;
        }
        Some(span)
    }

    /// A rate above zero.
    pub(crate) fn rate(&self, name: &str) -> Option<Rate> {
        values::rate(self.faults, self.node(name)?)
    }

    pub(crate) fn ratio(&self, name: &str) -> Option<Ratio> {
        values::ratio(self.faults, self.node(name)?)
    }

    pub(crate) fn glob(&self, name: &str) -> Option<Glob> {
        self.text(name).map(Glob::new)
    }

    /// One of the declared words; reports those that are not supported yet.
    pub(crate) fn choice(&self, name: &str) -> Option<&'static str> {
        let text = self.text(name)?;
        let key = self.section.key(name).expect("readers ask for declared keys only");
        let Takes::Choice(now, later) = key.takes else { panic!("`{name}` is declared as a choice") };
        if let Some(word) = now.iter().find(|word| **word == text) {
            return Some(word);
        }
        let place = self.place_of(name);
        if later.contains(&text) {
            self.faults.report_unsupported(place, &format!("{name} `{text}`"));
        } else {
            self.faults.report_unknown(place, &format!("unknown {name}:"), text, now);
        }
        None
    }

    /// The reader of an inner table.
    pub(crate) fn inner(&self, name: &str) -> Option<Reader<'a>> {
        let Takes::Table(section) = self.takes(name) else { panic!("`{name}` is declared as a table") };
        let entry = self.entry(name)?;
        open(self.faults, &entry.node, &entry.key, section)
    }

    /// The node of the short form, or the reader of the long one.
    pub(crate) fn short(&self, name: &str) -> Option<Result<&'a Node, Reader<'a>>> {
        let Takes::Short(section, _) = self.takes(name) else {
            panic!("`{name}` is declared with a short form")
        };
        let entry = self.entry(name)?;
        match entry.node.value {
            Value::Table(_) => open(self.faults, &entry.node, &entry.key, section).map(Err),
            _ => Some(Ok(&entry.node)),
        }
    }

    /// Tables under names of the user's choice, each with its name and its reader.
    pub(crate) fn named(&self, name: &str) -> Vec<(&'a str, Reader<'a>)> {
        let Takes::Named(section) = self.takes(name) else { panic!("`{name}` is declared as named tables") };
        let Some(node) = self.node(name) else { return Vec::new() };
        let Value::Table(table) = &node.value else {
            values::wrong_kind::<()>(self.faults, node, &format!("tables `{}`", section.path));
            return Vec::new();
        };
        let mut readers = Vec::new();
        for (inner, entry) in &table.entries {
            values::name(self.faults, inner, &entry.key);
            if let Some(reader) = open(self.faults, &entry.node, &entry.key, section) {
                readers.push((inner.as_str(), reader));
            }
        }
        readers
    }

    /// The readers of a list of tables.
    pub(crate) fn list(&self, name: &str) -> Vec<Reader<'a>> {
        let Takes::List(section) = self.takes(name) else { panic!("`{name}` is declared as a list") };
        let Some(node) = self.node(name) else { return Vec::new() };
        let Value::List(items) = &node.value else {
            values::wrong_kind::<()>(self.faults, node, &format!("a list of tables, written `[[{name}]]`"));
            return Vec::new();
        };
        items.iter().filter_map(|item| open(self.faults, item, &item.place, section)).collect()
    }

    fn takes(&self, name: &str) -> &'static Takes {
        &self.section.key(name).expect("readers ask for declared keys only").takes
    }
}

/// The reader of `node` if it is a table; `place` is where its name stands.
pub(crate) fn open<'a>(
    faults: &'a Faults,
    node: &'a Node,
    place: &'a Place,
    section: &'static Section,
) -> Option<Reader<'a>> {
    match &node.value {
        Value::Table(table) => Some(Reader::new(faults, table, place, section)),
        _ => values::wrong_kind(faults, node, &format!("a table `{}`", section.path)),
    }
}

impl Drop for Reader<'_> {
    /// A declared key that no reader asks for would be accepted and ignored.
    fn drop(&mut self) {
        if cfg!(debug_assertions) && !std::thread::panicking() {
            for (index, key) in self.section.keys.iter().enumerate() {
                let asked = self.asked.get() & (1 << index) != 0;
                let read = asked || matches!(key.takes, Takes::Later);
                assert!(read, "no reader asks for `{}` of `{}`", key.name, self.section.path);
            }
        }
    }
}
