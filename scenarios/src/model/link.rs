//! Lines: capacity, queue, loss and delay.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::faulty_line::{HoldBack, Management, Policer, TraceFile};
use crate::units::{Rate, Ratio, Size, format_duration};

/// A kind of one-way line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Link {
    /// Capacity over time.
    #[serde(skip_serializing_if = "RateSchedule::is_unlimited")]
    pub rate: RateSchedule,
    /// In the place of `rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceFile>,
    /// What waits for the line.
    pub queue: Queue,
    /// Packets lost after the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// Propagation.
    pub delay: Delay,
    /// Whether all who name it share one line; else each has its own.
    pub shared: bool,
    /// A token bucket before the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policer: Option<Policer>,
    /// Packets of which a second copy arrives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Ratio>,
    /// Packets that arrive with a flipped bit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrupt: Option<Ratio>,
    /// Packets held back at the far end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reorder: Option<HoldBack>,
}

impl Link {
    /// The line of a participant that names none: unlimited, 10 ms.
    pub fn ideal() -> Link {
        let delay = Delay { base: Duration::from_millis(10), ..Delay::default() };
        Link { delay, queue: Queue::Infinite, ..Link::default() }
    }
}

/// Capacity over time: steps ordered by time, no two at the same moment, every rate above zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateSchedule {
    /// The steps; none means an unlimited line.
    pub steps: Vec<RateStep>,
}

/// From this moment on, this rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateStep {
    /// Since the start of the run.
    pub at: Duration,
    /// The rate from then on.
    pub rate: Rate,
}

impl RateSchedule {
    /// One rate throughout.
    pub fn constant(rate: Rate) -> RateSchedule {
        RateSchedule { steps: vec![RateStep { at: Duration::ZERO, rate }] }
    }

    /// Whether it never limits.
    pub fn is_unlimited(&self) -> bool {
        self.steps.is_empty()
    }

    /// The rate at `time` since the start; `None` is unlimited, as before the first step.
    pub fn at(&self, time: Duration) -> Option<Rate> {
        let passed = self.steps.partition_point(|step| step.at <= time);
        passed.checked_sub(1).map(|last| self.steps[last].rate)
    }

    /// The first rate; `None` when unlimited throughout.
    pub fn first(&self) -> Option<Rate> {
        self.steps.first().map(|step| step.rate)
    }
}

impl Serialize for RateSchedule {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.steps.as_slice() {
            [RateStep { at: Duration::ZERO, rate }] => rate.serialize(to),
            steps => {
                to.collect_seq(steps.iter().map(|step| [format_duration(step.at), step.rate.to_string()]))
            }
        }
    }
}

/// What waits for a line. Bytes in flight don't count against it, and an empty queue takes any packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "QueueText")]
pub enum Queue {
    /// First in, first out; a packet that doesn't fit is dropped.
    DropTail(Depth),
    /// First in, first out, without a bound.
    Infinite,
    /// Under active management.
    Managed(Management),
}

/// How much a queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// As many bytes as `sized_at` carries in `span`.
    Time {
        /// The longest wait at that rate; above zero.
        span: Duration,
        /// The rate that turns the span into bytes.
        sized_at: SizedAt,
    },
    /// This many bytes; above zero.
    Bytes(Size),
}

/// The rate at which a depth in time is turned into bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SizedAt {
    /// The line's rate at the moment: the bound in bytes follows the schedule.
    #[default]
    CurrentRate,
    /// The schedule's first rate throughout.
    FirstRate,
    /// This rate throughout.
    Rate(Rate),
}

impl Default for Queue {
    /// Drop-tail of 300 ms, the bottleneck queue of RFC 8867's test cases.
    fn default() -> Queue {
        Queue::DropTail(Depth::Time { span: Duration::from_millis(300), sized_at: SizedAt::CurrentRate })
    }
}

#[derive(Default, Serialize)]
struct QueueText {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sized_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ecn: Option<bool>,
}

impl From<Queue> for QueueText {
    fn from(queue: Queue) -> QueueText {
        match queue {
            Queue::Infinite => QueueText { kind: "infinite", ..QueueText::default() },
            Queue::Managed(Management { kind, target, interval, limit, ecn }) => QueueText {
                kind: kind.name(),
                target: Some(format_duration(target)),
                interval: kind.has_interval().then(|| format_duration(interval)),
                limit: Some(limit.to_string()),
                ecn: kind.has_ecn().then_some(ecn),
                ..QueueText::default()
            },
            Queue::DropTail(Depth::Bytes(size)) => {
                QueueText { kind: "droptail", depth: Some(size.to_string()), ..QueueText::default() }
            }
            Queue::DropTail(Depth::Time { span, sized_at }) => {
                let sized_at = match sized_at {
                    SizedAt::CurrentRate => "current-rate".to_owned(),
                    SizedAt::FirstRate => "first-rate".to_owned(),
                    SizedAt::Rate(rate) => rate.to_string(),
                };
                let (depth, sized_at) = (Some(format_duration(span)), Some(sized_at));
                QueueText { kind: "droptail", depth, sized_at, ..QueueText::default() }
            }
        }
    }
}

/// How packets are lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Loss {
    /// Each packet on its own.
    Bernoulli {
        /// Probability that a packet is lost.
        rate: Ratio,
    },
    /// In bursts of geometric length.
    GilbertElliott {
        /// Share of packets lost in the long run; below 1.
        mean: Ratio,
        /// Packets lost in a row on average; at least 1.
        burst: f64,
    },
    /// These packets.
    List {
        /// Their numbers in increasing order; the first that leaves the line is 1.
        packets: Vec<u64>,
    },
}

/// Propagation of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(into = "DelayText")]
pub struct Delay {
    /// One-way delay without jitter.
    pub base: Duration,
    /// How each packet's delay varies around the base.
    pub jitter: Jitter,
    /// Whether jitter may change the order of packets.
    pub reorder: bool,
}

/// How a delay varies; never below zero, because the widest swing is at most the base.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Jitter {
    /// Not at all.
    #[default]
    None,
    /// Normal, cut off at `cut` · `std` on either side.
    Gauss {
        /// Standard deviation before the cut; above zero.
        std: Duration,
        /// Largest distance from the base in `std`; above zero.
        cut: f64,
    },
    /// Even, within √3 · `std` on either side.
    Uniform {
        /// Standard deviation; above zero.
        std: Duration,
    },
}

#[derive(Serialize)]
struct DelayText {
    base: String,
    jitter: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    std: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<f64>,
    reorder: bool,
}

impl From<Delay> for DelayText {
    fn from(delay: Delay) -> DelayText {
        let (jitter, std, cut) = match delay.jitter {
            Jitter::None => ("none", None, None),
            Jitter::Gauss { std, cut } => ("gauss", Some(std), Some(cut)),
            Jitter::Uniform { std } => ("uniform", Some(std), None),
        };
        let std = std.map(format_duration);
        DelayText { base: format_duration(delay.base), jitter, std, cut, reorder: delay.reorder }
    }
}
