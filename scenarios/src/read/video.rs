//! Reads `publish.<source>` of video.

use super::reader::Reader;
use super::values;
use crate::diagnostics::Faults;
use crate::keys::{AV1, H264, Section, VP8, VP9};
use crate::model::{Layer, PacketizationMode, Scalability, Video, VideoCodec, VideoModel};
use crate::tree::{Node, Value};
use crate::units::Rate;

/// The encodings of a camera that says nothing about them.
const USUAL_LAYERS: [Layer; 3] = [
    Layer { width: 320, height: 180, fps: 15, rate: Rate::from_kbps(150) },
    Layer { width: 640, height: 360, fps: 30, rate: Rate::from_kbps(500) },
    Layer { width: 1280, height: 720, fps: 30, rate: Rate::from_kbps(1_700) },
];

/// The spatial layers of a scalable stream that says nothing about them; with two of them the upper two.
const USUAL_SPATIAL_LAYERS: [Layer; 3] = [
    Layer { width: 320, height: 180, fps: 30, rate: Rate::from_kbps(150) },
    Layer { width: 640, height: 360, fps: 30, rate: Rate::from_kbps(350) },
    Layer { width: 1280, height: 720, fps: 30, rate: Rate::from_kbps(1_200) },
];

/// The keys of the video codec called `name`.
pub(crate) fn section(name: &str) -> Option<&'static Section> {
    match name {
        "vp8" => Some(&VP8),
        "vp9" => Some(&VP9),
        "av1" => Some(&AV1),
        "h264" => Some(&H264),
        _ => None,
    }
}

pub(crate) fn video(reader: &Reader<'_>) -> Video {
    let codec = match reader.choice("codec") {
        Some("vp9") => VideoCodec::Vp9,
        Some("av1") => VideoCodec::Av1,
        Some("h264") => VideoCodec::H264(match reader.whole("packetization_mode", 0..=1) {
            Some(0) => PacketizationMode::SingleNal,
            _ => PacketizationMode::NonInterleaved,
        }),
        _ => VideoCodec::Vp8,
    };
    let model = match reader.choice("model") {
        Some("screen") => VideoModel::Screen,
        _ => VideoModel::Rfc8593Statistical,
    };
    let scalability = scalability(reader);
    let layers = spatial_or_simulcast(reader, scalability);
    let min_rate = reader.rate("min_rate");
    if min_rate.zip(layers.first()).is_some_and(|(min, lowest)| min > lowest.rate) {
        let hint = "it bounds the lowest encoding; see `layers`";
        reader.faults.report(reader.place_of("min_rate"), "above the lowest encoding's rate", hint);
    }
    let encrypted = reader.flag("encrypted").unwrap_or(false);
    let others = codec != VideoCodec::Av1;
    let dependency_descriptor = others && reader.flag("dependency_descriptor").unwrap_or(encrypted);
    if others && encrypted && !dependency_descriptor {
        let hint = "take it out: the server has nothing else to go by";
        let place = reader.place_of("dependency_descriptor");
        reader.faults.report(place, "`encrypted` needs the dependency descriptor", hint);
    }
    let layers_allocation = reader.flag("layers_allocation").unwrap_or(false);
    Video { codec, model, layers, scalability, min_rate, dependency_descriptor, layers_allocation, encrypted }
}

fn scalability(reader: &Reader<'_>) -> Scalability {
    let temporal = reader.whole("temporal_layers", 1..=3).map(|layers| layers as u8);
    let single = Scalability { spatial: 1, temporal: temporal.unwrap_or(1), key_only: false };
    let Some(named) = reader.choice("scalability").and_then(|name| name.parse::<Scalability>().ok()) else {
        return single;
    };
    if temporal.is_some_and(|temporal| temporal != named.temporal) {
        let hint = format!("take it out: `scalability` says {}", named.temporal);
        let message = "`temporal_layers` and `scalability` differ";
        reader.faults.report(reader.place_of("temporal_layers"), message, hint);
    }
    named
}

fn spatial_or_simulcast(reader: &Reader<'_>, scalability: Scalability) -> Vec<Layer> {
    let spatial = usize::from(scalability.spatial);
    let simulcast = spatial == 1;
    let Some(node) = reader.node("layers") else {
        return match simulcast {
            true => USUAL_LAYERS.to_vec(),
            false => USUAL_SPATIAL_LAYERS[USUAL_SPATIAL_LAYERS.len() - spatial..].to_vec(),
        };
    };
    let layers = layers(reader.faults, node, simulcast);
    if !simulcast && reader.faults.is_empty() && layers.len() != spatial {
        let message = format!("{} layers, but {} has {spatial}", layers.len(), scalability.name());
        reader.faults.report(&node.place, message, "give one for each spatial layer, lowest first");
    }
    layers
}

fn layers(faults: &Faults, node: &Node, simulcast: bool) -> Vec<Layer> {
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
        if let Some(below) = layers.last() {
            check_order(faults, item, below, &layer, simulcast);
        }
        layers.push(layer);
    }
    layers
}

fn check_order(faults: &Faults, item: &Node, below: &Layer, layer: &Layer, simulcast: bool) {
    if simulcast {
        if below.pixels() >= layer.pixels() || below.rate >= layer.rate {
            let message = "not above the layer before it in size and rate";
            faults.report(&item.place, message, "list the lowest first");
        }
        return;
    }
    if (layer.width, layer.height) != (below.width * 2, below.height * 2) {
        let message = "not twice as wide and high as the spatial layer before it";
        faults.report(&item.place, message, "list the lowest first, such as 320x180, 640x360, 1280x720");
    }
    if layer.fps != below.fps {
        let hint = format!("write @{}; `scalability` gives fewer frames to who has less room", below.fps);
        faults.report(&item.place, "spatial layers of one picture have one frame rate", hint);
    }
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
