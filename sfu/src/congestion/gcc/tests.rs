use super::super::bench::{Bench, Call, Link};
use super::super::{ClusterId, PacketClass};
use super::*;
use crate::rtcp::Ecn;

fn kbps(n: u64) -> DataRate {
    DataRate::from_kbps(n)
}

/// As in libwebrtc's `goog_cc_network_control_unittest.cc`: 300 kbps at first, between 10 and `max`.
fn bench(max_kbps: u64, link: Link) -> Bench<Gcc> {
    let config = GccConfig::within(kbps(10), kbps(300), kbps(max_kbps));
    let mut bench = Bench::new(Gcc::new(config), link);
    bench.controller.set_wanted(bench.now, kbps(max_kbps));
    bench
}

fn within(bench: &Bench<Gcc>, expected: u64, tolerance: u64) {
    let got = bench.target_kbps();
    let seconds: Vec<u64> = bench.seconds.iter().map(|rate| rate.as_kbps()).collect();
    assert!(
        got.abs_diff(expected) <= tolerance,
        "{got} is not {expected} ± {tolerance}; by the second {seconds:?}; {:?}",
        bench.controller.state()
    );
}

fn between(bench: &Bench<Gcc>, least: u64, most: u64) {
    within(bench, (least + most) / 2, (most - least) / 2);
}

#[test]
fn follows_the_capacity_up_and_down() {
    let mut b = bench(1_500, Link::new(500, 100));
    b.run(25);
    within(&b, 450, 100);
    b.link.rate = kbps(800);
    b.run(20);
    within(&b, 750, 150);
    b.link.rate = kbps(100);
    b.link.delay = Duration::from_millis(200);
    b.run(50);
    within(&b, 90, 25);
}

#[test]
fn the_sawtooth_stays_moderate() {
    let mut b = bench(1_500, Link::new(500, 100));
    b.run(30);
    b.seconds.clear();
    b.run(20);
    let (min, max) = (b.seconds.iter().min(), b.seconds.iter().max());
    let (min, max) = min.zip(max).expect("twenty samples");
    assert!(*min >= kbps(350) && *max <= kbps(550), "{:?}", b.seconds);
    assert!(min.as_bps() * 100 >= max.as_bps() * 65, "{:?}", b.seconds);
}

#[test]
fn probing_finds_the_capacity_within_seconds() {
    for (capacity, seconds) in [(1_000, 3), (3_000, 3), (8_000, 8)] {
        let mut b = bench(20_000, Link::new(capacity, 50));
        b.run(seconds);
        between(&b, capacity * 7 / 10, capacity * 11 / 10);
        b.run(10 - seconds);
        between(&b, capacity * 7 / 10, capacity * 105 / 100);
    }
}

#[test]
fn a_collapse_is_survived_and_regained_within_ten_seconds() {
    let mut b = bench(5_000, Link::new(2_000, 50).with_max_wait(500));
    b.run(20);
    between(&b, 1_400, 2_050);
    b.link.rate = kbps(30);
    b.run(10);
    between(&b, 10, 100);
    b.link.rate = kbps(2_000);
    b.run(10);
    between(&b, 1_400, 2_050);
}

/// The estimate fell while nothing but 20 kbps of audio is sent: probes alone must bring it back.
#[test]
fn an_estimate_below_the_lowest_layer_rises_again() {
    let mut b = bench(5_000, Link::new(2_000, 50).with_max_wait(500));
    b.run(5);
    b.link.rate = kbps(30);
    b.run(10);
    b.source_max = kbps(20);
    b.run(10);
    between(&b, 10, 60);
    b.link.rate = kbps(2_000);
    b.run(10);
    between(&b, 500, 2_100);
}

#[test]
fn random_loss_is_no_congestion() {
    // (loss per thousand, capacity, least target after 30 s)
    for (loss, capacity, least) in [(30, 2_000, 1_400), (50, 2_000, 1_200), (30, 5_000, 3_500)] {
        for seed in 0..5 {
            let mut b = bench(8_000, Link::new(capacity, 25).with_loss(loss).with_seed(seed));
            b.run(30);
            between(&b, least, capacity * 105 / 100);
            let lost = b.history.counters();
            let permille = lost.lost * 1_000 / (lost.lost + lost.received);
            assert!(permille.abs_diff(loss) < 15, "the loss bit: {permille} per thousand");
        }
    }
}

#[test]
fn ten_percent_of_random_loss_does_not_collapse_the_rate() {
    for seed in 0..5 {
        let mut b = bench(1_500, Link::new(2_000, 200).with_loss(100).with_seed(seed));
        b.run(120);
        between(&b, 100, 1_500);
        assert!(b.history.counters().lost > 100, "the loss bit");
    }
}

#[test]
fn a_short_queue_that_drops_is_congestion() {
    let mut b = bench(5_000, Link::new(1_000, 25).with_max_wait(20));
    b.run(40);
    between(&b, 600, 1_050);
}

#[test]
fn an_application_limited_sender_keeps_its_estimate_within_reason() {
    let mut b = bench(50_000, Link::new(20_000, 50));
    b.source_max = kbps(400);
    b.controller.set_wanted(b.now, kbps(400));
    b.run(10);
    let settled = b.target_kbps();
    assert!((400..=1_600).contains(&settled), "{settled}");
    let padding = b.padding;
    b.run(60);
    between(&b, settled * 7 / 10, 1_600);
    assert_eq!(b.padding, padding, "nothing more is wished for, so nothing is probed");
}

#[test]
fn feedback_after_minutes_is_survived() {
    let mut b = bench(1_500, Link::new(500, 100));
    b.run(10);
    b.feedback.delay = Duration::from_secs(300);
    b.run(310);
    between(&b, 10, 1_500);
    b.feedback.delay = Duration::ZERO;
    b.run(20);
    between(&b, 10, 1_500);
}

#[test]
fn begins_with_the_start_rate_and_probes_above_it() {
    let mut gcc = Gcc::new(GccConfig::downlink());
    assert_eq!(gcc.target(), kbps(600));
    assert_eq!(gcc.probe(Time::ZERO), None, "nothing before the path is usable");
    gcc.on_tick(Time::from_secs(1));
    let probes: Vec<_> = std::iter::from_fn(|| gcc.probe(Time::from_secs(1))).collect();
    assert_eq!(probes.iter().map(|p| p.rate).collect::<Vec<_>>(), [kbps(1_800), kbps(3_600)]);
    assert_eq!(probes[0].id, ClusterId(0));
    assert_eq!(gcc.pacing_rate(), kbps(1_500));
    let state = serde_json::to_value(gcc.state()).expect("plain numbers");
    assert_eq!((&state["controller"], &state["usage"]), (&"gcc".into(), &"normal".into()));
}

/// The same packets give the same targets, whatever else was sent before through another controller.
#[test]
fn is_deterministic() {
    let run = || {
        let mut b = bench(3_000, Link::new(1_200, 40).with_loss(20));
        b.run(20);
        b.seconds
    };
    assert_eq!(run(), run());
}

#[test]
fn hostile_feedback_keeps_the_target_within_its_bounds() {
    let mut gcc = Gcc::new(GccConfig::uplink());
    let sent = SentPacket {
        sequence: 1,
        size: DataSize::from_bytes(1_200),
        at: Time::from_secs(1),
        class: PacketClass::Media,
        cluster: Some(ClusterId(77)),
    };
    gcc.on_sent(&sent);
    for (step, received) in [Some(Time::NEVER), Some(Time::ZERO), None, Some(Time::NEVER)].iter().enumerate()
    {
        for was_lost in [false, true] {
            let now = Time::from_secs(2 + step as u64);
            gcc.on_feedback(now, &[PacketResult { sent, received: *received, was_lost, ecn: Ecn::NotEct }]);
            gcc.on_rtt(now, Duration::MAX);
            assert!(gcc.target() >= kbps(10) && gcc.target() <= kbps(10_000));
        }
    }
}

/// (one-way delay in ms, loss per thousand, longest queue in ms): on lines from 100 kbps to 6 Mbps, after 20 s
/// and for 40 more, the target in per cent of the line.
#[test]
fn uses_most_of_any_line_and_little_more() {
    for (delay, loss, queue) in [(20, 0, 1_000), (100, 0, 300), (25, 30, 300), (50, 0, 60)] {
        for capacity in [100, 400, 1_000, 2_500, 6_000] {
            let link = Link::new(capacity, delay).with_loss(loss).with_max_wait(queue);
            let mut b = bench(10_000, link);
            b.run(60);
            let percent: Vec<_> = b.seconds[20..].iter().map(|r| r.as_kbps() * 100 / capacity).collect();
            let mean = percent.iter().sum::<u64>() / percent.len() as u64;
            let all = percent.iter().all(|percent| (55..=120).contains(percent));
            assert!(all && (78..=102).contains(&mean), "{capacity} {delay} {loss} {queue}: {percent:?}");
        }
    }
}

/// A sender that uses half to two thirds of a line of 400 kbps, in bursts that take up to 150 ms to pass: the target
/// stays at the line all the same.
#[test]
fn bursts_of_an_application_limited_sender_are_no_overuse() {
    for seed in 0..10 {
        let mut b = bench(10_000, Link::new(400, 25).with_max_wait(300));
        b.controller.set_wanted(b.now, kbps(2_000));
        b.call = Some(Call::new(b.now, seed));
        b.run(90);
        let percent: Vec<_> = b.seconds[10..].iter().map(|r| r.as_kbps() * 100 / 400).collect();
        assert!(percent.iter().all(|percent| (75..=115).contains(percent)), "seed {seed}: {percent:?}");
    }
}

/// The same sender, and then the line has less than it sends: the target is below it within two seconds.
#[test]
fn an_application_limited_sender_notices_a_line_that_became_thinner() {
    for seed in 0..5 {
        let mut b = bench(10_000, Link::new(400, 25).with_max_wait(300));
        b.controller.set_wanted(b.now, kbps(2_000));
        b.call = Some(Call::new(b.now, seed));
        b.run(30);
        b.link.rate = kbps(120);
        b.run(2);
        assert!(b.target_kbps() <= 130, "seed {seed}: {:?}", b.controller.state());
    }
}
