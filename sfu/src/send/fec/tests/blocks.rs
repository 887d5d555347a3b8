use std::time::Duration;

use super::rig::{Dice, Line, Outcome};
use crate::send::fec::policy::Need;

const FRAME: Duration = Duration::from_millis(33);

fn need(loss: f64, bursty: bool) -> Need {
    Need { loss, bursty, rtt: Duration::from_millis(400) }
}

/// A minute of 30 frames/s of `packets` packets each, a key frame four times as large every five seconds.
fn minute(need: Need, packets: usize, mut lost: impl FnMut() -> bool) -> Outcome {
    let mut line = Line::new(need);
    for n in 0..1_800 {
        let key = n % 150 == 0;
        let count = if key { packets * 4 } else { packets };
        let mut sizes = vec![1_124; count];
        *sizes.last_mut().unwrap() = 500;
        line.frame((key, 0), &sizes, FRAME, &mut lost);
    }
    line.finish()
}

#[test]
fn random_loss_is_nearly_all_repaired_within_the_share() {
    // loss in 10,000, packets a frame, the most that stays missing of what was lost, the share
    let rows = [
        (50, 6, 0.12, 0.15),
        (150, 6, 0.02, 0.33),
        (300, 6, 0.02, 0.5),
        (300, 1, 0.15, 0.5),
        (500, 6, 0.03, 0.5),
    ];
    for (loss, packets, most, share) in rows {
        let mut dice = Dice(loss);
        let outcome = minute(need(loss as f64 / 1e4, false), packets, || dice.below(10_000) < loss);
        let overhead = outcome.repair_bytes as f64 / outcome.media_bytes as f64;
        let left = outcome.missing as f64 / outcome.lost as f64;
        let case = format!(
            "{loss} of 10,000, {packets} a frame: left {left:.3}, overhead {overhead:.3}, latest {:?}",
            outcome.latest
        );
        assert!(outcome.lost > 20, "{case}");
        assert!(left <= most, "{case}");
        assert!(overhead <= share && overhead > share * 0.6, "{case}");
        assert!(outcome.latest <= Duration::from_millis(233), "a block and a frame: {case}");
    }
}

#[test]
fn bursts_up_to_three_are_repaired() {
    for run in [2, 3] {
        let mut dice = Dice(run);
        let mut left = 0;
        let outcome = minute(need(0.02, true), 6, || {
            if left == 0 && dice.below(150) == 0 {
                left = run;
            }
            left -= u64::from(left > 0);
            left > 0 || dice.below(1_000_000) == 0
        });
        assert!(outcome.lost > 30);
        let part = outcome.missing as f64 / outcome.lost as f64;
        assert!(part < 0.05, "{run} in a row: {} of {}", outcome.missing, outcome.lost);
    }
}

#[test]
fn a_key_frame_is_protected_better_than_others_and_upper_layers_less() {
    let repairs = |key, temporal| {
        let mut line = Line::new(need(0.006, false));
        // Credit for what follows.
        (0..60).for_each(|_| line.frame((false, 0), &[1_000; 4], FRAME, &mut || false));
        let before = line.outcome.repairs;
        line.frame((key, temporal), &[1_000; 20], FRAME, &mut || false);
        line.outcome.repairs - before
    };
    let (key, base, upper) = (repairs(true, 0), repairs(false, 0), repairs(false, 1));
    assert!(key > base && base > upper && upper > 0, "{key}, {base}, {upper}");
}

#[test]
fn a_stream_that_falls_silent_is_protected_to_its_last_packet() {
    let mut line = Line::new(need(0.03, false));
    line.frame((false, 0), &[1_000; 3], FRAME, &mut || false);
    assert_eq!(line.outcome.repairs, 0, "the block waits for more");
    let due = line.stream.deadline();
    assert!(due < crate::Time::NEVER);
    // The last packet of the next frame is lost, behind a row's repair packet, and nothing follows.
    let mut count = 0;
    line.frame((false, 0), &[1_000; 3], Duration::from_millis(300), &mut || {
        count += 1;
        count == 4
    });
    let outcome = line.finish();
    assert_eq!((outcome.lost, outcome.missing), (1, 0));
}

#[test]
fn nothing_is_protected_while_off_and_what_is_too_long_never() {
    let mut line = Line::new(need(0.0, false));
    line.frame((true, 0), &[1_000; 30], FRAME, &mut || false);
    assert_eq!((line.outcome.repairs, line.stream.deadline()), (0, crate::Time::NEVER));
    let mut line = Line::new(need(0.05, false));
    line.frame((true, 0), &[1_400; 30], FRAME, &mut || false);
    assert_eq!((line.outcome.repairs, line.stream.deadline()), (0, crate::Time::NEVER));
}
