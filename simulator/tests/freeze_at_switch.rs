//! What `video.freeze_w3c.at_switch` counts where a line collapses: freezes of its queue, which a switch ends.

use scenarios::{Override, shipped};
use simulator::world::{Settings, World};

/// When the line falls, s.
const FALL: f64 = 40.0;

/// The receiver's freezes after a fall from 2.5 Mbps to 500 kbps, from when until when, s. With a `fixed`
/// controller the SFU never changes the layer.
fn freezes(controller: &str, seed: u64) -> Vec<(f64, f64)> {
    let shipped = shipped::find("estimate-collapse").expect("it ships");
    let (text, _) = shipped.text.split_once("[[expect]]").expect("it expects something");
    let overrides = [
        "link.collapsing-down.rate=[[\"0s\", \"2500kbps\"], [\"40s\", \"500kbps\"]]".to_owned(),
        "duration=60s".to_owned(),
        "measure.from=20s".to_owned(),
        format!("sfu.main.config.congestion_control={controller}"),
    ]
    .map(Override::new);
    let scenario = scenarios::parse(shipped.path, text, &overrides).unwrap_or_else(|error| panic!("{error}"));
    let settings = Settings { seed, null_crypto: true, trace: None, pcap: None, sfu_state: false };
    let outcome = World::new(&scenario, settings).expect("a sound scenario").run(|_| {}).expect("no file");
    let mut found = Vec::new();
    for video in outcome.recording.flows().filter_map(|flow| flow.video()) {
        let spans = video.freezes.freezes.iter();
        let seconds = spans.map(|span| (span.from.as_secs_f64(), span.until.as_secs_f64()));
        found.extend(seconds.filter(|(from, _)| *from > FALL));
    }
    found
}

#[test]
fn a_freeze_begins_with_the_queue_and_a_switch_ends_it() {
    for seed in 1..=3 {
        let (switching, held) = (freezes("gcc", seed), freezes("fixed", seed));
        let ((from, until), (held_from, _)) = (switching[0], held[0]);
        assert!((from - held_from).abs() < 1e-6, "{seed}: {from} {held_from}");
        assert!(until - from < 2.0, "{seed}: {from} to {until}");
        let frozen: f64 = held.iter().map(|(from, until)| until - from).sum();
        assert!(frozen > 10.0, "{seed}: without a switch {frozen} s of twenty");
    }
}
