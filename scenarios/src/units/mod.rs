//! Values with units: "25ms", "2500kbps", "64kB", "1%".
//!
//! Multiples are SI (1 kbps = 1,000 bit/s, 1 kB = 1,000 bytes), never powers of two. Text is converted
//! exactly, to whole nanoseconds, bits per second or bytes; what doesn't fit exactly is an error.

mod decimal;
mod duration;
mod error;
mod rate;
mod ratio;
mod size;

#[cfg(test)]
mod tests;

pub use duration::{format_duration, parse_duration};
pub use error::{Quantity, UnitError};
pub use rate::Rate;
pub use ratio::Ratio;
pub use size::Size;

pub(crate) use duration::{duration_text, optional_duration_text};

use decimal::{Decimal, Misfit};

/// A unit's name and how many base units it stands for.
type Unit = (&'static str, u64);

/// Splits `text` into number and unit and converts to base units of `quantity`.
fn to_base(text: &str, quantity: Quantity, units: &[Unit]) -> Result<u64, UnitError> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    if number.is_empty() {
        return Err(match text.strip_prefix(['-', '+']) {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => UnitError::Signed { quantity },
            _ => UnitError::NoNumber { quantity },
        });
    }
    let decimal = Decimal::parse(number).ok_or(UnitError::NoNumber { quantity })?;
    if unit.is_empty() {
        return Err(UnitError::Missing { quantity });
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        return Err(unknown(unit, quantity, units));
    };
    decimal.times(*factor).map_err(|misfit| match misfit {
        Misfit::TooFine => UnitError::TooFine { quantity },
        Misfit::TooLarge => UnitError::TooLarge { quantity },
    })
}

fn unknown(unit: &str, quantity: Quantity, units: &[Unit]) -> UnitError {
    let trimmed = unit.trim();
    if trimmed != unit && units.iter().any(|(name, _)| *name == trimmed) {
        return UnitError::Space { quantity };
    }
    let binary = ["Ki", "Mi", "Gi", "Ti"].iter().any(|prefix| trimmed.starts_with(prefix));
    if binary && quantity != Quantity::Duration {
        return UnitError::Binary { unit: trimmed.to_owned(), quantity };
    }
    let same_letters = |name: &str| name.eq_ignore_ascii_case(trimmed);
    let near = units.iter().map(|(name, _)| *name).find(|name| same_letters(name));
    UnitError::Unknown { unit: trimmed.to_owned(), quantity, near }
}

/// `base` in the largest unit that divides it; `units` go from the smallest to the largest.
fn from_base(base: u64, units: &[Unit]) -> String {
    let fits = |(_, factor): &&Unit| base != 0 && base.is_multiple_of(*factor);
    let (name, factor) = units.iter().rev().find(fits).unwrap_or(&units[0]);
    format!("{}{name}", base / factor)
}
