//! `plenum check`.

use reports::verdict::ExitCode as Code;

use super::arguments::{CheckArguments, Crypto, VaryArguments};
use super::{load, output, usage};

/// Validates scenarios; prints every fault.
pub(super) fn check(arguments: &CheckArguments) -> Code {
    let vary = VaryArguments { set: Vec::new(), crypto: Crypto::Real };
    let mut code = Code::Pass;
    for name in &arguments.scenarios {
        match load::load(name, &vary) {
            Ok(scenario) => {
                let line = format!("{name}: valid: {}", usage::summary(&scenario));
                code = output::worse(code, output::print_line(line));
            }
            Err(faults) => {
                output::complain(faults);
                code = output::worse(code, Code::Invalid);
            }
        }
    }
    code
}
