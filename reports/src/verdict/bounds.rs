//! The range that a number must keep to, both ends included.

use crate::number::number;

/// Least and greatest value allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Bounds {
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

/// A way to leave a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Above the greatest value.
    High,
    /// Below the least.
    Low,
}

impl Side {
    /// What to tell who left the range on this side.
    pub(super) fn note(self) -> &'static str {
        match self {
            Side::High => "too much",
            Side::Low => "too little",
        }
    }
}

impl Bounds {
    /// Bounds on a whole number of things.
    pub(super) fn counts(min: Option<u64>, max: Option<u64>) -> Self {
        Bounds { min: min.map(|least| least as f64), max: max.map(|most| most as f64) }
    }

    /// Whether there is no bound at all.
    pub(super) fn is_empty(&self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Where something that reaches from `low` to `high` leaves the range.
    pub(super) fn broken_by(&self, low: f64, high: f64) -> Option<Side> {
        if self.max.is_some_and(|max| high > max) {
            return Some(Side::High);
        }
        self.min.is_some_and(|min| low < min).then_some(Side::Low)
    }

    /// "≤ 400 ms", "between 2 and 3 kbps", "= 10": counts and shares go without their unit.
    pub(super) fn text(&self, unit: &str) -> String {
        let range = match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => format!("= {}", number(min)),
            (Some(min), Some(max)) => format!("between {} and {}", number(min), number(max)),
            (Some(min), None) => format!("≥ {}", number(min)),
            (None, Some(max)) => format!("≤ {}", number(max)),
            (None, None) => "anything".to_owned(),
        };
        format!("{range} {}", shown_unit(unit)).trim_end().to_owned()
    }
}

/// The unit as it is shown beside a number.
pub(super) fn shown_unit(unit: &str) -> &str {
    if unit == "count" || unit == "ratio" { "" } else { unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_range() {
        let both = Bounds { min: Some(1.0), max: Some(2.0) };
        for (low, high, broken) in [
            (1.0, 2.0, None),
            (0.999, 1.5, Some(Side::Low)),
            (1.5, 2.001, Some(Side::High)),
            (0.0, 3.0, Some(Side::High)),
        ] {
            assert_eq!(both.broken_by(low, high), broken, "{low} to {high}");
        }
        assert_eq!(Bounds::default().broken_by(-1e9, 1e9), None);
    }

    #[test]
    fn rows_of_text() {
        let text = |min, max, unit| Bounds { min, max }.text(unit);
        for (found, expected) in [
            (text(Some(1.0), Some(2.5), "ms"), "between 1 and 2.5 ms"),
            (text(Some(1.0), None, "kbps"), "≥ 1 kbps"),
            (text(None, Some(0.02), "ratio"), "≤ 0.02"),
            (text(Some(90.0), Some(90.0), "count"), "= 90"),
        ] {
            assert_eq!(found, expected);
        }
    }
}
