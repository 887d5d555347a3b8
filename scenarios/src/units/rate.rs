//! Bit rates.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{Quantity, Unit, UnitError, from_base, to_base};

const UNITS: &[Unit] = &[("bps", 1), ("kbps", 1_000), ("Mbps", 1_000_000), ("Gbps", 1_000_000_000)];

/// A rate in whole bits per second. Text: "32kbps", "2.5Mbps"; SI multiples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

impl Rate {
    /// `bps` bits per second.
    pub const fn from_bps(bps: u64) -> Rate {
        Rate(bps)
    }

    /// `kbps` thousand bits per second; saturates.
    pub const fn from_kbps(kbps: u64) -> Rate {
        Rate(kbps.saturating_mul(1_000))
    }

    /// Bits per second.
    pub const fn as_bps(self) -> u64 {
        self.0
    }

    /// Thousands of bits per second, for reports; never for scheduling.
    pub fn as_kbps_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Rate, UnitError> {
        to_base(text, Quantity::Rate, UNITS).map(Rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&from_base(self.0, UNITS))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
