//! Invariants of the projection over random loss, reordering, duplication, padding, targets, pauses,
//! restarts and wrap-arounds.

mod check;
mod garbage;
mod layered;
mod publisher;

use proptest::prelude::*;

use check::Checker;
use publisher::{Conditions, Run};

fn conditions() -> impl Strategy<Value = Conditions> {
    let network = (0u32..80, 0u64..70, 0u32..50);
    (any::<u64>(), network, any::<[bool; 4]>()).prop_map(
        |(seed, (loss, jitter_ms, duplication), [padding, restarts, short_ids, pauses])| Conditions {
            seed,
            loss,
            jitter_ms,
            duplication,
            padding,
            restarts,
            short_ids,
            pauses,
        },
    )
}

fn check(conditions: Conditions) -> Checker {
    let run = Run::of(conditions);
    assert!(run.out.len() > 100, "too little went out: {}", run.out.len());
    let checker = Checker::new(run);
    checker.every_number_once();
    checker.one_encoding_at_a_time_in_source_order();
    checker.no_hole_without_a_missing_packet();
    checker.picture_ids_close_up();
    checker.tl0_indices_follow_the_source();
    checker.timestamps_advance();
    checker
}

/// As many cases as `PROPTEST_CASES` says, for long searches, else `cases`.
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { default } else { ProptestConfig { cases, ..default } }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn holds_under_every_condition(conditions in conditions()) {
        check(conditions);
    }

    #[test]
    fn without_loss_every_frame_decodes(conditions in conditions()) {
        check(Conditions { loss: 0, ..conditions }).every_frame_decodes();
    }

    #[test]
    fn in_order_there_are_no_holes_at_all(conditions in conditions()) {
        let checker = check(Conditions { loss: 0, jitter_ms: 0, ..conditions });
        checker.every_frame_decodes();
        checker.no_holes();
    }
}
