//! The grammar of `plenum capacity`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use scenarios::Rate;

use super::Format;

/// What `plenum capacity` is asked.
#[derive(Debug, Args)]
pub struct CapacityArguments {
    /// What the server's line carries from it, as in 100Mbps.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub uplink: Rate,
    /// What the server's line carries to it.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub downlink: Rate,
    /// The server's cores.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub cores: u32,
    /// People in a conference.
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u32).range(2..=200))]
    pub participants: u32,
    /// What packets cost the server, as JSON [default: what shipped scenarios declare].
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The seed of the simulations.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// How the curve over 2 to 50 people is found.
    #[arg(long, value_enum, default_value_t = Frontier::Simulated)]
    pub frontier: Frontier,
    /// Where the report goes [default: runs/capacity].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Simulations side by side [default: as many as there are processors].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// What standard output gets.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Prints nothing but failures.
    #[arg(long)]
    pub quiet: bool,
}

/// How the curve is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Frontier {
    /// By simulation wherever the formula says that one conference fits.
    Simulated,
    /// By the formula alone, in no time.
    Formula,
}

fn rate(text: &str) -> Result<Rate, String> {
    let rate: Rate = text.parse().map_err(|error: scenarios::units::UnitError| error.to_string())?;
    if rate.as_bps() < 1_000 {
        return Err("a line carries at least 1kbps".to_owned());
    }
    Ok(rate)
}
