use super::super::codel::CodelConfig;
use super::*;

const CONFIG: CodelConfig =
    CodelConfig { target: ms(5), interval: ms(100), limit: DataSize::from_bytes(10_000_000), ecn: false };

fn codel() -> Management {
    Management::Codel(CONFIG)
}

/// A flow of 1.25 times the rate, which doesn't react.
fn overload(end: Duration) -> Vec<Fate> {
    run(codel(), &[Source::new(1, Duration::from_micros(800), end)], ms(1), end)
}

/// RFC 8289 section 5.5: the first drop comes an interval after the delay has passed the target, the n-th
/// interval / √n after the one before; each at the first departure from then on.
#[test]
fn drops_come_at_the_times_of_the_control_law() {
    let drops: Vec<f64> = overload(ms(5_000))
        .iter()
        .filter(|fate| fate.dropped)
        .map(|fate| fate.gone.as_secs_f64() * 1e3)
        .collect();
    // The delay grows by 1 ms in 4 ms of service: it passes 5 ms with the packet that leaves near 25 ms.
    assert!((120.0..132.0).contains(&drops[0]), "first drop at {} ms", drops[0]);
    // The law counts from its own times, not from departures, so that rounding doesn't add up.
    let mut due = drops[0];
    for (count, &at) in drops.iter().enumerate().skip(1) {
        due += 100.0 / (count as f64).sqrt();
        assert!((due - 0.001..due + 1.001).contains(&at), "drop {count} at {at} ms instead of {due} ms");
    }
    assert!(drops.len() > 400, "{} drops", drops.len());
}

/// Σ 1/√k ≈ 2√n: n drops take about 2·interval·√n.
#[test]
fn drops_grow_with_the_square_of_time() {
    let drops = overload(ms(5_000)).iter().filter(|fate| fate.dropped).count() as f64;
    let span = 5.0 - 0.125;
    let expected = (span / 0.2) * (span / 0.2);
    assert!((drops / expected - 1.0).abs() < 0.1, "{drops} drops, 2√n says {expected}");
}

#[test]
fn a_burst_shorter_than_an_interval_passes() {
    // Twice the rate for 50 ms: the delay is above the target from 10 ms to 95 ms.
    let burst = Source::new(1, ms(1), ms(50));
    let fates = run(codel(), &[burst, burst], ms(1), ms(1_000));
    assert_eq!((fates.len(), fates.iter().filter(|fate| fate.dropped).count()), (100, 0));
}

#[test]
fn nothing_is_dropped_below_the_target_or_from_a_queue_of_one_packet() {
    let calm = run(codel(), &[Source::new(1, ms(1), ms(5_000))], ms(1), ms(5_000));
    assert!(calm.iter().all(|fate| !fate.dropped));
    // A packet in 50 ms on a link that needs 40 ms for it: late, but never two.
    let slow = run(codel(), &[Source::new(1, ms(50), ms(5_000))], ms(40), ms(5_000));
    assert!(slow.iter().all(|fate| !fate.dropped));
}

/// Once the load fits again and the queue is short, it stops; soon afterwards it goes on where it was.
#[test]
fn it_starts_again_near_the_rate_that_it_left() {
    let busy =
        |from, until| Source { from: ms(from), ..Source::new(1, Duration::from_micros(800), ms(until)) };
    let fates = run(codel(), &[busy(0, 2_000), busy(2_600, 4_000)], ms(1), ms(4_000));
    let drops: Vec<u64> =
        fates.iter().filter(|fate| fate.dropped).map(|fate| fate.gone.as_nanos() / 1_000_000).collect();
    let again: Vec<_> = drops.iter().filter(|at| **at > 2_600).collect();
    assert!(again.len() > 10, "{} drops", again.len());
    let gap = again[2] - again[1];
    assert!(gap < 50, "{gap} ms between drops: not from the start");
}

#[test]
fn marks_take_the_place_of_drops() {
    let marking = Management::Codel(CodelConfig { ecn: true, ..CONFIG });
    let source = Source { ecn: Ecn::Ect0, ..Source::new(1, Duration::from_micros(800), ms(3_000)) };
    let fates = run(marking, &[source], ms(1), ms(3_000));
    let marked: Vec<u64> =
        fates.iter().filter(|fate| fate.probe.ecn == Ecn::Ce).map(|fate| fate.gone.as_nanos()).collect();
    assert!(fates.iter().all(|fate| !fate.dropped));
    let gaps: Vec<f64> = marked.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6).collect();
    for (index, gap) in gaps.iter().enumerate().take(100) {
        let expected = 100.0 / ((index + 1) as f64).sqrt();
        assert!((gap - expected).abs() <= 1.001, "mark {index}: {gap} ms, not {expected}");
    }
    let plain = run(marking, &[Source { ecn: Ecn::NotEct, ..source }], ms(1), ms(3_000));
    assert!(plain.iter().any(|fate| fate.dropped), "who takes no marks is dropped");
}
