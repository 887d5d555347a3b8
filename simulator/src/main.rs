//! The command line.

use std::process::ExitCode;

use clap::Parser;
use simulator::cli::{self, arguments::Arguments};

fn main() -> ExitCode {
    cli::execute(Arguments::parse())
}
