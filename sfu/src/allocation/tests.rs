use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn offer(encoding: u8, temporal: u8, height: u16, fps: f64, bps: u64) -> LayerOffer {
    let rate = DataRate::from_bps(bps);
    LayerOffer { layer: Layer { encoding, spatial: 0, temporal }, height, fps, rate, active: true }
}

/// The nine layers of Jitsi Videobridge's `BitrateControllerTest`.
fn ladder() -> Vec<LayerOffer> {
    let rows = [
        (0, 180, [49_500, 99_000, 150_000]),
        (1, 360, [165_000, 330_000, 500_000]),
        (2, 720, [660_000, 1_320_000, 2_000_000]),
    ];
    let fps = [7.5, 15.0, 30.0];
    rows.iter()
        .flat_map(|(encoding, height, rates)| {
            (0..3).map(move |t| offer(*encoding, t as u8, *height, fps[t], rates[t]))
        })
        .collect()
}

fn source(id: u32, max_height: u16, layers: &[LayerOffer]) -> Source<'_, u32> {
    Source { id, priority: 0, max_height, layers, current: None, memory: Memory::default() }
}

fn budget(kbps: u64) -> Budget {
    Budget { estimate: DataRate::from_kbps(kbps), audio: DataRate::ZERO }
}

fn run(
    config: &AllocationConfig,
    now: Time,
    budget: Budget,
    sources: &[Source<'_, u32>],
) -> Vec<Decision<u32>> {
    let mut out = Vec::new();
    allocate(config, now, &budget, sources, &mut Workspace::default(), &mut out);
    out
}

fn names(decisions: &[Decision<u32>]) -> String {
    let name = |d: &Decision<u32>| match d.layer {
        None => "-".to_string(),
        Some(Layer { encoding, temporal, .. }) => {
            let size = ["ld", "sd", "hd"][usize::from(encoding)];
            format!("{size}{}", ["7", "15", "30"][usize::from(temporal)])
        }
    };
    decisions.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// The tile tables of Jitsi Videobridge's `BitrateControllerTest`: (limit, estimate in kbps, layers). Its
/// stage tables belong to a policy that isn't built yet, and last-N to the caller: a source beyond it comes
/// with height 0, as in the rows of one visible source.
#[test]
fn tile_view() {
    let rows = [
        (180, 50, "ld7 - - -"),
        (180, 100, "ld7 ld7 - -"),
        (180, 200, "ld7 ld7 ld7 ld7"),
        (180, 300, "ld15 ld15 ld7 ld7"),
        (180, 500, "ld30 ld30 ld15 ld15"),
        (180, 550, "ld30 ld30 ld30 ld15"),
        (360, 50, "ld7 - - -"),
        (360, 200, "ld7 ld7 ld7 ld7"),
        (360, 300, "ld15 ld15 ld7 ld7"),
        (360, 350, "ld15 ld15 ld15 ld7"),
        (360, 450, "ld30 ld15 ld15 ld15"),
        (360, 550, "ld30 ld30 ld30 ld15"),
        (360, 610, "ld30 ld30 ld30 ld30"),
        (360, 1_310, "sd30 sd30 ld30 ld30"),
        (360, 1_660, "sd30 sd30 sd30 ld30"),
    ];
    let layers = ladder();
    for (limit, kbps, expected) in rows {
        let sources: Vec<_> = (0..4).map(|id| source(id, limit, &layers)).collect();
        let got = run(&AllocationConfig::immediate(), Time::ZERO, budget(kbps), &sources);
        assert_eq!(names(&got), expected, "{kbps} kbps in tiles of {limit}");
    }
    for (limit, kbps, expected) in [(180, 100, "ld15 - - -"), (360, 510, "sd30 - - -")] {
        let tile = |id| if id == 0 { limit } else { 0 };
        let sources: Vec<_> = (0..4).map(|id| source(id, tile(id), &layers)).collect();
        let got = run(&AllocationConfig::immediate(), Time::ZERO, budget(kbps), &sources);
        assert_eq!(names(&got), expected);
        assert_eq!(got[1].reason, Reason::PausedByView);
    }
}

/// Ibid., `SingleSourceAllocationTest`: the layers of a camera that are considered, found by raising the
/// budget. Screen shares are cameras of higher priority to us.
#[test]
fn candidate_layers() {
    let all = ladder();
    let hd = &all[6..];
    let rows: [(&[LayerOffer], u16, &str); 4] = [
        (&all, 360, "ld7 ld15 ld30 sd30"),
        (&all, 1_080, "ld7 ld15 ld30 sd30 hd30"),
        (hd, 360, "hd7 hd15 hd30"),
        (hd, 0, ""),
    ];
    for (layers, limit, expected) in rows {
        let mut seen: Vec<String> = Vec::new();
        for kbps in (10..2_500).step_by(10) {
            let one = [source(0, limit, layers)];
            let name = names(&run(&AllocationConfig::immediate(), Time::ZERO, budget(kbps), &one));
            if name != "-" && seen.last() != Some(&name) {
                seen.push(name);
            }
        }
        assert_eq!(seen.join(" "), expected, "limit {limit}");
    }
}

#[test]
fn reasons_serialise_with_their_numbers() {
    let layers = ladder();
    let one = |kbps, limit| {
        let got = run(&AllocationConfig::immediate(), Time::ZERO, budget(kbps), &[source(0, limit, &layers)]);
        serde_json::to_string(&got[0].reason).expect("plain numbers")
    };
    assert_eq!(one(5_000, 720), r#"{"kind":"fits_wish"}"#);
    assert_eq!(one(5_000, 180), r#"{"kind":"capped_by_tile","max_height":180}"#);
    assert_eq!(one(200, 720), r#"{"kind":"capped_by_budget","needed":350000,"left":50000}"#);
    assert_eq!(one(40, 720), r#"{"kind":"no_budget_for_base","needed":49500,"left":40000}"#);
    let silent = run(&AllocationConfig::default(), Time::ZERO, budget(100), &[source(0, 720, &[])]);
    assert_eq!(silent[0].reason, Reason::NoActiveLayer);
}

#[test]
fn audio_comes_off_first() {
    let layers = ladder();
    let budget = Budget { estimate: DataRate::from_kbps(100), audio: DataRate::from_kbps(60) };
    let got = run(&AllocationConfig::immediate(), Time::ZERO, budget, &[source(0, 180, &layers)]);
    assert_eq!(names(&got), "-");
}

/// Of 400 kbps, 200 are voices: 0.9 · 400 − 200 = 160 may be given, and at 310 kbps 1.1 · 310 − 200 = 141 is kept.
/// Parts of what is left for video would be 180 and 121.
#[test]
fn hysteresis_is_about_the_whole_estimate() {
    let layers = [offer(0, 0, 180, 15.0, 140_000)];
    let audio = DataRate::from_kbps(200);
    for (kbps, current, given) in
        [(400, false, true), (370, false, false), (310, true, true), (308, true, false)]
    {
        let mut one = source(0, 180, &layers);
        one.current = current.then_some(layers[0].layer);
        one.memory.over_since = Some(Time::ZERO);
        let budget = Budget { estimate: DataRate::from_kbps(kbps), audio };
        let got = run(&AllocationConfig::default(), Time::from_secs(9), budget, &[one]);
        assert_eq!(got[0].layer.is_some(), given, "{kbps} kbps: {:?}", got[0].reason);
    }
}

#[test]
fn a_layer_that_costs_no_less_than_a_higher_one_is_passed_over() {
    let layers = [offer(0, 0, 180, 30.0, 300_000), offer(1, 0, 360, 30.0, 250_000)];
    let got = run(&AllocationConfig::immediate(), Time::ZERO, budget(260), &[source(0, 720, &layers)]);
    assert_eq!(got[0].layer, Some(Layer { encoding: 1, spatial: 0, temporal: 0 }));
}

/// A receiver over time: the estimate in kbps at each tenth of a second gives the layers' changes.
fn over_time(estimates: impl Iterator<Item = u64>, layers: &[LayerOffer]) -> Vec<(u64, String)> {
    let mut state = source(0, 720, layers);
    let mut changes: Vec<(u64, String)> = Vec::new();
    for (tenth, kbps) in estimates.enumerate() {
        let now = Time::from_millis(tenth as u64 * 100);
        let got = run(&AllocationConfig::default(), now, budget(kbps), &[state]);
        (state.current, state.memory) = (got[0].layer, got[0].memory);
        let name = names(&got);
        if changes.last().is_none_or(|(_, last)| *last != name) {
            changes.push((tenth as u64, name));
        }
    }
    changes
}

#[test]
fn a_raise_waits_and_a_sawtooth_changes_nothing() {
    let layers = ladder();
    // Enough for sd30 (500) only beyond 556: raised a second after that.
    let step = |t: u64| if t < 50 { 540 } else { 560 };
    let expected = [(0, "ld30".to_string()), (60, "sd30".to_string())];
    assert_eq!(over_time((0..300).map(step), &layers), expected);
    // A tooth from 600 down to 0.85 of it and up again in 4 s, for a minute.
    let tooth = |t: u64| 510 + (t % 40) * 90 / 40;
    let changes = over_time((0..600).map(tooth), &layers);
    assert!(changes.len() <= 2, "{changes:?}");
}

#[test]
fn a_burst_is_borne_and_a_collapse_is_not() {
    let layers = ladder();
    let dip = |kbps| move |t: u64| if (100..105).contains(&t) { kbps } else { 600 };
    assert_eq!(over_time((0..200).map(dip(400)), &layers).len(), 1, "0.5 s within the guard");
    let collapse = over_time((0..200).map(dip(100)), &layers);
    assert_eq!(collapse[1], (100, "ld15".to_string()), "at once");
    assert_eq!(collapse.len(), 2, "back after ten seconds, which the run doesn't reach: {collapse:?}");
    let long = over_time((0..200).map(|t| if t < 100 { 600 } else { 400 }), &layers);
    assert_eq!(long[1], (110, "ld30".to_string()), "after the grace");
}

/// 200 kbps for 5 s in every 20 s up to 80 s, and once more at 160 s; 600 kbps in between.
#[test]
fn who_is_lowered_again_waits_for_longer() {
    let layers = ladder();
    let estimate = |t: u64| match t {
        ..800 if t % 200 >= 150 => 200,
        1_600..1_650 => 200,
        _ => 600,
    };
    let raises: Vec<u64> = over_time((0..2_000).map(estimate), &layers)
        .iter()
        .filter_map(|(tenth, name)| (name == "sd30").then_some(*tenth))
        .collect();
    // Lowered at 15 s: raised 10 s later. Lowered at 35 s, to wait for 20 s: those end in the dip from 55 s, and what
    // fits from 60 s is raised a second later. Lowered at 75 s, to wait for 40 s. Lowered at 160 s, more than a
    // minute after that, to wait for 10 s again.
    assert_eq!(raises, [0, 250, 610, 1_150, 1_700]);
}

#[test]
fn a_source_with_a_large_picture_only_waits_for_its_level() {
    let layers = ladder();
    let sources = [source(0, 360, &layers), source(1, 360, &layers), source(2, 720, &layers[6..])];
    for (kbps, expected) in [(400, "ld30 ld30 -"), (900, "ld30 sd30 -"), (970, "ld30 ld30 hd7")] {
        let got = run(&AllocationConfig::immediate(), Time::ZERO, budget(kbps), &sources);
        assert_eq!(names(&got), expected, "{kbps} kbps");
    }
    let got = run(&AllocationConfig::immediate(), Time::ZERO, budget(850), &sources);
    assert!(matches!(got[0].reason, Reason::SavedForOthers { .. }), "{got:?}");
}

#[test]
fn a_constant_line_sees_no_oscillation() {
    let layers = ladder();
    for kbps in (100..5_000).step_by(50) {
        let changes = over_time((0..1_200).map(|_| kbps), &layers);
        assert!(changes.len() <= 2, "{kbps}: {changes:?}");
    }
}

type RandomSource = (i32, u16, Vec<(u8, u8, u64, bool)>, Option<usize>, bool);

fn random_sources() -> impl Strategy<Value = Vec<RandomSource>> {
    let layer = (0u8..3, 0u8..3, 0u64..3_000_000, prop::bool::weighted(0.9));
    let height = prop::sample::select(vec![0u16, 180, 360, 720]);
    let one =
        (0i32..3, height, prop::collection::vec(layer, 0..9), prop::option::of(0usize..9), any::<bool>());
    prop::collection::vec(one, 1..12)
}

fn offers(random: &[RandomSource]) -> Vec<Vec<LayerOffer>> {
    let one = |&(encoding, temporal, bps, active): &(u8, u8, u64, bool)| {
        let fps = [7.5, 15.0, 30.0][usize::from(temporal)];
        LayerOffer { active, ..offer(encoding, temporal, 180 << encoding, fps, bps) }
    };
    random.iter().map(|(_, _, layers, _, _)| layers.iter().map(one).collect()).collect()
}

fn sources<'a>(random: &[RandomSource], offers: &'a [Vec<LayerOffer>]) -> Vec<Source<'a, u32>> {
    let now = Some(Time::from_secs(99));
    let one =
        |(id, ((priority, max_height, _, current, held), layers)): (usize, (&RandomSource, &'a Vec<_>))| {
            let layers: &'a [LayerOffer] = layers;
            let since = if *held { Some(Time::from_secs(5)) } else { now };
            let current = current.and_then(|index| layers.get(index)).map(|offer| offer.layer);
            let memory = Memory { fits_since: since, over_since: since, ..Memory::default() };
            Source { id: id as u32, priority: *priority, max_height: *max_height, layers, current, memory }
        };
    random.iter().zip(offers).enumerate().map(one).collect()
}

proptest! {
    #[test]
    fn never_beyond_the_guard(random in random_sources(), kbps in 0u64..10_000) {
        let offers = offers(&random);
        let sources = sources(&random, &offers);
        for config in [AllocationConfig::default(), AllocationConfig::immediate()] {
            let got = run(&config, Time::from_secs(100), budget(kbps), &sources);
            let total: DataRate = got.iter().map(|decision| decision.rate).sum();
            prop_assert!(total <= budget(kbps).video().scale(config.guard));
        }
    }

    #[test]
    fn more_budget_never_gives_less_of_the_most_wanted(
        random in random_sources(), kbps in 0u64..5_000, more in 0u64..5_000
    ) {
        let offers = offers(&random);
        let mut sources = sources(&random, &offers);
        sources.iter_mut().for_each(|source| source.current = None);
        let first = sources.iter().max_by_key(|s| (s.priority, std::cmp::Reverse(s.id))).expect("one at least");
        for config in [AllocationConfig::default(), AllocationConfig::immediate()] {
            let rate = |kbps| {
                let got = run(&config, Time::from_secs(100), budget(kbps), &sources);
                got[first.id as usize].rate
            };
            prop_assert!(rate(kbps) <= rate(kbps + more));
        }
    }

    #[test]
    fn the_order_of_sources_changes_nothing(random in random_sources(), kbps in 0u64..10_000, turn in 0usize..12) {
        let offers = offers(&random);
        let mut sources = sources(&random, &offers);
        let config = AllocationConfig::default();
        let before = run(&config, Time::from_secs(100), budget(kbps), &sources);
        let turn = turn % sources.len();
        sources.rotate_left(turn);
        sources.swap(0, turn);
        let mut after = run(&config, Time::from_secs(100), budget(kbps), &sources);
        after.sort_by_key(|decision| decision.id);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn every_reason_recomputes(random in random_sources(), kbps in 0u64..10_000) {
        let offers = offers(&random);
        let sources = sources(&random, &offers);
        let config = AllocationConfig::default();
        for (source, got) in sources.iter().zip(run(&config, Time::from_secs(100), budget(kbps), &sources)) {
            let shown = |o: &&LayerOffer| o.active && o.rate > DataRate::ZERO;
            let mut candidates = Default::default();
            let hides = candidates::candidates(source.layers, source.max_height, &mut candidates);
            let next = candidates.iter().map(|(_, rate)| *rate).find(|rate| *rate > got.rate);
            let step = next.map(|rate| rate.saturating_sub(got.rate));
            match got.reason {
                Reason::FitsWish => prop_assert!(next.is_none() && !hides && got.layer.is_some()),
                Reason::CappedByTile { max_height } => {
                    prop_assert!(next.is_none() && hides && max_height == source.max_height);
                }
                Reason::CappedByBudget { needed, left } => {
                    prop_assert!(got.layer.is_some() && Some(needed) == step && left < needed);
                }
                Reason::NoBudgetForBase { needed, left } => {
                    prop_assert!(got.layer.is_none() && Some(needed) == step && left < needed);
                }
                Reason::SavedForOthers { needed, left } => prop_assert!(Some(needed) == step && left >= needed),
                Reason::HeldByHysteresis { needed, left, fitted_millis, required_millis } => {
                    prop_assert!(Some(needed) == step && left >= needed && fitted_millis < required_millis);
                }
                Reason::PausedByView => prop_assert_eq!(source.max_height, 0),
                Reason::NoActiveLayer => prop_assert!(!source.layers.iter().any(|o| shown(&o))),
            }
        }
    }
}

#[test]
fn the_grace_is_counted_from_the_first_excess() {
    let layers = ladder();
    let mut state = source(0, 720, &layers);
    state.current = Some(Layer { encoding: 1, spatial: 0, temporal: 2 });
    let config = AllocationConfig::default();
    let at = |state: &Source<'_, u32>, now| run(&config, now, budget(400), &[*state])[0];
    let begin = Time::from_secs(10);
    let first = at(&state, begin);
    assert_eq!((first.layer, first.memory.over_since), (state.current, Some(begin)));
    state.memory = first.memory;
    assert_eq!(at(&state, begin + SECOND).layer, Some(Layer { encoding: 0, spatial: 0, temporal: 2 }));
    let relieved = run(&config, begin + SECOND, budget(600), &[state])[0];
    assert_eq!(relieved.memory.over_since, None);
}
