//! Reads `data.<label>`.

use std::time::Duration;

use indexmap::IndexMap;

use super::reader::Reader;
use super::values;
use crate::model::Data;
use crate::units::Size;

/// What a message carries to be recognised by.
const LEAST: u64 = 32;
/// The longest message, less what says who sent it.
const MOST: u64 = 256_000;
/// A slip of the keyboard must not keep a run busy for ever.
const MOST_OF_A_TRANSFER: u64 = 1_000_000_000;

pub(crate) fn channels(reader: &Reader<'_>) -> IndexMap<String, Data> {
    reader.named("data").iter().map(|(name, inner)| ((*name).to_owned(), channel(inner))).collect()
}

fn channel(reader: &Reader<'_>) -> Data {
    let every = reader.duration("every");
    let at = reader.duration("at");
    if every.is_some() && at.is_some() {
        let hint = "give `every` for messages, or `at` for one transfer";
        reader.faults.report(reader.place_of("at"), "both messages and a transfer", hint);
    }
    if every.is_some_and(|every| every < Duration::from_millis(1)) {
        reader.faults.report(reader.place_of("every"), "too often", "at least 1ms");
    }
    let max_retransmits = reader.whole("max_retransmits", 0..=65_535).map(|times| times as u32);
    let lifetime = reader.duration("lifetime");
    if max_retransmits.is_some() && lifetime.is_some() {
        let hint = "give one of the two (RFC 8832, 5.1)";
        reader.faults.report(reader.place_of("lifetime"), "two limits on repeats", hint);
    }
    let most = if at.is_some() { MOST_OF_A_TRANSFER } else { MOST };
    Data {
        every,
        at,
        until: reader.duration("until"),
        size: size(reader, "size", most).unwrap_or(Size::from_bytes(200)),
        piece: size(reader, "piece", MOST).unwrap_or(Size::from_bytes(16_000)),
        rate: reader.rate("rate"),
        to: reader.text("to").map(str::to_owned),
        ordered: reader.flag("ordered").unwrap_or(true),
        max_retransmits,
        lifetime,
    }
}

fn size(reader: &Reader<'_>, key: &str, most: u64) -> Option<Size> {
    let node = reader.node(key)?;
    let size: Size = match values::text(reader.faults, node)?.parse() {
        Ok(size) => size,
        Err(error) => {
            reader.faults.report(&node.place, error.to_string(), error.hint());
            return None;
        }
    };
    if !(LEAST..=most).contains(&size.as_bytes()) {
        let hint = format!("from {LEAST}B to {}", Size::from_bytes(most));
        reader.faults.report(&node.place, "a size out of range", hint);
    }
    Some(size)
}
