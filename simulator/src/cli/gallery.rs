//! `plenum gallery`: runs every shipped scenario and leaves one page that leads to all reports.

use std::path::Path;

use reports::files::RunDirectory;
use reports::gallery::{self, Ended, Entry};
use reports::verdict::ExitCode as Code;
use scenarios::Scenario;
use scenarios::shipped;

use super::arguments::{Format, GalleryArguments, RunArguments};
use super::output::{complain, print_line, worse};
use super::pool::{in_turn, workers};
use super::{fail, load, run, suite};

/// A scenario that is run for the gallery.
struct Piece {
    /// As the command line takes it.
    call: String,
    scenario: Scenario,
    /// What it belongs to.
    theme: String,
}

/// Runs all and writes the page.
pub(super) fn gallery(arguments: &GalleryArguments) -> Code {
    let pieces = match pieces(arguments) {
        Ok(pieces) => pieces,
        Err(error) => return fail(Code::Invalid, error),
    };
    let directory = match RunDirectory::create(arguments.out.clone()) {
        Ok(directory) => directory,
        Err(error) => return fail(Code::Invalid, error),
    };
    let (mut entries, mut worst) = (Vec::new(), Code::Pass);
    in_turn(
        &pieces,
        workers(arguments.runs.jobs, pieces.len()),
        |piece| run_one(arguments, piece),
        |place, result| {
            let piece = &pieces[place];
            let code =
                result.unwrap_or_else(|said| fail(Code::Broken, format!("{}: {said}", piece.scenario.name)));
            worst = worse(worst, code);
            let entry = entry(piece, code, &arguments.out);
            if !arguments.runs.quiet {
                complain(format_args!(
                    "{} of {}: {}, exit code {}",
                    place + 1,
                    pieces.len(),
                    entry.name,
                    code as u8
                ));
            }
            entries.push(entry);
        },
    );
    if let Err(error) = directory.write("index.html", gallery::page(&entries).as_bytes()) {
        return fail(Code::Invalid, error);
    }
    if !arguments.runs.quiet {
        worst = worse(worst, print_line(arguments.out.join("index.html").display()));
    }
    worst
}

/// What is to be shown, each under a name of its own.
fn pieces(arguments: &GalleryArguments) -> Result<Vec<Piece>, String> {
    let all = || shipped::list().iter().map(|scenario| scenario.name.to_owned()).collect();
    let calls = if arguments.scenarios.is_empty() { all() } else { suite::expand(&arguments.scenarios)? };
    let mut pieces: Vec<Piece> = Vec::new();
    for call in calls {
        let scenario = load::load(&call, &arguments.runs.vary).map_err(|faults| faults.to_string())?;
        if pieces.iter().any(|piece| piece.scenario.name == scenario.name) {
            return Err(format!(
                "`{}` is there twice: each scenario has a folder of its name",
                scenario.name
            ));
        }
        let theme = shipped::find(&call).and_then(|shipped| theme(shipped.path)).unwrap_or("others");
        pieces.push(Piece { call, scenario, theme: theme.to_owned() });
    }
    Ok(pieces)
}

/// The folder of a shipped scenario: "scenarios/files/meetings/ten-party.toml" belongs to the meetings.
fn theme(path: &str) -> Option<&str> {
    Path::new(path).parent()?.file_name()?.to_str()
}

fn run_one(arguments: &GalleryArguments, piece: &Piece) -> Code {
    run::run(&RunArguments {
        scenarios: vec![piece.call.clone()],
        seed: None,
        seeds: 1,
        out: Some(arguments.out.join(&piece.scenario.name)),
        vary: arguments.runs.vary.clone(),
        pcap: false,
        sfu_state: false,
        jobs: Some(1),
        format: Format::Text,
        quiet: true,
    })
}

/// What the page says of a run, from the files that it left.
fn entry(piece: &Piece, code: Code, out: &Path) -> Entry {
    let name = &piece.scenario.name;
    let read = |file: &str| std::fs::read_to_string(out.join(name).join(file)).ok();
    let metrics = read("metrics.json").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let report = read("report.html");
    let picture = report.as_deref().and_then(gallery::picture_of);
    Entry {
        name: name.clone(),
        theme: piece.theme.clone(),
        summary: piece.scenario.doc.lines().next().unwrap_or_default().to_owned(),
        ended: match code {
            Code::Pass => Ended::Passed,
            Code::ExpectationFailed => Ended::Failed,
            _ => Ended::Broken,
        },
        seed: piece.scenario.seed,
        keys: gallery::keys(&metrics),
        picture: picture.map(|plot| (format!("{name}/plots/{plot}.svg"), format!("{plot} of {name}"))),
        report: report.as_ref().map(|_| format!("{name}/report.html")),
    }
}
