//! The grammar of the commands that decide between runs.

use std::path::PathBuf;

use clap::Args;
use reports::sweep::Shard;

use super::{Format, ManyRuns};

/// What `plenum compare` compares.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Run directories, the first of which is the base; or one scenario, with --vary.
    #[arg(required = true, value_name = "RUN|SCENARIO")]
    pub what: Vec<String>,
    /// Runs the scenario once per value and compares with the first: `--vary sfu.main.config.rtx=true,false`.
    #[arg(long = "vary", value_name = "PATH=A,B[,C]")]
    pub vary_path: Option<String>,
    /// How many seeds each value is run with, counted up from the first.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..), requires = "vary_path")]
    pub seeds: u64,
    /// The first seed, in place of the scenario's.
    #[arg(long, requires = "vary_path")]
    pub seed: Option<u64>,
    /// Where the comparison goes [default: runs/compare].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How each side is run.
    #[command(flatten)]
    pub runs: ManyRuns,
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What `plenum gate` holds.
#[derive(Debug, Args)]
pub struct GateArguments {
    /// A scenario file, or the name of a shipped scenario, with [[gate]] in it.
    pub scenario: String,
    /// The committed file with the numbers of each seed.
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,
    /// Writes the baseline anew from what is measured now, in place of judging.
    #[arg(long, requires = "reason")]
    pub update: bool,
    /// Why the baseline changes; kept in it.
    #[arg(long, value_name = "TEXT", requires = "update")]
    pub reason: Option<String>,
    /// How many seeds, counted up from the scenario's [default: those of the baseline, or 20].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: Option<u64>,
    /// Where the report goes [default: runs/gate-<scenario>].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How it is run.
    #[command(flatten)]
    pub runs: ManyRuns,
}

/// What `plenum sweep` sweeps.
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// A scenario file, or the name of a shipped scenario, with [sweep] in it.
    pub scenario: String,
    /// Where results and report go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Does only a part, K from 1 to N. Without it, a Slurm job array (SLURM_ARRAY_TASK_ID) or a Kubernetes indexed
    /// job (JOB_COMPLETION_INDEX, with --shards) says which.
    #[arg(long, value_name = "K/N", value_parser = shard_of)]
    pub shard: Option<Shard>,
    /// How many parts there are, where the environment says which part this is.
    #[arg(long, value_name = "N", conflicts_with = "shard")]
    pub shards: Option<usize>,
    /// Goes on with what is in --out.
    #[arg(long)]
    pub resume: bool,
    /// How it is run.
    #[command(flatten)]
    pub runs: ManyRuns,
}

/// What `plenum merge` merges.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// Folders of the shards of one sweep.
    #[arg(required = true, value_name = "DIR")]
    pub shards: Vec<PathBuf>,
    /// Where the whole goes.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Prints nothing but failures.
    #[arg(long)]
    pub quiet: bool,
}

pub(super) fn shard_of(text: &str) -> Result<Shard, String> {
    super::super::sweep::shard::parse(text)
}
