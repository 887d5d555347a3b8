//! Reads `[[expect]]` and `[[applied]]`.

use indexmap::IndexMap;

use super::names::Names;
use super::reader::Reader;
use super::values;
use crate::model::{Applied, Bound, BoundUnit, Expect, Glob, Stat};
use crate::tree::{Node, Value};
use crate::units::{Rate, Ratio, Size, parse_duration};
use crate::vocabulary::MetricName;

pub(crate) fn expectations(root: &Reader<'_>, names: &Names<'_>, metrics: &[MetricName<'_>]) -> Vec<Expect> {
    root.list("expect").iter().filter_map(|reader| expectation(reader, names, metrics)).collect()
}

fn expectation(reader: &Reader<'_>, names: &Names<'_>, metrics: &[MetricName<'_>]) -> Option<Expect> {
    let metric = reader.text("metric");
    let known = metric.and_then(|id| metric_named(reader, id, metrics));
    let filter = reader.inner("where").map(|inner| filter(&inner, names, known)).unwrap_or_default();
    let stat = reader.choice("stat").map(stat);
    let min = reader.node("min").and_then(|node| bound(reader, node, known));
    let max = reader.node("max").and_then(|node| bound(reader, node, known));
    if reader.table.get("min").is_none() && reader.table.get("max").is_none() {
        let hint = "add `min`, `max`, or better both";
        reader.faults.report(reader.place(), "an expectation without a bound", hint);
    }
    if min.zip(max).is_some_and(|(min, max)| min.value > max.value) {
        reader.faults.report(reader.place_of("min"), "`min` is above `max`", "swap them");
    }
    let samples_min = reader.whole("samples_min", 1..=u64::MAX).unwrap_or(1);
    Some(Expect { metric: metric?.to_owned(), filter, stat: stat?, min, max, samples_min })
}

pub(super) fn metric_named<'m>(
    reader: &Reader<'_>,
    id: &str,
    metrics: &'m [MetricName<'m>],
) -> Option<&'m MetricName<'m>> {
    let place = reader.place_of("metric");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    if id.is_empty() || !id.chars().all(plain) {
        let hint = "ids look like `video.freeze_w3c.ratio`; `plenum metrics` lists them";
        reader.faults.report(place, format!("`{id}` can't be a metric"), hint);
        return None;
    }
    let found = metrics.iter().find(|metric| metric.id == id);
    if found.is_none() && !metrics.is_empty() {
        let ids: Vec<&str> = metrics.iter().map(|metric| metric.id).collect();
        match crate::diagnostics::nearest(id, &ids) {
            Some(_) => reader.faults.report_unknown(place, "no metric", id, &ids),
            None => {
                reader.faults.report(place, format!("no metric `{id}`"), "`plenum metrics` lists them all");
            }
        }
    }
    found
}

pub(super) fn filter(
    inner: &Reader<'_>,
    names: &Names<'_>,
    metric: Option<&MetricName<'_>>,
) -> IndexMap<String, Glob> {
    let mut filter = IndexMap::new();
    let given = |key: &str| inner.glob(key).map(|pattern| (pattern, inner.place_of(key)));
    for key in ["receiver", "publisher", "sender", "participant"] {
        if let Some((pattern, place)) = given(key) {
            names.check_member(inner.faults, place, &pattern);
        }
    }
    if let Some((pattern, place)) = given("source") {
        let publisher = inner.glob("publisher");
        names.check_source(inner.faults, place, publisher.as_ref(), &pattern);
    }
    if let Some((pattern, place)) = given("link") {
        names.check_link(inner.faults, place, &pattern);
    }
    inner.choice("direction");
    for key in ["layer", "part", "cause", "class", "label"] {
        inner.glob(key);
    }
    for (key, entry) in &inner.table.entries {
        if let Value::Text(text) = &entry.node.value {
            filter.insert(key.clone(), Glob::new(text.as_str()));
        }
        if let Some(metric) = metric.filter(|metric| !metric.labels.contains(&key.as_str())) {
            let what = format!("`{}` has no label", metric.id);
            inner.faults.report_unknown(&entry.key, &what, key, metric.labels);
        }
    }
    filter
}

pub(super) fn stat(word: &str) -> Stat {
    match word {
        "mean" => Stat::Mean,
        "min" => Stat::Min,
        "p50" => Stat::P50,
        "p95" => Stat::P95,
        "p99" => Stat::P99,
        "max" => Stat::Max,
        "count" => Stat::Count,
        "total" => Stat::Total,
        "value" => Stat::Value,
        _ => unreachable!("every declared statistic is read above"),
    }
}

/// A number in the metric's unit, or a text with a unit that must be of the metric's kind.
pub(super) fn bound(reader: &Reader<'_>, node: &Node, metric: Option<&MetricName<'_>>) -> Option<Bound> {
    let Value::Text(text) = &node.value else {
        return values::number(reader.faults, node).map(|value| Bound { value, unit: None });
    };
    let Some(bound) = bound_with_unit(text) else {
        let hint = "write a number in the metric's unit, or for instance \"400ms\", \"2%\", \"500kbps\"";
        reader.faults.report(&node.place, "not a bound", hint);
        return None;
    };
    if let (Some(metric), Some(unit)) = (metric, bound.unit)
        && metric.unit != unit.name()
    {
        let message = format!("`{}` is in {}, not in {}", metric.id, metric.unit, unit.name());
        reader.faults.report(&node.place, message, format!("give a number in {}", metric.unit));
    }
    Some(bound)
}

fn bound_with_unit(text: &str) -> Option<Bound> {
    let (value, unit) = if let Ok(span) = parse_duration(text) {
        (span.as_nanos() as f64 / 1e6, BoundUnit::Ms)
    } else if let Ok(rate) = text.parse::<Rate>() {
        (rate.as_kbps_f64(), BoundUnit::Kbps)
    } else if let Ok(size) = text.parse::<Size>() {
        (size.as_bytes() as f64, BoundUnit::Bytes)
    } else {
        let ratio: Ratio = text.strip_suffix('%').and_then(|_| text.parse().ok())?;
        (ratio.get(), BoundUnit::Ratio)
    };
    Some(Bound { value, unit: Some(unit) })
}

pub(crate) fn applied(root: &Reader<'_>, names: &Names<'_>) -> Vec<Applied> {
    root.list("applied").iter().filter_map(|reader| proof(reader, names)).collect()
}

fn proof(reader: &Reader<'_>, names: &Names<'_>) -> Option<Applied> {
    let link = reader.glob("link");
    if let Some(link) = &link {
        names.check_link(reader.faults, reader.place_of("link"), link);
    }
    let count = |key| reader.whole(key, 0..=u64::MAX);
    let proof = Applied {
        dropped_min: count("dropped_min"),
        dropped_max: count("dropped_max"),
        lost_min: count("lost_min"),
        lost_max: count("lost_max"),
        queued_min: reader.duration("queued_min"),
        utilisation_min: reader.ratio("utilisation_min"),
        cross_min: reader.node("cross_min").and_then(|node| values::size(reader.faults, node)),
        marked_min: count("marked_min"),
        link: link?,
    };
    if reader.table.names().iter().all(|key| *key == "link") {
        let hint = "add for instance dropped_min = 1";
        reader.faults.report(reader.place(), "a proof without a bound", hint);
    }
    for (key, min, max) in
        [("dropped_min", proof.dropped_min, proof.dropped_max), ("lost_min", proof.lost_min, proof.lost_max)]
    {
        if min.zip(max).is_some_and(|(min, max)| min > max) {
            reader.faults.report(reader.place_of(key), format!("`{key}` is above its `_max`"), "swap them");
        }
    }
    Some(proof)
}
