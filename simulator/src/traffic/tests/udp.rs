use super::super::udp::{Pattern, Udp, UdpConfig};
use super::*;
use crate::network::RateSchedule;

const PACKET: DataSize = DataSize::from_bytes(1_250);

fn sent(pattern: Pattern, seed: u64, until: u64) -> Vec<(Time, DataSize)> {
    let config =
        UdpConfig { pattern, packet: PACKET, from: Time::from_secs(1), until: Time::from_secs(until) };
    let mut flow = [Flow::Udp(Udp::new(config, Seed(seed).stream("traffic")))];
    let passed = run(&mut flow, &mut link(LinkConfig::default()), Time::from_secs(until + 1), |_, _| {});
    passed[0].sent.clone()
}

/// Bits per second between two whole seconds.
fn rate(sent: &[(Time, DataSize)], from: u64, to: u64) -> f64 {
    let within = |at: Time| (Time::from_secs(from)..Time::from_secs(to)).contains(&at);
    let bytes: u64 = sent.iter().filter(|(at, _)| within(*at)).map(|(_, size)| size.as_bytes()).sum();
    bytes as f64 * 8.0 / (to - from) as f64
}

#[test]
fn a_constant_flow_has_exactly_its_rate_by_its_schedule() {
    let steps = [(0, 2), (10, 0), (15, 1)];
    let steps = steps.map(|(from, rate)| (Time::from_secs(from), mbps(rate)));
    let schedule = RateSchedule::new(steps).expect("ordered");
    let sent = sent(Pattern::Constant(schedule), 1, 20);
    // 1250 bytes are 10 kbit: 5 ms at 2 Mbit/s.
    assert_eq!(sent[0].0, Time::from_secs(1));
    assert_eq!(sent[1].0, Time::from_millis(1_005));
    assert_eq!(rate(&sent, 1, 10), 2e6);
    assert_eq!(rate(&sent, 10, 15), 0.0);
    assert_eq!(rate(&sent, 15, 20), 1e6);
    assert_eq!(sent.iter().filter(|(at, _)| *at >= Time::from_secs(20)).count(), 0);
}

/// An alternating renewal process: rate · busy / (busy + idle) on average, within four standard errors (the
/// variance of what a cycle sends, asymptotically 2·busy²·idle² / (busy + idle)³ per second of time).
#[test]
fn bursts_make_up_their_share_of_time() {
    let (busy, idle, seconds): (f64, f64, f64) = (0.2, 0.6, 4_000.0);
    let pattern = || Pattern::OnOff { rate: mbps(1), busy: ms(200), idle: ms(600) };
    let sent = sent(pattern(), 3, 4_001);
    let mean = rate(&sent, 1, 4_001) / 1e6;
    let error = (2.0 * busy * busy * idle * idle / ((busy + idle) * (busy + idle) * (busy + idle))).sqrt();
    let expected = busy / (busy + idle);
    // The packet that is under way when a burst ends counts whole: 5 ms per cycle of 800 ms on average.
    assert!((mean - expected - 0.005 / 0.8).abs() < 4.0 * error / seconds.sqrt(), "{mean}, not {expected}");
    let gaps = sent.windows(2).filter(|pair| span(pair[0].0, pair[1].0) > 0.010_001).count();
    assert!((4_400..5_600).contains(&gaps), "{gaps} pauses in 5000 cycles");
}

/// A walk on nine steps between reflecting bounds is on each of them as often: the mean is in the middle.
#[test]
fn a_walk_stays_in_its_bounds_and_spreads_evenly() {
    let bounds = (mbps(1), mbps(3));
    let pattern = Pattern::Walk { rate: mbps(1), step: DataRate::from_kbps(250), every: ms(100), bounds };
    let sent = sent(pattern, 5, 3_001);
    let by_second: Vec<f64> = (1..3_001).map(|second| rate(&sent, second, second + 1) / 1e6).collect();
    assert!(by_second.iter().all(|rate| (0.98..3.02).contains(rate)));
    let mean = by_second.iter().sum::<f64>() / by_second.len() as f64;
    assert!((mean - 2.0).abs() < 0.1, "{mean} Mbit/s on average");
    let below = by_second.iter().filter(|rate| **rate < 1.5).count() as f64 / by_second.len() as f64;
    assert!((0.15..0.35).contains(&below), "{below} of the time in the lowest quarter");
}
