//! Reads `publish.<source>`.

use indexmap::IndexMap;

use super::reader::{Reader, open};
use super::{values, video};
use crate::diagnostics::{Faults, Source};
use crate::keys::OPUS;
use crate::model::{Opus, Publication};
use crate::tree::{Entry, Value, parse_value};
use crate::units::Rate;

/// What a participant publishes that says nothing about it.
const USUAL: &str = r#"{ mic = { codec = "opus" }, cam = { codec = "vp8" } }"#;

/// The entry of `publish` that stands for its absence.
pub(crate) fn default_entry() -> Entry {
    let source = Source::new("default", USUAL);
    let node = parse_value(&source, 0..USUAL.len()).expect("the built-in text is TOML");
    Entry { key: node.place.clone(), node }
}

pub(crate) fn publications(faults: &Faults, entry: Option<&Entry>) -> IndexMap<String, Publication> {
    let Some(entry) = entry else { return publications(faults, Some(&default_entry())) };
    match &entry.node.value {
        Value::Text(text) if text == "none" => IndexMap::new(),
        Value::Text(text) => {
            faults.report_unknown(&entry.node.place, "unknown publish:", text, &["none"]);
            IndexMap::new()
        }
        Value::Table(table) => {
            let mut sources = IndexMap::new();
            for (name, entry) in &table.entries {
                values::name(faults, name, &entry.key);
                if let Some(publication) = publication(faults, entry) {
                    sources.insert(name.clone(), publication);
                }
            }
            sources
        }
        _ => values::wrong_kind(faults, &entry.node, "tables of sources, or \"none\"").unwrap_or_default(),
    }
}

fn publication(faults: &Faults, entry: &Entry) -> Option<Publication> {
    let Value::Table(table) = &entry.node.value else {
        return values::wrong_kind(faults, &entry.node, "a table with a `codec`");
    };
    let Some(codec) = table.get("codec") else {
        let hint = "add codec = \"opus\", or \"vp8\", \"vp9\", \"av1\" or \"h264\"";
        faults.report(&entry.key, "a source needs `codec`", hint);
        return None;
    };
    let name = values::text(faults, &codec.node)?;
    match name {
        "opus" => Some(Publication::Opus(opus(&open(faults, &entry.node, &entry.key, &OPUS)?))),
        _ => {
            let Some(section) = video::section(name) else {
                let known = ["opus", "vp8", "vp9", "av1", "h264"];
                faults.report_unknown(&codec.node.place, "unknown codec:", name, &known);
                return None;
            };
            Some(Publication::Video(video::video(&open(faults, &entry.node, &entry.key, section)?)))
        }
    }
}

fn opus(reader: &Reader<'_>) -> Opus {
    reader.choice("codec");
    let rate = reader.rate("rate").unwrap_or(Rate::from_kbps(32));
    if !(6_000..=510_000).contains(&rate.as_bps()) {
        let hint = "from 6kbps to 510kbps (RFC 6716, 2.1.1)";
        reader.faults.report(reader.place_of("rate"), "out of range for Opus", hint);
    }
    let speech = super::speech::speech(reader);
    let on = |key| reader.flag(key).unwrap_or(false);
    let red = reader.whole("red", 0..=2).unwrap_or(0) as u8;
    Opus { rate, speech, dtx: on("dtx"), fec: on("fec"), red }
}
