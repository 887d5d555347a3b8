use super::signal::{aggregate, warp};
use super::*;
use crate::DataSize;
use crate::congestion::PacketClass;
use crate::congestion::bench::{Bench, Link};
use crate::rtcp::Ecn;

fn kbps(n: u64) -> DataRate {
    DataRate::from_kbps(n)
}

fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-3, "{got} is not {expected}");
}

/// Equation 1: the queueing delay is taken as it is up to 50 ms, and then falls with a constant of 100 ms.
#[test]
fn long_delays_are_warped() {
    for (queue, warped) in [(0.0, 0.0), (49.0, 49.0), (50.0, 50.0), (150.0, 18.394), (250.0, 6.767)] {
        close(warp(queue), warped);
    }
}

/// Equation 2: 1 % of loss is 10 ms, 1 % of marks 2 ms, both by the square.
#[test]
fn loss_and_marks_are_delays() {
    let rows = [(5.0, 0.0, 0.0, 5.0), (0.0, 0.01, 0.0, 10.0), (0.0, 0.02, 0.0, 40.0), (0.0, 0.0, 0.01, 2.0)];
    for (delay, loss, marked, signal) in rows {
        close(aggregate(delay, loss, marked), signal);
    }
    close(aggregate(5.0, 0.01, 0.02), 23.0);
}

/// Equations 3 and 4: (rate, received, round trip in ms, rate after).
#[test]
fn ramp_up_follows_what_arrives() {
    for (rate, received, rtt, after) in
        [(300, 300, 80, 350), (300, 1_000, 80, 1_166), (300, 1_000, 0, 1_227), (500, 300, 80, 500)]
    {
        let got = ramp_up(kbps(rate), kbps(received), Duration::from_millis(rtt));
        assert_eq!(got.as_kbps(), after, "{rate} {received} {rtt}");
    }
}

/// Equations 5 to 7 at 1,000 kbps with RMAX 1,500: the signal rests at 15 ms. (Before, now, rate after in bit/s.)
#[test]
fn the_gradual_update_rests_at_its_reference() {
    let rows = [(15.0, 15.0, 1_000_000), (0.0, 0.0, 1_003_000), (65.0, 65.0, 990_000), (15.0, 65.0, 890_000)];
    for (previous, current, expected) in rows {
        let got = gradual(kbps(1_000), (XREF, kbps(1_500)), (previous, current), Duration::from_millis(100));
        assert!(got.as_bps().abs_diff(expected) <= 1, "{previous} {current}: {got}");
    }
    let floor = gradual(kbps(1_000), (XREF, kbps(1_500)), (0.0, 1e6), Duration::from_millis(100));
    assert_eq!(floor, DataRate::ZERO, "clamped by the caller");
}

fn controller(max: u64) -> Nada {
    Nada::new(NadaConfig { min: kbps(10), start: kbps(300), max: kbps(max), priority: 1.0, ecn: EcnUse::Off })
}

fn result(index: u64, received: bool, ecn: Ecn) -> PacketResult {
    let at = Time::from_millis(1_000 + index * 10);
    let sent = SentPacket {
        sequence: index as u16,
        size: DataSize::from_bytes(1_200),
        at,
        class: PacketClass::Media,
        cluster: None,
    };
    PacketResult { sent, received: received.then_some(at + Duration::from_millis(30)), was_lost: false, ecn }
}

/// Marks alone lower the rate, and less than as much loss.
#[test]
fn marks_are_congestion_without_loss() {
    let run = |every: u64, lost: bool| {
        let mut nada = controller(1_500);
        for step in 0..100 {
            let results: Vec<_> = (step * 5..step * 5 + 5)
                .map(|index| match index % every {
                    0 if lost => result(index, false, Ecn::NotEct),
                    0 => result(index, true, Ecn::Ce),
                    _ => result(index, true, Ecn::Ect1),
                })
                .collect();
            let now = Time::from_millis(1_100 + step * 50);
            results.iter().for_each(|result| nada.on_sent(&result.sent));
            nada.on_feedback(now, &results);
        }
        let ControllerState::Nada(state) = nada.state() else { unreachable!("it is one") };
        state
    };
    let (marked, lost) = (run(20, false), run(20, true));
    assert!((marked.marked - 0.05).abs() < 0.02 && marked.loss == 0.0, "{marked:?}");
    assert!((lost.loss - 0.05).abs() < 0.02 && lost.marked == 0.0, "{lost:?}");
    assert!(marked.congestion_millis > 20.0 && lost.congestion_millis > 2.0 * marked.congestion_millis);
    assert!(lost.target_bps < 300_000, "{lost:?}");
}

#[test]
fn settles_on_a_line_and_follows_it() {
    for seed in 0..5 {
        let link = Link::new(1_000, 50).with_max_wait(300);
        let mut b = Bench::new(controller(2_500), link).with_seed(seed);
        b.controller.set_wanted(b.now, kbps(2_500));
        b.run(30);
        assert!((700..=1_150).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
        b.link.rate = kbps(400);
        b.run(20);
        assert!((250..=480).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
        b.link.rate = kbps(2_000);
        b.run(30);
        assert!((1_400..=2_300).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
    }
}

#[test]
fn a_remb_bounds_it_and_silence_lowers_it() {
    let mut nada = controller(1_500);
    nada.on_remb(Time::from_secs(1), kbps(100));
    assert_eq!(nada.target(), kbps(100));
    nada.on_remb(Time::from_secs(2), DataRate::INFINITE);
    assert_eq!(nada.target(), kbps(300));
    nada.on_sent(&result(0, true, Ecn::NotEct).sent);
    nada.on_tick(Time::from_millis(2_500));
    assert_eq!(nada.target(), kbps(300));
    nada.on_tick(Time::from_millis(3_500));
    assert_eq!(nada.target(), kbps(150));
}

#[test]
fn hostile_feedback_keeps_the_target_within_its_bounds() {
    let mut nada = controller(1_500);
    for (step, received) in
        [Some(Time::NEVER), Some(Time::ZERO), None, Some(Time::NEVER)].into_iter().enumerate()
    {
        let result = PacketResult { received, ..result(step as u64, true, Ecn::Ce) };
        nada.on_feedback(Time::from_secs(2 + step as u64), &[result]);
        nada.on_rtt(Time::from_secs(2), Duration::MAX);
        assert!(nada.target() >= kbps(10) && nada.target() <= kbps(1_500));
    }
}

/// RFC 8698, section 4.3: at rest the signal is PRIO × XREF × RMAX / rate, so under one signal rates are as weights.
#[test]
fn flows_of_one_signal_settle_at_rates_like_their_weights() {
    let settled = |weight: f64| {
        let mut rate = kbps(300);
        for _ in 0..2_000 {
            rate = gradual(rate, (XREF * weight, kbps(4_000)), (40.0, 40.0), Duration::from_millis(100));
        }
        rate.as_bps() as f64
    };
    for weight in [0.5, 1.0, 2.0] {
        let expected = weight * XREF * 4e6 / 40.0;
        assert!((settled(weight) / expected - 1.0).abs() < 0.01, "{weight}: {}", settled(weight));
    }
}
