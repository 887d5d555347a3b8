//! From a scenario's lines to the network's.

use std::time::Duration;

use scenarios::Size;
use scenarios::model::{
    Delay, Depth, Jitter as ScenarioJitter, Link as LinkDefinition, Loss as ScenarioLoss,
    Management as ScenarioManagement, ManagementKind, Queue, SizedAt as ScenarioSizedAt,
};
use sfu::{DataRate, DataSize, Time};

use crate::network::queue::codel::CodelConfig;
use crate::network::queue::dual_pi2::DualPi2Config;
use crate::network::queue::fq_codel::FqCodelConfig;
use crate::network::queue::pie::PieConfig;
use crate::network::{
    GilbertElliott, HoldBack, ImpairmentConfig, Jitter, LinkConfig, Loss, Management, PolicerConfig,
    Propagation, QueueLimit, RateSchedule, SizedAt, Trace, TraceError,
};
use crate::random::Probability;

/// An Ethernet frame: the quantum of RFC 8290 section 5.2.4.
const QUANTUM: DataSize = DataSize::from_bytes(1_514);
/// The number of queues of RFC 8290 section 5.2.5.
const QUEUES: usize = 1_024;

/// # Errors
/// When the line's trace is none.
pub(super) fn link_config(definition: &LinkDefinition) -> Result<LinkConfig, TraceError> {
    let (queue, management) = queue(definition.queue);
    let rate_schedule = match &definition.trace {
        Some(trace) => RateSchedule::trace(Trace::parse(&trace.text)?),
        None => schedule(&definition.rate, DataRate::INFINITE),
    };
    Ok(LinkConfig {
        rate: rate_schedule,
        policer: definition
            .policer
            .map(|policer| PolicerConfig { rate: rate(policer.rate), burst: size(policer.burst) }),
        queue,
        management,
        loss: loss(definition.loss.as_ref()),
        propagation: propagation(&definition.delay),
        impairments: impairments(definition),
    })
}

/// The schedule, with `before` in force up to its first step.
pub(super) fn schedule(scenario: &scenarios::model::RateSchedule, before: DataRate) -> RateSchedule {
    let steps = scenario.steps.iter().map(|step| (Time::ZERO + step.at, rate(step.rate)));
    let first = scenario.at(Duration::ZERO).is_none().then_some((Time::ZERO, before));
    RateSchedule::new(first.into_iter().chain(steps)).expect("a checked scenario's steps are ordered")
}

fn rate(rate: scenarios::Rate) -> DataRate {
    DataRate::from_bps(rate.as_bps())
}

fn size(size: Size) -> DataSize {
    DataSize::from_bytes(size.as_bytes())
}

fn queue(queue: Queue) -> (QueueLimit, Option<Management>) {
    let limit = match queue {
        Queue::Infinite => QueueLimit::Infinite,
        Queue::Managed(management) => return (QueueLimit::Infinite, Some(self::management(management))),
        Queue::DropTail(Depth::Bytes(bytes)) => QueueLimit::Bytes(size(bytes)),
        Queue::DropTail(Depth::Time { span, sized_at }) => QueueLimit::Time {
            depth: span,
            sized_at: match sized_at {
                ScenarioSizedAt::CurrentRate => SizedAt::CurrentRate,
                ScenarioSizedAt::FirstRate => SizedAt::FirstRate,
                ScenarioSizedAt::Rate(at) => SizedAt::Rate(rate(at)),
            },
        },
    };
    (limit, None)
}

fn management(scenario: ScenarioManagement) -> Management {
    let ScenarioManagement { kind, target, interval, limit, ecn } = scenario;
    let limit = size(limit);
    let codel = CodelConfig { target, interval, limit, ecn };
    match kind {
        ManagementKind::Codel => Management::Codel(codel),
        ManagementKind::FqCodel => {
            Management::FqCodel(FqCodelConfig { codel, quantum: QUANTUM, queues: QUEUES })
        }
        ManagementKind::Pie => Management::Pie(PieConfig { target, limit, ecn }),
        ManagementKind::DualPi2 => Management::DualPi2(DualPi2Config { target, limit }),
    }
}

fn loss(loss: Option<&ScenarioLoss>) -> Loss {
    match loss {
        None => Loss::None,
        Some(ScenarioLoss::Bernoulli { rate }) => {
            Probability::new(rate.get()).map_or(Loss::None, Loss::Bernoulli)
        }
        Some(ScenarioLoss::GilbertElliott { mean, burst }) => Loss::GilbertElliott(
            GilbertElliott::simple(mean.get(), *burst).expect("a checked scenario's bursts are possible"),
        ),
        Some(ScenarioLoss::List { packets }) => Loss::List(packets.as_slice().into()),
    }
}

fn impairments(definition: &LinkDefinition) -> ImpairmentConfig {
    let probability = |ratio: Option<scenarios::Ratio>| {
        ratio.and_then(|ratio| Probability::new(ratio.get())).unwrap_or_default()
    };
    ImpairmentConfig {
        corrupt: probability(definition.corrupt),
        duplicate: probability(definition.duplicate),
        reorder: definition.reorder.map(|hold| HoldBack { rate: probability(Some(hold.rate)), by: hold.by }),
    }
}

/// Uniform jitter swings around the base by √3 times its standard deviation; the link's adds to a base.
fn propagation(delay: &Delay) -> Propagation {
    let (base, jitter) = match delay.jitter {
        ScenarioJitter::None => (delay.base, Jitter::None),
        ScenarioJitter::Gauss { std, cut } => (delay.base, Jitter::Gauss { std, cut }),
        ScenarioJitter::Uniform { std } => {
            let half = std.mul_f64(3.0_f64.sqrt());
            (delay.base.saturating_sub(half), Jitter::Uniform { max: half * 2 })
        }
    };
    Propagation { base, jitter, reorder: delay.reorder }
}
