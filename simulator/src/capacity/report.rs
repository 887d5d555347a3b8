//! What `capacity` tells: text, `capacity.json`, and a page with the curve.

use std::fmt::Write as _;

use reports::files::{FilesError, RunDirectory};
use reports::html::{Document, Section, document};
use reports::number::number;
use reports::plot::grid_curves::{self, Curves, Line};
use reports::plot::{Figure, Table};
use serde_json::{Value, json};

use super::Answer;
use super::limits::{LIMITS, Scarce};
use super::stage::{self, Server};

/// The version of `capacity.json`'s structure.
const SCHEMA: u32 = 1;

/// Everything that is told.
pub struct Report<'a> {
    /// The server.
    pub server: &'a Server,
    /// The seed of the simulations.
    pub seed: u64,
    /// By people in a conference, in order.
    pub answers: &'a [Answer],
    /// People in the conference that was asked for; it is among the answers.
    pub asked: u32,
}

impl Report<'_> {
    fn answer(&self) -> &Answer {
        let asked = |answer: &&Answer| answer.people == self.asked;
        self.answers.iter().find(asked).expect("the answer that was asked for is among all")
    }

    /// The answer in a sentence.
    fn headline(&self) -> String {
        let Answer { people, conferences, scarce, .. } = self.answer();
        let conferences =
            if *conferences == 1 { "1 conference".into() } else { format!("{conferences} conferences") };
        match scarce {
            Scarce::Places => format!("{conferences} of {people} people: the server takes no more people"),
            other => format!("{conferences} of {people} people; what gives out first is: {}", other.name()),
        }
    }

    /// Of what, and by what rules.
    fn assumptions(&self) -> Vec<String> {
        let Server { uplink, downlink, cores, profile } = self.server;
        let mut words = vec![
            format!(
                "A server that sends up to {uplink} and is sent up to {downlink}, with {cores} cores; a packet in \
                 costs {} us, one out {} us ({}).",
                number(profile.per_packet_in_ns / 1e3),
                number(profile.per_packet_out_ns / 1e3),
                profile.machine,
            ),
            "Everybody sends sound of 32 kbps and a camera of 150, 500 and 1700 kbps (180, 360 and 720 lines), and \
             looks at up to nine others in a grid; layers that nobody watches aren't sent. Only the server's line is \
             narrow; people's own have 20 ms of delay each way."
                .to_owned(),
            format!("16 s are simulated, the last 8 s measured; seed {}; without a cipher.", self.seed),
        ];
        let Answer { few, conferences, .. } = self.answer();
        if few < conferences {
            words.push(format!(
                "{few} conferences were simulated at a time, on a slice of the server as large as they are of all."
            ));
        }
        words
    }

    /// The formula's side.
    fn formula(&self) -> String {
        let Answer { conferences, demand, bounds, .. } = self.answer();
        let against = if bounds.bandwidth().floor() >= 1.0 {
            format!("{} of it", number(f64::from(*conferences) / bounds.bandwidth().floor()))
        } else {
            "which is none".to_owned()
        };
        format!(
            "By the formula a conference takes {} Mbps of the uplink, {} Mbps of the downlink and {} % of a core: the \
             line carries {} of them, in whole numbers {} ({against} by simulation); the cores carry {}.",
            number(demand.uplink.bps / 1e6),
            number(demand.downlink.bps / 1e6),
            number(demand.core * 100.0),
            number(bounds.bandwidth()),
            number(bounds.bandwidth().floor()),
            number(bounds.cpu),
        )
    }

    /// Each limit, what the most that fit came to, and what one more.
    fn limits(&self) -> Table {
        let answer = self.answer();
        let fits = answer.trial(answer.conferences);
        let refused = self.refused();
        let head = |trial: Option<&super::Trial>, other: &str| {
            trial.map_or(other.to_owned(), |trial| format!("with {}", trial.conferences))
        };
        let (first, second) = (head(fits, "none fit"), head(refused, "more weren't tried"));
        let mut table = Table::new(&["what", "limit", &first, &second]);
        for (place, limit) in LIMITS.iter().enumerate() {
            let cell = |trial: Option<&super::Trial>| {
                let broken = |trial: &super::Trial| trial.quality.broken().contains(&place);
                trial.map_or("–".to_owned(), |trial| {
                    let mark = if broken(trial) { " ✗" } else { "" };
                    format!("{}{mark}", number(trial.quality.values[place]))
                })
            };
            let (word, unit) = (if limit.at_most { "at most" } else { "at least" }, limit.unit);
            let bound = format!("{word} {} {unit}", number(limit.bound)).replace(" ratio", "");
            table.row([limit.what.to_owned(), bound, cell(fits), cell(refused)]);
        }
        for (name, of) in STRAINS {
            let cell =
                |trial: Option<&super::Trial>| trial.map_or("–".to_owned(), |trial| number(of(trial)));
            table.row([name.to_owned(), "–".to_owned(), cell(fits), cell(refused)]);
        }
        table
    }

    /// The least that was tried and didn't fit.
    fn refused(&self) -> Option<&super::Trial> {
        let answer = self.answer();
        let more = answer.trials.iter().filter(|trial| trial.conferences > answer.conferences);
        more.min_by_key(|trial| trial.conferences)
    }

    /// The curve as a table.
    fn curve(&self) -> Table {
        let mut table = Table::new(&[
            "people",
            "conferences",
            "gives out first",
            "line, by formula",
            "cores, by formula",
            "how",
        ]);
        for answer in self.answers {
            let how = match answer.trials.len() {
                0 => "formula".to_owned(),
                runs => format!("{runs} simulations"),
            };
            table.row([
                answer.people.to_string(),
                answer.conferences.to_string(),
                answer.scarce.name().to_owned(),
                number(answer.bounds.bandwidth()),
                number(answer.bounds.cpu),
                how,
            ]);
        }
        table
    }

    /// The curve as a picture.
    pub fn figure(&self) -> Figure {
        let point = |value: f64| Some([value; 3]);
        let simulated =
            |answer: &Answer| (!answer.trials.is_empty()).then_some([f64::from(answer.conferences); 3]);
        let line = |name: &str, points: Vec<Option<[f64; 3]>>| Line { name: name.to_owned(), points };
        let all = || self.answers.iter();
        let curves = Curves {
            heading: "Conferences that fit".to_owned(),
            across: (
                "people in a conference".to_owned(),
                all().map(|answer| answer.people.to_string()).collect(),
            ),
            lines: vec![
                line("simulated", all().map(simulated).collect()),
                line("the line, by formula", all().map(|answer| point(answer.bounds.bandwidth())).collect()),
            ],
        };
        let picture = grid_curves::picture(&curves);
        let caption =
            "How many conferences the server carries, by the number of people in each. From six people on pictures \
             are smaller and so are the layers that are sent, of which more fit. Where nothing was simulated, the \
             formula says that not even one fits, or it was asked for alone."
                .to_owned();
        Figure::new("frontier", caption, &picture, self.curve())
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n\n", self.headline());
        for words in self.assumptions().iter().chain([&self.formula()]) {
            let _ = writeln!(out, "{words}");
        }
        if let Some(complaint) = self.refused().and_then(|trial| trial.complaint.as_ref()) {
            let _ = writeln!(out, "With more: {complaint}.");
        }
        for table in [self.limits(), self.curve()] {
            out.push('\n');
            out.push_str(&aligned(&table));
        }
        out
    }

    /// `capacity.json`.
    pub fn json(&self) -> String {
        let Server { uplink, downlink, cores, profile } = self.server;
        let limits = LIMITS.iter().map(|limit| {
            let bound = if limit.at_most { "max" } else { "min" };
            json!({ "what": limit.what, "unit": limit.unit, bound: limit.bound })
        });
        let document = json!({
            "schema": SCHEMA,
            "uplink_bps": uplink.as_bps(),
            "downlink_bps": downlink.as_bps(),
            "cores": cores,
            "profile": profile.json(),
            "seed": self.seed,
            "participants": self.asked,
            "conferences": self.answer().conferences,
            "gives_out_first": self.answer().scarce.name(),
            "limits": limits.collect::<Vec<_>>(),
            "frontier": self.answers.iter().map(answer_json).collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }

    /// Writes `capacity.json`, the curve, the scenario of the most that fit, and `report.html`.
    ///
    /// # Errors
    /// The first file that could not be written.
    pub fn write(&self, directory: &RunDirectory, replay: &str) -> Result<(), FilesError> {
        let answer = self.answer();
        let figures = [self.figure()];
        for figure in &figures {
            directory.write(&format!("plots/{}.svg", figure.name), figure.svg.as_bytes())?;
            directory.write(&format!("plots/{}.png", figure.name), &figure.png)?;
        }
        directory.write("capacity.json", self.json().as_bytes())?;
        let all = answer.conferences.max(1);
        let few = answer.few.min(all);
        let scenario = stage::text(&self.server.slice(few, all), few, answer.people, self.seed);
        directory.write("scenario.toml", scenario.as_bytes())?;
        let mut words = self.assumptions();
        words.push(self.formula());
        let sections = vec![
            Section { id: "short", heading: "In short".to_owned(), words, ..Section::default() },
            Section {
                id: "limits",
                heading: "Limits".to_owned(),
                words: vec!["✗ marks a limit that is broken.".to_owned()],
                tables: vec![("Limits of quality, and how they were met".to_owned(), self.limits())],
                ..Section::default()
            },
            Section { id: "curve", heading: "Curve".to_owned(), figures: &figures, ..Section::default() },
            Section {
                id: "again",
                heading: "To have it again".to_owned(),
                code: vec![replay.to_owned(), "plenum run scenario.toml --crypto null".to_owned()],
                ..Section::default()
            },
        ];
        let page = document(&Document {
            title: "Capacity".to_owned(),
            about: self.headline(),
            small: format!("seed {} · plenum {}", self.seed, env!("CARGO_PKG_VERSION")),
            sections,
            ..Document::default()
        });
        directory.write("report.html", page.as_bytes())
    }
}

type OfTrial = fn(&super::Trial) -> f64;

/// How hard it was on the server: told, not limited.
const STRAINS: [(&str, OfTrial); 6] = [
    ("uplink used", |trial| trial.strain.uplink.0),
    ("wait for the uplink p95, ms", |trial| trial.strain.uplink.1),
    ("downlink used", |trial| trial.strain.downlink.0),
    ("wait for the downlink p95, ms", |trial| trial.strain.downlink.1),
    ("busiest core", |trial| trial.strain.cpu),
    ("packets that found a socket full", |trial| trial.strain.dropped as f64),
];

fn answer_json(answer: &Answer) -> Value {
    let finite = |value: f64| if value.is_finite() { json!(value) } else { Value::Null };
    let trials = answer.trials.iter().map(|trial| {
        let values: Vec<Value> = trial.quality.values.iter().map(|value| finite(*value)).collect();
        let strain: serde_json::Map<String, Value> =
            STRAINS.iter().map(|(name, of)| ((*name).to_owned(), finite(of(trial)))).collect();
        json!({
            "conferences": trial.conferences, "fits": trial.fits(), "values": values, "strain": strain,
            "complaint": trial.complaint,
        })
    });
    json!({
        "participants": answer.people,
        "conferences": answer.conferences,
        "gives_out_first": answer.scarce.name(),
        "by_formula": {
            "uplink": answer.bounds.uplink, "downlink": answer.bounds.downlink, "cpu": answer.bounds.cpu,
            "uplink_bps": answer.demand.uplink.bps, "downlink_bps": answer.demand.downlink.bps,
            "core": answer.demand.core,
        },
        "simulated_at_once": answer.few,
        "trials": trials.collect::<Vec<_>>(),
    })
}

/// A table for a terminal.
pub(crate) fn aligned(table: &Table) -> String {
    let heads: Vec<String> = table.heads.iter().map(|head| (*head).to_string()).collect();
    let rows: Vec<&Vec<String>> = std::iter::once(&heads).chain(&table.rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}
