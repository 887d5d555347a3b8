//! `plenum capacity`: how many conferences a server and its line carry.

use std::fs;
use std::path::PathBuf;

use reports::files::RunDirectory;
use reports::verdict::ExitCode as Code;

use super::arguments::{CapacityArguments, Format, Frontier};
use super::fail;
use super::output::print;
use super::pool::{side_by_side, workers};
use super::progress::Tally;
use crate::capacity::stage::Server;
use crate::capacity::{Answer, BRIEF, Profile, THOROUGH, answer, report};

type Failure = (Code, String);

/// People in a conference along the curve.
const CURVE: [u32; 11] = [2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50];
/// Where the formula says that not even so much of a conference fits, nothing is simulated for the curve.
const HARDLY: f64 = 0.8;

/// Answers, and writes the report.
pub(super) fn capacity(arguments: &CapacityArguments) -> Code {
    answered(arguments).unwrap_or_else(|(code, error)| fail(code, error))
}

fn answered(arguments: &CapacityArguments) -> Result<Code, Failure> {
    let profile = match &arguments.profile {
        None => Profile::usual(),
        Some(path) => {
            let told = |error: String| invalid(format!("{}: {error}", path.display()));
            let text = fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
            Profile::read(&text).map_err(told)?
        }
    };
    let CapacityArguments { uplink, downlink, cores, participants, seed, .. } = *arguments;
    let server = Server { uplink, downlink, cores, profile };
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from("runs").join("capacity"));
    let directory = RunDirectory::create(out).map_err(invalid)?;
    let sizes = sizes(participants);
    let simulated = |people: u32| {
        let by_formula = Answer::by_formula(&server, people);
        let hopeful = by_formula.bounds.least() >= HARDLY;
        people == participants || arguments.frontier == Frontier::Simulated && hopeful
    };
    let tally = Tally::new(arguments.quiet, "capacity", sizes.len());
    let one = |people: &u32| {
        let answer = if simulated(*people) {
            answer(&server, *people, seed, if *people == participants { THOROUGH } else { BRIEF })
        } else {
            Ok(Answer::by_formula(&server, *people))
        };
        tally.step();
        answer
    };
    let mut answers = Vec::new();
    for result in side_by_side(&sizes, workers(arguments.jobs, sizes.len()), one) {
        let crash = |said| (Code::Broken, format!("crash: {said}"));
        answers.push(result.map_err(crash)?.map_err(invalid)?);
    }
    tally.finish();
    let report = report::Report { server: &server, seed, answers: &answers, asked: participants };
    report.write(&directory, &replay_line(arguments)).map_err(invalid)?;
    if arguments.quiet {
        return Ok(Code::Pass);
    }
    let page = directory.path().join("report.html");
    Ok(match arguments.format {
        Format::Text => print(format_args!("{}\nreport: {}\n", report.text(), page.display())),
        Format::Json => print(report.json()),
    })
}

/// The sizes of the curve and the one that was asked for, each once, in order.
fn sizes(asked: u32) -> Vec<u32> {
    let mut sizes: Vec<u32> = CURVE.into_iter().chain([asked]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn invalid(error: impl std::fmt::Display) -> Failure {
    (Code::Invalid, error.to_string())
}

/// The command that gives the same answer again.
fn replay_line(arguments: &CapacityArguments) -> String {
    let CapacityArguments { uplink, downlink, cores, participants, seed, .. } = arguments;
    let profile = arguments.profile.as_ref().map(|path| format!(" --profile {}", path.display()));
    let profile = profile.unwrap_or_default();
    format!(
        "plenum capacity --uplink {uplink} --downlink {downlink} --cores {cores} --participants {participants} \
         --seed {seed}{profile}"
    )
}
