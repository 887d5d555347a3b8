//! `summary.md`: the verdict, the participants, and the metrics over participants.

use std::fmt::Write as _;

use crate::number::number;
use crate::summary::Summary;
use crate::summary::aggregate::over_participants;
use crate::table::{HEADS, LEGEND, participants};
use crate::verdict::Verdict;

pub(super) fn text(summary: &Summary, verdict: &Verdict, names: &[&str]) -> String {
    let header = &summary.header;
    let seeds: Vec<String> = header.seeds.iter().map(u64::to_string).collect();
    let word = if verdict.passed() { "passed" } else { "failed" };
    let mut out = format!("# {}: {word}\n\n", cell(&header.scenario));
    let _ = writeln!(out, "Seed {}, digest `{}`.\n", seeds.join(", "), header.digest);
    checks(&mut out, verdict);
    out.push_str("## Participants\n\n");
    head(&mut out, &HEADS);
    for row in participants(summary, names) {
        line(&mut out, row.iter().map(String::as_str));
    }
    let _ = writeln!(out, "\n{LEGEND}\n");
    aggregates(&mut out, summary);
    absent(&mut out, summary);
    out
}

fn checks(out: &mut String, verdict: &Verdict) {
    if let Some(broken) = &verdict.broken {
        let _ = writeln!(out, "**Broken invariant:** {}\n", cell(broken));
    }
    for check in &verdict.checks {
        let _ = writeln!(out, "- {}", cell(&check.line()));
    }
    if !verdict.checks.is_empty() {
        out.push('\n');
    }
}

fn aggregates(out: &mut String, summary: &Summary) {
    out.push_str("## Over participants\n\n");
    head(out, &["metric", "unit", "statistic", "worst", "who", "p95 participant", "mean"]);
    for aggregate in over_participants(summary) {
        let (definition, stat) = (aggregate.definition, aggregate.stat.name());
        let values = [aggregate.worst, aggregate.p95, aggregate.mean].map(number);
        let [worst, p95, mean] = values.each_ref().map(String::as_str);
        let cells =
            [definition.id, definition.unit.name(), stat, worst, &aggregate.worst_participant, p95, mean];
        line(out, cells);
    }
}

fn absent(out: &mut String, summary: &Summary) {
    if summary.absent.is_empty() {
        return;
    }
    out.push_str("\n## Never seen\n\n");
    for absent in &summary.absent {
        let labels: Vec<String> =
            absent.labels.iter().map(|(name, value)| format!("{name}={}", cell(value))).collect();
        let waited =
            absent.longer_than_ms.map_or(String::new(), |waited| format!(": > {} ms", number(waited)));
        let _ = writeln!(out, "- `{}` {}{waited}", absent.definition.id, labels.join(" "));
    }
}

fn head(out: &mut String, heads: &[&str]) {
    line(out, heads.iter().copied());
    line(out, heads.iter().map(|_| "---"));
}

fn line<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    out.push('|');
    for text in cells {
        let _ = write!(out, " {} |", cell(text));
    }
    out.push('\n');
}

/// `text` as it may stand in a table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
