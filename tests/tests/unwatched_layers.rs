//! Spatial layers that nobody has a use for aren't sent, and come back when somebody does.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use reports::metric::Stat;
use reports::summary::{RunHeader, Summary};
use simulator::world::{Settings, World};

/// One stream of three spatial layers, and one viewer.
const ROOM: &str = r#"schema = 1
name = "unwatched-layers"
seed = 1

[sfu.main]
config = { pause_unwatched = true }

[link.home-up]
rate = "5Mbps"
delay = "20ms"

[participant.alice]
up = "home-up"
publish.cam = { codec = "vp9", scalability = "L3T3" }

[participant.bob]
publish = "none"
"#;

/// The viewer makes the picture small, closes it, and opens it in full.
const VIEWS: [(u32, &str); 3] =
    [(15, "max_height = 360"), (30, r#"layout = "none""#), (40, "max_height = 720")];

/// What each spatial layer takes by itself between two seconds, kbit/s, and what the viewer gets.
fn rates(from: u32, to: u32) -> ([f64; 3], f64) {
    let measure = format!("duration = \"{to}s\"\nmeasure = {{ from = \"{from}s\" }}\n\n[sfu.main]");
    let mut text = ROOM.replace("\n[sfu.main]", &measure);
    for (time, view) in VIEWS.iter().filter(|(time, _)| *time < to) {
        text += &format!("\n[[at]]\ntime = \"{time}s\"\nview = {{ participant = \"bob\", {view} }}\n");
    }
    let scenario = scenarios::parse("unwatched-layers", &text, &[]).expect("a valid scenario");
    let settings = Settings { seed: scenario.seed, null_crypto: true, ..Settings::default() };
    let outcome = World::new(&scenario, settings).and_then(|world| Ok(world.run(|_| ())?));
    let outcome = outcome.expect("nothing is written that could fail");
    let summary = Summary::of(&outcome.recording, RunHeader::default());
    let mean = |id: &str, labels: &[&str]| summary.row(id, labels).map_or(0.0, |row| row.stat(Stat::Mean));
    let layers = ["s0", "s1", "s2"].map(|layer| mean("video.encoded_bitrate", &["alice", "cam", layer]));
    (layers, mean("video.bitrate", &["bob", "alice", "cam"]))
}

#[test]
fn only_what_is_watched_is_sent() {
    let (all, seen) = rates(8, 15);
    assert!(all.iter().all(|kbps| *kbps > 40.0) && seen > 900.0, "{all:?}, {seen}");
    // Two seconds pass before the publisher is told.
    let (small, seen) = rates(20, 30);
    assert!(small[0] > 40.0 && small[1] > 40.0 && small[2] == 0.0 && seen > 200.0, "{small:?}, {seen}");
    let (closed, seen) = rates(34, 40);
    assert_eq!((closed, seen), ([0.0; 3], 0.0));
    let (again, seen) = rates(45, 55);
    assert!(again.iter().all(|kbps| *kbps > 40.0) && seen > 900.0, "{again:?}, {seen}");
}
