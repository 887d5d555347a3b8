//! Shares between 0 and 1.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{Decimal, Quantity, UnitError};

/// A share from 0 to 1: a probability, a loss rate, a utilisation. Text: "1%" or "0.01".
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Ratio(f64);

impl Ratio {
    /// Nothing.
    pub const ZERO: Ratio = Ratio(0.0);
    /// The whole.
    pub const ONE: Ratio = Ratio(1.0);

    /// The ratio `share`, or `None` outside 0..=1.
    pub fn new(share: f64) -> Option<Ratio> {
        // Adding zero turns −0 into 0, so that equal ratios also print alike.
        (0.0..=1.0).contains(&share).then_some(Ratio(share + 0.0))
    }

    /// The share, 0 to 1.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Ratio {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Ratio, UnitError> {
        let quantity = Quantity::Ratio;
        let (number, places) = match text.strip_suffix('%') {
            Some(number) => (number, 2),
            None => (text, 0),
        };
        if let Some(decimal) = Decimal::parse(number) {
            return Ratio::new(decimal.to_f64_shifted(places)).ok_or(UnitError::TooLarge { quantity });
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        Err(match Decimal::parse(number) {
            Some(_) if unit.trim() == "%" => UnitError::Space { quantity },
            Some(_) => UnitError::Unknown { unit: unit.trim().to_owned(), quantity, near: None },
            None if text.starts_with(['-', '+']) => UnitError::Signed { quantity },
            None => UnitError::NoNumber { quantity },
        })
    }
}

/// Canonical text in per cent. The decimal point is moved in the text, so that reading it back gives the
/// same double.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.0.to_string();
        let (whole, fraction) = share.split_once('.').unwrap_or((&share, ""));
        let padded = format!("{fraction:0<2}");
        let (moved, rest) = padded.split_at(2);
        let per_cent = format!("{whole}{moved}");
        let per_cent = per_cent.trim_start_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{}{point}{rest}%", if per_cent.is_empty() { "0" } else { per_cent })
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
