//! The command line: what each command does, and the exit code that says how it ended.

pub mod arguments;
mod calibrate;
mod capacity;
mod check;
mod choices;
mod compare;
mod cost;
mod digest;
mod explore;
mod gallery;
mod gate;
mod list;
mod load;
mod measured;
mod output;
mod pool;
mod progress;
mod run;
mod run_directory;
mod suite;
mod sweep;
mod usage;
mod verify;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use reports::verdict::ExitCode as Code;

/// Carries out a command.
pub fn execute(arguments: Arguments) -> ExitCode {
    let code = match arguments.command {
        Command::Run(run) => run::run(&run),
        Command::Check(check) => check::check(&check),
        Command::List(list) => list::scenarios(&list),
        Command::Metrics(list) => list::metrics(&list),
        Command::Verify(verify) => verify::verify(&verify),
        Command::Compare(compare) => compare::compare(&compare),
        Command::Gallery(gallery) => gallery::gallery(&gallery),
        Command::Gate(gate) => gate::gate(&gate),
        Command::Sweep(sweep) => sweep::sweep(&sweep),
        Command::Merge(merge) => sweep::merge(&merge),
        Command::Capacity(capacity) => capacity::capacity(&capacity),
        Command::Calibrate(calibrate) => calibrate::calibrate(&calibrate),
        Command::Cost(cost) => cost::cost(&cost),
        Command::CostWork(work) => cost::cost_work(&work),
        Command::Explore(explore) => explore::explore(&explore),
        Command::Digest(digest) => digest::digest(&digest),
    };
    code.into()
}

/// Prints an error and gives its exit code.
fn fail(code: Code, message: impl std::fmt::Display) -> Code {
    output::complain(format_args!("error: {message}"));
    code
}
