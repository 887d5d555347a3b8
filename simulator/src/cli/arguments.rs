//! The command line's grammar.

mod calibrate;
mod capacity;
mod cost;
mod decide;
mod explore;
mod gallery;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use calibrate::CalibrateArguments;
pub use capacity::{CapacityArguments, Frontier};
pub use cost::{CostArguments, CostWorkArguments};
pub use decide::{CompareArguments, GateArguments, MergeArguments, SweepArguments};
pub use explore::ExploreArguments;
pub use gallery::GalleryArguments;

/// Simulates video conferences against a real SFU, in virtual time.
#[derive(Debug, Parser)]
#[command(name = "plenum", version, about, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `plenum` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs scenarios and writes a report of each.
    Run(RunArguments),
    /// Checks scenario files without running them.
    Check(CheckArguments),
    /// Lists the scenarios that ship inside this program.
    List(FormatArguments),
    /// Lists every metric with its unit and definition.
    Metrics(FormatArguments),
    /// Runs each seed in two fresh processes and compares what happened.
    Verify(VerifyArguments),
    /// Compares runs of the same seeds, pair by pair.
    Compare(CompareArguments),
    /// Runs every shipped scenario and writes a page with all of them.
    Gallery(GalleryArguments),
    /// Holds a scenario against its committed baseline, seed by seed.
    Gate(GateArguments),
    /// Runs a scenario over a grid of values and seeds; goes on after a kill, and in shards.
    Sweep(SweepArguments),
    /// Puts the shards of a sweep together.
    Merge(MergeArguments),
    /// Tells how many conferences a server and its line carry, and what gives out first.
    Capacity(CapacityArguments),
    /// Measures what packets cost the SFU on this machine, for `capacity`.
    Calibrate(CalibrateArguments),
    /// Draws whole scenarios, watches every invariant, and shrinks what fails.
    Explore(ExploreArguments),
    /// Holds instructions per packet, as callgrind counts them, against the committed baseline.
    Cost(CostArguments),
    /// Carries out one benchmark: what `cost` counts.
    #[command(hide = true)]
    CostWork(CostWorkArguments),
    /// Runs one seed and prints its digest: what `verify` starts as a fresh process.
    #[command(hide = true)]
    Digest(DigestArguments),
}

/// How `plenum run` runs.
#[derive(Clone, Debug, Args)]
pub struct RunArguments {
    /// A scenario file, the name of a shipped scenario, or `suite:<name>` for all cases of a suite.
    #[arg(required = true)]
    pub scenarios: Vec<String>,
    /// The seed, in place of the scenario's.
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many seeds to run, counted up from the first.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// Where the run directory goes [default: runs/<scenario>].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What changes the scenario.
    #[command(flatten)]
    pub vary: VaryArguments,
    /// Writes the media traffic at the SFU to a pcap file.
    #[arg(long)]
    pub pcap: bool,
    /// Writes the SFU's state at the end, object by object, to sfu-state.json.
    #[arg(long)]
    pub sfu_state: bool,
    /// Runs side by side [default: as many as there are processors].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Prints nothing but failures.
    #[arg(long)]
    pub quiet: bool,
}

/// What changes a scenario before it runs.
#[derive(Clone, Debug, Args)]
pub struct VaryArguments {
    /// Overrides a value of the scenario, as in `--set link.home-up.rate=600kbps`.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Real SRTP, or packets of the same sizes without a cipher.
    #[arg(long, value_enum, default_value_t = Crypto::Real)]
    pub crypto: Crypto,
}

/// What `plenum check` checks.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Scenario files, or names of shipped scenarios.
    #[arg(required = true)]
    pub scenarios: Vec<String>,
}

/// How a list is printed.
#[derive(Debug, Args)]
pub struct FormatArguments {
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What `plenum verify` verifies.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// A scenario file, or the name of a shipped scenario.
    pub scenario: String,
    /// How many seeds, counted up from the scenario's.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// The other program to compare with: another build of this one, say.
    #[arg(long, value_name = "PROGRAM")]
    pub against: Option<PathBuf>,
    /// What changes the scenario.
    #[command(flatten)]
    pub vary: VaryArguments,
}

/// What the hidden `plenum digest` does.
#[derive(Debug, Args)]
pub struct DigestArguments {
    /// A scenario file, or the name of a shipped scenario.
    pub scenario: String,
    /// The seed.
    #[arg(long)]
    pub seed: u64,
    /// Also writes one line per event to this file.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// What changes the scenario.
    #[command(flatten)]
    pub vary: VaryArguments,
}

/// What commands that do many runs share.
#[derive(Clone, Debug, Args)]
pub struct ManyRuns {
    /// What changes the scenario.
    #[command(flatten)]
    pub vary: VaryArguments,
    /// Runs side by side [default: as many as there are processors].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Prints nothing but failures.
    #[arg(long)]
    pub quiet: bool,
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How SRTP is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Crypto {
    /// As on a real network.
    Real,
    /// Without a cipher; everything else is the same.
    Null,
}
