use super::super::pie::{Pie, PieConfig};
use super::*;

const CONFIG: PieConfig = PieConfig { target: ms(15), limit: DataSize::from_bytes(10_000_000), ecn: false };

/// An overload that doesn't react: in balance the share of drops is the excess, the delay the target.
#[test]
fn it_holds_its_target_by_dropping_the_excess() {
    for (micros, excess) in [(800, 0.2), (900, 0.1), (500, 0.5)] {
        let end = ms(60_000);
        let source = Source::new(1, Duration::from_micros(micros), end);
        let fates = run(Management::Pie(CONFIG), &[source], ms(1), end);
        let late: Vec<_> = fates.iter().filter(|fate| fate.came >= Time::from_secs(30)).collect();
        let dropped = late.iter().filter(|fate| fate.dropped).count() as f64 / late.len() as f64;
        assert!((dropped / excess - 1.0).abs() < 0.05, "{dropped} dropped of {excess}");
        let delay = mean_wait_ms(late.iter().copied().filter(|fate| !fate.dropped));
        assert!((10.0..20.0).contains(&delay), "{delay} ms at {excess}");
    }
}

/// RFC 8033 section 4.2, step by step: delay 0 → 30 ms at a probability of 0 is scaled by 1/2048.
#[test]
fn the_probability_follows_the_controller() {
    let mut pie = Pie::new(CONFIG, Seed(7).stream("pie"));
    let probe = |number| Probe { number, flow: 1, bytes: 1_250, ecn: Ecn::NotEct };
    let at = |millis| Time::ZERO + ms(millis);
    for number in 0..40 {
        assert!(pie.enqueue(at(0), probe(number)).is_ok(), "the burst allowance lets it in");
    }
    // Taken at 30 ms, the first packet has waited 30 ms; the update at 45 ms sees that.
    assert!(pie.dequeue(at(30)).is_some());
    assert_eq!(pie.probability(), 0.0);
    assert!(pie.dequeue(at(45)).is_some());
    let first = (0.125 * (0.030 - 0.015) + 1.25 * 0.030) / 2048.0;
    assert!((pie.probability() - first).abs() < 1e-12, "{}", pie.probability());
    // At 60 ms it sees 45 ms, 15 more than before: now between 1e-5 and 1e-4, so scaled by 1/128.
    assert!(pie.dequeue(at(60)).is_some());
    let second = first + (0.125 * (0.045 - 0.015) + 1.25 * 0.015) / 128.0;
    assert!((pie.probability() - second).abs() < 1e-12, "{}", pie.probability());
}

#[test]
fn a_burst_after_quiet_passes_and_the_probability_decays() {
    let burst = Source::new(1, Duration::from_micros(10), Duration::from_micros(1_000));
    let fates = run(Management::Pie(CONFIG), &[burst], ms(1), ms(1_000));
    assert_eq!((fates.len(), fates.iter().filter(|fate| fate.dropped).count()), (100, 0));
    let mut pie = Pie::new(CONFIG, Seed(7).stream("pie"));
    for n in 0..4_000 {
        let at = Time::from_micros(n * 500);
        let _ = pie.enqueue(at, Probe { number: n, flow: 1, bytes: 1_250, ecn: Ecn::NotEct });
        if n % 2 == 0 {
            pie.dequeue(at);
        }
    }
    assert!(pie.probability() > 0.1);
    while pie.dequeue(Time::from_secs(2)).is_some() {}
    let before = pie.probability();
    pie.dequeue(Time::from_secs(3));
    assert!(pie.probability() < before / 2.0, "{} from {before}", pie.probability());
    pie.dequeue(Time::from_secs(60));
    assert_eq!(pie.probability(), 0.0);
}

/// RFC 8033 section 5.1: marks up to a probability of 10 %, drops beyond.
#[test]
fn marks_end_where_nobody_heeds_them() {
    let marking = Management::Pie(PieConfig { ecn: true, ..CONFIG });
    let end = ms(30_000);
    let source = |micros| Source { ecn: Ecn::Ect0, ..Source::new(1, Duration::from_micros(micros), end) };
    let flood = run(marking, &[source(500)], ms(1), end);
    assert!(flood.iter().any(|fate| fate.probe.ecn == Ecn::Ce));
    let dropped = flood.iter().filter(|fate| fate.dropped).count();
    assert!(dropped > 0, "an overload that doesn't react is dropped in the end");
}
