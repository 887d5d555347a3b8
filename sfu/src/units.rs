//! Rates and sizes as types, in SI units.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// What a byte is at one bit per second: eight seconds of work, in nanoseconds. Products with it nearly always fit
/// 64 bits, and a division of 128 bits costs ten times as much as one of 64.
const NANOBITS: u64 = 8_000_000_000;

fn narrow(wide: u128) -> u64 {
    u64::try_from(wide).unwrap_or(u64::MAX)
}

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
        let nanos = match size.as_bytes().checked_mul(NANOBITS) {
            Some(work) => work.div_ceil(self.0),
            None => narrow((u128::from(size.as_bytes()) * u128::from(NANOBITS)).div_ceil(u128::from(self.0))),
        };
        Duration::from_nanos(nanos)
    }

    /// What this rate carries in `span`, rounded down to a byte.
    pub fn size_in(self, span: Duration) -> DataSize {
        let nanos = span.as_nanos();
        let work = u64::try_from(nanos).ok().and_then(|nanos| nanos.checked_mul(self.0));
        DataSize(match work {
            Some(work) => work / NANOBITS,
            None => narrow(u128::from(self.0).saturating_mul(nanos) / u128::from(NANOBITS)),
        })
    }

    /// The rate at which `size` goes by in `span`; infinite when `span` is zero.
    pub fn of(size: DataSize, span: Duration) -> DataRate {
        if span.is_zero() {
            return DataRate::INFINITE;
        }
        let nanos = span.as_nanos();
        DataRate(match (size.as_bytes().checked_mul(NANOBITS), u64::try_from(nanos)) {
            (Some(work), Ok(nanos)) => work / nanos,
            _ => narrow(u128::from(size.as_bytes()) * u128::from(NANOBITS) / nanos),
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_beyond_64_bits_are_exact_as_those_within() {
        let nanos = Duration::from_nanos;
        // rate, size, time that it takes
        let rows = [
            (3, 1, nanos(2_666_666_667)),
            (1_000_000, 1_250, Duration::from_millis(10)),
            (8_000_000_000, 3_000_000_000, Duration::from_secs(3)),
            (8_000_000_001, 3_000_000_000, nanos(3_000_000_000)),
        ];
        for (bps, bytes, span) in rows {
            let (rate, size) = (DataRate::from_bps(bps), DataSize::from_bytes(bytes));
            assert_eq!(rate.time_for(size), span, "{rate:?} {size:?}");
        }
        let (long, fast) = (Duration::from_secs(3_000_000), DataRate::from_bps(8_000_000_000));
        assert_eq!(fast.size_in(long), DataSize::from_bytes(3_000_000_000_000_000));
        assert_eq!(fast.size_in(nanos(7)), DataSize::from_bytes(7));
        assert_eq!(DataRate::of(DataSize::from_bytes(3_000_000_000_000_000), long), fast);
        assert_eq!(DataRate::of(DataSize::from_bytes(7), nanos(7)), fast);
        assert_eq!(DataRate::INFINITE.size_in(Duration::MAX), DataSize::from_bytes(u64::MAX));
    }
}
