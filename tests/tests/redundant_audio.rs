//! What redundancy is worth to a listener, and that it is the redundancy, through the library.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use reports::metric::Stat;
use reports::summary::{RunHeader, Summary};
use scenarios::{Override, shipped};
use simulator::world::{Settings, World};

/// Runs the shipped scenario for a minute with these overrides.
fn run(overrides: &[&str]) -> Summary {
    let shipped = shipped::find("red-audio").expect("it ships");
    let overrides: Vec<Override> =
        ["duration=60s"].iter().chain(overrides).map(|text| Override::new(*text)).collect();
    let scenario = scenarios::parse(shipped.path, shipped.text, &overrides).expect("a valid scenario");
    let settings = Settings { seed: 3, null_crypto: true, ..Settings::default() };
    let outcome = World::new(&scenario, settings).and_then(|world| Ok(world.run(|_| ())?));
    let outcome = outcome.expect("nothing is written that could fail");
    assert_eq!(outcome.failures, [""; 0], "nobody complains: every payload is whole and of its publisher");
    Summary::of(&outcome.recording, RunHeader::default())
}

fn ratio(summary: &Summary, id: &str, receiver: &str, publisher: &str) -> f64 {
    summary.row(id, &[receiver, publisher, "mic"]).expect("one row").stat(Stat::Mean)
}

const CONCEALED: &str = "audio.concealed_ratio";
const RED: &str = "audio.recovered_ratio.red";
const FEC: &str = "audio.recovered_ratio.fec";

#[test]
fn a_lossy_downlink_is_heard_without_redundancy_and_hardly_with_it() {
    let with = run(&[]);
    let without = run(&["participant.bob.red=false"]);
    for publisher in ["ada", "dave"] {
        let (good, bad) =
            (ratio(&with, CONCEALED, "bob", publisher), ratio(&without, CONCEALED, "bob", publisher));
        assert!(good < 0.01, "{publisher} with redundancy: {good}");
        assert!((0.035..0.1).contains(&bad), "{publisher} without: {bad}");
        assert!((0.035..0.1).contains(&ratio(&with, RED, "bob", publisher)));
        assert_eq!(ratio(&without, RED, "bob", publisher), 0.0);
    }
    // In-band FEC comes through either way, and is not needed where there is better.
    assert_eq!(ratio(&with, FEC, "bob", "erin"), 0.0);
    assert!(ratio(&without, FEC, "bob", "erin") > 0.035);
    assert!(ratio(&without, CONCEALED, "bob", "erin") < 0.01);
}

#[test]
fn a_lossy_uplink_is_made_good_before_it_reaches_those_who_know_no_redundancy() {
    let with = run(&[]);
    let without = run(&["participant.ada.publish.mic.red=0"]);
    for receiver in ["dave", "erin"] {
        assert!(ratio(&with, CONCEALED, receiver, "ada") < 0.007);
        assert!((0.03..0.08).contains(&ratio(&without, CONCEALED, receiver, "ada")));
    }
}
