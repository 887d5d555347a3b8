//! What is wrong with a value's text, and how to write it.

use std::fmt;

/// The kind of value that a text was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A span of time.
    Duration,
    /// Bits per second.
    Rate,
    /// Bytes.
    Size,
    /// A share between 0 and 1.
    Ratio,
}

impl Quantity {
    /// The units that it takes.
    pub fn units(self) -> &'static str {
        match self {
            Quantity::Duration => "ns, us, ms, s, min, h",
            Quantity::Rate => "bps, kbps, Mbps, Gbps",
            Quantity::Size => "B, kB, MB, GB",
            Quantity::Ratio => "% or a number from 0 to 1",
        }
    }

    /// One well-formed value.
    pub fn example(self) -> &'static str {
        match self {
            Quantity::Duration => "\"25ms\"",
            Quantity::Rate => "\"2500kbps\"",
            Quantity::Size => "\"64kB\"",
            Quantity::Ratio => "\"1%\"",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Quantity::Duration => "duration",
            Quantity::Rate => "rate",
            Quantity::Size => "size",
            Quantity::Ratio => "ratio",
        })
    }
}

/// A text that isn't a value of its quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// A number without its unit.
    #[error("unit missing: a {quantity} needs one")]
    Missing {
        /// What was expected.
        quantity: Quantity,
    },
    /// Nothing that reads as a number at the start.
    #[error("not a {quantity}")]
    NoNumber {
        /// What was expected.
        quantity: Quantity,
    },
    /// A plus or minus sign.
    #[error("a {quantity} has no sign")]
    Signed {
        /// What was expected.
        quantity: Quantity,
    },
    /// White space between number and unit.
    #[error("space between number and unit")]
    Space {
        /// What was expected.
        quantity: Quantity,
    },
    /// A unit of powers of two.
    #[error("`{unit}` counts in powers of two")]
    Binary {
        /// The unit as written.
        unit: String,
        /// What was expected.
        quantity: Quantity,
    },
    /// A unit that the quantity doesn't have.
    #[error("`{unit}` is not a unit of {quantity}")]
    Unknown {
        /// The unit as written.
        unit: String,
        /// What was expected.
        quantity: Quantity,
        /// The unit that differs in upper and lower case only.
        near: Option<&'static str>,
    },
    /// Not a whole number of nanoseconds, bits per second or bytes.
    #[error("finer than a {quantity} can be")]
    TooFine {
        /// What was expected.
        quantity: Quantity,
    },
    /// Beyond the range of the type.
    #[error("too large for a {quantity}")]
    TooLarge {
        /// What was expected.
        quantity: Quantity,
    },
}

impl UnitError {
    /// How to write it instead.
    pub fn hint(&self) -> String {
        match self {
            UnitError::Missing { quantity }
            | UnitError::NoNumber { quantity }
            | UnitError::Signed { quantity }
            | UnitError::Space { quantity } => {
                format!("write for instance {} (units: {})", quantity.example(), quantity.units())
            }
            UnitError::Binary { quantity, .. } => {
                format!("multiples are SI: 1 k is 1,000 (units: {})", quantity.units())
            }
            UnitError::Unknown { near: Some(near), .. } => format!("did you mean `{near}`?"),
            UnitError::Unknown { quantity, near: None, .. } => format!("units: {}", quantity.units()),
            UnitError::TooFine { quantity } => match quantity {
                Quantity::Duration => "the finest step is 1ns".to_owned(),
                Quantity::Rate => "the finest step is 1bps".to_owned(),
                Quantity::Size => "the finest step is 1B".to_owned(),
                Quantity::Ratio => "give at most 24 digits".to_owned(),
            },
            UnitError::TooLarge { quantity } => match quantity {
                Quantity::Ratio => "a ratio is at most 1, that is \"100%\"".to_owned(),
                _ => "the range ends at 2^64 − 1 base units".to_owned(),
            },
        }
    }
}
