//! One page with many runs: what each is for, how it ended, its figures and a small picture, and the way to its report.

use maud::{Markup, html};
use serde_json::Value;

use crate::html::{KEYS, frame, key_text};
use crate::metric;

/// What is in the gallery of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The scenario's name.
    pub name: String,
    /// What it belongs to: "meetings".
    pub theme: String,
    /// What it is for, in one line.
    pub summary: String,
    /// How it ended.
    pub ended: Ended,
    /// Its seed.
    pub seed: u64,
    /// The figures that stand for it: name and value.
    pub keys: Vec<(String, String)>,
    /// A picture of it, from the gallery's folder on, and what it shows.
    pub picture: Option<(String, String)>,
    /// Its report, from the gallery's folder on, if there is one.
    pub report: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ended {
    /// Everything holds that it demands.
    #[default]
    Passed,
    /// Something doesn't.
    Failed,
    /// An invariant was broken, or it did not run.
    Broken,
}

impl Ended {
    /// The class of the style sheet, and what it says.
    const fn word(self) -> (&'static str, &'static str) {
        match self {
            Ended::Passed => ("good-word", "passed"),
            Ended::Failed => ("bad-word", "failed"),
            Ended::Broken => ("bad-word", "broken"),
        }
    }
}

/// The figures that stand for a run, of the content of its `metrics.json`: of each the worst.
pub fn keys(metrics: &Value) -> Vec<(String, String)> {
    let rows = || metrics["metrics"].as_array().into_iter().flatten();
    let value = |row: &Value, stat: &str| row["stats"][stat].as_f64();
    let connected =
        rows().find(|row| row["id"] == "participants.connected").and_then(|row| value(row, "max"));
    let mut keys: Vec<(String, String)> =
        connected.map(|people| ("connected".to_owned(), crate::number::number(people))).into_iter().collect();
    for (id, stat, name) in KEYS {
        let values = rows().filter(|row| row["id"] == id).filter_map(|row| value(row, stat.name()));
        let unit = metric::find(id).map(|definition| definition.unit);
        if let (Some(worst), Some(unit)) = (values.reduce(f64::max), unit) {
            keys.push((name.to_owned(), key_text(unit, worst)));
        }
    }
    keys
}

/// The name of the picture that tells most of a run, of its `report.html`: the link that mattered most, or else the
/// first there is.
pub fn picture_of(report: &str) -> Option<&str> {
    let names = || report.split("<figure id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    names().find(|name| name.starts_with("link-")).or_else(|| names().next())
}

/// The page. Equal entries give equal bytes.
pub fn page(entries: &[Entry]) -> String {
    let count = |ended| entries.iter().filter(|entry| entry.ended == ended).count();
    let (passed, failed, broken) = (count(Ended::Passed), count(Ended::Failed), count(Ended::Broken));
    let mut themes: Vec<&str> = Vec::new();
    for entry in entries {
        if !themes.contains(&entry.theme.as_str()) {
            themes.push(&entry.theme);
        }
    }
    let body = html! {
        header {
            h1 { "Gallery" }
            p.about { (entries.len()) " scenarios: " (passed) " passed, " (failed) " failed, " (broken) " broken. Figures are those of the worst participant or stream." }
            nav aria-label="Themes" { ul { @for theme in &themes { li { a href={ "#" (theme) } { (theme) } } } } }
        }
        main {
            @for theme in &themes {
                section id=(theme) {
                    h2 { (theme) }
                    div.gallery {
                        @for entry in entries.iter().filter(|entry| entry.theme == *theme) { (card(entry)) }
                    }
                }
            }
        }
    };
    frame("Gallery", &body)
}

fn card(entry: &Entry) -> Markup {
    let (class, word) = entry.ended.word();
    html! {
        article.card {
            h3 {
                @match &entry.report {
                    Some(report) => a href=(report) { (entry.name) },
                    None => (entry.name),
                }
                " " span class=(class) { (word) }
            }
            p { (entry.summary) }
            @if let Some((path, shows)) = &entry.picture {
                @let image = html! { img src=(path) alt=(shows) loading="lazy" width="900" height="560"; };
                @match &entry.report {
                    Some(report) => a href=(report) { (image) },
                    None => (image),
                }
            }
            dl { @for (name, value) in &entry.keys { div { dt { (name) } dd { (value) } } } }
            p.note { "seed " (entry.seed) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_each_figure_stands_for_the_run() {
        let row =
            |id: &str, p95: f64, max: f64| serde_json::json!({"id": id, "stats": {"p95": p95, "max": max}});
        let metrics = serde_json::json!({"metrics": [
            row("video.capture_to_render", 90.0, 500.0),
            row("video.capture_to_render", 120.0, 200.0),
            row("video.freeze_w3c.ratio", 0.0, 0.0125),
            row("participants.connected", 3.0, 3.0),
        ]});
        let expected = [("connected", "3"), ("capture to render, p95", "120 ms"), ("time frozen", "1.25 %")];
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(keys(&metrics), expected);
        assert_eq!(keys(&serde_json::json!({})), []);
    }

    #[test]
    fn the_busiest_link_is_the_picture() {
        let figures =
            |names: &[&str]| names.iter().map(|name| format!("<figure id=\"{name}\">")).collect::<String>();
        assert_eq!(picture_of(&figures(&["freezes", "link-b", "link-a"])), Some("link-b"));
        assert_eq!(picture_of(&figures(&["freezes"])), Some("freezes"));
        assert_eq!(picture_of(""), None);
    }

    #[test]
    fn every_run_has_a_card_in_its_theme() {
        let entry = |name: &str, theme: &str, ended| Entry {
            name: name.to_owned(),
            theme: theme.to_owned(),
            summary: "a < b".to_owned(),
            ended,
            report: Some(format!("{name}/report.html")),
            picture: Some((format!("{name}/plots/link.png"), "the line".to_owned())),
            ..Entry::default()
        };
        let text = page(&[
            entry("one", "meetings", Ended::Passed),
            entry("two", "repair", Ended::Failed),
            entry("three", "meetings", Ended::Broken),
        ]);
        for part in [
            "3 scenarios: 1 passed, 1 failed, 1 broken",
            "<section id=\"repair\">",
            "<a href=\"one/report.html\">one</a>",
            "a &lt; b",
            "alt=\"the line\"",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(text.matches("<article").count(), 3);
        assert_eq!(text.matches("<section").count(), 2);
    }
}
