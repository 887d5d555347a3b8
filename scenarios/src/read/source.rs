//! Reads `publish.<source>`.

use indexmap::IndexMap;

use super::reader::{Reader, open};
use super::values;
use crate::diagnostics::{Faults, Source};
use crate::keys::{OPUS, VP8};
use crate::model::{Layer, Opus, Publication, Speech, VideoModel, Vp8};
use crate::tree::{Entry, Node, Value, parse_value};
use crate::units::Rate;

/// What a participant publishes that says nothing about it.
const USUAL: &str = r#"{ mic = { codec = "opus" }, cam = { codec = "vp8" } }"#;

/// The encodings of a camera that says nothing about them.
const USUAL_LAYERS: [Layer; 3] = [
    Layer { width: 320, height: 180, fps: 15, rate: Rate::from_kbps(150) },
    Layer { width: 640, height: 360, fps: 30, rate: Rate::from_kbps(500) },
    Layer { width: 1280, height: 720, fps: 30, rate: Rate::from_kbps(1_700) },
];

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
        let hint = "add codec = \"opus\" or codec = \"vp8\"";
        faults.report(&entry.key, "a source needs `codec`", hint);
        return None;
    };
    let name = values::text(faults, &codec.node)?;
    match name {
        "opus" => Some(Publication::Opus(opus(&open(faults, &entry.node, &entry.key, &OPUS)?))),
        "vp8" => Some(Publication::Vp8(vp8(&open(faults, &entry.node, &entry.key, &VP8)?))),
        "vp9" | "av1" | "h264" => {
            faults.report_unsupported(&codec.node.place, &format!("codec `{name}`"));
            None
        }
        _ => {
            faults.report_unknown(&codec.node.place, "unknown codec:", name, &["opus", "vp8"]);
            None
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
    let speech = match reader.choice("speech") {
        Some("constant") => Speech::Constant,
        Some("silent") => Speech::Silent,
        _ => Speech::OnOff,
    };
    let on = |key| reader.flag(key).unwrap_or(false);
    let red = reader.whole("red", 0..=2).unwrap_or(0) as u8;
    Opus { rate, speech, dtx: on("dtx"), fec: on("fec"), red }
}

fn vp8(reader: &Reader<'_>) -> Vp8 {
    reader.choice("codec");
    reader.choice("model");
    let layers = reader.node("layers").map(|node| layers(reader.faults, node));
    let layers = layers.unwrap_or_else(|| USUAL_LAYERS.to_vec());
    let min_rate = reader.rate("min_rate");
    if min_rate.zip(layers.first()).is_some_and(|(min, lowest)| min > lowest.rate) {
        let hint = "it bounds the lowest encoding; see `layers`";
        reader.faults.report(reader.place_of("min_rate"), "above the lowest encoding's rate", hint);
    }
    Vp8 {
        model: VideoModel::Rfc8593Statistical,
        layers,
        temporal_layers: reader.whole("temporal_layers", 1..=3).unwrap_or(1) as u8,
        min_rate,
    }
}

fn layers(faults: &Faults, node: &Node) -> Vec<Layer> {
    let Value::List(items) = &node.value else {
        return values::wrong_kind(faults, node, "a list of layers").unwrap_or_default();
    };
    if !(1..=3).contains(&items.len()) {
        let message = format!("{} layers", items.len());
        faults.report(&node.place, message, "give 1 to 3, lowest first");
    }
    let mut layers: Vec<Layer> = Vec::new();
    for item in items {
        let Some(layer) = values::text(faults, item).and_then(|text| layer(faults, item, text)) else {
            continue;
        };
        let rising = |below: &Layer| below.pixels() < layer.pixels() && below.rate < layer.rate;
        if layers.last().is_some_and(|below| !rising(below)) {
            let message = "not above the layer before it in size and rate";
            faults.report(&item.place, message, "list the lowest first");
        }
        layers.push(layer);
    }
    layers
}

fn layer(faults: &Faults, node: &Node, text: &str) -> Option<Layer> {
    let parts = || {
        let (picture, rate) = text.split_once(' ')?;
        let (size, fps) = picture.split_once('@')?;
        let (width, height) = size.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?, fps.parse().ok()?, rate.trim_start()))
    };
    let Some((width, height, fps, rate)) = parts() else {
        faults.report(&node.place, "not a layer", "write for instance \"640x360@30 500kbps\"");
        return None;
    };
    let rate: Rate = match rate.parse() {
        Ok(rate) => rate,
        Err(error) => {
            faults.report(&node.place, error.to_string(), error.hint());
            return None;
        }
    };
    let layer = Layer { width, height, fps, rate };
    let pixels = 16..=16_383;
    if !pixels.contains(&width)
        || !pixels.contains(&height)
        || !(1..=120).contains(&fps)
        || rate.as_bps() == 0
    {
        let hint = "sides from 16 to 16383 pixels, 1 to 120 frames per second, a rate above zero";
        faults.report(&node.place, "a layer out of range", hint);
        return None;
    }
    Some(layer)
}
