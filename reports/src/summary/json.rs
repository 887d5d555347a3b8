//! `metrics.json`, one row a line.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::aggregate::{Aggregate, over_participants};
use super::{Absent, Labels, Row, Summary};
use crate::distribution::Stats;
use crate::number::rounded;

/// The version of the file's structure.
pub const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct RowJson<'a> {
    id: &'a str,
    unit: &'a str,
    better: &'a str,
    #[serde(serialize_with = "label_map")]
    labels: &'a Labels,
    n: u64,
    stats: Stats,
}

#[derive(Serialize)]
struct AggregateJson<'a> {
    id: &'a str,
    unit: &'a str,
    better: &'a str,
    stat: &'a str,
    participants: u64,
    worst: f64,
    worst_participant: &'a str,
    p95: f64,
    mean: f64,
}

#[derive(Serialize)]
struct AbsentJson<'a> {
    id: &'a str,
    #[serde(serialize_with = "label_map")]
    labels: &'a Labels,
    /// "It took longer than this": absent where nothing was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    longer_than_ms: Option<f64>,
}

#[derive(Serialize)]
struct HeadJson {
    schema: u32,
    scenario: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seeds: Option<Vec<u64>>,
    digest: String,
}

impl Summary {
    /// The text of `metrics.json`: head, `metrics`, then `aggregates` over participants and `absent` label sets.
    pub fn json(&self) -> String {
        let head = HeadJson {
            schema: SCHEMA,
            scenario: self.header.scenario.clone(),
            seed: self.header.seeds.first().copied().filter(|_| self.header.seeds.len() == 1),
            seeds: (self.header.seeds.len() != 1).then(|| self.header.seeds.clone()),
            digest: self.header.digest.clone(),
        };
        let head = line(&head);
        let mut out = head.trim_end_matches('}').to_owned();
        list(&mut out, "metrics", self.rows.iter().map(|row| line(&row_json(row))));
        let aggregates = over_participants(self);
        list(&mut out, "aggregates", aggregates.iter().map(|aggregate| line(&aggregate_json(aggregate))));
        list(&mut out, "absent", self.absent.iter().map(|absent| line(&absent_json(absent))));
        out.push_str("}\n");
        out
    }
}

fn list(out: &mut String, name: &str, lines: impl Iterator<Item = String>) {
    out.push_str(&format!(",\"{name}\":["));
    for (at, line) in lines.enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&line);
    }
    out.push_str("\n]");
}

fn row_json(row: &Row) -> RowJson<'_> {
    let definition = row.definition;
    let stats =
        row.distribution.stats(definition.unit.scale()).expect("rows are made from at least one value");
    RowJson {
        id: definition.id,
        unit: definition.unit.name(),
        better: definition.better.name(),
        labels: &row.labels,
        n: row.samples,
        stats: Stats {
            mean: rounded(stats.mean),
            min: rounded(stats.min),
            p50: rounded(stats.p50),
            p95: rounded(stats.p95),
            p99: rounded(stats.p99),
            max: rounded(stats.max),
        },
    }
}

fn aggregate_json(aggregate: &Aggregate) -> AggregateJson<'_> {
    AggregateJson {
        id: aggregate.definition.id,
        unit: aggregate.definition.unit.name(),
        better: aggregate.definition.better.name(),
        stat: aggregate.stat.name(),
        participants: aggregate.participants,
        worst: rounded(aggregate.worst),
        worst_participant: &aggregate.worst_participant,
        p95: rounded(aggregate.p95),
        mean: rounded(aggregate.mean),
    }
}

fn absent_json(absent: &Absent) -> AbsentJson<'_> {
    let longer_than_ms = absent.longer_than_ms.map(rounded);
    AbsentJson { id: absent.definition.id, labels: &absent.labels, longer_than_ms }
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data with string keys always serialises")
}

fn label_map<S: Serializer>(labels: &&Labels, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(labels.len()))?;
    for (name, value) in labels.iter() {
        map.serialize_entry(name, value)?;
    }
    map.end()
}
