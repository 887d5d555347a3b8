//! The grammar of `plenum cost`.

use std::path::PathBuf;

use clap::Args;

/// What `plenum cost` holds against what.
#[derive(Debug, Args)]
pub struct CostArguments {
    /// The committed file with the counts and how far each may move.
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,
    /// Another build of this program, on this machine, whose counts take the place of the committed ones: that of the
    /// branch that this one goes into, say.
    #[arg(long, value_name = "PROGRAM", conflicts_with = "update")]
    pub against: Option<PathBuf>,
    /// Writes the baseline anew from what is counted now, in place of judging.
    #[arg(long, requires = "reason")]
    pub update: bool,
    /// Why the baseline changes; kept in it.
    #[arg(long, value_name = "TEXT", requires = "update")]
    pub reason: Option<String>,
    /// Prints nothing but failures.
    #[arg(long)]
    pub quiet: bool,
}

/// What the hidden `plenum cost-work` does.
#[derive(Debug, Args)]
pub struct CostWorkArguments {
    /// The benchmark.
    pub name: String,
}
