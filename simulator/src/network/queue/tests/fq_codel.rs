use super::super::codel::CodelConfig;
use super::super::fq_codel::FqCodelConfig;
use super::*;

fn config(limit: u64) -> FqCodelConfig {
    let limit = DataSize::from_bytes(limit);
    let codel = CodelConfig { target: ms(5), interval: ms(100), limit, ecn: false };
    FqCodelConfig { codel, quantum: DataSize::from_bytes(1_514), queues: 1024 }
}

fn served(fates: &[Fate], flow: u64) -> usize {
    fates.iter().filter(|fate| fate.probe.flow == flow && !fate.dropped).count()
}

/// Flows that want more than their share get equal shares, however much more they want.
#[test]
fn greedy_flows_get_equal_shares() {
    let end = ms(20_000);
    let source = |flow, micros| Source::new(flow, Duration::from_micros(micros), end);
    let sources = [source(1, 900), source(2, 1_500), source(3, 300), source(4, 2_500)];
    let fates = run(Management::FqCodel(config(1_000_000)), &sources, ms(1), end);
    for flow in 1..=4 {
        let share = served(&fates, flow) as f64 / 20_000.0;
        assert!((share - 0.25).abs() < 0.005, "flow {flow} has {share}");
    }
}

/// A flow below its share loses nothing and waits for a packet of the others at most, two with its own.
#[test]
fn a_sparse_flow_is_served_first() {
    let end = ms(10_000);
    let greedy = Source::new(1, Duration::from_micros(500), end);
    let voice = Source::new(2, ms(20), end);
    let fates = run(Management::FqCodel(config(1_000_000)), &[greedy, voice], ms(1), end);
    let voice: Vec<_> = fates.iter().filter(|fate| fate.probe.flow == 2).collect();
    assert_eq!(voice.len(), 500);
    assert!(voice.iter().all(|fate| !fate.dropped && fate.waited() <= ms(2)));
    let greedy = mean_wait_ms(fates.iter().filter(|fate| fate.probe.flow == 1 && !fate.dropped));
    assert!(greedy > 5.0, "the greedy flow waits {greedy} ms");
}

/// RFC 8290 section 4.2: who empties its queue goes behind the old flows once, so that a flow can't stay new.
#[test]
fn a_flow_cannot_stay_new() {
    let end = ms(10_000);
    // Each comes back just when it has been served: 60 % of the capacity from each.
    let source = |flow| Source::new(flow, Duration::from_micros(1_666), end);
    let fates = run(Management::FqCodel(config(1_000_000)), &[source(1), source(2)], ms(1), end);
    let (one, two) = (served(&fates, 1), served(&fates, 2));
    assert!(one.abs_diff(two) < 100, "{one} and {two}");
}

/// Beyond the limit the longest queue pays, not who comes.
#[test]
fn an_overload_drops_from_the_longest_queue() {
    let end = ms(2_000);
    let greedy = Source::new(1, Duration::from_micros(50), end);
    let modest = Source::new(2, ms(10), end);
    let fates = run(Management::FqCodel(config(50_000)), &[greedy, modest], ms(1), end);
    assert!(fates.iter().filter(|fate| fate.dropped).all(|fate| fate.probe.flow == 1));
    assert_eq!(served(&fates, 2), 200);
}

/// Drops within a flow follow CoDel: with one flow it is CoDel.
#[test]
fn one_flow_is_plain_codel() {
    let end = ms(3_000);
    let source = [Source::new(1, Duration::from_micros(800), end)];
    let fair = run(Management::FqCodel(config(10_000_000)), &source, ms(1), end);
    let plain = run(Management::Codel(config(10_000_000).codel), &source, ms(1), end);
    let drops = |fates: &[Fate]| -> Vec<(u64, Time)> {
        fates.iter().filter(|fate| fate.dropped).map(|fate| (fate.probe.number, fate.gone)).collect()
    };
    assert_eq!(drops(&fair), drops(&plain));
}
