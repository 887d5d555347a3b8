//! The verdict: a banner, and a row for every check.

use maud::{Markup, html};

use crate::number::number;
use crate::verdict::{Check, Verdict};

/// Passed, failed, broken, or nothing asked.
pub(super) fn banner(verdict: &Verdict) -> Markup {
    let failed = verdict.checks.iter().filter(|check| !check.passed).count();
    let all = verdict.checks.len();
    let (class, word, text) = match (&verdict.broken, failed, all) {
        (Some(broken), ..) => (
            "bad",
            "Broken",
            format!("What was observed contradicts itself; the run is worth nothing. {broken}"),
        ),
        (None, 0, 0) => (
            "",
            "No expectations",
            "The scenario asks for nothing: there is nothing to pass or fail.".to_owned(),
        ),
        (None, 0, 1) => ("good", "Passed", "The one expectation holds.".to_owned()),
        (None, 0, _) => ("good", "Passed", format!("All {all} expectations hold.")),
        (None, ..) => ("bad", "Failed", format!("{failed} of {all} expectations do not hold.")),
    };
    html! {
        div .banner .(class) { p { strong { (word) } } p { (text) } }
    }
}

/// Every check with what was demanded and what was measured; nothing when there is none.
pub(super) fn section(verdict: &Verdict) -> Markup {
    html! {
        @if !verdict.checks.is_empty() {
            section #expectations {
                h2 { "Expectations" }
                div.scroll tabindex="0" role="region" aria-label="Expectations" {
                    table.checks {
                        caption.vh { "Expectations: demanded and measured" }
                        thead { tr {
                            th scope="col" { "verdict" }
                            th scope="col" { "demanded" }
                            th scope="col" { "measured" }
                            th scope="col" { "samples" }
                            th scope="col" { "worst of" }
                            th scope="col" { "failing" }
                        } }
                        tbody { @for check in &verdict.checks { (row(check)) } }
                    }
                }
                p.note { "The measured value is that of the label set with the least room to a bound; “worst of” names it." }
            }
        }
    }
}

fn row(check: &Check) -> Markup {
    let unit = if matches!(check.unit, "count" | "ratio") { "" } else { check.unit };
    let places = if check.measured.is_some_and(|value| value.abs() < 1.0) { 1e4 } else { 1e2 };
    let measured = check.measured.map_or("no samples".to_owned(), |value| {
        format!("{} {unit}", number((value * places).round() / places))
    });
    html! {
        tr {
            td { @if check.passed { span.good-word { "✓ pass" } } @else { span.bad-word { "✗ fail" } } }
            th scope="row" {
                (check.demand)
                @if !check.note.is_empty() { " " span.note { "(" (check.note) ")" } }
            }
            td data-head="measured" { (measured.trim_end()) }
            td data-head="samples" { (check.samples) }
            td data-head="worst of" { (check.worst) }
            td data-head="failing" { (check.failed) " of " (check.label_sets) }
        }
    }
}
