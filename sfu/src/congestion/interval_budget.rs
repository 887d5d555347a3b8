//! A budget of bytes that fills at a rate and is bounded to half a second of it, in both directions.

use std::time::Duration;

use crate::{DataRate, DataSize};

/// The span that the budget can save up or owe (libwebrtc, `interval_budget.cc`).
const WINDOW: Duration = Duration::from_millis(500);

/// Bytes left to send at a given rate; negative after more was sent than that.
#[derive(Clone, Debug)]
pub struct IntervalBudget {
    rate: DataRate,
    max_bytes: i64,
    remaining: i64,
    builds_up: bool,
}

impl IntervalBudget {
    /// An empty budget that fills at `rate`. With `builds_up`, what one interval leaves unused adds to the next.
    pub fn new(rate: DataRate, builds_up: bool) -> Self {
        let mut budget = IntervalBudget { rate, max_bytes: 0, remaining: 0, builds_up };
        budget.set_rate(rate);
        budget
    }

    /// Changes the rate; what is saved or owed stays within the bound of the new rate.
    pub fn set_rate(&mut self, rate: DataRate) {
        self.rate = rate;
        self.max_bytes = bytes(rate.size_in(WINDOW));
        self.remaining = self.remaining.clamp(-self.max_bytes, self.max_bytes);
    }

    /// `span` passed.
    pub fn increase(&mut self, span: Duration) {
        let added = bytes(self.rate.size_in(span));
        let base = if self.remaining < 0 || self.builds_up { self.remaining } else { 0 };
        self.remaining = base.saturating_add(added).min(self.max_bytes);
    }

    /// `size` was sent.
    pub fn consume(&mut self, size: DataSize) {
        self.remaining = self.remaining.saturating_sub(bytes(size)).max(-self.max_bytes);
    }

    /// What may still be sent.
    pub fn remaining(&self) -> DataSize {
        DataSize::from_bytes(self.remaining.max(0).unsigned_abs())
    }

    /// From −1 (owes the whole window) to 1 (has saved it up); 0 at rate zero.
    pub fn ratio(&self) -> f64 {
        if self.max_bytes == 0 { 0.0 } else { self.remaining as f64 / self.max_bytes as f64 }
    }
}

fn bytes(size: DataSize) -> i64 {
    i64::try_from(size.as_bytes()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(builds_up: bool) -> IntervalBudget {
        IntervalBudget::new(DataRate::from_kbps(100), builds_up)
    }

    fn check(budget: &IntervalBudget, ratio: f64, remaining: u64) {
        assert!((budget.ratio() - ratio).abs() < 1e-9, "{} is not {ratio}", budget.ratio());
        assert_eq!(budget.remaining(), DataSize::from_bytes(remaining));
    }

    /// Numbers of libwebrtc's `interval_budget_unittest.cc`, T8.064 to T8.072.
    #[test]
    fn fills_and_empties_within_its_window() {
        let ms = Duration::from_millis;
        let mut b = budget(true);
        check(&b, 0.0, 0);
        b.increase(ms(50));
        check(&b, 0.1, 625);

        let mut b = budget(true);
        b.increase(ms(250));
        b.set_rate(DataRate::from_kbps(10));
        check(&b, 1.0, 625);

        let mut b = budget(true);
        b.consume(DataSize::from_bytes(12_500));
        check(&b, -1.0, 0);

        let mut b = budget(false);
        b.increase(ms(50));
        check(&b, 0.1, 625);
        b.increase(ms(50));
        check(&b, 0.1, 625);
    }
}
