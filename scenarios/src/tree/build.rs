//! From TOML text to the tree.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Entry, Node, Table, Value};
use crate::diagnostics::{Faults, Place, Source};

/// Parses a whole file; reports every syntax error and returns what could be read.
pub(crate) fn parse_document(source: &Arc<Source>, faults: &Faults) -> Table {
    let (document, errors) = DeTable::parse_recoverable(source.text());
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let hint = match error.message() {
            "duplicate key" => "keep one of them: a key and a table appear once",
            _ => "strings are in quotes, lists in [ ], tables in { }; see https://toml.io",
        };
        faults.report(&Place::new(source, span), format!("TOML: {}", error.message()), hint);
    }
    table(source, 0, document.into_inner())
}

/// Parses `source.text()[range]` as one TOML value, if it is one.
pub(crate) fn parse_value(source: &Arc<Source>, range: Range<usize>) -> Option<Node> {
    let offset = range.start;
    let value = DeValue::parse(source.text().get(range)?).ok()?;
    Some(node(source, offset, value))
}

fn node(source: &Arc<Source>, offset: usize, value: Spanned<DeValue<'_>>) -> Node {
    let place = place(source, offset, value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(decimal(&number)),
        DeValue::Float(number) => Value::Float(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => {
            Value::List(items.into_iter().map(|item| node(source, offset, item)).collect())
        }
        DeValue::Table(inner) => Value::Table(table(source, offset, inner)),
    };
    Node { value, place }
}

fn table(source: &Arc<Source>, offset: usize, inner: DeTable<'_>) -> Table {
    let mut entries: Vec<_> = inner.into_iter().collect();
    // The parser sorts by name; the order of the file is the order that people meet.
    entries.sort_by_key(|(key, _)| key.span().start);
    let entry = |(key, value): (Spanned<_>, _)| {
        let key_place = place(source, offset, key.span());
        let name: std::borrow::Cow<'_, str> = key.into_inner();
        (name.into_owned(), Entry { key: key_place, node: node(source, offset, value) })
    };
    Table { entries: entries.into_iter().map(entry).collect() }
}

fn place(source: &Arc<Source>, offset: usize, span: Range<usize>) -> Place {
    Place::new(source, offset + span.start..offset + span.end)
}

/// Decimal digits of an integer of any radix; one beyond 128 bits stays as written, which no range admits.
fn decimal(number: &DeInteger<'_>) -> String {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(value) => value.to_string(),
        Err(_) => number.as_str().to_owned(),
    }
}
