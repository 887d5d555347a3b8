//! Reads `[link.<name>.queue]`.

use std::time::Duration;

use super::reader::Reader;
use super::values;
use crate::diagnostics::Faults;
use crate::model::{Depth, Management, ManagementKind, Queue, SizedAt};
use crate::tree::{Node, Value};
use crate::units::Size;

pub(crate) fn queue(reader: &Reader<'_>) -> Queue {
    let kind = reader.choice("kind").unwrap_or("droptail");
    let managed = ManagementKind::find(kind);
    check_keys(reader, kind, managed);
    let depth = reader.node("depth");
    let sized_at = reader.node("sized_at");
    let management = management(reader, managed.unwrap_or(ManagementKind::Codel));
    match kind {
        "infinite" => return Queue::Infinite,
        "droptail" => {}
        _ => return Queue::Managed(management),
    }
    let usual = Depth::Time { span: Duration::from_millis(300), sized_at: SizedAt::CurrentRate };
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

/// A key that the kind doesn't know would be ignored.
fn check_keys(reader: &Reader<'_>, kind: &str, managed: Option<ManagementKind>) {
    let keys = [
        ("depth", kind == "droptail"),
        ("sized_at", kind == "droptail"),
        ("target", managed.is_some()),
        ("interval", managed.is_some_and(ManagementKind::has_interval)),
        ("limit", managed.is_some()),
        ("ecn", managed.is_some_and(ManagementKind::has_ecn)),
    ];
    for (key, _) in keys.into_iter().filter(|(_, known)| !known) {
        if let Some(entry) = reader.table.get(key) {
            let article = if kind == "infinite" { "an" } else { "a" };
            let message = format!("{article} {kind} queue has no `{key}`");
            reader.faults.report(&entry.node.place, message, "take it out, or change `kind`");
        }
    }
}

fn management(reader: &Reader<'_>, kind: ManagementKind) -> Management {
    Management {
        kind,
        target: reader.span("target").unwrap_or(kind.usual_target()),
        interval: reader.span("interval").unwrap_or(Duration::from_millis(100)),
        limit: values::size_above_zero(reader, "limit").unwrap_or(Size::from_bytes(1_000_000)),
        ecn: reader.flag("ecn").unwrap_or(false),
    }
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
