//! The table of participants, for the terminal and for `summary.md`.

use crate::Distribution;
use crate::metric::Stat;
use crate::number::fixed;
use crate::summary::{Row, Summary};

/// Shown where there is no value.
const NONE: &str = "–";

/// Heads of the columns; times in ms, rates in kbit/s.
pub(crate) const HEADS: [&str; 12] = [
    "participant",
    "joined ms",
    "render p50",
    "render p95",
    "ear p95",
    "freeze worst",
    "fps",
    "up kbps",
    "down kbps",
    "top layer",
    "loss before",
    "loss after",
];

/// What the columns mean, for below the table.
pub(crate) const LEGEND: &str = "render: capture to render, ms. ear: mouth to ear, ms (ITU-T G.114: 150 good, 400 limit). freeze worst: freeze ratio of the worst flow. top layer: share of time at the highest encoding. loss: packets before and after repair.";

/// A row of cells per participant, in the order in which they appear in the summary.
pub(crate) fn participants(summary: &Summary, names: &[&str]) -> Vec<[String; HEADS.len()]> {
    names.iter().map(|name| participant(summary, name)).collect()
}

fn participant(summary: &Summary, name: &str) -> [String; HEADS.len()] {
    let of = |id: &'static str, label: &'static str| -> Vec<&Row> {
        summary.of_metric(id).filter(|row| row.label(label) == Some(name)).collect()
    };
    let received = |id| of(id, "receiver");
    let render = received("video.capture_to_render");
    let link = |direction| -> Vec<&Row> {
        of("link.rate", "participant")
            .into_iter()
            .filter(|row| row.label("direction") == Some(direction))
            .collect()
    };
    [
        name.to_owned(),
        merged(&of("join.time", "participant"), Stat::Mean, 0),
        merged(&render, Stat::P50, 1),
        merged(&render, Stat::P95, 1),
        merged(&received("audio.mouth_to_ear"), Stat::P95, 1),
        percent(merged_value(&received("video.freeze_w3c.ratio"), Stat::Max)),
        merged(&received("video.fps"), Stat::Mean, 1),
        merged(&link("up"), Stat::Mean, 0),
        merged(&link("down"), Stat::Mean, 0),
        percent(merged_value(&received("layer_share.top"), Stat::Mean)),
        percent(weighted(&received("loss.before_repair"))),
        percent(weighted(&received("loss.after_repair"))),
    ]
}

fn merged_value(rows: &[&Row], stat: Stat) -> Option<f64> {
    let mut all = Distribution::default();
    rows.iter().for_each(|row| all.merge(&row.distribution));
    let scale = rows.first()?.definition.unit.scale();
    all.stats(scale).map(|stats| stat.of(&stats))
}

fn merged(rows: &[&Row], stat: Stat, decimals: usize) -> String {
    merged_value(rows, stat).map_or(NONE.to_owned(), |value| fixed(value, decimals))
}

/// The mean of ratios, each weighing as much as the samples that it rests on.
fn weighted(rows: &[&Row]) -> Option<f64> {
    let samples: u64 = rows.iter().map(|row| row.samples).sum();
    let sum: f64 = rows.iter().map(|row| row.stat(Stat::Mean) * row.samples as f64).sum();
    (samples > 0).then(|| sum / samples as f64)
}

fn percent(ratio: Option<f64>) -> String {
    ratio.map_or(NONE.to_owned(), |ratio| format!("{} %", fixed(ratio * 100.0, 2)))
}
