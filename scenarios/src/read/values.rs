//! Single values: kind, unit and range.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::reader::Reader;
use crate::diagnostics::{Faults, Place};
use crate::tree::{Node, Value};
use crate::units::{Quantity, Rate, Ratio, Size, UnitError, parse_duration};

pub(crate) fn wrong_kind<T>(faults: &Faults, node: &Node, expected: &str) -> Option<T> {
    faults.report(
        &node.place,
        format!("expected {expected}, found {}", node.kind()),
        format!("give {expected}"),
    );
    None
}

pub(crate) fn text<'a>(faults: &Faults, node: &'a Node) -> Option<&'a str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => wrong_kind(faults, node, "a string"),
    }
}

pub(crate) fn whole(faults: &Faults, node: &Node, range: RangeInclusive<u64>) -> Option<u64> {
    let Value::Integer(digits) = &node.value else { return wrong_kind(faults, node, "a whole number") };
    let value = digits.parse().ok().filter(|value| range.contains(value));
    if value.is_none() {
        let hint = match *range.end() {
            u64::MAX => format!("at least {}", range.start()),
            end => format!("from {} to {end}", range.start()),
        };
        faults.report(&node.place, format!("{digits} is out of range"), hint);
    }
    value
}

/// Any finite number.
pub(crate) fn number(faults: &Faults, node: &Node) -> Option<f64> {
    let (Value::Integer(text) | Value::Float(text)) = &node.value else {
        return wrong_kind(faults, node, "a number");
    };
    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
    if value.is_none() {
        faults.report(&node.place, "not a finite number", "give a number such as 0.02");
    }
    value
}

pub(crate) fn duration(faults: &Faults, node: &Node) -> Option<Duration> {
    quantity(faults, node, Quantity::Duration, parse_duration)
}

/// A rate above zero: a line that stands still is an outage, which a rate doesn't describe.
pub(crate) fn rate(faults: &Faults, node: &Node) -> Option<Rate> {
    let rate = quantity(faults, node, Quantity::Rate, str::parse::<Rate>)?;
    if rate == Rate::default() {
        faults.report(&node.place, "a rate must be above zero", "the least is \"1bps\"");
        return None;
    }
    Some(rate)
}

pub(crate) fn size(faults: &Faults, node: &Node) -> Option<Size> {
    quantity(faults, node, Quantity::Size, str::parse)
}

/// The size under `name`, above zero.
pub(crate) fn size_above_zero(reader: &Reader<'_>, name: &str) -> Option<Size> {
    let node = reader.node(name)?;
    let size = size(reader.faults, node)?;
    if size.as_bytes() == 0 {
        reader.faults.report(
            &node.place,
            format!("`{name}` must be above zero"),
            "write for instance \"64kB\"",
        );
        return None;
    }
    Some(size)
}

/// A ratio: "1%", "0.01" or a bare number from 0 to 1.
pub(crate) fn ratio(faults: &Faults, node: &Node) -> Option<Ratio> {
    if !matches!(node.value, Value::Integer(_) | Value::Float(_)) {
        return quantity(faults, node, Quantity::Ratio, str::parse);
    }
    let value = number(faults, node)?;
    let ratio = Ratio::new(value);
    if ratio.is_none() {
        let hint = match value {
            share if share > 1.0 && share <= 100.0 => format!("write \"{share}%\" for per cent"),
            _ => "a ratio is from 0 to 1, or \"0%\" to \"100%\"".to_owned(),
        };
        faults.report(&node.place, format!("{value} is not a ratio"), hint);
    }
    ratio
}

fn quantity<T>(
    faults: &Faults,
    node: &Node,
    quantity: Quantity,
    parse: impl Fn(&str) -> Result<T, UnitError>,
) -> Option<T> {
    let error = match &node.value {
        Value::Text(text) => match parse(text) {
            Ok(value) => return Some(value),
            Err(error) => error,
        },
        Value::Integer(_) | Value::Float(_) => UnitError::Missing { quantity },
        _ => return wrong_kind(faults, node, &format!("a {quantity} such as {}", quantity.example())),
    };
    faults.report(&node.place, error.to_string(), error.hint());
    None
}

/// The fixed number of items of a list.
pub(crate) fn items<'a, const N: usize>(
    faults: &Faults,
    node: &'a Node,
    expected: &str,
) -> Option<&'a [Node; N]> {
    match &node.value {
        Value::List(list) => match list.as_slice().try_into() {
            Ok(items) => Some(items),
            Err(_) => {
                let message = format!("expected {N} items, found {}", list.len());
                faults.report(&node.place, message, format!("write {expected}"));
                None
            }
        },
        _ => wrong_kind(faults, node, expected),
    }
}

/// Checks a name of the user's choice: it appears in labels, paths and patterns.
pub(crate) fn name(faults: &Faults, name: &str, place: &Place) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let good = !name.is_empty() && name.len() <= 64 && name.chars().all(plain);
    if !good {
        let hint = "use 1 to 64 letters, digits, `-` and `_`";
        faults.report(place, format!("`{name}` can't be a name"), hint);
    }
    good
}
