//! On a line that doesn't change, a receiver's layers don't either.
//!
//! `STEADY_LINES=all cargo test --release --package tests --test steady_lines` runs every line from 100 kbit/s to 5 Mbit/s
//! in steps of 50, each with three seeds, in a minute or two. Without it a few of them with one seed: the thin ones, on
//! which a voice that begins to speak is a sixth of the line, and those near which a layer just fits or just doesn't.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use reports::metric::Stat;
use reports::summary::{RunHeader, Summary};
use scenarios::Override;
use simulator::world::{Settings, World};

/// Three people in three encodings of three temporal layers: fifteen steps between nothing and everything. Two minutes
/// count, after one in which the layers find their place.
const ROOM: &str = r#"schema = 1
name = "steady-line"
seed = 1
duration = "180s"
measure = { from = "60s" }

[link.wide]
rate = "20Mbps"
delay = "10ms"

[link.line]
rate = "1Mbps"
delay = "20ms"

[participant.speaker]
count = 3
up = "wide"
view.layout = "none"
publish.cam = { codec = "vp8", temporal_layers = 3, layers = ["320x180@30 150kbps", "640x360@30 500kbps", "1280x720@30 1700kbps"] }

[participant.viewer]
down = "line"
publish = "none"
"#;

/// Switches of all the viewer's pictures per minute, and the largest part of its time that one of them stood still.
fn watched(kbps: u64, seed: u64) -> (f64, f64, Vec<String>) {
    let line = Override::new(format!("link.line.rate={kbps}kbps"));
    let scenario = scenarios::parse("steady-line", ROOM, &[line]).expect("a valid scenario");
    let settings = Settings { seed, null_crypto: true, ..Settings::default() };
    let outcome = World::new(&scenario, settings).and_then(|world| Ok(world.run(|_| ())?));
    let outcome = outcome.expect("nothing is written that could fail");
    let summary = Summary::of(&outcome.recording, RunHeader::default());
    let of = |id: &str| -> Vec<f64> {
        (1..=3)
            .map(|number| {
                let publisher = format!("speaker.{number}");
                let row = summary.row(id, &["viewer", publisher.as_str(), "cam"]);
                // No row: the line has no room for that picture.
                row.map_or(0.0, |row| row.stat(Stat::Mean))
            })
            .collect()
    };
    assert!(summary.row("layer_switches", &["viewer", "speaker.1", "cam"]).is_some(), "the rows are found");
    let switches = of("layer_switches").iter().sum();
    (switches, of("video.freeze_w3c.ratio").into_iter().fold(0.0, f64::max), outcome.failures)
}

#[test]
fn a_steady_line_sees_at_most_one_switch_a_minute() {
    let (lines, seeds): (Vec<u64>, u64) = match std::env::var("STEADY_LINES").as_deref() {
        Ok("all") => ((100..=5_000).step_by(50).collect(), 3),
        _ => (vec![150, 200, 300, 700, 1_050, 1_950, 2_300, 2_850, 4_350], 1),
    };
    let mut unsteady = Vec::new();
    for (kbps, seed) in lines.iter().flat_map(|kbps| (1..=seeds).map(|seed| (*kbps, seed))) {
        let (switches, frozen, broken) = watched(kbps, seed);
        if switches > 1.0 || frozen > 0.05 || !broken.is_empty() {
            unsteady.push(format!(
                "{kbps} kbit/s, seed {seed}: {switches} switches a minute, {frozen} of the time frozen; {broken:?}"
            ));
        }
    }
    assert!(unsteady.is_empty(), "{unsteady:#?}");
}
