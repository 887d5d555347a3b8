//! Randomness, all of it from one seed: one stream per component path and purpose.
//!
//! A stream depends on the seed and its own path only, so adding a component, or drawing more from one,
//! changes no other. Draws are the same on every platform: integers, IEEE basic operations and `libm`.

#[cfg(test)]
mod tests;

use std::f64::consts::TAU;
use std::time::Duration;

use rand_core::{Infallible, Rng, SeedableRng, TryRng};
use rand_pcg::Pcg64Dxsm;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The one seed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

/// Separates the two halves of a stream's key; an arbitrary odd constant (the golden ratio's fraction).
const SECOND_HALF: u64 = 0x9E37_79B9_7F4A_7C15;

impl Seed {
    /// The stream of `path`: the component and the purpose, as in `participant/alice/cam/encoder`.
    pub fn stream(self, path: &str) -> Stream {
        Stream(Pcg64Dxsm::from_seed(self.key(path)))
    }

    /// 32 bytes for a generator that somebody else brings (a cryptographic one, say); the same rule of paths.
    pub fn key(self, path: &str) -> [u8; 32] {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&xxh3_128_with_seed(path.as_bytes(), self.0).to_le_bytes());
        key[16..].copy_from_slice(&xxh3_128_with_seed(path.as_bytes(), self.0 ^ SECOND_HALF).to_le_bytes());
        key
    }
}

/// A probability, kept as a threshold among 2⁶³ equally likely draws, so that 0 and 1 are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability(u64);

impl Probability {
    /// It never happens.
    pub const NEVER: Probability = Probability(0);
    /// It always happens.
    pub const ALWAYS: Probability = Probability(1 << 63);

    /// A probability from 0 to 1; `None` outside (and for what is no number).
    pub fn new(ratio: f64) -> Option<Self> {
        (0.0..=1.0).contains(&ratio).then_some(Probability((ratio * (1u64 << 63) as f64) as u64))
    }
}

/// One reproducible stream of draws. (PCG64-DXSM: not for secrets, see [`Seed::key`].)
#[derive(Clone, Debug)]
pub struct Stream(Pcg64Dxsm);

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..bound`, without modulo bias (Lemire 2019, "Fast random integer generation").
    ///
    /// # Panics
    /// When `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a range to draw from holds at least one number");
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            let low = product as u64;
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// A number from `low` to `high`, both included; `low` when `high` is not above it.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        match high.checked_sub(low).map(|width| width.checked_add(1)) {
            None => low,
            Some(None) => self.bits(),
            Some(Some(width)) => low + self.below(width),
        }
    }

    /// A multiple of 2⁻⁵³ in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something of this probability happens; one draw, whatever the probability.
    pub fn chance(&mut self, probability: Probability) -> bool {
        self.bits() >> 1 < probability.0
    }

    /// Exponential with mean 1: at least 0, at most 37 or so.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller 1958, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * libm::cos(TAU * self.unit())
    }

    /// Laplace with mean 0 and scale 1 (variance 2).
    pub fn laplace(&mut self) -> f64 {
        let magnitude = self.exponential();
        if self.bits() >> 63 == 0 { magnitude } else { -magnitude }
    }

    /// A span from `low` to `high`, both included, to the nanosecond; spans over 584 years count as that.
    pub fn duration_between(&mut self, low: Duration, high: Duration) -> Duration {
        Duration::from_nanos(self.between(nanos(low), nanos(high)))
    }

    /// An exponential span with the given mean, rounded down to a nanosecond.
    pub fn exponential_duration(&mut self, mean: Duration) -> Duration {
        Duration::from_nanos((self.exponential() * nanos(mean) as f64) as u64)
    }
}

/// All of `span` in nanoseconds; over 584 years count as that.
pub(crate) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}
