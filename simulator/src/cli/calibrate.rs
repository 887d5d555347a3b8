//! `plenum calibrate`: what packets cost the SFU on this machine.

use std::fs;
use std::time::Duration;

use reports::verdict::ExitCode as Code;

use super::arguments::{CalibrateArguments, Format};
use super::fail;
use super::output::{complain, print};
use super::progress::Tally;
use crate::calibration::{Plan, calibrate as measure, steps};

/// Measures, and writes the profile.
pub(super) fn calibrate(arguments: &CalibrateArguments) -> Code {
    let CalibrateArguments { out, rounds, people, seconds, seed, quiet, .. } = arguments;
    let mut sizes = people.clone();
    sizes.sort_unstable();
    sizes.dedup();
    if sizes.len() < 2 {
        return fail(Code::Invalid, "--people: one size alone can't tell what comes in from what goes out");
    }
    // Better now than after all the measuring.
    if let Err(error) = fs::OpenOptions::new().append(true).create(true).open(out) {
        return fail(Code::Invalid, format!("{}: {error}", out.display()));
    }
    let plan =
        Plan { sizes, span: Duration::from_secs(*seconds), rounds: *rounds, seed: *seed, ..Plan::default() };
    let tally = Tally::new(*quiet, "calibrate", steps(&plan));
    let found = match measure(&plan, || tally.step()) {
        Ok(found) => found,
        Err(error) => return fail(Code::Invalid, error),
    };
    tally.finish();
    if let Err(error) = fs::write(out, found.json()) {
        return fail(Code::Invalid, format!("{}: {error}", out.display()));
    }
    if *quiet {
        found.warnings().iter().for_each(|warning| complain(format_args!("warning: {warning}")));
        return Code::Pass;
    }
    match arguments.format {
        Format::Text => {
            let replay = format!("plenum capacity … --profile {}", out.display());
            print(format_args!("{}\nprofile: {} ({replay})\n", found.text(), out.display()))
        }
        Format::Json => print(found.json()),
    }
}
