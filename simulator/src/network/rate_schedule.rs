//! A link's rate over time, piecewise constant, and exact arithmetic on it.
//!
//! Work is counted in nanobits: a rate of 1 bit/s carries 1 nanobit in 1 ns. That makes rate × time an
//! integer product, so that no departure is ever rounded in floating point.

#[cfg(test)]
mod tests;

use sfu::{DataRate, DataSize, Time};

use super::trace::Trace;

const NANOBITS_PER_BIT: u64 = 1_000_000_000;

/// Why a list of steps is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It has no step.
    #[error("a rate schedule needs at least one step")]
    Empty,
    /// A step does not come after the one before it.
    #[error("step {0} of a rate schedule is not later than the step before it")]
    NotIncreasing(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    from: Time,
    service: Service,
}

/// How a link serves in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Service {
    Rate(DataRate),
    Trace(Trace),
}

impl Service {
    /// Nanobits from `from` to `until`, at which the next step begins. A trace's opportunity at `from` belongs to
    /// the step before, one at `until` to this one.
    fn work(&self, from: Time, until: Time) -> u128 {
        match self {
            Service::Rate(rate) => work(*rate, from, until),
            Service::Trace(_) if until <= from => 0,
            Service::Trace(trace) => {
                let bytes = trace.offered_until(until) - trace.offered_until(from);
                u128::from(bytes) * u128::from(8 * NANOBITS_PER_BIT)
            }
        }
    }

    /// When `remaining` nanobits are done that begin at `from`, and what is left over then. Only when there is
    /// enough work.
    fn finish(&self, from: Time, remaining: u64) -> Finish {
        match self {
            Service::Rate(rate) => at_rate(from, remaining, *rate),
            Service::Trace(trace) => {
                let end = trace.time_of(from, remaining.div_ceil(8 * NANOBITS_PER_BIT));
                let left = self.work(from, end) - u128::from(remaining);
                // More than 2 GB at one instant is as good as 2 GB.
                Finish { end, credit: u64::try_from(left).unwrap_or(u64::MAX) }
            }
        }
    }

    fn rate_at(&self, at: Time) -> DataRate {
        match self {
            Service::Rate(rate) => *rate,
            Service::Trace(trace) => trace.rate_around(at),
        }
    }

    fn sizing_rate(&self) -> DataRate {
        match self {
            Service::Rate(rate) => *rate,
            Service::Trace(trace) => trace.mean_rate(),
        }
    }

    fn is_infinite(&self) -> bool {
        *self == Service::Rate(DataRate::INFINITE)
    }
}

/// Rate by time, or a trace of delivery opportunities. The first step's rate also holds before it, the last one's for ever.
/// [`DataRate::ZERO`] is an outage, [`DataRate::INFINITE`] serialises in no time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateSchedule(Vec<Step>);

/// When a packet is through, and the work left over in the nanosecond that it finished in: what the next
/// packet starts with when it follows immediately, so that rounding to nanoseconds loses no capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finish {
    pub(super) end: Time,
    pub(super) credit: u64,
}

impl RateSchedule {
    /// The same rate for ever.
    pub fn constant(rate: DataRate) -> Self {
        RateSchedule(vec![Step { from: Time::ZERO, service: Service::Rate(rate) }])
    }

    /// A trace that begins at time zero.
    pub fn trace(trace: Trace) -> Self {
        RateSchedule(vec![Step { from: Time::ZERO, service: Service::Trace(trace) }])
    }

    /// Steps in order of time.
    ///
    /// # Errors
    /// When there is none, or the times don't increase.
    pub fn new(steps: impl IntoIterator<Item = (Time, DataRate)>) -> Result<Self, ScheduleError> {
        let mut steps: Vec<Step> =
            steps.into_iter().map(|(from, rate)| Step { from, service: Service::Rate(rate) }).collect();
        if let Some(late) = steps.windows(2).position(|pair| pair[0].from >= pair[1].from) {
            return Err(ScheduleError::NotIncreasing(late + 2));
        }
        steps.first_mut().ok_or(ScheduleError::Empty)?.from = Time::ZERO;
        Ok(RateSchedule(steps))
    }

    /// The rate from the instant `at` on; of a trace, the mean rate over the second that `at` is in.
    pub fn rate_at(&self, at: Time) -> DataRate {
        self.0[self.index_at(at)].service.rate_at(at)
    }

    /// The rate to size a buffer by: a trace's mean rate, or that at `at`, or during an outage the last rate before it, or when there was
    /// none the first one after it. Zero when there is never any.
    pub fn sizing_rate_at(&self, at: Time) -> DataRate {
        let (past, future) = self.0.split_at(self.index_at(at) + 1);
        let mut nearest = past.iter().rev().chain(future).map(|step| step.service.sizing_rate());
        nearest.find(|&rate| rate > DataRate::ZERO).unwrap_or(DataRate::ZERO)
    }

    /// Bits that fit between two instants; `None` when the rate is infinite in between. Bits are rounded so
    /// that adjoining intervals add up exactly.
    pub fn capacity_between(&self, from: Time, to: Time) -> Option<u64> {
        let touched = &self.0[self.index_at(from)..];
        let infinite = |step: &Step| step.service.is_infinite() && step.from < to;
        if from >= to {
            return Some(0);
        }
        if touched.iter().any(infinite) {
            return None;
        }
        let bits = |until| self.work_until(until) / u128::from(NANOBITS_PER_BIT);
        Some(u64::try_from(bits(to) - bits(from)).unwrap_or(u64::MAX))
    }

    /// When [`rate_at`](Self::rate_at) may say something else after `at`, if it ever does.
    pub fn next_change(&self, at: Time) -> Option<Time> {
        let step = self.next_step(at);
        match &self.0[self.index_at(at)].service {
            Service::Rate(_) => step,
            Service::Trace(trace) => Some(trace.next_window(at)).into_iter().chain(step).min(),
        }
    }

    /// When the next step begins after `at`, if there is one.
    pub fn next_step(&self, at: Time) -> Option<Time> {
        self.0.get(self.index_at(at) + 1).map(|step| step.from)
    }

    /// Takes over `new` from `at` on; what was before stays, for [`capacity_between`](Self::capacity_between)
    /// and for the packet that is being serialised.
    pub fn replace_from(&mut self, at: Time, new: &RateSchedule) {
        let service = new.0[new.index_at(at)].service.clone();
        self.0.retain(|step| step.from < at);
        self.0.push(Step { from: at, service });
        self.0.extend(new.0.iter().filter(|step| step.from > at).cloned());
    }

    /// Serialises `size` from `start` on, with `credit` nanobits left over from the packet before.
    pub(super) fn finish(&self, start: Time, credit: u64, size: DataSize) -> Finish {
        // 2 GB fill 64 bits: a packet's work doesn't.
        let mut remaining = size.as_bytes().saturating_mul(8 * NANOBITS_PER_BIT);
        if credit >= remaining {
            return Finish { end: start, credit: credit - remaining };
        }
        remaining -= credit;
        if let &[Step { service: Service::Rate(rate), .. }] = &self.0[..]
            && rate != DataRate::ZERO
            && rate != DataRate::INFINITE
        {
            return at_rate(start, remaining, rate);
        }
        let mut from = start;
        for index in self.index_at(start)..self.0.len() {
            let service = &self.0[index].service;
            if service.is_infinite() {
                return Finish { end: from, credit: 0 };
            }
            let until = self.0.get(index + 1).map_or(Time::NEVER, |next| next.from);
            let work = service.work(from, until);
            if work >= u128::from(remaining) {
                return service.finish(from, remaining);
            }
            remaining -= work as u64;
            from = until;
        }
        Finish { end: Time::NEVER, credit: 0 }
    }

    fn index_at(&self, at: Time) -> usize {
        // The first step is at time zero, so there is always one that has begun.
        self.0.partition_point(|step| step.from <= at) - 1
    }

    /// Nanobits from time zero to `to`, not counting infinite rates.
    fn work_until(&self, to: Time) -> u128 {
        let mut total = 0;
        for (index, step) in self.0.iter().enumerate().take_while(|(_, step)| step.from < to) {
            let until = self.0.get(index + 1).map_or(to, |next| next.from.min(to));
            if !step.service.is_infinite() {
                total += step.service.work(step.from, until);
            }
        }
        total
    }
}

/// The end of `remaining` nanobits that begin at `from`, at a rate between zero and infinity.
fn at_rate(from: Time, remaining: u64, rate: DataRate) -> Finish {
    let nanos = remaining.div_ceil(rate.as_bps());
    let end = Time::from_nanos(from.as_nanos() + nanos);
    let left = u128::from(nanos) * u128::from(rate.as_bps()) - u128::from(remaining);
    Finish { end, credit: u64::try_from(left).expect("less than a nanosecond's work") }
}

fn work(rate: DataRate, from: Time, until: Time) -> u128 {
    u128::from(rate.as_bps()) * u128::from(until.as_nanos().saturating_sub(from.as_nanos()))
}
