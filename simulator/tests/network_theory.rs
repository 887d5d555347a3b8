//! The simulated network against closed forms: what a textbook says, the link does.

use std::net::SocketAddrV4;
use std::time::Duration;

use sfu::{DataRate, DataSize, Time};
use simulator::network::{
    Datagram, Ecn, Exit, HopRecord, IP_UDP_OVERHEAD, Link, LinkConfig, LinkStreams, Loss, Propagation,
    QueueLimit, RateSchedule, SizedAt, TrafficClass,
};
use simulator::random::{Probability, Seed};

const MBIT: DataRate = DataRate::from_kbps(1_000);
const WIRE_SIZE: u64 = 1250;
/// Of 1250 bytes at 1 Mbit/s.
const SERVICE: Duration = Duration::from_millis(10);

fn packet() -> Datagram {
    let any: SocketAddrV4 = "10.0.0.1:1".parse().expect("an address");
    let bytes = vec![0; (WIRE_SIZE - IP_UDP_OVERHEAD.as_bytes()) as usize];
    Datagram { from: any, to: any, bytes, class: TrafficClass::Video, tag: 0, ecn: Ecn::NotEct }
}

fn ideal() -> LinkConfig {
    LinkConfig {
        rate: RateSchedule::constant(MBIT),
        queue: QueueLimit::Infinite,
        loss: Loss::None,
        propagation: Propagation::default(),
        ..LinkConfig::default()
    }
}

/// Sends packets at the given times; the fate of each that the queue took.
fn send(config: LinkConfig, times: impl Iterator<Item = Time>) -> (Vec<HopRecord>, usize, Link) {
    let mut link = Link::new(config, LinkStreams::new(Seed(7), "link/theory"));
    let (mut records, mut lost) = (Vec::new(), 0);
    let mut take = |link: &mut Link, now: Time| {
        while let Some(exit) = link.poll(now) {
            match exit {
                Exit::Arrived(delivered) => records.push(delivered.record),
                Exit::Lost(_) => lost += 1,
            }
        }
    };
    for now in times {
        take(&mut link, now);
        // A full queue shows in the counters.
        let _ = link.enqueue(now, packet());
    }
    while let Some(at) = link.next_event() {
        take(&mut link, at);
    }
    (records, lost, link)
}

fn poisson(path: &str, count: usize, mean_gap: Duration) -> impl Iterator<Item = Time> {
    let mut stream = Seed(7).stream(path);
    let mut now = Time::ZERO;
    (0..count).map(move |_| {
        now += stream.exponential_duration(mean_gap);
        now
    })
}

/// M/D/1: Poisson arrivals, constant service. Pollaczek and Khinchine: W = ρ / (2μ(1 − ρ)).
#[test]
fn m_d_1_mean_wait_is_within_two_percent_of_the_formula() {
    // The heavier the load the longer waits hang together, so the more packets the mean needs.
    for (load, packets) in [(0.5, 200_000), (0.7, 400_000), (0.9, 2_000_000)] {
        let gap = Duration::from_nanos((SERVICE.as_nanos() as f64 / load) as u64);
        let (records, ..) = send(ideal(), poisson(&format!("arrivals/{load}"), packets, gap));
        assert_eq!(records.len(), packets);
        let waited: f64 = records.iter().map(|record| record.queue().as_secs_f64()).sum();
        let mean = waited / packets as f64;
        let formula = load / (2.0 * (1.0 - load)) * SERVICE.as_secs_f64();
        let error = mean / formula - 1.0;
        assert!(error.abs() < 0.02, "load {load}: {mean} s, the formula says {formula} s");
    }
}

/// Utilisation law: the share of time that the serialiser is busy is the load offered.
#[test]
fn the_serialiser_is_busy_for_the_load_offered() {
    let packets = 200_000;
    let (records, ..) = send(ideal(), poisson("arrivals/busy", packets, Duration::from_nanos(14_285_714)));
    let busy: Duration = records.iter().map(HopRecord::serialise).sum();
    let span = records.last().expect("packets").transmission_end;
    let share = busy.as_secs_f64() / span.as_secs_f64();
    assert!((share - 0.7).abs() < 5.0 * 0.7 / (packets as f64).sqrt(), "busy for {share}");
}

#[test]
fn one_packet_arrives_after_exactly_ten_milliseconds_plus_propagation() {
    for base in [0, 1, 50, 150, 300] {
        let propagation = Propagation { base: Duration::from_millis(base), ..Propagation::default() };
        let (records, ..) = send(LinkConfig { propagation, ..ideal() }, [Time::ZERO].into_iter());
        assert_eq!(records[0].arrived, Time::from_millis(10 + base));
    }
}

#[test]
fn a_saturated_link_carries_exactly_its_capacity() {
    let steps = [(0, 2_500), (40_000, 600), (60_000, 2_500)];
    let rate = || {
        let steps = steps.map(|(at, kbps)| (Time::from_millis(at), DataRate::from_kbps(kbps)));
        RateSchedule::new(steps).expect("increasing times")
    };
    let queue = QueueLimit::Time { depth: Duration::from_millis(300), sized_at: SizedAt::CurrentRate };
    let propagation = Propagation { base: Duration::from_millis(100), ..Propagation::default() };
    let every_ms = (0..90_000).map(Time::from_millis);
    let (records, ..) = send(LinkConfig { rate: rate(), queue, propagation, ..ideal() }, every_ms);
    let end = Time::from_secs(90);
    let sent = records.iter().filter(|record| record.transmission_end <= end).count() as u64;
    let capacity = rate().capacity_between(Time::ZERO, end).expect("a finite rate");
    assert_eq!(sent, capacity / (WIRE_SIZE * 8), "not one packet less or more");
    let depth = Duration::from_millis(300);
    let rate_is_steady = |record: &&HopRecord| record.enqueued >= Time::from_secs(62);
    let worst = records.iter().filter(rate_is_steady).map(|record| record.queue()).max().expect("packets");
    assert!((depth - SERVICE..=depth).contains(&worst), "{worst:?} in a queue of 300 ms");
}

#[test]
fn bernoulli_loss_is_within_its_binomial_bounds() {
    for percent in [1, 5, 10, 20] {
        let ratio = f64::from(percent) / 100.0;
        let loss = Loss::Bernoulli(Probability::new(ratio).expect("a ratio"));
        let packets = 100_000;
        let times = (0..packets).map(|n| Time::from_millis(20 * n));
        let (records, lost, _) = send(LinkConfig { loss, ..ideal() }, times);
        let n = packets as f64;
        let bound = 5.0 * (n * ratio * (1.0 - ratio)).sqrt();
        assert!((lost as f64 - n * ratio).abs() < bound, "{lost} lost at {percent} %");
        assert_eq!(records.len() + lost, packets as usize);
    }
}

#[test]
fn the_drop_tail_queue_drops_exactly_the_excess() {
    // Twice the rate for 10 s into a queue of 20 packets: half is carried, 20 are queued, the rest dropped.
    let queue = QueueLimit::Bytes(DataSize::from_bytes(20 * WIRE_SIZE));
    let times = (0..2_000).map(|n| Time::from_millis(5 * n));
    let (records, _, mut link) = send(LinkConfig { queue, ..ideal() }, times);
    let counters = link.counters(Time::from_secs(20));
    assert_eq!(counters.queue.dropped.packets + records.len() as u64, 2_000);
    // The last arrival is at 9.995 s: 999 packets are through by then and 20 are held.
    assert_eq!(records.len(), 999 + 20);
}
