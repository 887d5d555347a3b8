//! Exact decimal numbers, so that "0.1s" is 100 ms and not the nearest binary fraction of it.

/// A non-negative decimal number: `digits` · 10^−`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: u128,
    scale: u32,
}

/// Why a decimal doesn't fit into a whole number of base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// A fraction of the base unit remains.
    TooFine,
    /// More than 2^64 − 1 base units.
    TooLarge,
}

/// No quantity of ours needs more digits; the bound keeps the arithmetic below in `u128`.
const MAX_DIGITS: usize = 24;

impl Decimal {
    /// Parses `digits[.digits]`; no sign, exponent or separator.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || whole.len() + fraction.len() > MAX_DIGITS {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Decimal { digits, scale: fraction.len() as u32 })
    }

    /// The number times `factor`, when that is whole.
    pub(crate) fn times(self, factor: u64) -> Result<u64, Misfit> {
        let product = self.digits.checked_mul(u128::from(factor)).ok_or(Misfit::TooLarge)?;
        let divisor = 10_u128.pow(self.scale);
        if !product.is_multiple_of(divisor) {
            return Err(Misfit::TooFine);
        }
        u64::try_from(product / divisor).map_err(|_| Misfit::TooLarge)
    }

    /// The double nearest to the number divided by 10^`places`.
    pub(crate) fn to_f64_shifted(self, places: u32) -> f64 {
        let text = format!("{}e-{}", self.digits, self.scale + places);
        text.parse().expect("digits with an exponent are a float")
    }
}
