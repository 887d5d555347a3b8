//! Values of a sweep that are told by their ends: `{ from = "70ms", to = "1s", steps = 5, scale = "log" }`.

use super::reader::Reader;
use super::values;
use crate::diagnostics::Faults;
use crate::keys::RANGE;
use crate::tree::{Node, Table, Value};
use crate::units::{Rate, Ratio, Size, format_duration, parse_duration};

/// Whether a table is meant as a range.
pub(crate) fn is_range(table: &Table) -> bool {
    ["from", "to", "steps", "scale"].iter().any(|key| table.get(key).is_some())
}

/// What the ends of a range count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Number,
    Duration,
    Rate,
    Size,
    Ratio,
}

/// The values from end to end, both included; those between are rounded to three digits that count.
pub(crate) fn values(faults: &Faults, node: &Node, table: &Table) -> Option<Vec<Node>> {
    let reader = Reader::new(faults, table, &node.place, &RANGE);
    // All are asked for before any is missed, so that one pass finds all faults.
    let (steps, scale) = (reader.whole("steps", 2..=10_000), reader.choice("scale"));
    let (from, to) = (reader.node("from"), reader.node("to"));
    let (steps, log, from, to) = (steps?, scale == Some("log"), from?, to?);
    let ends = (end(from), end(to));
    let (Some((kind, low)), Some((other, high))) = ends else {
        let bad = if ends.0.is_none() { from } else { to };
        return values::wrong_kind(faults, bad, "a number, or a value with a unit");
    };
    let kind = match (kind, other) {
        (one, same) if one == same => one,
        (Kind::Whole | Kind::Number, Kind::Whole | Kind::Number) => Kind::Number,
        _ => {
            faults.report(&to.place, "not of the kind of `from`", "give both ends in units of one kind");
            return None;
        }
    };
    if log && (low <= 0.0 || high <= 0.0) {
        let hint = "start above zero, or take scale = \"linear\"";
        faults.report(&node.place, "a logarithmic range has no zero", hint);
        return None;
    }
    let between = |step: u64| {
        let part = step as f64 / (steps - 1) as f64;
        if log { low * libm::pow(high / low, part) } else { low + (high - low) * part }
    };
    let all = (0..steps).map(|step| match step {
        0 => from.value.clone(),
        last if last == steps - 1 => to.value.clone(),
        _ => written(kind, between(step)),
    });
    let mut found: Vec<Value> = all.collect();
    // Whole numbers close together round to the same.
    found.dedup_by(|a, b| as_written(a) == as_written(b));
    Some(found.into_iter().map(|value| Node { value, place: node.place.clone() }).collect())
}

fn end(node: &Node) -> Option<(Kind, f64)> {
    match &node.value {
        Value::Integer(digits) => Some((Kind::Whole, digits.parse::<i64>().ok()? as f64)),
        Value::Float(text) => {
            let number: f64 = text.parse().ok()?;
            number.is_finite().then_some((Kind::Number, number))
        }
        Value::Text(text) => {
            if let Ok(span) = parse_duration(text) {
                return Some((Kind::Duration, span.as_nanos() as f64));
            }
            if let Ok(rate) = text.parse::<Rate>() {
                return Some((Kind::Rate, rate.as_bps() as f64));
            }
            if let Ok(size) = text.parse::<Size>() {
                return Some((Kind::Size, size.as_bytes() as f64));
            }
            Some((Kind::Ratio, text.parse::<Ratio>().ok()?.get()))
        }
        _ => None,
    }
}

/// `value` as it would be written in the file.
fn written(kind: Kind, value: f64) -> Value {
    let base = || rounded_whole(value.round().max(0.0) as u64);
    match kind {
        Kind::Whole => Value::Integer((value.round() as i64).to_string()),
        Kind::Number => Value::Float(format!("{:?}", rounded(value))),
        Kind::Duration => Value::Text(format_duration(std::time::Duration::from_nanos(base()))),
        Kind::Rate => Value::Text(Rate::from_bps(base()).to_string()),
        Kind::Size => Value::Text(Size::from_bytes(base()).to_string()),
        Kind::Ratio => Value::Text(Ratio::new(rounded(value)).unwrap_or(Ratio::ONE).to_string()),
    }
}

fn as_written(value: &Value) -> &str {
    match value {
        Value::Text(text) | Value::Integer(text) | Value::Float(text) => text,
        _ => unreachable!("both ends are numbers or text"),
    }
}

/// To three digits that count.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().expect("what was formatted as a number is one")
}

fn rounded_whole(value: u64) -> u64 {
    let mut unit = 1;
    while value / unit >= 1_000 {
        unit *= 10;
    }
    (value + unit / 2) / unit * unit
}
