//! Reads what drives, loses, drops and damages packets: trace, loss, policer and reorder of `[link.<name>]`.

use std::sync::Arc;

use super::reader::Reader;
use super::values;
use crate::model::{HoldBack, Loss, Policer, TraceFile};
use crate::tree::Value;
use crate::units::Ratio;

pub(crate) fn loss(reader: &Reader<'_>) -> Option<Loss> {
    let inner = match reader.short("loss")? {
        Ok(node) => return Some(Loss::Bernoulli { rate: values::ratio(reader.faults, node)? }),
        Err(inner) => inner,
    };
    // Read all: each may have a fault of its own.
    let kind = inner.choice("kind").unwrap_or("bernoulli");
    let (rate, mean, burst) = (inner.ratio("rate"), inner.ratio("mean"), inner.number("burst"));
    let packets = packets(&inner);
    let keys: &[&str] = match kind {
        "bernoulli" => &["rate"],
        "gilbert-elliott" => &["mean", "burst"],
        _ => &["packets"],
    };
    check_keys(&inner, kind, keys);
    match kind {
        "bernoulli" => Some(Loss::Bernoulli { rate: rate? }),
        "gilbert-elliott" => bursts(&inner, mean?, burst?),
        _ => Some(Loss::List { packets: packets? }),
    }
}

/// All that the kind needs and nothing else.
fn check_keys(reader: &Reader<'_>, kind: &str, keys: &[&str]) {
    for key in ["rate", "mean", "burst", "packets"] {
        match reader.table.get(key) {
            None if keys.contains(&key) => {
                let hint = format!("`kind = \"{kind}\"` needs {}", keys.join(" and "));
                reader.faults.report(reader.place(), format!("{kind} loss needs `{key}`"), hint);
            }
            Some(entry) if !keys.contains(&key) => {
                let message = format!("{kind} loss has no `{key}`");
                reader.faults.report(&entry.key, message, "take it out, or change `kind`");
            }
            _ => {}
        }
    }
}

/// The chain of two states must be able to lose so much in bursts so short.
fn bursts(reader: &Reader<'_>, mean: Ratio, burst: f64) -> Option<Loss> {
    if burst < 1.0 {
        let hint = "1 is a lost packet at a time";
        reader.faults.report(reader.place_of("burst"), "a burst is at least one packet", hint);
        return None;
    }
    if mean == Ratio::ONE || mean.get() / (1.0 - mean.get()) > burst {
        let message = "so many losses need longer bursts: at least one packet arrives between two";
        reader.faults.report(reader.place_of("mean"), message, "lower `mean` or raise `burst`");
        return None;
    }
    Some(Loss::GilbertElliott { mean, burst })
}

fn packets(reader: &Reader<'_>) -> Option<Vec<u64>> {
    let node = reader.node("packets")?;
    let Value::List(items) = &node.value else {
        return values::wrong_kind(reader.faults, node, "a list of packet numbers such as [1, 17, 18]");
    };
    let read = |item| values::whole(reader.faults, item, 1..=u64::MAX);
    let mut packets: Vec<u64> = items.iter().filter_map(read).collect();
    packets.sort_unstable();
    packets.dedup();
    Some(packets)
}

pub(crate) fn trace(reader: &Reader<'_>) -> Option<TraceFile> {
    let node = match reader.short("trace")? {
        Ok(node) => node,
        Err(inner) => {
            inner.choice("format");
            inner.node("file")?
        }
    };
    if let (Some(_), Some(entry)) = (reader.table.get("rate"), reader.table.get("trace")) {
        reader.faults.report(&entry.key, "a trace takes the place of `rate`", "keep one of them");
    }
    let file = values::text(reader.faults, node)?;
    if file.is_empty() || file.starts_with('/') || file.split('/').any(|part| part == "..") {
        let hint = "give a relative path such as \"traces/lte.down\"";
        reader.faults.report(&node.place, "a trace lies beside the scenario or below", hint);
        return None;
    }
    Some(TraceFile { file: file.to_owned(), text: Arc::from("") })
}

pub(crate) fn policer(reader: &Reader<'_>) -> Option<Policer> {
    let (rate, burst) = (reader.rate("rate"), values::size_above_zero(reader, "burst"));
    Some(Policer { rate: rate?, burst: burst? })
}

pub(crate) fn reorder(reader: &Reader<'_>) -> Option<HoldBack> {
    let (rate, by) = (reader.ratio("rate"), reader.span("by"));
    Some(HoldBack { rate: rate?, by: by? })
}
