//! Reads `[link.<name>]`.

use std::time::Duration;

use super::reader::Reader;
use super::values;
use crate::diagnostics::Faults;
use crate::model::{Delay, Depth, Jitter, Link, Loss, Queue, RateSchedule, RateStep, SizedAt};
use crate::tree::{Node, Value};

pub(crate) fn link(reader: &Reader<'_>) -> Link {
    Link {
        rate: reader.node("rate").and_then(|node| schedule(reader.faults, node)).unwrap_or_default(),
        queue: reader.inner("queue").map(|inner| queue(&inner)).unwrap_or_default(),
        loss: loss(reader),
        delay: delay(reader),
        shared: reader.flag("shared").unwrap_or(false),
    }
}

fn schedule(faults: &Faults, node: &Node) -> Option<RateSchedule> {
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

fn queue(reader: &Reader<'_>) -> Queue {
    let kind = reader.choice("kind").unwrap_or("droptail");
    let depth = reader.node("depth");
    let sized_at = reader.node("sized_at");
    if kind == "infinite" {
        for (node, key) in [(depth, "depth"), (sized_at, "sized_at")] {
            if let Some(node) = node {
                let message = format!("an infinite queue has no `{key}`");
                reader.faults.report(&node.place, message, "take it out, or use kind = \"droptail\"");
            }
        }
        return Queue::Infinite;
    }
    let Queue::DropTail(usual) = Queue::default() else { return Queue::Infinite };
    let depth = depth.and_then(|node| self::depth(reader.faults, node)).unwrap_or(usual);
    let Some(node) = sized_at else { return Queue::DropTail(depth) };
    Queue::DropTail(match depth {
        Depth::Time { span, .. } => {
            Depth::Time { span, sized_at: self::sized_at(reader.faults, node).unwrap_or_default() }
        }
        Depth::Bytes(_) => {
            let hint = "take it out, or give `depth` as a duration";
            reader.faults.report(&node.place, "`sized_at` needs a depth in time", hint);
            depth
        }
    })
}

fn depth(faults: &Faults, node: &Node) -> Option<Depth> {
    let Value::Text(text) = &node.value else {
        if matches!(node.value, Value::Integer(_) | Value::Float(_)) {
            let hint = "write \"300ms\" or \"64kB\"";
            faults.report(&node.place, "unit missing: a depth is a duration or a size", hint);
            return None;
        }
        return values::wrong_kind(faults, node, "a duration or a size");
    };
    if text.contains("packet") {
        faults.report_unsupported(&node.place, "a depth in packets");
        return None;
    }
    let depth = if text.ends_with(['B', 'b']) {
        Depth::Bytes(values::size(faults, node)?)
    } else {
        Depth::Time { span: values::duration(faults, node)?, sized_at: SizedAt::default() }
    };
    let empty = match depth {
        Depth::Bytes(size) => size.as_bytes() == 0,
        Depth::Time { span, .. } => span.is_zero(),
    };
    if empty {
        faults.report(&node.place, "a queue's depth must be above zero", "write \"300ms\" or \"64kB\"");
        return None;
    }
    Some(depth)
}

fn sized_at(faults: &Faults, node: &Node) -> Option<SizedAt> {
    match &node.value {
        Value::Text(text) if text == "current-rate" => Some(SizedAt::CurrentRate),
        Value::Text(text) if text == "first-rate" => Some(SizedAt::FirstRate),
        Value::Text(text) if !text.starts_with(|c: char| c.is_ascii_digit()) => {
            faults.report_unknown(
                &node.place,
                "unknown rate to size at:",
                text,
                &["current-rate", "first-rate"],
            );
            None
        }
        _ => values::rate(faults, node).map(SizedAt::Rate),
    }
}

fn loss(reader: &Reader<'_>) -> Option<Loss> {
    let rate = match reader.short("loss")? {
        Ok(node) => values::ratio(reader.faults, node)?,
        Err(inner) => {
            // Read both: each may have a fault of its own.
            let (kind, rate) = (inner.choice("kind"), inner.ratio("rate"));
            debug_assert!(matches!(kind, None | Some("bernoulli")), "the declared kinds are read here");
            rate?
        }
    };
    Some(Loss::Bernoulli { rate })
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
