//! The results as tidy rows: one number a row, with everything that it is of beside it.

use std::io;

use super::{Plan, Record};
use crate::comparison::Over;
use crate::number::number;

/// Columns before those of the grid's paths.
pub(super) const BEFORE: [&str; 2] = ["run", "seed"];
/// Columns after them; the last is the number.
pub(super) const AFTER: [&str; 6] = ["metric", "over", "stat", "unit", "better", "value"];

/// A value of the grid as people and data frames want it: a string without its quotes, all else as TOML.
pub(super) fn plain(value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    inner.filter(|inner| !inner.contains(['\\', '"'])).unwrap_or(value).to_owned()
}

/// The words of a row after the grid's: metric, over, stat, unit and better.
pub(super) fn words(quantity: &crate::comparison::Quantity) -> [&'static str; 5] {
    let stat = if quantity.over == Over::NeverSeen { "count" } else { quantity.stat().name() };
    [quantity.definition.id, quantity.over.name(), stat, quantity.unit(), quantity.better().name()]
}

/// `results.csv`.
pub(super) fn csv(plan: &Plan, records: &[Record], out: &mut dyn io::Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let heads = BEFORE.into_iter().chain(plan.grid.keys().map(String::as_str)).chain(AFTER);
    writer.write_record(heads)?;
    for record in records {
        let (point, seed) = plan.run(record.run);
        let mut row = vec![record.run.to_string(), seed.to_string()];
        row.extend(plan.point(point).into_iter().map(plain));
        let fixed = row.len();
        for (quantity, value) in &record.values {
            row.truncate(fixed);
            row.extend(words(quantity).map(str::to_owned));
            row.push(number(*value));
            writer.write_record(&row)?;
        }
    }
    writer.flush()
}
