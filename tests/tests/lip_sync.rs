//! What sender reports are worth to lips, through the library: with them sound and picture meet, without they don't.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use reports::metric::Stat;
use reports::summary::{RunHeader, Summary};
use scenarios::{Override, shipped};
use simulator::world::{Settings, World};

/// Runs the shipped scenario for a minute with these overrides.
fn run(overrides: &[&str]) -> Summary {
    let shipped = shipped::find("lip-sync").expect("it ships");
    let overrides: Vec<Override> =
        ["duration=55s"].iter().chain(overrides).map(|text| Override::new(*text)).collect();
    let scenario = scenarios::parse(shipped.path, shipped.text, &overrides).expect("a valid scenario");
    let settings = Settings { seed: 3, null_crypto: true, ..Settings::default() };
    let outcome = World::new(&scenario, settings).and_then(|world| Ok(world.run(|_| ())?));
    let outcome = outcome.expect("nothing is written that could fail");
    assert_eq!(outcome.failures, [""; 0]);
    Summary::of(&outcome.recording, RunHeader::default())
}

fn of(summary: &Summary, id: &str, publisher: &str, source: &str) -> f64 {
    summary.row(id, &["far", publisher, source]).expect("one row").stat(Stat::P50)
}

#[test]
fn sound_waits_for_pictures_that_wait_for_repair() {
    let schedule = r#"link.thin-down.rate="4Mbps""#;
    let with = run(&[schedule]);
    let without = run(&[schedule, "participant.far.lip_sync=false"]);
    for publisher in ["nora", "omar"] {
        let outside = |summary| of(summary, "av_skew.detectable", publisher, "cam");
        assert!(outside(&with) < 0.1, "{publisher} with: {}", outside(&with));
        assert!(outside(&without) > 0.9, "{publisher} without: {}", outside(&without));
        let ahead = |summary| of(summary, "av_skew.ahead", publisher, "cam");
        assert!(ahead(&with) < 40.0 && ahead(&without) > 80.0, "{} and {}", ahead(&with), ahead(&without));
        // The picture is as late as it was; only the sound waits.
        let late = |summary| of(summary, "video.capture_to_render", publisher, "cam");
        assert!((late(&with) - late(&without)).abs() < 20.0, "{} and {}", late(&with), late(&without));
        let heard = |summary| of(summary, "audio.mouth_to_ear", publisher, "mic");
        assert!(heard(&with) > heard(&without) + 60.0, "{} and {}", heard(&with), heard(&without));
    }
}
