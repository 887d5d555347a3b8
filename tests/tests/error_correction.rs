//! What forward error correction does for receivers far away, and what it leaves alone, through the library.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use reports::metric::Stat;
use reports::summary::{RunHeader, Summary};
use scenarios::Override;
use simulator::world::{Settings, World};

const FLOWS: [[&str; 3]; 4] =
    [["far.1", "alice", "cam"], ["far.1", "bob", "cam"], ["far.2", "alice", "cam"], ["far.2", "bob", "cam"]];

fn run(overrides: &[&str]) -> Summary {
    let overrides: Vec<Override> = overrides.iter().map(|text| Override::new(*text)).collect();
    let shipped = scenarios::shipped::find("fec-long-rtt").expect("it is shipped");
    let scenario = scenarios::parse("fec-long-rtt.toml", shipped.text, &overrides).expect("a valid scenario");
    let settings = Settings { seed: scenario.seed, null_crypto: true, ..Settings::default() };
    let outcome = World::new(&scenario, settings).and_then(|world| Ok(world.run(|_| ())?));
    let outcome = outcome.expect("nothing is written that could fail");
    assert_eq!(outcome.failures, [""; 0]);
    assert_eq!(outcome.recording.broken().count(), 0, "{:?}", outcome.recording.broken());
    Summary::of(&outcome.recording, RunHeader::default())
}

/// The mean over the four far flows.
fn mean(summary: &Summary, id: &str) -> f64 {
    let of = |flow: &[&str; 3]| {
        let row = summary.row(id, flow).or_else(|| summary.row(id, &[flow[0], flow[1], flow[2], "video"]));
        row.unwrap_or_else(|| panic!("no {id} of {flow:?}")).stat(Stat::Mean)
    };
    FLOWS.iter().map(of).sum::<f64>() / 4.0
}

#[test]
fn far_receivers_see_no_loss_with_it_and_freezes_without() {
    let (with, without) = (run(&[]), run(&["participant.far.fec=false"]));
    for summary in [&with, &without] {
        let lost = mean(summary, "loss.before_repair");
        assert!((0.018..0.032).contains(&lost), "the same line: {lost}");
    }
    let frozen = [&with, &without].map(|summary| mean(summary, "video.freeze_w3c.ratio"));
    assert!(frozen[0] < 0.01 && frozen[1] > 0.03, "frozen {frozen:?} of the time");
    let delay = [&with, &without].map(|summary| mean(summary, "video.capture_to_render"));
    assert!(delay[0] < 300.0 && delay[1] > 450.0, "shown after {delay:?} ms");
    let repair = [&with, &without].map(|summary| mean(summary, "video.capture_to_render.down_repair"));
    assert!(repair[0] > 0.5 && repair[0] < 10.0 && repair[1] > 30.0, "of that, repair took {repair:?} ms");
    let asked = [&with, &without].map(|summary| mean(summary, "repair_cost.nack_sequences"));
    assert!(asked[0] < asked[1] / 20.0, "what is recovered is not asked for: {asked:?}");
    let class = |summary: &Summary, class: &str| {
        let row = summary.row("link.rate.class", &["far-down@far.1", "far.1", "down", class]);
        row.map_or(0.0, |row| row.stat(Stat::Mean))
    };
    let part = class(&with, "fec") / class(&with, "video");
    assert!((0.3..0.5).contains(&part), "repair packets take {part} of the video's rate");
    assert_eq!(class(&without, "fec"), 0.0);
    assert_eq!(without.of_metric("repair_cost.fec_ratio").count(), 0);
}

#[test]
fn a_short_round_trip_or_a_clean_line_gets_none() {
    let rows: [&[&str]; 2] =
        [&["link.far-up.delay=\"10ms\"", "link.far-down.delay=\"10ms\""], &["link.far-down.loss=\"0%\""]];
    for overrides in rows {
        let summary = run(overrides);
        assert_eq!(summary.of_metric("repair_cost.fec_packets").count(), 0, "{overrides:?}");
        assert!(mean(&summary, "video.freeze_w3c.ratio") < 0.01, "{overrides:?}");
    }
}
