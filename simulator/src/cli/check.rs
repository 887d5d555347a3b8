//! `plenum check`.

use reports::verdict::ExitCode as Code;

use super::arguments::{CheckArguments, Crypto, VaryArguments};
use super::{load, usage};

/// Validates scenarios; prints every fault.
pub(super) fn check(arguments: &CheckArguments) -> Code {
    let vary = VaryArguments { set: Vec::new(), crypto: Crypto::Real };
    let mut code = Code::Pass;
    for name in &arguments.scenarios {
        match load::load(name, &vary) {
            Ok(scenario) => println!("{name}: valid: {}", usage::summary(&scenario)),
            Err(faults) => {
                eprintln!("{faults}");
                code = Code::Invalid;
            }
        }
    }
    code
}
