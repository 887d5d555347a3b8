//! What the run was: how to have it again, which readings were taken, which thresholds are our own.

use maud::{Markup, html};

use super::{ReportInput, keys};
use crate::metric;

pub(super) fn section(input: &ReportInput<'_>) -> Markup {
    html! {
        section #run {
            h2 { "The run" }
            h3 { "To have it again" }
            pre { code { (input.replay) } }
            p.note { "The same binary, scenario and seed give the same digest and, but for host.json, the same bytes." }
            (facts(input))
            (choices(input))
            (own_choices())
            details {
                summary { "The effective scenario" }
                pre tabindex="0" { code { (scenario(input)) } }
            }
        }
    }
}

fn facts(input: &ReportInput<'_>) -> Markup {
    let (manifest, measure) = (input.manifest, input.recording.measure());
    let secs = |time: scenarios::Time| crate::number::number(time.as_secs_f64());
    let rows = [
        ("scenario", manifest.name.clone()),
        ("seed", manifest.seed.to_string()),
        ("digest", manifest.digest.clone()),
        ("tool version", manifest.tool_version.clone()),
        ("media encryption", manifest.crypto.clone()),
        ("statistics from", format!("{} s to {} s of virtual time", secs(measure.from), secs(measure.until))),
    ];
    let rows: Vec<[&str; 2]> = rows.iter().map(|(name, value)| [*name, value.as_str()]).collect();
    html! {
        div.text { (super::tables::table("Facts of the run", ["what", "value"], rows)) }
    }
}

fn choices(input: &ReportInput<'_>) -> Markup {
    html! {
        @if !input.manifest.choices.is_empty() {
            h3 { "Readings taken where a rule leaves room" }
            ul { @for choice in &input.manifest.choices { li { (choice.question) " " (choice.answer) } } }
        }
    }
}

fn own_choices() -> Markup {
    let metrics = metric::all().filter_map(|definition| Some((definition.id, definition.own_choice?)));
    html! {
        h3 { "★ Thresholds of our own choice, where no standard gives one" }
        ul {
            @for (id, choice) in metrics { li { code { (id) } ": " (choice) } }
            @for limit in keys::limits() { li { (limit) } }
        }
    }
}

fn scenario(input: &ReportInput<'_>) -> String {
    if !input.scenario_text.is_empty() {
        return input.scenario_text.to_owned();
    }
    serde_json::to_string_pretty(&input.manifest.scenario).expect("a JSON value always serialises")
}
