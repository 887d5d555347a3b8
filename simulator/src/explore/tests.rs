//! Every draw is a scenario, and stays the same.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Plan, draw, shrink, try_plan};
use scenarios::model::Explore;

fn ranges(text: &str) -> Explore {
    let head =
        "schema = 1\nname = \"swarm\"\nseed = 1\nduration = \"1s\"\n[participant.a]\ncount = 2\n[explore]\n";
    let scenario = scenarios::parse("swarm", &format!("{head}{text}"), &[]).expect("a scenario");
    scenario.explore.expect("it has ranges")
}

#[test]
fn the_same_seed_draws_the_same_plan_and_another_one_another() {
    let ranges = ranges("");
    assert_eq!(draw(&ranges, 7), draw(&ranges, 7));
    assert_ne!(draw(&ranges, 7).toml(), draw(&ranges, 8).toml());
}

#[test]
fn ranges_without_width_leave_nothing_to_chance() {
    let ranges = ranges(
        "people = [3, 3]\nlinks = [1, 1]\nevents = [2, 2]\nduration = [\"5s\", \"5s\"]\nsettle = \"4s\"\n\
         rate = [\"1Mbps\", \"1Mbps\"]\ndelay = [\"7ms\", \"7ms\"]\ncodecs = [\"av1\"]\ncontrollers = [\"nada\"]",
    );
    let Plan { duration, liveness, controller, lines, people, events, .. } = draw(&ranges, 1);
    assert_eq!((duration, liveness, controller.as_str()), (9_000, 2_000, "nada"));
    assert_eq!((lines.len(), people.len(), events.len()), (1, 3, 2));
    assert_eq!((lines[0].rate, lines[0].delay), (1_000, 7));
    assert!(people.iter().filter_map(|person| person.camera.as_ref()).all(|camera| camera.codec == "av1"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// What is drawn is a valid scenario, whatever the seed.
    #[test]
    fn every_draw_is_a_scenario(seed in any::<u64>()) {
        let plan = draw(&ranges("people = [2, 50]\nlinks = [1, 50]\nevents = [0, 40]"), seed);
        let parsed = scenarios::parse("drawn", &plan.toml(), &[]);
        prop_assert!(parsed.is_ok(), "{}\n{}", parsed.err().map(|e| e.to_string()).unwrap_or_default(), plan.toml());
    }
}

proptest! {
    // Few, as each is a whole run, and always the same, as a failure is for `plenum explore` to hunt down.
    #![proptest_config(ProptestConfig {
        cases: 6,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// What is drawn from ranges that are drawn too runs, and breaks nothing; `plenum explore swarm` runs more.
    #[test]
    fn what_is_drawn_breaks_nothing(
        (seed, people, links, rate) in (any::<u64>(), 2_u32..=4, 1_u32..=3, 500_u32..=10_000),
    ) {
        let ranges = ranges(&format!(
            "people = [2, {people}]\nlinks = [1, {links}]\nduration = [\"2s\", \"5s\"]\nsettle = \"8s\"\n\
             rate = [\"500kbps\", \"{rate}kbps\"]"
        ));
        let plan = draw(&ranges, seed);
        let tried = try_plan(&plan, true).expect("a scenario");
        prop_assert!(tried.is_none(), "{tried:?}\n{}", plan.toml());
    }
}

#[test]
fn a_plan_that_passes_cant_be_shrunk() {
    let plan =
        draw(&ranges("people = [2, 2]\nevents = [0, 0]\nduration = [\"1s\", \"1s\"]\nsettle = \"2s\""), 3);
    let failure = super::Failure { check: "number-once", what: String::new(), at: None };
    let shrunk = shrink(plan.clone(), failure, true, 40).expect("scenarios");
    assert_eq!(shrunk.plan, plan);
    assert!((1..=40).contains(&shrunk.tried), "{} steps", shrunk.tried);
}
