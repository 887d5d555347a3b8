//! Reads `[[gate]]`.

use super::expectation::{bound, filter, metric_named, stat};
use super::names::Names;
use super::reader::Reader;
use crate::model::{Bound, Gate};
use crate::vocabulary::MetricName;

pub(crate) fn gates(root: &Reader<'_>, names: &Names<'_>, metrics: &[MetricName<'_>]) -> Vec<Gate> {
    root.list("gate").iter().filter_map(|reader| gate(reader, names, metrics)).collect()
}

fn gate(reader: &Reader<'_>, names: &Names<'_>, metrics: &[MetricName<'_>]) -> Option<Gate> {
    let metric = reader.text("metric");
    let known = metric.and_then(|id| metric_named(reader, id, metrics));
    let selection = reader.inner("where").map(|inner| filter(&inner, names, known)).unwrap_or_default();
    let statistic = reader.choice("stat").map(stat);
    let change = |key: &str| {
        let found = reader.node(key).and_then(|node| bound(reader, node, known))?;
        if found.value < 0.0 {
            let hint = "say how much of a change is allowed, zero or more";
            reader.faults.report(reader.place_of(key), format!("`{key}` is below zero"), hint);
        }
        Some(found)
    };
    let (rise, fall): (Option<Bound>, Option<Bound>) = (change("rise"), change("fall"));
    let (rise_share, fall_share) = (reader.ratio("rise_share"), reader.ratio("fall_share"));
    for (absolute, share) in [("rise", "rise_share"), ("fall", "fall_share")] {
        if reader.table.get(absolute).is_none() && reader.table.get(share).is_none() {
            let hint = format!("add `{absolute}` in the metric's unit, or `{share}` in per cent, or both");
            reader.faults.report(reader.place(), format!("a gate without `{absolute}`"), hint);
        }
    }
    let metric = metric?.to_owned();
    Some(Gate { metric, filter: selection, stat: statistic?, rise, rise_share, fall, fall_share })
}
