//! What choosing layers costs: 50 receivers, each of 50 sources of nine layers, as one conference of 50 does it.
//!
//! The last line is for scripts: `allocate_us=<microseconds for all receivers> per_receiver_us=<…>`. Medians; the
//! estimates go up and down from round to round, so that layers are raised, kept and lowered.

use std::hint::black_box;
use std::time::{Duration, Instant};

use sfu::allocation::{
    AllocationConfig, Budget, Decision, Layer, LayerOffer, LineMemory, Policy, Source, Workspace, allocate,
};
use sfu::{DataRate, Time};

const RECEIVERS: usize = 50;
const SOURCES: u32 = 50;
const ROUNDS: usize = 301;
/// The same when `cargo test` only wants to know that it runs.
const TEST_ROUNDS: usize = 3;

fn ladder() -> Vec<LayerOffer> {
    let layer = |index: u8| LayerOffer {
        layer: Layer { encoding: index / 3, spatial: 0, temporal: index % 3 },
        height: 180 << (index / 3),
        fps: 7.5 * f64::from(1 << (index % 3)),
        rate: DataRate::from_kbps(50 * (1 << (index / 3 * 2)) * u64::from(index % 3 + 1)),
        active: true,
    };
    (0..9).map(layer).collect()
}

fn main() {
    let layers = ladder();
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let rounds = if is_bench { ROUNDS } else { TEST_ROUNDS };
    for policy in [Policy::MaxMin, Policy::Stage, Policy::Fair] {
        let config = AllocationConfig::default().with_policy(policy);
        let tile = |id| Source {
            on_stage: id == 0,
            ..Source::new(id, if id % 2 == 0 { 720 } else { 180 }, &layers)
        };
        let mut receivers: Vec<(Vec<Source<'_, u32>>, LineMemory)> =
            vec![((0..SOURCES).map(tile).collect(), LineMemory::default()); RECEIVERS];
        let (mut workspace, mut out): (Workspace, Vec<Decision<u32>>) = Default::default();
        let mut times: Vec<f64> = Vec::new();
        for round in 0..rounds as u64 {
            let now = Time::from_millis(200 * round);
            let estimate = DataRate::from_kbps(2_000 + round % 20 * 500);
            let budget = Budget::new(estimate, DataRate::from_kbps(100));
            let mut spent = Duration::ZERO;
            for (sources, line) in &mut receivers {
                let begun = now_on_the_clock();
                *line = allocate(&config, now, &budget, *line, sources, &mut workspace, &mut out);
                spent += begun.elapsed();
                for (source, decision) in sources.iter_mut().zip(black_box(&out)) {
                    (source.current, source.memory) = (decision.layer, decision.memory);
                }
            }
            times.push(spent.as_nanos() as f64 / 1e3);
        }
        times.sort_by(f64::total_cmp);
        let all = times[times.len() / 2];
        println!("{policy:?}: allocate_us={all:.1} per_receiver_us={:.2}", all / RECEIVERS as f64);
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is about the real clock")]
fn now_on_the_clock() -> Instant {
    Instant::now()
}
