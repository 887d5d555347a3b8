//! The search for bugs finds those that are planted, and makes them small.

use scenarios::{Scenario, shipped};
use sfu::planted::{Planted, plant};
use simulator::explore::{Failure, Plan, Shrunk, draw, shrink, try_plan};

/// How many scenarios the search may draw.
const SEEDS: u64 = 500;

fn swarm() -> Scenario {
    let shipped = shipped::find("swarm").expect("it ships");
    scenarios::parse(shipped.path, shipped.text, &[]).expect("it is valid")
}

/// The first seed whose scenario fails, and how.
fn search(scenario: &Scenario) -> Option<(Plan, Failure)> {
    let ranges = scenario.explore.as_ref().expect("it has ranges");
    (1..=SEEDS).map(|seed| draw(ranges, seed)).find_map(|plan| {
        let failure = try_plan(&plan, true).expect("a scenario")?;
        Some((plan, failure))
    })
}

/// Finds a planted bug, shrinks it, and sees that the file that is left fails by itself.
fn find(bug: Planted, checks: &[&str]) -> Shrunk {
    plant(Some(bug));
    let (plan, failure) = search(&swarm()).unwrap_or_else(|| panic!("{bug:?} is not found in {SEEDS} seeds"));
    assert!(checks.contains(&failure.check), "{bug:?} shows as {failure:?}");
    let seed = plan.seed;
    let shrunk = shrink(plan, failure, true, 1_000).expect("scenarios");
    println!("{bug:?}: seed {seed}, {} steps: {}", shrunk.tried, shrunk.failure.what);
    assert!(shrunk.plan.people.len() <= 3, "{}", shrunk.plan.toml());
    assert!(shrunk.plan.lines.len() <= 2, "{}", shrunk.plan.toml());
    let again = try_plan(&shrunk.plan, true).expect("a scenario");
    assert_eq!(again.as_ref(), Some(&shrunk.failure), "the same again");
    plant(None);
    assert_eq!(try_plan(&shrunk.plan, true).expect("a scenario"), None, "it is the bug, nothing else");
    shrunk
}

#[test]
fn a_number_that_is_repeated_at_a_switch() {
    find(Planted::NumberRepeatedAtSwitch, &["number-once", "participant"]);
}

#[test]
fn a_hole_where_something_is_withheld() {
    find(Planted::HoleAtWithheld, &["no-holes", "participant"]);
}

#[test]
fn an_estimate_that_is_tripled() {
    find(Planted::EstimateTripled, &["budget", "liveness"]);
}

#[test]
fn a_retransmission_number_that_is_stuck() {
    find(Planted::RetransmissionNumberStuck, &["number-once"]);
}

#[test]
fn a_leaked_name() {
    let shrunk = find(Planted::UfragLeaked, &["remains"]);
    assert_eq!((shrunk.plan.people.len(), shrunk.plan.events.len()), (1, 0), "one who leaves is enough");
}
