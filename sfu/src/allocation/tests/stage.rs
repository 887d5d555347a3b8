//! The stage tables of Jitsi Videobridge's `BitrateControllerTest`, and what belongs to them.

use super::*;

fn stage() -> AllocationConfig {
    AllocationConfig::immediate().with_policy(Policy::Stage)
}

/// A on stage at 720 lines, B, C and D in tiles of 180.
fn on_stage(layers: &[LayerOffer], detail: bool) -> Vec<Source<'_, u32>> {
    let a = Source { on_stage: true, detail, ..source(0, 720, layers) };
    [a].into_iter().chain((1..4).map(|id| source(id, 180, layers))).collect()
}

fn given(config: &AllocationConfig, kbps: u64, sources: &[Source<'_, u32>]) -> String {
    names(&run(config, Time::ZERO, budget(kbps), sources))
}

/// T6.001 to T6.022: (estimate in kbps, layers).
#[test]
fn a_camera_on_stage() {
    let rows = [
        (50, "ld7 - - -"),
        (500, "sd30 - - -"),
        (550, "sd30 ld7 - -"),
        (600, "sd30 ld7 ld7 -"),
        (650, "sd30 ld7 ld7 ld7"),
        (800, "sd30 ld15 ld15 ld15"),
        (850, "sd30 ld30 ld15 ld15"),
        (2_150, "hd30 ld7 ld7 ld7"),
        (2_350, "hd30 ld30 ld15 ld15"),
        (2_400, "hd30 ld30 ld30 ld15"),
    ];
    let layers = ladder();
    let sources = on_stage(&layers, false);
    for (kbps, expected) in rows {
        assert_eq!(given(&stage(), kbps, &sources), expected, "{kbps} kbps");
    }
    let mut forwarded = Vec::new();
    for kbps in (0..=5_000).step_by(10) {
        let count =
            run(&stage(), Time::ZERO, budget(kbps), &sources).iter().filter(|d| d.layer.is_some()).count();
        if forwarded.last() != Some(&count) {
            forwarded.push(count);
        }
    }
    assert_eq!(forwarded, [0, 1, 2, 3, 4], "the set grows one by one");
}

/// T6.024 to T6.036. The videobridge gives its share 660 kbps on a line of 160 ("oversending"), a larger picture at
/// 7.5 frames per second that the line takes four times as long to carry, and the sound with it. We stay within the
/// line: a smaller picture at 30 frames per second. Everything else is the same.
#[test]
fn a_screen_on_stage() {
    let rows = [
        (160, "ld30 - - -"),
        (660, "hd7 - - -"),
        (2_100, "hd30 ld7 ld7 -"),
        (2_150, "hd30 ld7 ld7 ld7"),
        (2_300, "hd30 ld15 ld15 ld15"),
        (2_350, "hd30 ld30 ld15 ld15"),
        (2_400, "hd30 ld30 ld30 ld15"),
        (2_460, "hd30 ld30 ld30 ld30"),
    ];
    let layers = ladder();
    for (kbps, expected) in rows {
        assert_eq!(given(&stage(), kbps, &on_stage(&layers, true)), expected, "{kbps} kbps");
    }
}

/// T6.037 to T6.039: with last-N of 1 nobody but the stage is seen, whoever speaks.
#[test]
fn the_stage_alone() {
    let layers = ladder();
    for (kbps, expected) in [(50, "ld7 - - -"), (100, "ld15 - - -"), (150, "ld30 - - -")] {
        for speaker in 0..4 {
            let mut sources = on_stage(&layers, false);
            sources[speaker].recency = 0;
            apply_last_n(1, &mut sources, &mut Vec::new());
            let got = run(&stage(), Time::ZERO, budget(kbps), &sources);
            assert_eq!(names(&got), expected);
            assert_eq!(got[1].reason, Reason::BeyondLastN { last_n: 1 });
        }
    }
}

/// The tile tables hold under this policy as well, where nobody is on stage.
#[test]
fn tiles_under_the_stage_policy() {
    let layers = ladder();
    for (limit, kbps, expected) in TILES {
        let sources: Vec<_> = (0..4).map(|id| source(id, limit, &layers)).collect();
        assert_eq!(given(&stage(), kbps, &sources), expected, "{kbps} kbps in tiles of {limit}");
    }
}

/// Ibid., `PrioritizeTest` (T6.082 to T6.084): speech order s6 … s1, and those selected in their order.
#[test]
fn who_comes_first() {
    let rows: [(&[u32], [u32; 6]); 3] =
        [(&[], [6, 5, 4, 3, 2, 1]), (&[2], [2, 6, 5, 4, 3, 1]), (&[2, 1, 5], [2, 1, 5, 6, 4, 3])];
    let layers = ladder();
    for (selected, expected) in rows {
        for last_n in 0..=6 {
            let wished = |id: u32| {
                let place = selected.iter().position(|one| *one == id);
                let priority = place.map_or(0, |place| (selected.len() - place) as i32);
                Source { priority, recency: 6 - id as u16, ..source(id, 180, &layers) }
            };
            let mut sources: Vec<_> = (1..=6).map(wished).collect();
            apply_last_n(last_n, &mut sources, &mut Vec::new());
            let mut seen: Vec<u32> = sources.iter().filter(|s| s.max_height > 0).map(|s| s.id).collect();
            let mut first = expected[..usize::from(last_n)].to_vec();
            seen.sort_unstable();
            first.sort_unstable();
            assert_eq!(seen, first, "the first {last_n} with {selected:?}");
        }
    }
}

/// Ibid., `EffectiveConstraintsTest` (T6.098 to T6.110): s1 to s3 with video, s4 and s5 with none at present, s6
/// without. (order, last-N, default height, (source, height) that differ, sources seen)
#[test]
fn last_n_counts_what_is_shown() {
    type Row<'a> = ([u32; 6], u16, u16, &'a [(u32, u16)], &'a [(u32, u16)]);
    let (usual, others_first) = ([1, 2, 3, 4, 5, 6], [4, 5, 6, 1, 2, 3]);
    let rows: [Row<'_>; 7] = [
        (usual, 0, 180, &[], &[]),
        (usual, 1, 180, &[], &[(1, 180)]),
        (usual, 1, 360, &[], &[(1, 360)]),
        (usual, 1, 0, &[(1, 720)], &[(1, 720)]),
        (usual, 3, 180, &[], &[(1, 180), (2, 180), (3, 180)]),
        (others_first, 3, 180, &[], &[(1, 180), (2, 180), (3, 180)]),
        (others_first, 3, 0, &[(6, 180), (2, 180), (3, 180)], &[(2, 180), (3, 180)]),
    ];
    let layers = ladder();
    for (order, last_n, usual, special, expected) in rows {
        let wished = |id: u32| {
            let height = special.iter().find(|(one, _)| *one == id).map_or(usual, |(_, height)| *height);
            let recency = order.iter().position(|one| *one == id).expect("everyone has a place") as u16;
            Source { recency, ..source(id, height, if id <= 3 { &layers } else { &[] }) }
        };
        let mut sources: Vec<_> = (1..=6).map(wished).collect();
        apply_last_n(last_n, &mut sources, &mut Vec::new());
        let seen = sources.iter().filter(|s| s.max_height > 0 && !s.layers.is_empty());
        assert_eq!(seen.map(|s| (s.id, s.max_height)).collect::<Vec<_>>(), expected, "{order:?} {last_n}");
    }
}

/// Ibid., `SingleSourceAllocationTest` (T6.090 to T6.094): the layers of a screen.
#[test]
fn candidate_layers_of_a_screen() {
    let all = ladder();
    let (low, high) = (&all[..6], &all[6..]);
    let rows: [(&[LayerOffer], u16, &str); 4] = [
        (&all, 720, "ld7 ld15 ld30 sd7 sd15 sd30 hd7 hd15 hd30"),
        (&all, 360, "ld7 ld15 ld30 sd7 sd15 sd30"),
        (low, 720, "ld7 ld15 ld30 sd7 sd15 sd30"),
        (high, 180, "hd7 hd15 hd30"),
    ];
    for (layers, limit, expected) in rows {
        let mut seen: Vec<String> = Vec::new();
        for kbps in (10..2_500).step_by(5) {
            let one = [Source { on_stage: true, detail: true, ..source(0, limit, layers) }];
            let name = given(&stage(), kbps, &one);
            if name != "-" && seen.last() != Some(&name) {
                seen.push(name);
            }
        }
        assert_eq!(seen.join(" "), expected, "limit {limit}");
    }
}

#[test]
fn nobody_takes_what_the_stage_lacks() {
    let layers = ladder();
    let sources = on_stage(&layers, false);
    let got = run(&stage(), Time::ZERO, budget(300), &sources);
    assert_eq!(names(&got), "ld30 - - -");
    let (needed, left) = (DataRate::from_bps(49_500), DataRate::from_kbps(150));
    assert_eq!(got[1].reason, Reason::SavedForOthers { needed, left });
    // What is shown already stays as long as it fits.
    let mut shown = sources;
    shown[2].current = Some(layers[0].layer);
    let config = AllocationConfig::default().with_policy(Policy::Stage);
    assert_eq!(given(&config, 300, &shown), "ld30 - ld7 -");
}

#[test]
fn max_min_raises_who_has_least_of_its_tile() {
    let layers = ladder();
    let sources = [source(0, 720, &layers), source(1, 180, &layers)];
    // Of equal rates, 150 each: the small tile is full with it, the large one shows a sixteenth of its pixels.
    let fair = jitsi();
    assert_eq!(given(&fair, 600, &sources), "ld30 ld30");
    let max_min = AllocationConfig { policy: Policy::MaxMin, ..fair };
    assert_eq!(given(&max_min, 600, &sources), "sd30 ld15");
    assert_eq!(given(&max_min, 5_000, &sources), "hd30 ld30");
}

#[test]
fn a_frame_rate_wished_for_is_not_exceeded() {
    let layers = ladder();
    let one = [Source { max_fps: 15, ..source(0, 720, &layers) }];
    let got = run(&AllocationConfig::immediate(), Time::ZERO, budget(9_000), &one);
    assert_eq!(names(&got), "hd15");
    assert_eq!(got[0].reason, Reason::CappedByTile { max_height: 720, max_fps: 15 });
    let text = serde_json::to_string(&got[0].reason).expect("plain numbers");
    assert_eq!(text, r#"{"kind":"capped_by_tile","max_height":720,"max_fps":15}"#);
    // Slower than anything there is: the slowest.
    let one = [Source { max_fps: 5, ..source(0, 180, &layers) }];
    assert_eq!(given(&AllocationConfig::immediate(), 9_000, &one), "ld7");
}

#[test]
fn a_screen_comes_before_cameras() {
    let layers = ladder();
    let screen = [offer(0, 0, 1_080, 15.0, 1_350_000)];
    let share = Source { detail: true, priority: 1, ..source(9, 1_080, &screen) };
    for policy in [Policy::Fair, Policy::Stage, Policy::MaxMin] {
        let config = AllocationConfig::immediate().with_policy(policy);
        let sources = [source(0, 720, &layers), share, source(1, 720, &layers)];
        let got = run(&config, Time::ZERO, budget(1_500), &sources);
        assert!(got[1].layer.is_some(), "{policy:?}: {got:?}");
        assert!(
            got[0].layer.is_some() && got[2].layer.is_some(),
            "{policy:?}: and the others get what is left"
        );
    }
}
