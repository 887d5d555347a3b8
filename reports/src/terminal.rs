//! The summary of a run on the terminal.

use std::fmt::Write as _;

use crate::observation::Cast;
use crate::summary::Summary;
use crate::table::{HEADS, LEGEND, participants};
use crate::verdict::Verdict;

/// What a run came to, as text: a table of participants, the verdict's lines, and where the report lies.
///
/// `report` is the path to show, if files were written.
pub fn summary(cast: &Cast, summary: &Summary, verdict: &Verdict, report: Option<&str>) -> String {
    let header = &summary.header;
    let seeds: Vec<String> = header.seeds.iter().map(u64::to_string).collect();
    let mut out = format!("{}  seed {}  digest {}\n\n", header.scenario, seeds.join(","), header.digest);
    let names: Vec<&str> = cast.participants.iter().map(|member| member.name.as_str()).collect();
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(participants(summary, &names));
    out.push_str(&aligned(&rows));
    let _ = writeln!(out, "\n{LEGEND}");
    if !verdict.checks.is_empty() {
        out.push('\n');
    }
    for check in &verdict.checks {
        let _ = writeln!(out, "{}", check.line());
    }
    if let Some(broken) = &verdict.broken {
        let _ = writeln!(out, "\nBROKEN invariant: {broken}");
    }
    if let Some(report) = report {
        let _ = writeln!(out, "\nreport: {report}");
    }
    out
}

/// The first column to the left, the others to the right.
pub(crate) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let _ =
                if column == 0 { write!(line, "{cell:<width$}") } else { write!(line, "  {cell:>width$}") };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = [["a".to_owned(), "long".to_owned()], ["bcd".to_owned(), "–".to_owned()]];
        assert_eq!(aligned(&rows), "a    long\nbcd     –\n");
    }
}
