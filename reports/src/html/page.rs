//! The page of one run, from the top.

use maud::{Markup, html};

use super::keys::{self, Trouble};
use super::{ReportInput, document, figures, run, tables, verdict};
use crate::number::number;
use crate::summary::aggregate::over_participants;
use crate::table::{HEADS, LEGEND, participants};

pub(super) fn page(input: &ReportInput<'_>) -> Markup {
    let word = if input.verdict.passed() { "passed" } else { "failed" };
    let title = format!("{}, seed {}: {word}", input.manifest.name, input.manifest.seed);
    let body = html! {
        (top(input))
        main {
            (verdict::banner(input.verdict))
            (in_short(input))
            (verdict::section(input.verdict))
            (people(input))
            (figures::section(input.figures))
            (absent(input))
            (run::section(input))
        }
    };
    document::shell(&title, &body)
}

fn top(input: &ReportInput<'_>) -> Markup {
    let manifest = input.manifest;
    html! {
        header {
            h1 { (manifest.name) }
            @for paragraph in paragraphs(input.about) { p.about { (paragraph) } }
            p.run { "seed " (manifest.seed) " · digest " code { (manifest.digest) } " · plenum " (manifest.tool_version) }
            nav aria-label="Sections" {
                ul {
                    li { a href="#short" { "In short" } }
                    @if !input.verdict.checks.is_empty() { li { a href="#expectations" { "Expectations" } } }
                    li { a href="#participants" { "Participants" } }
                    li { a href="#pictures" { "Pictures" } }
                    li { a href="#run" { "The run" } }
                }
            }
        }
    }
}

/// The first line by itself, then what stands between empty lines: a file's own line ends are those of its margin.
fn paragraphs(about: &str) -> Vec<String> {
    let (first, rest) = about.trim().split_once('\n').unwrap_or((about.trim(), ""));
    let rest = rest.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    std::iter::once(first.to_owned()).chain(rest).filter(|part| !part.is_empty()).collect()
}

fn in_short(input: &ReportInput<'_>) -> Markup {
    let troubles = keys::troubles(input.recording, input.summary);
    html! {
        section #short {
            h2 { "In short" }
            p { (in_words(&troubles, input.recording.cast().participants.len())) }
            dl.keys {
                @for key in keys::keys(input.recording, input.summary) {
                    div { dt { (key.name) } dd.value { (key.value) } dd.of { (key.of) } }
                }
            }
            @for trouble in troubles.iter().take(SHOWN) { (trouble_of(trouble)) }
            @if troubles.len() > SHOWN {
                details {
                    summary { "And " (troubles.len() - SHOWN) " more with trouble" }
                    @for trouble in &troubles[SHOWN..] { (trouble_of(trouble)) }
                }
            }
        }
    }
}

/// Troubles shown without unfolding.
const SHOWN: usize = 4;

fn in_words(troubles: &[Trouble], people: usize) -> String {
    match troubles {
        [] if people == 0 => "Nobody took part.".to_owned(),
        [] => "The conference was good: nobody was over a limit in delay, freezes, loss, concealed sound or layers.".to_owned(),
        [one] => format!("1 of {people} participants had trouble: {}. The others were within all limits.", one.name),
        many => {
            let names: Vec<&str> = many.iter().take(8).map(|one| one.name.as_str()).collect();
            let more = if many.len() > names.len() { " and others" } else { "" };
            format!("{} of {people} participants had trouble, the worst first: {}{more}.", many.len(), names.join(", "))
        }
    }
}

fn trouble_of(trouble: &Trouble) -> Markup {
    html! {
        div.trouble {
            h3 { (trouble.name) }
            ul { @for sign in &trouble.signs { li { (sign) } } }
            @if !trouble.causes.is_empty() {
                p.note { "Seen on the way: " (trouble.causes.join("; ")) "." }
            }
        }
    }
}

fn people(input: &ReportInput<'_>) -> Markup {
    let cast = input.recording.cast();
    let names: Vec<&str> = cast.participants.iter().map(|member| member.name.as_str()).collect();
    let rows = participants(input.summary, &names);
    let rows = rows.iter().map(|row| row.iter().map(String::as_str));
    html! {
        section #participants {
            h2 { "Participants" }
            (tables::table("Participants", HEADS, rows))
            p.note { (LEGEND) }
            details {
                summary { "All metrics over participants: the worst, the 95th percentile, the mean" }
                (aggregates(input))
            }
        }
    }
}

fn aggregates(input: &ReportInput<'_>) -> Markup {
    let rows: Vec<[String; 7]> = over_participants(input.summary)
        .into_iter()
        .map(|one| {
            let [worst, p95, mean] =
                [one.worst, one.p95, one.mean].map(|value| number((value * 1e3).round() / 1e3));
            let (id, unit) = (one.definition.id.to_owned(), one.definition.unit.name().to_owned());
            [id, unit, one.stat.name().to_owned(), worst, one.worst_participant, p95, mean]
        })
        .collect();
    let heads = ["metric", "unit", "statistic", "worst", "who", "p95 participant", "mean"];
    tables::table("Metrics over participants", heads, rows.iter().map(|row| row.iter().map(String::as_str)))
}

/// Rows of the list of what was never seen.
const ABSENT: usize = 50;

fn absent(input: &ReportInput<'_>) -> Markup {
    let all = &input.summary.absent;
    html! {
        @if !all.is_empty() {
            section #absent {
                h2 { "Never seen" }
                p.note { "Expected to have samples and without any. Absent is not zero." }
                ul {
                    @for one in all.iter().take(ABSENT) {
                        li {
                            code { (one.definition.id) }
                            @for (name, value) in &one.labels { " " (name) "=" (value) }
                            @if let Some(waited) = one.longer_than_ms { ": > " (number(waited)) " ms" }
                        }
                    }
                }
                @if all.len() > ABSENT { p.note { "And " (all.len() - ABSENT) " more, in metrics.json." } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_a_scenario_says_of_itself_is_set_in_paragraphs() {
        let about = "Two meet.\nThe line is\n  thin.\n\nAnd long.\n";
        assert_eq!(super::paragraphs(about), ["Two meet.", "The line is thin.", "And long."]);
        assert_eq!(super::paragraphs(" \n"), Vec::<String>::new());
    }
}
