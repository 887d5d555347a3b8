//! What holds for any sources, policy and budget.
//!
//! A thousand cases each; `PROPTEST_CASES=20000` makes a long search.

use std::cmp::Reverse;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const NOW: Time = Time::from_secs(100);

/// As many cases as `PROPTEST_CASES` says, else a thousand.
fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        default
    } else {
        ProptestConfig { cases: 1_000, ..default }
    }
}

#[derive(Clone, Debug)]
struct RandomSource {
    priority: i32,
    max_height: u16,
    max_fps: u8,
    on_stage: bool,
    detail: bool,
    recency: u16,
    layers: Vec<LayerOffer>,
    /// Which layer is shown.
    current: Option<usize>,
    /// Since when the next has fitted, and this one hasn't.
    since: Time,
    given_up: Option<Time>,
}

/// As they come, with doubles, gaps and lower rates for better pictures; or a ladder as encoders make them.
fn random_layers() -> impl Strategy<Value = Vec<LayerOffer>> {
    let layer = (0u8..3, 0u8..3, 0u64..2_000_000, prop::bool::weighted(0.9));
    (prop::collection::vec(layer, 0..9), any::<bool>()).prop_map(|(mut layers, is_ladder)| {
        if is_ladder {
            layers.sort_by_key(|layer| (layer.0, layer.1));
            layers.dedup_by_key(|layer| (layer.0, layer.1));
            let mut rates: Vec<u64> = layers.iter().map(|layer| layer.2).collect();
            rates.sort_unstable();
            layers.iter_mut().zip(rates).for_each(|(layer, rate)| layer.2 = rate);
        }
        let one = |(encoding, temporal, bps, active): (u8, u8, u64, bool)| {
            let fps = [7.5, 15.0, 30.0][usize::from(temporal)];
            LayerOffer { active, ..offer(encoding, temporal, 180 << encoding, fps, bps) }
        };
        layers.into_iter().map(one).collect()
    })
}

fn random_source() -> impl Strategy<Value = RandomSource> {
    let height = prop::sample::select(vec![0u16, 180, 360, 720]);
    let max_fps = prop::sample::select(vec![u8::MAX, u8::MAX, u8::MAX, 15, 5]);
    let since = prop::sample::select(vec![5u64, 90, 97, 99]).prop_map(Time::from_secs);
    let given_up = prop::option::weighted(0.2, Just(Time::from_secs(95)));
    let kind = (any::<bool>(), prop::bool::weighted(0.25), 0u16..4);
    let past = (prop::option::of(0usize..9), since, given_up);
    (0i32..3, height, max_fps, kind, random_layers(), past).prop_map(
        |(priority, max_height, max_fps, (on_stage, detail, recency), layers, (current, since, given_up))| {
            RandomSource {
                priority,
                max_height,
                max_fps,
                on_stage,
                detail,
                recency,
                layers,
                current,
                since,
                given_up,
            }
        },
    )
}

/// Sources, and last-N.
fn random_room() -> impl Strategy<Value = (Vec<RandomSource>, Option<u16>)> {
    (prop::collection::vec(random_source(), 1..12), prop::option::weighted(0.3, 0u16..8))
}

fn random_budget() -> impl Strategy<Value = Budget> {
    (0u64..10_000, 0u64..300)
        .prop_map(|(kbps, audio)| Budget::new(DataRate::from_kbps(kbps), DataRate::from_kbps(audio)))
}

fn source_of((id, random): (u32, &RandomSource)) -> Source<'_, u32> {
    let current = random.current.and_then(|index| random.layers.get(index)).map(|offer| offer.layer);
    let since = Some(random.since);
    let given_up = random.given_up.filter(|_| current.is_none());
    Source {
        priority: random.priority,
        on_stage: random.on_stage,
        detail: random.detail,
        recency: random.recency,
        max_fps: random.max_fps,
        current,
        memory: Memory { fits_since: since, over_since: since, eased_since: None, given_up },
        ..Source::new(id, random.max_height, &random.layers[..])
    }
}

fn sources((random, last_n): &(Vec<RandomSource>, Option<u16>)) -> Vec<Source<'_, u32>> {
    let mut sources: Vec<Source<'_, u32>> = (0..).zip(random).map(source_of).collect();
    if let Some(last_n) = last_n {
        apply_last_n(*last_n, &mut sources, &mut Vec::new());
    }
    sources
}

fn configs() -> Vec<AllocationConfig> {
    let both = [AllocationConfig::default(), AllocationConfig::immediate()];
    let policies = [Policy::Fair, Policy::Stage, Policy::MaxMin];
    both.iter().flat_map(|config| policies.map(|policy| config.with_policy(policy))).collect()
}

/// Whether `reason` is what the source's layers, the budget and what all were given come to.
fn recomputes(
    config: &AllocationConfig,
    budget: &Budget,
    source: &Source<'_, u32>,
    got: &Decision<u32>,
    total: DataRate,
) -> bool {
    let is_usable = |o: &&LayerOffer| o.active && o.rate > DataRate::ZERO;
    let mut candidates = candidates::Candidates::default();
    let hides = candidates.find(config, source);
    let next = candidates.rates().iter().position(|rate| *rate > got.rate);
    let step = next.map(|next| candidates.rates()[next].saturating_sub(got.rate));
    let place =
        |layer| candidates.offers().iter().position(|o| source.layers[usize::from(*o)].layer == layer);
    let keeps = source.current.and_then(place).is_some_and(|shown| next.is_some_and(|next| next <= shown));
    let keep = budget.part_for_video(config.keep);
    // Somebody else may have been raised before.
    let (least, most) = match keeps {
        true => (keep.min(budget.to_raise(config.raise)), keep),
        false => (budget.to_raise(config.raise), budget.to_raise(config.raise)),
    };
    // What others had been granted by then is between nothing and all that they got.
    let is_left = |left| least.saturating_sub(total) <= left && left <= most.saturating_sub(got.rate);
    let costs = |needed, left| Some(needed) == step && is_left(left);
    match got.reason {
        Reason::FitsWish => next.is_none() && !hides && got.layer.is_some(),
        Reason::CappedByTile { max_height, max_fps } => {
            let wish = (source.max_height, source.max_fps);
            next.is_none() && hides && (max_height, max_fps) == wish
        }
        Reason::CappedByBudget { needed, left } => {
            got.layer.is_some() && costs(needed, left) && left < needed
        }
        Reason::NoBudgetForBase { needed, left } => {
            got.layer.is_none() && costs(needed, left) && left < needed
        }
        Reason::SavedForOthers { needed, left } => costs(needed, left) && left >= needed,
        Reason::HeldByHysteresis { needed, left, fitted_millis, required_millis } => {
            let since = got.memory.fits_since.map(|since| NOW.since(since).as_millis());
            let has_waited = since == Some(u128::from(fitted_millis)) && fitted_millis < required_millis;
            costs(needed, left) && left >= needed && has_waited
        }
        Reason::BeyondLastN { last_n } => source.beyond_last_n == Some(last_n) && got.layer.is_none(),
        Reason::PausedByView => {
            source.max_height == 0 && source.beyond_last_n.is_none() && got.layer.is_none()
        }
        Reason::NoActiveLayer => !source.layers.iter().any(|o| is_usable(&o)) && got.layer.is_none(),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn never_beyond_the_guard(room in random_room(), budget in random_budget()) {
        let mut sources = sources(&room);
        for is_new in [false, true] {
            for config in configs() {
                let got = run(&config, NOW, budget, &sources);
                let total: DataRate = got.iter().map(|decision| decision.rate).sum();
                let guard = if sources.iter().any(|s| s.detail) { config.burst } else { config.guard };
                // What isn't shown yet has no burst to be borne.
                let most = budget.part_for_video(if is_new { config.raise } else { guard });
                prop_assert!(total <= most);
            }
            sources.iter_mut().for_each(|source| source.current = None);
        }
    }

    #[test]
    fn more_budget_never_gives_less_of_the_most_wanted(
        room in random_room(), budget in random_budget(), more in 0u64..5_000
    ) {
        let mut sources = sources(&room);
        sources.iter_mut().for_each(|source| (source.current, source.memory.given_up) = (None, None));
        for config in configs() {
            let by_stage = config.policy == Policy::Stage;
            let wanted = |s: &&Source<'_, u32>| {
                let (on_stage, recency) = if by_stage { (s.on_stage, s.recency) } else { (false, 0) };
                (on_stage, s.priority, Reverse(recency), Reverse(s.id))
            };
            let first = sources.iter().max_by_key(wanted).expect("one at least");
            let rate = |budget| run(&config, NOW, budget, &sources)[first.id as usize].rate;
            let larger = Budget { estimate: budget.estimate + DataRate::from_kbps(more), ..budget };
            prop_assert!(rate(budget) <= rate(larger));
        }
    }

    #[test]
    fn the_order_of_sources_changes_nothing(
        room in random_room(), budget in random_budget(), turn in 0usize..12
    ) {
        let original = sources(&room);
        let mut sources = original.clone();
        let turn = turn % sources.len();
        sources.rotate_left(turn);
        sources.swap(0, turn);
        for config in configs() {
            let before = run(&config, NOW, budget, &original);
            let mut after = run(&config, NOW, budget, &sources);
            after.sort_by_key(|decision| decision.id);
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn every_reason_recomputes(room in random_room(), budget in random_budget()) {
        let sources = sources(&room);
        for config in configs() {
            let got = run(&config, NOW, budget, &sources);
            let total = got.iter().map(|decision| decision.rate).sum();
            for (source, got) in sources.iter().zip(&got) {
                prop_assert!(recomputes(&config, &budget, source, got, total), "{:?} of {:?}", got, source);
            }
        }
    }

    /// What is shown, and for how long it has been so, differs from call to call, as in a conference.
    #[test]
    fn the_quick_way_decides_as_the_plain_one(
        room in random_room(), estimates in prop::collection::vec((0u64..8_000, 0u64..3_000), 1..8)
    ) {
        for config in configs() {
            let mut sources = sources(&room);
            let (mut quick, mut workspace) = (Vec::new(), Workspace::default());
            let (mut wanted, mut plain) = (Vec::new(), plain::Plain::default());
            let (mut line, mut now) = (LineMemory::default(), NOW);
            for &(kbps, millis) in &estimates {
                now += Duration::from_millis(millis);
                let budget = Budget {
                    audio: DataRate::from_kbps(millis % 50),
                    steady: line.steady(&config, now, DataRate::from_kbps(kbps)),
                    ..budget(kbps)
                };
                let after = allocate(&config, now, &budget, line, &sources, &mut workspace, &mut quick);
                let expected = plain::allocate(&config, now, &budget, line, &sources, &mut plain, &mut wanted);
                prop_assert_eq!(&quick, &wanted);
                prop_assert_eq!(after, expected);
                line = after;
                for (source, decision) in sources.iter_mut().zip(&quick) {
                    (source.current, source.memory) = (decision.layer, decision.memory);
                }
            }
        }
    }
}
