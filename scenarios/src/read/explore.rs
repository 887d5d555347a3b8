//! Reads `[explore]`.

use std::time::Duration;

use super::reader::Reader;
use super::values;
use crate::diagnostics::Faults;
use crate::keys::CONTROLLERS;
use crate::model::{Explore, Range};
use crate::tree::{Node, Value};
use crate::units::{Rate, Ratio};

/// The words of `codecs`.
pub(crate) const CODECS: [&str; 4] = ["vp8", "vp9", "av1", "h264"];

pub(crate) fn explore(reader: &Reader<'_>) -> Explore {
    let whole = |least, most| {
        move |faults: &Faults, node: &Node| {
            values::whole(faults, node, least..=most).map(|value| value as u32)
        }
    };
    let ms = Duration::from_millis;
    Explore {
        people: range(reader, "people", whole(2, 50)).unwrap_or(or(2, 6)),
        links: range(reader, "links", whole(1, 50)).unwrap_or(or(1, 4)),
        events: range(reader, "events", whole(0, 1_000)).unwrap_or(or(0, 8)),
        duration: range(reader, "duration", values::duration).unwrap_or(or(ms(4_000), ms(15_000))),
        settle: reader.span("settle").unwrap_or(ms(12_000)),
        rate: range(reader, "rate", values::rate)
            .unwrap_or(or(Rate::from_bps(300_000), Rate::from_bps(20_000_000))),
        delay: range(reader, "delay", values::duration).unwrap_or(or(ms(1), ms(150))),
        jitter: range(reader, "jitter", values::duration).unwrap_or(or(ms(0), ms(15))),
        loss: range(reader, "loss", values::ratio).unwrap_or(or(Ratio::default(), percent(5))),
        queue: range(reader, "queue", values::duration).unwrap_or(or(ms(50), ms(1_000))),
        codecs: words(reader, "codecs", &CODECS)
            .unwrap_or_else(|| CODECS.iter().map(|codec| (*codec).to_owned()).collect()),
        controllers: words(reader, "controllers", CONTROLLERS)
            .unwrap_or_else(|| ["gcc", "scream", "nada"].map(str::to_owned).to_vec()),
    }
}

fn or<T>(least: T, most: T) -> Range<T> {
    Range { least, most }
}

fn percent(percent: u8) -> Ratio {
    format!("{percent}%").parse().expect("a ratio")
}

/// `[least, most]`.
fn range<T: PartialOrd + Copy>(
    reader: &Reader<'_>,
    name: &str,
    read: impl Fn(&Faults, &Node) -> Option<T>,
) -> Option<Range<T>> {
    let node = reader.node(name)?;
    let faults = reader.faults;
    let Value::List(ends) = &node.value else { return values::wrong_kind(faults, node, "[least, most]") };
    let [least, most] = ends.as_slice() else {
        faults.report(&node.place, format!("`{name}` has {} values", ends.len()), "give [least, most]");
        return None;
    };
    let (low, high) = (read(faults, least), read(faults, most));
    let (low, high) = (low?, high?);
    if low > high {
        faults.report(&node.place, format!("`{name}` ends below where it begins"), "give the least first");
        return None;
    }
    Some(Range { least: low, most: high })
}

/// A list of some of these words.
fn words(reader: &Reader<'_>, name: &str, known: &[&str]) -> Option<Vec<String>> {
    let node = reader.node(name)?;
    let faults = reader.faults;
    let Value::List(items) = &node.value else { return values::wrong_kind(faults, node, "a list of words") };
    let mut found = Vec::new();
    for item in items {
        let Some(word) = values::text(faults, item) else { continue };
        if known.contains(&word) {
            found.push(word.to_owned());
        } else {
            faults.report_unknown(&item.place, &format!("unknown {name}:"), word, known);
        }
    }
    if items.is_empty() {
        faults.report(&node.place, format!("no {name} to draw from"), "name one");
        return None;
    }
    Some(found)
}
