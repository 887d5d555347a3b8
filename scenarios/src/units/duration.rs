//! Spans of time as text.

use std::time::Duration;

use serde::Serializer;

use super::{Quantity, Unit, UnitError, from_base, to_base};

const UNITS: &[Unit] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Units that canonical text uses: seconds at most, because a report counts in seconds.
const CANONICAL: usize = 4;

/// Reads a span such as "25ms", "1.5s" or "2min"; whole nanoseconds, at most about 584 years.
///
/// # Errors
/// [`UnitError`] when the text isn't a number with a unit of time, or doesn't fit exactly.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    to_base(text, Quantity::Duration, UNITS).map(Duration::from_nanos)
}

/// The canonical text: the largest unit, seconds at most, that gives a whole number.
///
/// Spans beyond 2^64 − 1 ns, which no parsed value reaches, are written as that bound.
pub fn format_duration(span: Duration) -> String {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    if nanos == 0 {
        return "0s".to_owned();
    }
    from_base(nanos, &UNITS[..CANONICAL])
}

pub(crate) fn duration_text<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format_duration(*span))
}

pub(crate) fn optional_duration_text<S: Serializer>(
    span: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => duration_text(span, to),
        None => to.serialize_none(),
    }
}
