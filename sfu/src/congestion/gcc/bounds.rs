//! What libwebrtc's unit tests hold its GCC to, both sides of each bound (`goog_cc_network_control_unittest.cc`): start
//! 300 kbps, 10 to 1,500 kbps unless said; rates are the link's, delays are one-way and of both directions.
//!
//! Twenty seeds each: they set the camera's phase, its frames' sizes (by a fifth to either side), the phase of the
//! reports, and the losses.

use super::super::bench::{Bench, Link, Tcp};
use super::*;

const SEEDS: std::ops::Range<u64> = 0..20;

fn kbps(n: u64) -> DataRate {
    DataRate::from_kbps(n)
}

fn bench(seed: u64, max_kbps: u64, link: Link) -> Bench<Gcc> {
    let config = GccConfig::within(kbps(10), kbps(300), kbps(max_kbps));
    let mut bench = Bench::new(Gcc::new(config), link).with_seed(seed);
    bench.controller.set_wanted(bench.now, kbps(max_kbps));
    bench
}

#[track_caller]
fn between(seed: u64, bench: &Bench<Gcc>, least: u64, most: u64) {
    let got = bench.target_kbps();
    let seconds: Vec<u64> = bench.seconds.iter().map(|rate| rate.as_kbps()).collect();
    assert!((least..=most).contains(&got), "seed {seed}: {got} is not in {least}..={most}; {seconds:?}");
}

#[test]
fn a_link_that_rises_and_falls() {
    for seed in SEEDS {
        let mut b = bench(seed, 1_500, Link::new(500, 100));
        b.run(25);
        between(seed, &b, 350, 550);
        b.link.rate = kbps(800);
        b.run(20);
        between(seed, &b, 600, 900);
        b.link.rate = kbps(100);
        b.link.delay = Duration::from_millis(200);
        b.run(50);
        between(seed, &b, 65, 115);
    }
}

#[test]
fn the_stable_target_is_steadier_and_never_higher() {
    for seed in SEEDS {
        let mut b = bench(seed, 1_500, Link::new(500, 100));
        b.run(30);
        let (mut targets, mut stable) = (Vec::new(), Vec::new());
        for _ in 0..20 {
            b.run(1);
            targets.push(b.controller.target());
            stable.push(b.controller.stable_target());
            assert!(b.controller.stable_target() <= b.controller.target());
        }
        let ratio = |rates: &[DataRate]| {
            let (least, most) = (rates.iter().min(), rates.iter().max());
            least.zip(most).map_or(0.0, |(least, most)| least.as_bps() as f64 / most.as_bps() as f64)
        };
        let (of_target, of_stable) = (ratio(&targets), ratio(&stable));
        assert!(of_target < 0.85 && of_target > 0.5, "seed {seed}: {targets:?}");
        assert!(of_stable >= of_target, "seed {seed}: {stable:?}");
    }
}

/// Below 750 kbps of 1,000 is libwebrtc's; no less than 150 is ours. The queue holds three quarters of a second: a
/// deeper one than the flow's window would ever fill takes no loss, and a short one takes from both.
#[test]
fn beside_a_tcp_flow_neither_side_starves() {
    for seed in SEEDS {
        let mut b = bench(seed, 1_500, Link::new(1_000, 50).with_max_wait(750));
        b.tcp = Some(Tcp::new(b.now));
        b.run(10);
        between(seed, &b, 150, 749);
        let tcp = b.tcp.as_ref().expect("it was started").delivered;
        assert!(DataRate::of(tcp, Duration::from_secs(10)) >= kbps(150), "seed {seed}: {tcp:?}");
    }
}

#[test]
fn a_remb_is_obeyed_and_forgotten() {
    for seed in SEEDS {
        let mut b = bench(seed, 2_500, Link::new(2_000, 50));
        b.run(10);
        between(seed, &b, 1_501, 2_200);
        b.controller.on_remb(b.now, kbps(250));
        for _ in 0..10 {
            b.run(1);
            between(seed, &b, 150, 250);
        }
        b.controller.on_remb(b.now, DataRate::INFINITE);
        b.run(10);
        between(seed, &b, 1_501, 2_200);
    }
}

#[test]
fn random_loss_of_ten_percent_is_survived() {
    for seed in SEEDS {
        let mut b = bench(seed, 1_500, Link::new(2_000, 200).with_loss(100));
        b.run(120);
        between(seed, &b, 101, 1_500);
        let lost = b.meter.loss_permille();
        assert!((70..130).contains(&lost), "seed {seed}: the loss bit: {lost} per thousand");
    }
}

#[test]
fn receiver_reports_alone_do() {
    for seed in SEEDS {
        let mut b = bench(seed, 1_500, Link::new(1_000, 100).with_max_wait(300));
        b.feedback.reports_only = true;
        b.run(20);
        between(seed, &b, 500, 1_500);
        b.link.loss_permille = 150;
        b.run(20);
        between(seed, &b, 10, 300);
    }
}

#[test]
fn feedback_five_minutes_late_is_survived() {
    for seed in 0..5 {
        let mut b = bench(seed, 1_500, Link::new(500, 100));
        b.feedback.delay = Duration::from_secs(300);
        b.run(330);
        between(seed, &b, 10, 1_500);
        assert!(b.history.counters().unknown > 0, "it came, too late to be of use");
    }
}

/// (whether the pacer drains, the longest wait in it in ms): with key frames of twelve times the size, and after the
/// link lost three quarters.
#[test]
fn the_pacers_queue_is_short() {
    for (drain, least, most) in [(None, 150, 250), (Some(Duration::from_millis(125)), 80, 150)] {
        for seed in SEEDS {
            let mut b = bench(seed, 3_000, Link::new(2_500, 25).with_max_wait(300));
            b.drain = drain;
            b.key_frame = 12;
            b.run(20);
            b.link.rate = kbps(600);
            b.run(20);
            let wait = b.meter.pacer_wait.as_millis();
            assert!((least..=most).contains(&wait), "seed {seed}, {drain:?}: {wait} ms");
        }
    }
}
