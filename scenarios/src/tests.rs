mod expansion;
mod faults;
mod format;
mod gates;
mod overrides;
mod reading;
mod shipped;
mod video;

use crate::{Override, Scenario, parse};

/// The head of a scenario: what every test file needs besides its own lines. Seven lines.
const HEAD: &str = "schema = 1\nname = \"t\"\nseed = 1\nduration = \"60s\"\n[participant.alice]\n[participant.guest]\ncount = 3\n";

/// `HEAD` with `rest` after it; `rest` starts in line 8.
fn with_head(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

fn read(text: &str, overrides: &[&str]) -> Result<Scenario, String> {
    let overrides: Vec<Override> = overrides.iter().map(|text| Override::new(*text)).collect();
    parse("t.toml", text, &overrides).map_err(|faults| faults.to_string())
}
