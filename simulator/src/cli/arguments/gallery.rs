//! The grammar of `plenum gallery`.

use std::path::PathBuf;

use clap::Args;

use super::ManyRuns;

/// What `plenum gallery` shows.
#[derive(Debug, Args)]
pub struct GalleryArguments {
    /// Scenario files, names of shipped scenarios, or `suite:<name>` [default: all that ship].
    pub scenarios: Vec<String>,
    /// Where the page goes, and a run directory of each scenario.
    #[arg(long, value_name = "DIR", default_value = "runs/gallery")]
    pub out: PathBuf,
    /// How they are run.
    #[command(flatten)]
    pub runs: ManyRuns,
}
