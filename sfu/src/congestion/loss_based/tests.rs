use super::*;
use crate::DataSize;
use crate::congestion::{PacketClass, SentPacket};
use crate::rtcp::Ecn;

const FIRST: Duration = Duration::from_millis(250);

/// The configuration of libwebrtc's `loss_based_bwe_v2_test.cc`.
fn estimator() -> LossBased {
    let config = LossBasedConfig {
        candidate_factors: [1.1, 1.0, 0.95],
        bandwidth_bias: 0.01,
        log_bandwidth_bias: 0.0,
        preference_loss_limit: 0.99,
        min_inherent_loss: 0.001,
        max_inherent_loss_balance: DataRate::from_kbps(14),
        max_inherent_loss_offset: 0.9,
        newton_steps: 2,
        newton_step: 0.4,
        instant_bound_offset: 0.1,
        instant_bound_balance: DataRate::from_kbps(90),
        instant_temporal_weight: 0.97,
        temporal_weight: 0.98,
        min_observations: 1,
        max_increase: 1.5,
        delayed_increase: Duration::from_millis(300),
        ..LossBasedConfig::default()
    };
    let mut estimator = LossBased::new(config, DataRate::from_kbps(1), DataRate::INFINITE);
    estimator.set_estimate(DataRate::from_kbps(600));
    estimator
}

fn results(at_millis: u64, received: &[bool]) -> Vec<PacketResult> {
    let one = |(index, received): (usize, &bool)| {
        let at = Time::from_millis(at_millis) + FIRST * index as u32;
        let size = DataSize::from_bytes(15_000);
        let sent = SentPacket { sequence: 0, size, at, class: PacketClass::Media, cluster: None };
        PacketResult { sent, received: received.then_some(at), was_lost: false, ecn: Ecn::NotEct }
    };
    received.iter().enumerate().map(one).collect()
}

const RECEIVED: [bool; 2] = [true, true];
const HALF: [bool; 2] = [true, false];
const NONE: [bool; 2] = [false, false];

fn kbps(n: u64) -> DataRate {
    DataRate::from_kbps(n)
}

/// T8.138.
#[test]
fn nothing_observed_is_no_estimate() {
    let mut e = LossBased::new(LossBasedConfig::default(), kbps(1), DataRate::INFINITE);
    assert!(!e.is_ready());
    assert_eq!(e.update(&[], kbps(500), None), kbps(500));
    assert_eq!(e.estimate(), DataRate::INFINITE);
}

/// T8.140, T8.144.
#[test]
fn grows_by_the_best_candidate_and_keeps_below_the_delay() {
    let mut e = estimator();
    assert_eq!(e.update(&results(0, &RECEIVED), kbps(660), None), kbps(660));
    assert!(e.update(&results(500, &RECEIVED), kbps(5_000), None) > kbps(600));
    assert_eq!(e.update(&results(1_000, &RECEIVED), kbps(500), None), kbps(500));
}

/// T8.145.
#[test]
fn loss_with_a_low_acknowledged_rate_comes_down_to_it() {
    let mut e = estimator();
    e.update(&results(0, &HALF), kbps(5_000), Some(kbps(300)));
    assert!(e.update(&results(500, &NONE), kbps(5_000), Some(kbps(300))) <= kbps(300));
    assert_eq!(e.state(), LossState::Decreasing);
}

/// T8.147.
#[test]
fn too_short_an_observation_changes_nothing() {
    let mut e = estimator();
    let before = e.update(&results(0, &RECEIVED), kbps(700), None);
    let short = [PacketResult {
        sent: results(499, &RECEIVED)[0].sent,
        received: None,
        was_lost: false,
        ecn: Ecn::NotEct,
    }];
    assert_eq!(e.update(&short, kbps(700), None), before);
}

/// T8.141, T8.142: what arrives counts with the next feedback, and so does an estimate that is set.
#[test]
fn nothing_changes_between_two_observations() {
    let mut e = estimator();
    assert_eq!(e.update(&results(0, &RECEIVED), kbps(660), None), kbps(660));
    assert_eq!(e.update(&[], kbps(660), Some(kbps(900))), kbps(660));
    e.set_estimate(kbps(600));
    assert_eq!(e.estimate(), kbps(600));
    assert_ne!(e.update(&results(500, &RECEIVED), kbps(660), None), kbps(600));
}

/// T8.148, from an estimate that isn't known yet: without loss the delay is the bound.
#[test]
fn without_loss_the_delay_is_the_bound() {
    let mut e = estimator();
    e.set_estimate(kbps(5_000));
    for millis in [0, 500] {
        assert_eq!(e.update(&results(millis, &RECEIVED), kbps(5_000), None), kbps(5_000));
    }
}

/// T8.152: within the window of the delayed increase what arrives doesn't lift the estimate.
#[test]
fn growth_after_a_loss_is_delayed() {
    let mut e = estimator();
    e.update(&results(0, &RECEIVED), kbps(5_000), Some(kbps(300)));
    let after = e.update(&results(298, &HALF), kbps(5_000), Some(kbps(300)));
    let next = e.update(&results(299, &RECEIVED), kbps(5_000), Some(kbps(300)));
    assert!(next <= after.scale(1.5), "{after} {next}");
}

/// A channel with random loss, fed to the default configuration for a minute: what is left of 2 Mbps that the
/// delay allows, and the loss that is told to be inherent.
#[test]
fn random_loss_is_told_from_congestion() {
    for (one_in, at_least_kbps) in [(33, 1_900), (10, 500)] {
        let mut e = LossBased::new(LossBasedConfig::default(), kbps(10), kbps(5_000));
        let mut sent = 0u64;
        let mut estimate = kbps(2_000);
        for step in 0..600 {
            let count = estimate.as_bps() / 10 / 9_600 + 1;
            let mut batch = Vec::new();
            for index in 0..count {
                sent += 1;
                let at = Time::from_millis(step * 100 + index * 100 / count);
                let packet = SentPacket {
                    sequence: 0,
                    size: DataSize::from_bytes(1_200),
                    at,
                    class: PacketClass::Media,
                    cluster: None,
                };
                let received = (!sent.is_multiple_of(one_in)).then_some(at);
                batch.push(PacketResult { sent: packet, received, was_lost: false, ecn: Ecn::NotEct });
            }
            estimate = e.update(&batch, kbps(2_000), Some(estimate.scale(1.0 - 1.0 / one_in as f64)));
        }
        assert!(estimate >= kbps(at_least_kbps), "1 in {one_in}: {estimate}");
        assert!((e.inherent_loss() - 1.0 / one_in as f64).abs() < 0.03, "{}", e.inherent_loss());
    }
}

/// A sender that can't go as low as the estimate (its audio alone is more) shows by what arrives that the
/// estimate is wrong.
#[test]
fn what_arrives_lifts_an_estimate_that_is_too_low() {
    let mut e = LossBased::new(LossBasedConfig::default(), kbps(10), kbps(5_000));
    e.set_estimate(kbps(100));
    for step in 0..300u64 {
        let batch: Vec<_> = (0..20)
            .map(|index| {
                let at = Time::from_millis(step * 100 + index * 5);
                let size = DataSize::from_bytes(1_250);
                let sent = SentPacket { sequence: 0, size, at, class: PacketClass::Media, cluster: None };
                let received = !(step * 20 + index).is_multiple_of(37);
                PacketResult { sent, received: received.then_some(at), was_lost: false, ecn: Ecn::NotEct }
            })
            .collect();
        e.update(&batch, kbps(5_000), Some(kbps(1_950)));
    }
    assert!(e.estimate() > kbps(1_900), "{}", e.estimate());
}

#[test]
fn congestive_loss_comes_down_to_what_the_link_carries() {
    // Above 500 kbps everything is lost; the delay says nothing (a policer).
    let mut e = LossBased::new(LossBasedConfig::default(), kbps(10), kbps(5_000));
    let mut estimate = kbps(1_000);
    for step in 0..200 {
        let count = (estimate.as_bps() / 10 / 1_600).max(1);
        let carried = 500_000 / 10 / 1_600;
        let batch: Vec<_> = (0..count)
            .map(|index| {
                let at = Time::from_millis(step * 100 + index * 100 / count);
                let size = DataSize::from_bytes(200);
                let sent = SentPacket { sequence: 0, size, at, class: PacketClass::Media, cluster: None };
                let through = index * carried / count != (index + 1) * carried / count || count <= carried;
                PacketResult { sent, received: through.then_some(at), was_lost: false, ecn: Ecn::NotEct }
            })
            .collect();
        estimate = e.update(&batch, kbps(1_000), Some(estimate.min(kbps(500))));
    }
    assert!(estimate > kbps(420) && estimate < kbps(600), "{estimate}");
}
