use super::super::dual_pi2::{DualPi2, DualPi2Config};
use super::*;

const CONFIG: DualPi2Config = DualPi2Config { target: ms(15), limit: DataSize::from_bytes(10_000_000) };

fn source(flow: u64, micros: u64, ecn: Ecn, end: Duration) -> Source {
    Source { ecn, ..Source::new(flow, Duration::from_micros(micros), end) }
}

fn share(fates: &[&Fate], chosen: impl Fn(&Fate) -> bool) -> f64 {
    fates.iter().filter(|fate| chosen(fate)).count() as f64 / fates.len() as f64
}

/// RFC 9332 section 2.1: p_C = p′², p_CL = k·p′, so that marks for L4S and drops are coupled by a square.
#[test]
fn probabilities_are_coupled_by_a_square() {
    let end = ms(60_000);
    // A classic overload of 10 %, and L4S traffic that takes a tenth of the link.
    let classic = source(1, 1_000, Ecn::NotEct, end);
    let l4s = source(2, 10_000, Ecn::Ect1, end);
    let fates = run(Management::DualPi2(CONFIG), &[classic, l4s], ms(1), end);
    let late = |flow| -> Vec<&Fate> {
        fates.iter().filter(|fate| fate.probe.flow == flow && fate.came >= Time::from_secs(20)).collect()
    };
    let dropped = share(&late(1), |fate| fate.dropped);
    let marked = share(&late(2), |fate| fate.probe.ecn == Ecn::Ce);
    assert!((dropped - 0.1).abs() < 0.01, "{dropped} dropped of an excess of 0.1");
    let coupled = 2.0 * dropped.sqrt();
    assert!((marked / coupled - 1.0).abs() < 0.1, "{marked} marked, {coupled} coupled");
    let (classic, l4s) = (late(1), late(2));
    let wait = mean_wait_ms(classic.iter().copied().filter(|fate| !fate.dropped));
    assert!((12.0..18.0).contains(&wait), "classic packets wait {wait} ms");
    assert!(l4s.iter().all(|fate| !fate.dropped && fate.waited() <= ms(3)));
}

/// Alone, L4S packets are marked by the ramp of RFC 9332 appendix A.1: in trains of three, the second waits for
/// one serialisation time; it is not the last of the queue, which never is marked.
#[test]
fn l4s_packets_are_marked_by_the_ramp() {
    let end = ms(4_000);
    let train = [(); 3].map(|()| source(1, 4_000, Ecn::Ect1, end));
    for (serialise, expected) in [(800, 0.0), (900, 0.25), (1_000, 0.5), (1_200, 1.0)] {
        let serialise = Duration::from_micros(serialise);
        let fates = run(Management::DualPi2(CONFIG), &train, serialise, end);
        let fates: Vec<&Fate> = fates.iter().collect();
        let of = |place: u32| {
            let place = serialise * place;
            fates.iter().copied().filter(|fate| fate.waited() == place).collect::<Vec<_>>()
        };
        let marked = |place| share(&of(place), |fate| fate.probe.ecn == Ecn::Ce);
        assert_eq!(of(1).len(), 1_000);
        assert!((marked(1) - expected).abs() < 0.01, "{} of the second ones at {serialise:?}", marked(1));
        // The coupled probability is not quite zero.
        assert!(marked(0).max(marked(2)) < 0.01, "{} and {} of the others", marked(0), marked(2));
    }
}

/// The base probability of RFC 9332 appendix A.1: alpha 0.15 and beta 3 per second for RTT_max 100 ms.
#[test]
fn the_base_probability_follows_the_controller() {
    let mut queue = DualPi2::new(CONFIG);
    let at = |millis| Time::ZERO + ms(millis);
    for number in 0..10 {
        let probe = Probe { number, flow: 1, bytes: 1_250, ecn: Ecn::NotEct };
        assert!(queue.enqueue(at(0), probe).is_ok());
    }
    let _ = queue.dequeue(at(33), &mut |_| {});
    // Updates at 15 and 30 ms, with the head waiting so long.
    let base = 3.0 * 0.015 + 0.15 * 0.015 + 3.0 * 0.015;
    let (coupled, squared) = queue.probabilities();
    assert!((coupled - 2.0 * base).abs() < 1e-12, "{coupled}, not {}", 2.0 * base);
    assert!((squared - base * base).abs() < 1e-12);
}

/// L4S traffic that takes everything leaves the classic queue its share.
#[test]
fn classic_traffic_is_not_starved() {
    let end = ms(10_000);
    let flood = source(1, 500, Ecn::Ect1, end);
    let classic = source(2, 100_000, Ecn::NotEct, end);
    let small = DualPi2Config { limit: DataSize::from_bytes(200_000), ..CONFIG };
    let fates = run(Management::DualPi2(small), &[flood, classic], ms(1), end);
    let classic: Vec<&Fate> = fates.iter().filter(|fate| fate.probe.flow == 2 && !fate.dropped).collect();
    assert!(!classic.is_empty());
    assert!(classic.iter().all(|fate| fate.waited() <= ms(40)), "served within 16 packets each");
}
