//! The same for what has spatial layers, or is read from a dependency descriptor, or has no layers at all.

mod check;
mod publisher;

use proptest::prelude::*;

use super::config;
use crate::forward::video::layered::Mode;
use check::Checker;
use publisher::{Conditions, Run};

fn conditions() -> impl Strategy<Value = Conditions> {
    let network = (0u32..60, 0u64..60, 0u32..50);
    (any::<u64>(), 0..Mode::ALL.len(), network, any::<[bool; 3]>()).prop_map(
        |(seed, mode, (loss, jitter_ms, duplication), [pauses, switches_layers, steady])| Conditions {
            seed,
            mode: Mode::ALL[mode],
            loss,
            jitter_ms,
            duplication,
            pauses,
            switches_layers,
            steady,
        },
    )
}

fn check(conditions: Conditions) -> Checker {
    let run = Run::of(conditions);
    assert!(run.out.len() > 100, "too little went out: {}", run.out.len());
    let checker = Checker::new(run);
    checker.numbers_are_used_once_and_in_source_order();
    checker.no_hole_without_a_missing_packet();
    checker.picture_numbers_keep_their_distances();
    checker.timestamps_advance_by_picture();
    checker.only_what_was_missing_keeps_frames_from_decoding();
    checker
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn holds_under_every_condition(conditions in conditions()) {
        check(conditions);
    }

    #[test]
    fn in_order_everything_is_whole(conditions in conditions()) {
        let checker = check(Conditions { loss: 0, jitter_ms: 0, ..conditions });
        checker.no_holes();
        checker.pictures_end_with_a_marker();
        checker.active_targets_are_all_there();
    }
}

/// Without switches of the source's layers the target is reached and held, whichever it is.
#[test]
fn every_layer_is_reached() {
    for mode in Mode::ALL {
        for spatial in 0..mode.spatial_layers() {
            for temporal in 0..3 {
                let run = Run::towards(mode, spatial, temporal);
                let temporal = if mode == Mode::H264 { 0 } else { temporal };
                let frames = run.forwarded_from(200);
                let highest = |layer: fn(&(u8, u8)) -> u8| frames.iter().map(layer).max();
                let reached = (highest(|frame| frame.0), highest(|frame| frame.1));
                assert_eq!(reached, (Some(spatial), Some(temporal)), "{mode:?} S{spatial} T{temporal}");
            }
        }
    }
}
