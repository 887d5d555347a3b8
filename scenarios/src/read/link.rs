//! Reads `[link.<name>]`.

use std::time::Duration;

use super::faulty_line;
use super::queue;
use super::reader::Reader;
use super::values;
use crate::diagnostics::Faults;
use crate::model::{Delay, Jitter, Link, RateSchedule, RateStep};
use crate::tree::{Node, Value};
use crate::units::Ratio;

pub(crate) fn link(reader: &Reader<'_>) -> Link {
    Link {
        rate: reader.node("rate").and_then(|node| schedule(reader.faults, node)).unwrap_or_default(),
        trace: faulty_line::trace(reader),
        queue: reader.inner("queue").map(|inner| queue::queue(&inner)).unwrap_or_default(),
        loss: faulty_line::loss(reader),
        delay: delay(reader),
        shared: reader.flag("shared").unwrap_or(false),
        policer: reader.inner("policer").and_then(|inner| faulty_line::policer(&inner)),
        duplicate: reader.ratio("duplicate").filter(|ratio| *ratio > Ratio::ZERO),
        corrupt: reader.ratio("corrupt").filter(|ratio| *ratio > Ratio::ZERO),
        reorder: reader.inner("reorder").and_then(|inner| faulty_line::reorder(&inner)),
    }
}

pub(crate) fn schedule(faults: &Faults, node: &Node) -> Option<RateSchedule> {
    let Value::List(items) = &node.value else {
        return values::rate(faults, node).map(RateSchedule::constant);
    };
    if items.is_empty() {
        faults.report(&node.place, "a schedule without steps", "take `rate` out for an unlimited line");
    }
    let mut steps: Vec<(RateStep, &Node)> = Vec::new();
    for item in items {
        let expected = "a step such as [\"40s\", \"600kbps\"]";
        let Some([at, rate]) = values::items(faults, item, expected) else { continue };
        let (at, rate) = (values::duration(faults, at), values::rate(faults, rate));
        if let (Some(at), Some(rate)) = (at, rate) {
            steps.push((RateStep { at, rate }, item));
        }
    }
    steps.sort_by_key(|(step, _)| step.at);
    for pair in steps.windows(2) {
        if pair[0].0.at == pair[1].0.at {
            faults.report(&pair[1].1.place, "two steps at the same moment", "keep one of them");
        }
    }
    Some(RateSchedule { steps: steps.into_iter().map(|(step, _)| step).collect() })
}

fn delay(reader: &Reader<'_>) -> Delay {
    match reader.short("delay") {
        None => Delay::default(),
        Some(Ok(node)) => {
            let base = values::duration(reader.faults, node).unwrap_or_default();
            Delay { base, ..Delay::default() }
        }
        Some(Err(inner)) => long_delay(&inner),
    }
}

fn long_delay(reader: &Reader<'_>) -> Delay {
    let base = reader.duration("base").unwrap_or_default();
    let reorder = reader.flag("reorder").unwrap_or(false);
    let kind = reader.choice("jitter").unwrap_or("none");
    let std = reader.span("std");
    let cut = reader.number("cut");
    if cut.is_some_and(|cut| cut <= 0.0) {
        reader.faults.report(reader.place_of("cut"), "`cut` must be above zero", "the usual cut is 3");
    }
    let useless = |key: &str, why: &str| {
        if let Some(entry) = reader.table.get(key) {
            reader.faults.report(
                &entry.key,
                format!("`{key}` has no effect {why}"),
                "take it out, or set `jitter`",
            );
        }
    };
    if kind != "none" && reader.table.get("std").is_none() {
        let hint = "add for instance std = \"5ms\"";
        reader.faults.report(reader.place_of("jitter"), format!("{kind} jitter needs `std`"), hint);
    }
    let jitter = match (kind, std) {
        ("gauss", Some(std)) => Jitter::Gauss { std, cut: cut.unwrap_or(3.0) },
        ("uniform", Some(std)) => Jitter::Uniform { std },
        _ => Jitter::None,
    };
    match kind {
        "none" => ["std", "cut"].iter().for_each(|key| useless(key, "without jitter")),
        "uniform" => useless("cut", "on uniform jitter"),
        _ => {}
    }
    check_swing(reader, base, jitter);
    Delay { base, jitter, reorder }
}

/// A packet can't arrive before it is sent, and clamping would skew the distribution.
fn check_swing(reader: &Reader<'_>, base: Duration, jitter: Jitter) {
    let swing = match jitter {
        Jitter::None => return,
        Jitter::Gauss { std, cut } => std.as_nanos() as f64 * cut,
        Jitter::Uniform { std } => std.as_nanos() as f64 * 3.0_f64.sqrt(),
    };
    if swing > base.as_nanos() as f64 {
        let message = "the jitter reaches below zero delay";
        reader.faults.report(reader.place_of("std"), message, "lower `std` or `cut`, or raise `base`");
    }
}
