//! Time as the core sees it: a count of nanoseconds that somebody outside advances.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A moment: nanoseconds since an epoch that the caller chose (the start of a simulation, or of a server).
///
/// Range: 0 to about 584 years. Arithmetic saturates, so a peer's timestamp can't make it panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The epoch itself.
    pub const ZERO: Time = Time(0);
    /// Later than every moment that occurs.
    pub const NEVER: Time = Time(u64::MAX);

    /// The moment `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Time(nanos)
    }

    /// The moment `micros` microseconds after the epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Time(micros.saturating_mul(1_000))
    }

    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Time(millis.saturating_mul(1_000_000))
    }

    /// The moment `secs` seconds after the epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Time(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole microseconds since the epoch.
    pub const fn as_micros(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds since the epoch, for reports; never for scheduling.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The span from `earlier` to this moment; zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Ticks of a clock of `hz` since the epoch, rounded down.
    pub fn ticks(self, hz: u32) -> u64 {
        ticks_in(Duration::from_nanos(self.0), hz)
    }

    /// This moment minus `span`, or the epoch when that would lie before it.
    pub fn saturating_sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(nanos(span)))
    }
}

/// Ticks of a clock of `hz` in `span`, rounded down and saturating.
pub fn ticks_in(span: Duration, hz: u32) -> u64 {
    // In two parts, as the product of nanoseconds and rate does not fit 64 bits.
    let part = u64::from(span.subsec_nanos()) * u64::from(hz) / 1_000_000_000;
    span.as_secs().saturating_mul(u64::from(hz)).saturating_add(part)
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(nanos(span)))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub<Time> for Time {
    type Output = Duration;
    fn sub(self, earlier: Time) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}s", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_those_of_the_whole_product() {
        for nanos in [0, 1, 11_111, 11_112, 999_999_999, 1_000_000_000, 3_600_000_011_111, u64::MAX] {
            for hz in [1, 48_000, 90_000, 1 << 18, u32::MAX] {
                let exact = u128::from(nanos) * u128::from(hz) / 1_000_000_000;
                let exact = u64::try_from(exact).unwrap_or(u64::MAX);
                assert_eq!(Time::from_nanos(nanos).ticks(hz), exact, "{nanos} ns at {hz} Hz");
            }
        }
    }
}
