//! The hidden `plenum digest`: one run in a process of its own, its digest on standard output.

use std::fs::File;
use std::io::{BufWriter, Write};

use reports::verdict::ExitCode as Code;

use super::arguments::{Crypto, DigestArguments};
use super::{fail, load, output};
use crate::world::{Settings, World};

/// Runs one seed and prints its digest.
pub(super) fn digest(arguments: &DigestArguments) -> Code {
    let scenario = match load::load(&arguments.scenario, &arguments.vary) {
        Ok(scenario) => scenario,
        Err(faults) => return fail(Code::Invalid, faults),
    };
    let trace = match arguments.trace.as_ref().map(File::create).transpose() {
        Ok(file) => file.map(|file| Box::new(BufWriter::new(file)) as Box<dyn Write>),
        Err(error) => return fail(Code::Invalid, format!("trace: {error}")),
    };
    let null_crypto = arguments.vary.crypto == Crypto::Null;
    let settings = Settings { seed: arguments.seed, null_crypto, trace, pcap: None, sfu_state: false };
    let world = match World::new(&scenario, settings) {
        Ok(world) => world,
        Err(error) => return fail(Code::Invalid, error),
    };
    match world.run(|_| ()) {
        Ok(outcome) => output::print_line(outcome.digest),
        Err(error) => fail(Code::Invalid, format!("trace: {error}")),
    }
}
