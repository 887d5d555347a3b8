//! A run has every picture that it has something for.

use scenarios::Time;

use super::all;
use crate::Recorder;
use crate::observation::*;
use crate::recording::Measure;
use crate::recording::testing::{BOB, DOWN, VIDEO, cast};

/// Bob receives 500 kbit/s for 30 s; after 20 s the capacity of his line falls to 400 kbit/s, if it does, and what he
/// receives to 100 kbit/s for 2 s, then to 390.
fn names(falls: bool) -> Vec<String> {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::from_secs(1), Time::from_secs(30)));
    recorder.observe(Time::ZERO, Observation::LinkCapacity { link: DOWN, bps: Some(1_000_000) });
    recorder.observe(Time::ZERO, Observation::Join { participant: BOB, step: JoinStep::Dtls });
    recorder.observe(Time::ZERO, Observation::Subscribed(VIDEO));
    let mut media_bytes = 0;
    for millis in (200..=30_000).step_by(200) {
        let at = Time::from_millis(millis);
        if millis == 20_000 && falls {
            recorder.observe(at, Observation::LinkCapacity { link: DOWN, bps: Some(400_000) });
        }
        media_bytes += match millis {
            ..=20_000 => 12_500,
            20_001..=22_000 => 2_500,
            _ => 9_750,
        };
        let counters = FlowCounters { media_bytes, ..FlowCounters::default() };
        recorder.observe(at, Observation::Counters { flow: VIDEO, counters });
    }
    let recording = recorder.finish();
    let figures = all(&recording);
    if let Some(recovery) = figures.iter().find(|figure| figure.name == "recovery") {
        assert_eq!(recovery.table.rows.len(), 1);
        // Back, for 5 s on end, with the second that begins at 22 s: the one before has 332 kbit/s, less than 0.9 times 400.
        assert_eq!(recovery.table.rows[0][1..6], ["20", "1", "2.0", "2.0", "2.0"]);
    }
    figures.into_iter().map(|figure| figure.name).collect()
}

#[test]
fn recoveries_have_a_picture_where_something_happened() {
    let (falls, stays) = (names(true), names(false));
    assert!(falls.iter().any(|name| name == "recovery"), "{falls:?}");
    assert!(!stays.iter().any(|name| name == "recovery"), "{stays:?}");
    for name in ["freeze-raster", "delay-cdf", "latency-waterfall", "layer-strip"] {
        assert!(stays.iter().any(|known| known == name), "{name} in {stays:?}");
    }
}
