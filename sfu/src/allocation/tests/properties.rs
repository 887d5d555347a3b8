//! What holds for any sources, policy and budget.

use proptest::prelude::*;

use super::*;

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
            let priority = *priority;
            let on_stage = *held && id % 3 == 0;
            let detail = id % 4 == 1;
            Source {
                priority,
                on_stage,
                detail,
                current,
                memory,
                ..Source::new(id as u32, *max_height, layers)
            }
        };
    random.iter().zip(offers).enumerate().map(one).collect()
}

fn configs() -> Vec<AllocationConfig> {
    let both = [AllocationConfig::default(), AllocationConfig::immediate()];
    let policies = [Policy::Fair, Policy::Stage, Policy::MaxMin];
    both.iter().flat_map(|config| policies.map(|policy| config.with_policy(policy))).collect()
}

proptest! {
    #[test]
    fn never_beyond_the_guard(random in random_sources(), kbps in 0u64..10_000) {
        let offers = offers(&random);
        let sources = sources(&random, &offers);
        for config in configs() {
            let got = run(&config, Time::from_secs(100), budget(kbps), &sources);
            let total: DataRate = got.iter().map(|decision| decision.rate).sum();
            let guard = if sources.iter().any(|s| s.detail) { config.burst } else { config.guard };
            prop_assert!(total <= budget(kbps).video().scale(guard));
        }
    }

    #[test]
    fn more_budget_never_gives_less_of_the_most_wanted(
        random in random_sources(), kbps in 0u64..5_000, more in 0u64..5_000
    ) {
        let offers = offers(&random);
        let mut sources = sources(&random, &offers);
        sources.iter_mut().for_each(|source| source.current = None);
        for config in configs() {
            let by_stage = config.policy == Policy::Stage;
            let wanted = |s: &&Source<'_, u32>| (by_stage && s.on_stage, s.priority, std::cmp::Reverse(s.id));
            let first = sources.iter().max_by_key(wanted).expect("one at least");
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
        let original = sources.clone();
        let turn = turn % sources.len();
        sources.rotate_left(turn);
        sources.swap(0, turn);
        for config in configs() {
            let before = run(&config, Time::from_secs(100), budget(kbps), &original);
            let mut after = run(&config, Time::from_secs(100), budget(kbps), &sources);
            after.sort_by_key(|decision| decision.id);
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn every_reason_recomputes(random in random_sources(), kbps in 0u64..10_000) {
        let offers = offers(&random);
        let sources = sources(&random, &offers);
        let every = configs().into_iter().flat_map(|config| {
            sources.iter().zip(run(&config, Time::from_secs(100), budget(kbps), &sources)).collect::<Vec<_>>()
        });
        for (source, got) in every {
            let shown = |o: &&LayerOffer| o.active && o.rate > DataRate::ZERO;
            let mut candidates = Default::default();
            let hides = candidates::candidates(source, &mut candidates);
            let next = candidates.iter().map(|(_, rate)| *rate).find(|rate| *rate > got.rate);
            let step = next.map(|rate| rate.saturating_sub(got.rate));
            match got.reason {
                Reason::FitsWish => prop_assert!(next.is_none() && !hides && got.layer.is_some()),
                Reason::CappedByTile { max_height, .. } => {
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
                Reason::BeyondLastN { last_n } => prop_assert_eq!(source.beyond_last_n, Some(last_n)),
                Reason::PausedByView => prop_assert_eq!(source.max_height, 0),
                Reason::NoActiveLayer => prop_assert!(!source.layers.iter().any(|o| shown(&o))),
            }
        }
    }
}
