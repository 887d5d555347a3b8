//! The files of a gate: `junit.xml`, `summary.md` for pull requests, `gate.json`, `report.html` and its picture.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Baseline, Change, Judged};
use crate::comparison::readable;
use crate::files::{FilesError, RunDirectory, cell, junit};
use crate::html::{Document, Section, document};
use crate::metric::Better;
use crate::number::rounded;
use crate::plot::dumbbell::{self, Dumbbell, Tone};
use crate::plot::{Figure, Table};
use crate::terminal::aligned;
use crate::verdict::Verdict;

const HEADS: [&str; 7] = ["gate", "unit", "baseline", "now", "change", "95 % interval", "allowed"];

const LEGEND: &str = "baseline, now: medians over the seeds. change: the median of the differences, seed by seed, with its bootstrap interval of 95 %; where the mean decided, the mean. A gate fails when its median or mean changed by more than allowed and the interval doesn't hold zero.";

/// Writes all files of a gate.
///
/// # Errors
/// The first file that could not be written.
pub fn write(
    directory: &RunDirectory,
    scenario: &str,
    baseline: &Baseline,
    judged: &[Judged],
    replay: &str,
) -> Result<(), FilesError> {
    let verdict = Verdict { checks: judged.iter().map(Judged::check).collect(), broken: None };
    directory.write("junit.xml", junit(scenario, &verdict).as_bytes())?;
    directory.write("summary.md", markdown(scenario, baseline, judged).as_bytes())?;
    directory.write("gate.json", json(scenario, judged).as_bytes())?;
    let figure = figure(scenario, judged);
    directory.write(&format!("plots/{}.svg", figure.name), figure.svg.as_bytes())?;
    directory.write(&format!("plots/{}.png", figure.name), &figure.png)?;
    directory.write("report.html", page(scenario, baseline, judged, figure, replay).as_bytes())
}

/// The change that decided, or the median where none did.
fn decisive(judged: &Judged) -> &Change {
    let median_decides = judged.passed || !judged.note.contains("the mean ");
    if median_decides { &judged.median } else { &judged.mean }
}

fn cells(judged: &Judged) -> [String; HEADS.len()] {
    let change = decisive(judged);
    let now = judged.now();
    let widest = judged.median.base.abs().max(now.abs()).max(change.difference.abs());
    let show = |value: f64| readable(value, widest);
    let plus = |value: f64| if value > 0.0 { format!("+{}", show(value)) } else { show(value) };
    let share = if change.base == 0.0 {
        String::new()
    } else {
        format!(" ({:+.1} %)", change.difference / change.base.abs() * 100.0)
    };
    let which = if std::ptr::eq(change, &judged.mean) { " (mean)" } else { "" };
    let some = |text: String| if judged.pairs.is_empty() { "–".to_owned() } else { text };
    [
        judged.of.clone(),
        judged.unit.to_owned(),
        some(show(judged.median.base)),
        some(show(now)),
        some(format!("{}{share}{which}", plus(change.difference))),
        change.interval.map_or("–".to_owned(), |(low, high)| format!("{} to {}", plus(low), plus(high))),
        some(format!("{} to {}", show(-change.fall), plus(change.rise))),
    ]
}

fn table(judged: &[Judged]) -> Table {
    let mut table = Table::new(&HEADS);
    // Beside the name, so that it is seen on a narrow screen too.
    table.heads.insert(1, "verdict".to_owned());
    for one in judged {
        let mut row = cells(one).to_vec();
        row.insert(1, if one.passed { "held" } else { "FAILED" }.to_owned());
        table.row(row);
    }
    table
}

/// Why each gate that failed did.
fn reasons(judged: &[Judged]) -> impl Iterator<Item = String> {
    judged.iter().filter(|one| !one.passed).map(|one| format!("{}: {}.", one.of, one.note))
}

fn in_words(judged: &[Judged]) -> String {
    let failed = judged.iter().filter(|one| !one.passed).count();
    match failed {
        0 => format!("All {} gates hold.", judged.len()),
        _ => format!("{failed} of {} gates failed.", judged.len()),
    }
}

fn reason(baseline: &Baseline) -> String {
    let last = baseline.updates.last();
    let last = last.map_or("none".to_owned(), |update| format!("{} ({})", update.reason, update.version));
    format!("{} seeds; the baseline's last update: {last}", baseline.seeds.len())
}

/// What the terminal shows.
pub fn text(scenario: &str, baseline: &Baseline, judged: &[Judged]) -> String {
    let mut out = format!("{scenario}: {}\n{}\n\n", in_words(judged), reason(baseline));
    let rows: Vec<[String; HEADS.len()]> =
        std::iter::once(HEADS.map(str::to_owned)).chain(judged.iter().map(cells)).collect();
    out.push_str(&aligned(&rows));
    let _ = writeln!(out, "\n{LEGEND}");
    for one in judged.iter().filter(|one| !one.passed) {
        let _ = writeln!(out, "FAIL {}: {}", one.of, one.note);
    }
    out
}

fn markdown(scenario: &str, baseline: &Baseline, judged: &[Judged]) -> String {
    let sign = if judged.iter().all(|one| one.passed) { "✅" } else { "❌" };
    let mut out = format!(
        "## {sign} Gate `{}`\n\n{}  \n{}\n\n",
        cell(scenario),
        in_words(judged),
        cell(&reason(baseline))
    );
    let table = table(judged);
    let mut line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    line(&table.heads);
    line(&vec!["---".to_owned(); table.heads.len()]);
    // What failed first: a long list is cut by who shows it.
    let (held, failed): (Vec<_>, Vec<_>) = table.rows.iter().zip(judged).partition(|(_, one)| one.passed);
    failed.iter().chain(&held).for_each(|(row, _)| line(row));
    out.push('\n');
    for reason in reasons(judged) {
        let _ = writeln!(out, "- {}", cell(&reason));
    }
    let _ = writeln!(out, "\n<sub>{LEGEND}</sub>");
    out
}

fn json(scenario: &str, judged: &[Judged]) -> String {
    let gates: Vec<String> = judged.iter().map(|one| gate_json(one).to_string()).collect();
    let passed = judged.iter().all(|one| one.passed);
    let head = json!({ "schema": 1, "scenario": scenario, "passed": passed }).to_string();
    format!("{},\"gates\":[\n{}\n]}}\n", head.trim_end_matches('}'), gates.join(",\n"))
}

fn gate_json(judged: &Judged) -> Value {
    let change = |change: &Change| {
        json!({
            "baseline": rounded(change.base),
            "difference": rounded(change.difference),
            "interval": change.interval.map(|(low, high)| [rounded(low), rounded(high)]),
            "rise_allowed": rounded(change.rise),
            "fall_allowed": rounded(change.fall),
        })
    };
    let pairs: Vec<Value> = (judged.pairs.iter())
        .map(|pair| json!({ "seed": pair.seed, "baseline": pair.base, "now": pair.other }))
        .collect();
    json!({
        "of": judged.of,
        "unit": judged.unit,
        "better": judged.better.name(),
        "passed": judged.passed,
        "note": judged.note,
        "median": change(&judged.median),
        "mean": change(&judged.mean),
        "pairs": pairs,
    })
}

/// Every gate as a row: what failed first, its reason beside it.
fn figure(scenario: &str, judged: &[Judged]) -> Figure {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by_key(|one| one.passed);
    let rows: Vec<Dumbbell> = sorted.iter().map(|one| row(one)).collect();
    let heading = format!("{scenario} against its baseline");
    let mut numbers = Table::new(&["gate", "seed", "baseline", "now", "change"]);
    for one in &sorted {
        for pair in &one.pairs {
            let [base, now, change] = [pair.base, pair.other, pair.difference()].map(crate::number::number);
            numbers.row([one.of.clone(), pair.seed.to_string(), base, now, change]);
        }
    }
    let numbers = numbers.cut("all of them are in gate.json.");
    dumbbell::figure("gate", &heading, ("baseline", "now"), &rows, numbers)
}

fn row(judged: &Judged) -> Dumbbell {
    let now = judged.now();
    let widest = judged.median.base.abs().max(now.abs());
    let unit = if matches!(judged.unit, "count" | "ratio") { "" } else { judged.unit };
    let rose = decisive(judged).difference > 0.0;
    let tone = match (judged.passed, judged.better) {
        (true, _) | (_, Better::Neither) => Tone::Open,
        (false, Better::Lower) if !rose => Tone::Better,
        (false, Better::Higher) if rose => Tone::Better,
        (false, _) => Tone::Worse,
    };
    let verdict = if judged.passed { "held" } else { "FAILED" };
    let words = format!("{} to {} {unit}", readable(judged.median.base, widest), readable(now, widest));
    Dumbbell {
        name: judged.of.clone(),
        detail: judged.unit.to_owned(),
        base: judged.median.base,
        other: now,
        pairs: judged.pairs.iter().map(|pair| (pair.base, pair.other)).collect(),
        interval: judged.median.interval,
        tone,
        words: format!("{}: {verdict}", words.trim_end()),
    }
}

fn page(scenario: &str, baseline: &Baseline, judged: &[Judged], figure: Figure, replay: &str) -> String {
    let mut history = Table::new(&["update", "version", "reason"]);
    for (at, update) in baseline.updates.iter().enumerate() {
        history.row([(at + 1).to_string(), update.version.clone(), update.reason.clone()]);
    }
    let figures = [figure];
    let sections = vec![
        Section {
            id: "gates",
            heading: "Gates".to_owned(),
            words: reasons(judged).chain([LEGEND.to_owned()]).collect(),
            tables: vec![("Gates".to_owned(), table(judged))],
            ..Section::default()
        },
        Section { id: "pictures", heading: "Pictures".to_owned(), figures: &figures, ..Section::default() },
        Section {
            id: "baseline",
            heading: "The baseline".to_owned(),
            tables: vec![("Updates of the baseline".to_owned(), history)],
            ..Section::default()
        },
        Section {
            id: "again",
            heading: "To have it again".to_owned(),
            code: vec![replay.to_owned()],
            ..Section::default()
        },
    ];
    document(&Document {
        title: format!("Gate of {scenario}"),
        small: reason(baseline),
        banner: Some((judged.iter().all(|one| one.passed), in_words(judged))),
        sections,
        ..Document::default()
    })
}
