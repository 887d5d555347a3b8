//! A scenario in a line.

use scenarios::Scenario;
use scenarios::units::format_duration;

/// What a scenario is, for people.
pub(super) fn summary(scenario: &Scenario) -> String {
    let people: u32 = scenario.participants.values().map(|participant| participant.count).sum();
    let bounds = scenario.expect.len() + scenario.applied.len();
    let duration = format_duration(scenario.duration);
    format!("{people} participants, {duration}, {bounds} expectations, seed {}", scenario.seed)
}
