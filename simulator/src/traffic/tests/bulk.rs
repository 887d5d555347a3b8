use super::super::bulk::{Bulk, BulkConfig, Files, IP_TCP_OVERHEAD, WindowKind};
use super::*;
use crate::network::{Loss, Propagation, QueueLimit, RateSchedule};
use crate::random::Probability;

const SEGMENT: DataSize = DataSize::from_bytes(1_448);

fn config(window: WindowKind, back: Duration, until: Time) -> BulkConfig {
    BulkConfig { window, segment: SEGMENT, back, from: Time::ZERO, until, files: None }
}

fn flow(config: BulkConfig) -> Flow {
    Flow::Tcp(Box::new(Bulk::new(config, Seed(3).stream("traffic"))))
}

fn bulk(flow: &Flow) -> &Bulk {
    match flow {
        Flow::Tcp(bulk) => bulk,
        Flow::Udp(_) => panic!("a TCP flow"),
    }
}

fn window(flow: &Flow) -> f64 {
    bulk(flow).connection().map_or(0.0, |connection| connection.sender().window())
}

fn received(flow: &Flow) -> u64 {
    bulk(flow).connection().map_or(0, |connection| connection.receiver().received())
}

fn line(rate: DataRate, base: Duration, loss: Loss, queue: QueueLimit) -> Link {
    let propagation = Propagation { base, ..Propagation::default() };
    link(LinkConfig { rate: RateSchedule::constant(rate), loss, propagation, queue, ..LinkConfig::default() })
}

/// Segments per round trip, times √p, with Bernoulli loss. Mathis, Semke, Mahdavi and Ott 1997 have √(3/2) = 1.22
/// for losses at even distances; Dumas, Guillemin and Robert 2002 have 1.31 for independent ones.
#[test]
fn reno_follows_the_inverse_square_root_of_loss() {
    for (per_mille, one_way) in [(1.0, 25), (2.0, 25), (2.0, 50), (5.0, 50)] {
        let p: f64 = per_mille / 1_000.0;
        let loss = Loss::Bernoulli(Probability::new(p).expect("a ratio"));
        let mut link = line(mbps(1_000), ms(one_way), loss, QueueLimit::Infinite);
        let (warm, end) = (Time::from_secs(20), Time::from_secs(620));
        let mut flows = [flow(config(WindowKind::Reno, ms(one_way), end))];
        let mut before = 0;
        run(&mut flows, &mut link, end, |now, flows| {
            if now < warm {
                before = received(&flows[0]);
            }
        });
        let rtt = 2.0 * one_way as f64 / 1_000.0;
        let rate = (received(&flows[0]) - before) as f64 / span(warm, end);
        let constant = rate * rtt * p.sqrt();
        assert!((1.22 * 0.9..1.31 * 1.1).contains(&constant), "p = {p}, RTT {rtt} s: {constant}");
        let mathis = constant / 1.5_f64.sqrt() - 1.0;
        assert!(mathis.abs() < 0.1, "p = {p}, RTT {rtt} s: {mathis} off the law");
    }
}

/// W(t) = C·(t − K)³ + W_max from the end of the recovery of the only loss on (RFC 9438 section 4.2).
#[test]
fn cubic_grows_along_its_curve() {
    let one_way = ms(50);
    // Found in slow start at a window of 640 segments.
    let loss = Loss::List(vec![1_000].into());
    let mut link = line(mbps(1_000), one_way, loss, QueueLimit::Infinite);
    let end = Time::from_secs(20);
    let mut flows = [flow(config(WindowKind::Cubic, one_way, end))];
    let (mut most, mut reduced, mut seen): (f64, Option<Time>, usize) = (0.0, None, 0);
    run(&mut flows, &mut link, end, |now, flows| {
        let current = window(&flows[0]);
        let Some(begin) = reduced else {
            if current < most {
                assert!((current / most - 0.7).abs() < 1e-9, "{current} after {most}");
                reduced = Some(now);
            }
            most = most.max(current);
            return;
        };
        // The clock starts with the first acknowledgement after recovery, a round trip later.
        let t = span(begin, now) - 0.1;
        let curve = |t: f64| {
            let rest = t - libm::cbrt(most * 0.3 / 0.4);
            0.4 * rest * rest * rest + most
        };
        if t > 0.2 && current < 1_500.0 {
            seen += 1;
            let (low, high) = (curve(t - 0.15), curve(t + 0.15));
            assert!((low * 0.98..high * 1.02).contains(&current), "{current} at {t}: {low} to {high}");
        }
    });
    assert!(seen > 1_000 && most > 500.0, "{seen} windows compared, {most} at most");
}

/// Alone on a line with a queue of a round trip, both use nearly all of it and are bound by its rate.
#[test]
fn one_flow_fills_its_line_and_two_share_it() {
    for kind in [WindowKind::Reno, WindowKind::Cubic] {
        let queue = QueueLimit::Bytes(mbps(10).size_in(ms(100)));
        for count in [1, 2] {
            let mut link = line(mbps(10), ms(40), Loss::None, queue);
            let end = Time::from_secs(120);
            let mut flows: Vec<Flow> = (0..count).map(|_| flow(config(kind, ms(40), end))).collect();
            let passed = run(&mut flows, &mut link, end, |_, _| {});
            let rates: Vec<f64> = passed.iter().map(|one| one.arrived as f64 * 8.0 / 120e6).collect();
            let sum: f64 = rates.iter().sum();
            assert!((9.3..=10.0).contains(&sum), "{kind:?}: {rates:?} Mbit/s");
            assert!(rates.iter().all(|rate| rate * f64::from(count) > 0.6 * sum), "{kind:?}: {rates:?}");
            assert!(link.counters(end).queue.dropped.packets > 0, "the queue is what tells them");
        }
    }
}

/// RFC 6298 section 5: nothing comes back, so the timer runs out after 1, 2, 4 … seconds, a segment each time.
#[test]
fn the_timer_backs_off() {
    let loss = Loss::Bernoulli(Probability::ALWAYS);
    let mut link = line(mbps(10), ms(40), loss, QueueLimit::Infinite);
    let end = Time::from_secs(40);
    let mut flows = [flow(config(WindowKind::Reno, ms(40), end))];
    let passed = run(&mut flows, &mut link, end, |_, _| {});
    let times: Vec<u128> = passed[0].sent.iter().map(|(at, _)| at.since(Time::ZERO).as_millis()).collect();
    assert_eq!(times[..10], [0; 10], "the initial window of RFC 6928");
    assert_eq!(times[10..], [1_000, 3_000, 7_000, 15_000, 31_000]);
}

/// Files arrive whole whatever is lost, on connections of their own, with pauses between them.
#[test]
fn files_are_transferred_whole() {
    let loss = Loss::Bernoulli(Probability::new(0.02).expect("a ratio"));
    let mut link = line(mbps(20), ms(10), loss, QueueLimit::Infinite);
    let end = Time::from_secs(600);
    let sizes = (DataSize::from_bytes(100_000), DataSize::from_bytes(1_000_000));
    let files = Some(Files { size: sizes, idle: ms(3_000), starts_on: false });
    let mut flows = [flow(BulkConfig { files, ..config(WindowKind::Reno, ms(10), end) })];
    let (mut last, mut sizes) = ((0, 0), Vec::new());
    let passed = run(&mut flows, &mut link, end, |_, flows| {
        let (count, got) = (bulk(&flows[0]).connections(), received(&flows[0]));
        if bulk(&flows[0]).connection().is_some() {
            last = (count, got);
        } else if last.0 == count && last.1 > 0 {
            sizes.push(last.1 * SEGMENT.as_bytes());
            last.1 = 0;
        }
    });
    assert!(sizes.len() > 60, "{} files", sizes.len());
    assert!(sizes.iter().all(|size| (100_000..1_001_448).contains(size)));
    let mean = sizes.iter().sum::<u64>() as f64 / sizes.len() as f64;
    assert!((mean / 550_724.0 - 1.0).abs() < 0.15, "{mean} bytes on average");
    let wire: u64 = passed[0].sent.iter().map(|(_, size)| size.as_bytes()).sum();
    let least = sizes.iter().sum::<u64>() / SEGMENT.as_bytes() * (SEGMENT + IP_TCP_OVERHEAD).as_bytes();
    let extra = wire as f64 / least as f64 - 1.0;
    assert!((0.015..0.06).contains(&extra), "{extra} more than needed, with 2 % lost");
}
