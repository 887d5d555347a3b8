//! The files of a comparison: `compare.json`, `summary.md`, `report.html` and its pictures.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::difference::Difference;
use super::table::{self, LEGEND};
use super::{Against, Comparison, bootstrap, page};
use crate::files::{FilesError, RunDirectory, cell};
use crate::number::rounded;
use crate::terminal::aligned;

/// The version of `compare.json`'s structure.
const SCHEMA: u32 = 1;

/// Writes all files of a comparison.
///
/// # Errors
/// The first file that could not be written.
pub fn write(directory: &RunDirectory, comparison: &Comparison, replay: &str) -> Result<(), FilesError> {
    directory.write("compare.json", json(comparison).as_bytes())?;
    directory.write("summary.md", markdown(comparison).as_bytes())?;
    let figures = page::figures(comparison);
    for figure in &figures {
        directory.write(&format!("plots/{}.svg", figure.name), figure.svg.as_bytes())?;
        directory.write(&format!("plots/{}.png", figure.name), &figure.png)?;
    }
    directory.write("report.html", page(comparison, &figures, replay).as_bytes())
}

/// `compare.json`: every quantity of every side with all its pairs, one quantity a line.
pub fn json(comparison: &Comparison) -> String {
    let head = json!({
        "schema": SCHEMA,
        "title": comparison.title,
        "base": comparison.base.name,
        "bootstrap": {
            "statistic": "median",
            "resamples": bootstrap::RESAMPLES,
            "confidence": bootstrap::CONFIDENCE,
            "seed": bootstrap::SEED,
        },
        "notes": comparison.notes(),
    });
    let mut out = head.to_string().trim_end_matches('}').to_owned();
    out.push_str(",\"others\":[");
    for (at, against) in comparison.others.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        let head = json!({ "name": against.side.name, "seeds": against.seeds, "unpaired": against.unpaired });
        out.push_str(head.to_string().trim_end_matches('}'));
        out.push_str(",\"differences\":[");
        for (at, difference) in against.differences.iter().enumerate() {
            out.push_str(if at == 0 { "\n" } else { ",\n" });
            out.push_str(&difference_json(difference).to_string());
        }
        out.push_str("\n]}");
    }
    out.push_str("\n]}\n");
    out
}

fn difference_json(difference: &Difference) -> Value {
    let quantity = &difference.quantity;
    let paired = !difference.pairs.is_empty();
    let value = |value: f64| paired.then(|| rounded(value));
    let pairs: Vec<Value> = (difference.pairs.iter())
        .map(|pair| json!({ "seed": pair.seed, "base": pair.base, "other": pair.other }))
        .collect();
    json!({
        "id": quantity.definition.id,
        "over": quantity.over.name(),
        "stat": quantity.stat().name(),
        "unit": quantity.unit(),
        "better": quantity.better().name(),
        "base": value(difference.base),
        "other": value(difference.other),
        "difference": value(difference.median),
        "interval": difference.interval.map(|(low, high)| [rounded(low), rounded(high)]),
        "share_worse": difference.worse,
        "share_better": difference.better,
        "finding": difference.finding().name(),
        "only_base": difference.only_base,
        "only_other": difference.only_other,
        "pairs": pairs,
    })
}

/// `summary.md`.
pub fn markdown(comparison: &Comparison) -> String {
    let mut out = format!("# {}\n\n{}\n", cell(&comparison.title), cell(&table::sides(comparison)));
    for note in comparison.notes() {
        let _ = writeln!(out, "\n> {}", cell(&note));
    }
    for against in &comparison.others {
        let _ = writeln!(out, "\n## {}\n\n{}\n", cell(&against.side.name), cell(&table::in_words(against)));
        let rows = table::table(&table::leading(against));
        if rows.rows.is_empty() {
            continue;
        }
        line(&mut out, rows.heads.iter().map(String::as_str));
        line(&mut out, rows.heads.iter().map(|_| "---"));
        rows.rows.iter().for_each(|row| line(&mut out, row.iter().map(String::as_str)));
    }
    let _ = writeln!(out, "\n{LEGEND}");
    out
}

fn line<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>) {
    let cells: Vec<String> = cells.map(cell).collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

/// What the terminal shows.
pub fn text(comparison: &Comparison) -> String {
    let mut out = format!("{}\n{}\n", comparison.title, table::sides(comparison));
    for against in &comparison.others {
        let _ = writeln!(out, "\n{}\n", table::in_words(against));
        let rows: Vec<[String; table::HEADS.len()]> =
            std::iter::once(table::HEADS.map(str::to_owned)).chain(leading_cells(against)).collect();
        if rows.len() > 1 {
            out.push_str(&aligned(&rows));
        }
    }
    let _ = writeln!(out, "\n{LEGEND}");
    for note in comparison.notes() {
        let _ = writeln!(out, "note: {note}");
    }
    out
}

fn leading_cells(against: &Against) -> impl Iterator<Item = [String; table::HEADS.len()]> {
    table::leading(against).into_iter().map(table::cells)
}
