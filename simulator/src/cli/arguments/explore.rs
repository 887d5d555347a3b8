//! The grammar of `plenum explore`.

use std::path::PathBuf;

use clap::Args;
use reports::sweep::Shard;

use super::ManyRuns;
use super::decide::shard_of;

/// What `plenum explore` explores.
#[derive(Debug, Args)]
pub struct ExploreArguments {
    /// A scenario file, or the name of a shipped scenario, with [explore] in it.
    pub scenario: String,
    /// How many scenarios to draw.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// The first one's seed, in place of the scenario's.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Does only a part, K from 1 to N.
    #[arg(long, value_name = "K/N", value_parser = shard_of)]
    pub shard: Option<Shard>,
    /// Where what fails goes [default: runs/<scenario>].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How they are run; what is set changes the ranges before anything is drawn.
    #[command(flatten)]
    pub runs: ManyRuns,
}
