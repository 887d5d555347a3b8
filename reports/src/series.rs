//! The time series behind the plots, one at a time, as `series.csv` holds them.
//!
//! Points lie at the start of their bin. A bin without a value has no point: absent is not zero.

use crate::observation::{Direction, TrafficClass};
use crate::recording::Recording;
use crate::recording::flow::{FlowBin, FlowRecord};
use crate::recording::link::LinkBin;
use crate::views::{self, LinkSeries};

/// The label columns of `series.csv`, in order.
pub const COLUMNS: [&str; 7] =
    ["receiver", "publisher", "source", "participant", "link", "direction", "class"];

/// One quantity of one label set over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// "link.rate": the metric that it is the course of, or a name alike.
    pub metric: &'static str,
    /// The unit of its values, as in `metrics.json`.
    pub unit: &'static str,
    /// Label and value, in the order of [`COLUMNS`].
    pub labels: Vec<(&'static str, String)>,
    /// Number of the bin, and value.
    pub points: Vec<(usize, f64)>,
}

/// Calls `take` with every series of `recording` that has a point: flows, then links, then estimates.
pub fn each<E>(recording: &Recording, mut take: impl FnMut(&Series) -> Result<(), E>) -> Result<(), E> {
    let mut take_full = |series: Series| if series.points.is_empty() { Ok(()) } else { take(&series) };
    for flow in recording.flows() {
        for series in flow_series(recording, flow) {
            take_full(series)?;
        }
    }
    for (index, record) in recording.links() {
        let info = recording.cast().link(index);
        let mut labels = Vec::new();
        if let Some(owner) = info.owner {
            labels.push(("participant", recording.cast().name(owner).to_owned()));
        }
        labels.push(("link", info.name.clone()));
        labels.push(("direction", info.direction.name().to_owned()));
        let dropped = record.bins.iter().map(|bin| f64::from(bin.dropped));
        for series in link_series(&views::link(recording, index), dropped, &labels) {
            take_full(series)?;
        }
    }
    for (who, _) in recording.participants() {
        for direction in [Direction::Up, Direction::Down] {
            let points = present(views::estimate_kbps(recording, who, direction));
            let name = recording.cast().name(who).to_owned();
            let labels = vec![("participant", name), ("direction", direction.name().to_owned())];
            take_full(Series { metric: "bwe.estimate", unit: "kbps", labels, points })?;
        }
    }
    Ok(())
}

fn flow_series(recording: &Recording, flow: &FlowRecord) -> Vec<Series> {
    let cast = recording.cast();
    let labels = vec![
        ("receiver", cast.name(flow.flow.receiver).to_owned()),
        ("publisher", cast.name(flow.flow.publisher).to_owned()),
        ("source", cast.source(flow.flow.publisher, flow.flow.source).name.clone()),
    ];
    let secs = recording.measure().bin.as_secs_f64();
    let made = |metric, unit, of: &dyn Fn(&FlowBin) -> Option<f64>| {
        let points =
            flow.bins.iter().enumerate().filter_map(|(bin, value)| Some((bin, of(value)?))).collect();
        Series { metric, unit, labels: labels.clone(), points }
    };
    let delay = |bin: &FlowBin| {
        (bin.presented > 0).then(|| f64::from(bin.delay_sum_us) / 1e3 / f64::from(bin.presented))
    };
    let bitrate = |bin: &FlowBin| Some(f64::from(bin.media_bytes) * 8.0 / 1e3 / secs);
    let lost =
        |bin: &FlowBin| (bin.expected > 0).then(|| f64::from(bin.lost_after) / f64::from(bin.expected));
    let loss = made("loss.after_repair", "ratio", &lost);
    if flow.video().is_none() {
        return vec![made("audio.mouth_to_ear", "ms", &delay), made("audio.bitrate", "kbps", &bitrate), loss];
    }
    vec![
        made("video.capture_to_render", "ms", &delay),
        made("video.fps", "count", &|bin| Some(f64::from(bin.presented) / secs)),
        made("video.quality", "px", &|bin| Some(f64::from(bin.pixels) / secs)),
        made("video.bitrate", "kbps", &bitrate),
        loss,
    ]
}

fn link_series(
    link: &LinkSeries,
    dropped: impl Iterator<Item = f64>,
    labels: &[(&'static str, String)],
) -> Vec<Series> {
    let made = |metric, unit, points| Series { metric, unit, labels: labels.to_vec(), points };
    let mut series = vec![
        made("link.capacity", "kbps", present(link.capacity_kbps.iter().copied())),
        made("link.rate", "kbps", link.rate_kbps.iter().copied().enumerate().collect()),
        made("queue.delay_added.max", "ms", present(link.queue_ms.iter().copied())),
        made("loss.network.packets", "count", dropped.enumerate().filter(|(_, lost)| *lost > 0.0).collect()),
    ];
    for (class, rates) in &link.class_kbps {
        let mut one = made("link.rate.class", "kbps", rates.iter().copied().enumerate().collect());
        one.labels.push(("class", TrafficClass::name(*class).to_owned()));
        series.push(one);
    }
    series
}

fn present(values: impl IntoIterator<Item = Option<f64>>) -> Vec<(usize, f64)> {
    values.into_iter().enumerate().filter_map(|(bin, value)| Some((bin, value?))).collect()
}

/// Rate of a bin of a link, kbit/s.
pub(crate) fn kbps(bin: &LinkBin, secs: f64) -> f64 {
    bin.total_bytes() as f64 * 8.0 / 1e3 / secs
}
