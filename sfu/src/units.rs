//! Rates and sizes as types, in SI units.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// A rate in bits per second. 1 kbps is 1,000 bit/s, never 1,024.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataRate(u64);

impl DataRate {
    /// No rate at all.
    pub const ZERO: DataRate = DataRate(0);
    /// More than any link carries.
    pub const INFINITE: DataRate = DataRate(u64::MAX);

    /// `bps` bits per second.
    pub const fn from_bps(bps: u64) -> Self {
        DataRate(bps)
    }

    /// `kbps` thousand bits per second.
    pub const fn from_kbps(kbps: u64) -> Self {
        DataRate(kbps.saturating_mul(1_000))
    }

    /// Bits per second.
    pub const fn as_bps(self) -> u64 {
        self.0
    }

    /// Thousands of bits per second, rounded down.
    pub const fn as_kbps(self) -> u64 {
        self.0 / 1_000
    }

    /// This rate times `factor`, rounded towards zero; a negative factor gives zero.
    pub fn scale(self, factor: f64) -> DataRate {
        DataRate((self.0 as f64 * factor) as u64)
    }

    /// The time that `size` takes at this rate, rounded up to a nanosecond; `Duration::MAX` at rate zero.
    pub fn time_for(self, size: DataSize) -> Duration {
        if self.0 == 0 {
            return Duration::MAX;
        }
        let nanos = (u128::from(size.as_bytes()) * 8_000_000_000).div_ceil(u128::from(self.0));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// What this rate carries in `span`, rounded down to a byte.
    pub fn size_in(self, span: Duration) -> DataSize {
        let bytes = u128::from(self.0) * span.as_nanos() / 8_000_000_000;
        DataSize(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// The rate at which `size` goes by in `span`; infinite when `span` is zero.
    pub fn of(size: DataSize, span: Duration) -> DataRate {
        if span.is_zero() {
            return DataRate::INFINITE;
        }
        let bps = u128::from(size.as_bytes()) * 8_000_000_000 / span.as_nanos();
        DataRate(u64::try_from(bps).unwrap_or(u64::MAX))
    }

    /// This rate minus `other`, or zero.
    pub const fn saturating_sub(self, other: DataRate) -> DataRate {
        DataRate(self.0.saturating_sub(other.0))
    }
}

impl Add for DataRate {
    type Output = DataRate;
    fn add(self, other: DataRate) -> DataRate {
        DataRate(self.0.saturating_add(other.0))
    }
}

impl AddAssign for DataRate {
    fn add_assign(&mut self, other: DataRate) {
        *self = *self + other;
    }
}

impl Sum for DataRate {
    fn sum<I: Iterator<Item = DataRate>>(rates: I) -> DataRate {
        rates.fold(DataRate::ZERO, Add::add)
    }
}

impl fmt::Display for DataRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bps if bps >= 1_000 && bps.is_multiple_of(1_000) => write!(f, "{}kbps", bps / 1_000),
            bps => write!(f, "{bps}bps"),
        }
    }
}

/// A size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataSize(u64);

impl DataSize {
    /// Nothing.
    pub const ZERO: DataSize = DataSize(0);

    /// `bytes` bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        DataSize(bytes)
    }

    /// Bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }

    /// This size minus `other`, or zero.
    pub const fn saturating_sub(self, other: DataSize) -> DataSize {
        DataSize(self.0.saturating_sub(other.0))
    }
}

impl Add for DataSize {
    type Output = DataSize;
    fn add(self, other: DataSize) -> DataSize {
        DataSize(self.0.saturating_add(other.0))
    }
}

impl AddAssign for DataSize {
    fn add_assign(&mut self, other: DataSize) {
        *self = *self + other;
    }
}

impl Sub for DataSize {
    type Output = DataSize;
    fn sub(self, other: DataSize) -> DataSize {
        self.saturating_sub(other)
    }
}

impl SubAssign for DataSize {
    fn sub_assign(&mut self, other: DataSize) {
        *self = *self - other;
    }
}

impl Sum for DataSize {
    fn sum<I: Iterator<Item = DataSize>>(sizes: I) -> DataSize {
        sizes.fold(DataSize::ZERO, Add::add)
    }
}
