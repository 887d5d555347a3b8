//! The grammar of `plenum calibrate`.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// What `plenum calibrate` measures.
#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// Where the profile goes, as JSON.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How often each conference is measured.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,
    /// People in the conferences that are measured: two sizes or more.
    #[arg(long, value_delimiter = ',', default_value = "2,3,5,10,16",
          value_parser = clap::value_parser!(u32).range(2..=50))]
    pub people: Vec<u32>,
    /// Virtual time that is measured of each.
    #[arg(long, value_name = "SECONDS", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: u64,
    /// The seed of the conferences.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Prints nothing but warnings and failures.
    #[arg(long)]
    pub quiet: bool,
}
