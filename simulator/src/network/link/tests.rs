mod stages;

use std::net::SocketAddrV4;

use proptest::prelude::*;
use sfu::DataSize;

use super::*;
use crate::network::counters::StageCounters;
use crate::network::hop::{Delivered, HopRecord};
use crate::network::packet::{IP_UDP_OVERHEAD, TrafficClass};
use crate::network::propagation::Jitter;
use crate::network::queue::SizedAt;
use crate::network::queue::packet::Ecn;
use crate::random::Probability;

const MBIT: DataRate = DataRate::from_kbps(1_000);
const BASE: Duration = Duration::from_millis(25);

fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn packet(tag: u64, wire_size: u64) -> Datagram {
    let any: SocketAddrV4 = "10.0.0.1:1".parse().expect("an address");
    let bytes = vec![0; (wire_size - IP_UDP_OVERHEAD.as_bytes()) as usize];
    Datagram { from: any, to: any, bytes, class: TrafficClass::Video, tag: tag as u32, ecn: Ecn::NotEct }
}

fn config(rate: DataRate) -> LinkConfig {
    LinkConfig {
        rate: RateSchedule::constant(rate),
        queue: QueueLimit::Infinite,
        loss: Loss::None,
        propagation: Propagation { base: BASE, ..Propagation::default() },
        ..LinkConfig::default()
    }
}

fn link(config: LinkConfig) -> Link {
    Link::new(config, LinkStreams::new(Seed(7), "link/test"))
}

/// Lets everything that the link ever delivers come out, each at its own time unless that is past.
fn drain(link: &mut Link) -> Vec<(u32, HopRecord)> {
    let mut records = Vec::new();
    while let Some(due) = link.next_event() {
        let at = due.max(link.now);
        while let Some(exit) = link.poll(at) {
            if let Exit::Arrived(delivered) = exit {
                let arrived = delivered.record.arrived;
                assert!(arrived == at || arrived < at && due < at, "delivered when it arrives");
                records.push((delivered.datagram.tag, delivered.record));
            }
        }
    }
    records
}

fn arrivals(link: &mut Link) -> Vec<Time> {
    drain(link).into_iter().map(|(_, record)| record.arrived).collect()
}

#[test]
fn a_packet_costs_its_serialisation_and_the_propagation() {
    let mut link = link(config(MBIT));
    link.enqueue(ms(5), packet(0, 1250)).expect("an empty queue");
    let expected =
        HopRecord { enqueued: ms(5), transmission_start: ms(5), transmission_end: ms(15), arrived: ms(40) };
    assert_eq!(link.next_event(), Some(ms(40)), "one event per packet");
    assert_eq!(drain(&mut link), [(0, expected)]);
    let (ten, zero) = (Duration::from_millis(10), Duration::ZERO);
    assert_eq!((expected.queue(), expected.serialise(), expected.propagate()), (zero, ten, BASE));
}

#[test]
fn bytes_in_propagation_do_not_cap_the_throughput() {
    let mut link = link(config(MBIT));
    for n in 0..100 {
        link.enqueue(ms(10 * n), packet(n, 1250)).expect("an empty queue");
    }
    let expected: Vec<_> = (0..100).map(|n| ms(10 * n + 35)).collect();
    assert_eq!(arrivals(&mut link), expected);
}

#[test]
fn a_rate_change_moves_what_is_queued_but_not_what_is_in_flight() {
    let halved = DataRate::from_kbps(500);
    // Three packets at 0 ms on 1 Mbit/s would arrive at 35, 45 and 55 ms.
    let rows: &[(&str, u64, DataRate, [u64; 3])] = &[
        ("in the first packet", 4, halved, [41, 61, 81]),
        ("between two packets", 10, halved, [35, 55, 75]),
        ("in the last packet", 25, halved, [35, 45, 60]),
        ("all in flight", 30, halved, [35, 45, 55]),
        ("twice as fast", 6, DataRate::from_kbps(2_000), [33, 38, 43]),
        ("infinitely fast", 15, DataRate::INFINITE, [35, 40, 40]),
        ("no change at all", 15, MBIT, [35, 45, 55]),
    ];
    for &(name, at, rate, expected) in rows {
        let mut changed = link(config(MBIT));
        (0..3).for_each(|n| changed.enqueue(ms(0), packet(n, 1250)).expect("no bound"));
        changed.set_rate(ms(at), rate);
        assert_eq!(arrivals(&mut changed), expected.map(ms), "{name}, at run time");

        let steps = [(ms(0), MBIT), (ms(at), rate)];
        let mut known = link(LinkConfig { rate: RateSchedule::new(steps).expect("steps"), ..config(MBIT) });
        (0..3).for_each(|n| known.enqueue(ms(0), packet(n, 1250)).expect("no bound"));
        assert_eq!(arrivals(&mut known), expected.map(ms), "{name}, known in advance");
    }
}

#[test]
fn an_outage_holds_packets_until_it_ends() {
    let mut link = link(config(MBIT));
    (0..2).for_each(|n| link.enqueue(ms(0), packet(n, 1250)).expect("no bound"));
    link.set_rate(ms(5), DataRate::ZERO);
    assert_eq!((link.next_event(), link.queue_delay(ms(6))), (None, None));
    link.set_rate(ms(1_000), MBIT);
    assert_eq!(link.queue_delay(ms(1_000)), Some(Duration::from_millis(15)));
    assert_eq!(arrivals(&mut link), [ms(1_030), ms(1_040)]);
}

#[test]
fn drop_tail_by_bytes_counts_waiting_and_serialising() {
    let mut link = link(LinkConfig { queue: QueueLimit::Bytes(DataSize::from_bytes(3_750)), ..config(MBIT) });
    let accepted = |link: &mut Link, at: u64| link.enqueue(ms(at), packet(at, 1250)).is_ok();
    assert_eq!([0, 0, 0, 0].map(|at| accepted(&mut link, at)), [true, true, true, false]);
    assert!(!accepted(&mut link, 9), "the packet in the serialiser counts whole");
    assert!(accepted(&mut link, 10), "at the end of its transmission it has left");
    assert!(link.enqueue(ms(11), packet(1, 29)).is_err(), "even one byte too many");
    let refused = link.enqueue(ms(11), packet(77, 1250)).expect_err("a full queue");
    assert_eq!((refused.cause, refused.at, refused.datagram.tag), (DropCause::Queue, ms(11), 77));
    assert_eq!(arrivals(&mut link).len(), 4);
}

#[test]
fn an_idle_link_takes_a_packet_larger_than_its_queue() {
    let mut link = link(LinkConfig { queue: QueueLimit::Bytes(DataSize::ZERO), ..config(MBIT) });
    assert!(link.enqueue(ms(0), packet(0, 1250)).is_ok());
    assert!(link.enqueue(ms(1), packet(1, 1250)).is_err());
    assert!(link.enqueue(ms(10), packet(2, 1250)).is_ok());
}

/// How many of `count` packets of 1250 bytes that come at once are taken.
fn burst(link: &mut Link, at: u64, count: u64) -> usize {
    (0..count).filter(|&n| link.enqueue(ms(at), packet(n, 1250)).is_ok()).count()
}

#[test]
fn drop_tail_by_time_follows_the_rate_it_is_sized_at() {
    let sized = |sized_at| QueueLimit::Time { depth: Duration::from_millis(100), sized_at };
    // 10 packets at 1 Mbit/s, 5 at 500 kbit/s: burst at 0 ms, all gone by 1 s, then the rate halves.
    let rows = [
        (SizedAt::CurrentRate, 10, 5),
        (SizedAt::FirstRate, 10, 10),
        (SizedAt::Rate(DataRate::from_kbps(300)), 3, 3),
    ];
    for (sized_at, first, second) in rows {
        let mut link = link(LinkConfig { queue: sized(sized_at), ..config(MBIT) });
        assert_eq!(burst(&mut link, 0, 50), first, "{sized_at:?} at 1 Mbit/s");
        link.set_rate(ms(1_000), DataRate::from_kbps(500));
        assert_eq!(burst(&mut link, 1_000, 50), second, "{sized_at:?} at 500 kbit/s");
        link.set_rate(ms(3_000), DataRate::ZERO);
        assert_eq!(burst(&mut link, 3_000, 50), second, "{sized_at:?}: an outage doesn't shrink the buffer");
    }
}

#[test]
fn a_falling_rate_drops_arrivals_and_nothing_that_is_queued() {
    let queue = QueueLimit::Time { depth: Duration::from_millis(100), sized_at: SizedAt::CurrentRate };
    let mut link = link(LinkConfig { queue, ..config(MBIT) });
    assert_eq!(burst(&mut link, 0, 10), 10);
    link.set_rate(ms(0), DataRate::from_kbps(200));
    // 50 ms a packet now, 2 fit: the ninth is through at 450 ms, so then there is room for one.
    assert_eq!(burst(&mut link, 449, 1), 0);
    assert_eq!(burst(&mut link, 450, 2), 1);
    assert_eq!(arrivals(&mut link).len(), 11);
}

#[test]
fn delay_in_a_full_queue_stays_within_its_depth() {
    let depth = Duration::from_millis(100);
    let queue = QueueLimit::Time { depth, sized_at: SizedAt::CurrentRate };
    let mut link = link(LinkConfig { queue, ..config(MBIT) });
    let mut taken = 0;
    for n in 0..1_000 {
        taken += u64::from(link.enqueue(ms(2 * n), packet(n, 1250)).is_ok());
    }
    let records = drain(&mut link);
    let through = |record: &HopRecord| record.queue() + record.serialise();
    let worst = records.iter().map(|(_, record)| through(record)).max().expect("packets");
    assert!((Duration::from_millis(98)..=depth).contains(&worst), "{worst:?}");
    assert_eq!(records.len() as u64, taken);
}

#[test]
fn a_lost_packet_has_used_the_link_and_comes_back_by_its_cause() {
    let mut link = link(LinkConfig { loss: Loss::Bernoulli(Probability::ALWAYS), ..config(MBIT) });
    link.enqueue(ms(0), packet(5, 1250)).expect("no bound");
    link.enqueue(ms(0), packet(6, 1250)).expect("no bound");
    assert_eq!(link.queue_delay(ms(1)), Some(Duration::from_millis(19)));
    let before = link.counters(Time::from_nanos(9_999_999));
    let after = link.counters(ms(10));
    assert_eq!((before.loss.dropped.packets, after.loss.dropped.packets), (0, 1));
    assert_eq!(link.transmitted(ms(10)).of(TrafficClass::Video).packets, 1);
    let Some(Exit::Lost(dropped)) = link.poll(ms(12)) else { panic!("a lost packet") };
    assert_eq!((dropped.cause, dropped.at, dropped.datagram.tag), (DropCause::Random, ms(10), 5));
    assert!(drain(&mut link).is_empty());
    assert_eq!(link.delivered().total(), Count::default());
}

#[test]
fn a_change_of_loss_or_delay_is_for_packets_that_have_not_left_the_serialiser() {
    let mut link = link(config(MBIT));
    (0..3).for_each(|n| link.enqueue(ms(0), packet(n, 1250)).expect("no bound"));
    let longer = Propagation { base: Duration::from_millis(100), ..Propagation::default() };
    link.set_propagation(ms(10), longer);
    link.set_loss(ms(20), Loss::Bernoulli(Probability::ALWAYS));
    assert_eq!(arrivals(&mut link), [ms(35), ms(120)]);
}

#[test]
fn a_shorter_delay_keeps_the_order_and_lasts_no_longer_than_needed() {
    let mut link = link(LinkConfig {
        propagation: Propagation { base: Duration::from_millis(100), ..Propagation::default() },
        ..config(MBIT)
    });
    (0..12).for_each(|n| link.enqueue(ms(0), packet(n, 1250)).expect("no bound"));
    link.set_propagation(ms(10), Propagation { base: Duration::from_millis(10), ..Propagation::default() });
    // The first is in flight until 110 ms; the next nine would overtake it; the last two don't.
    let expected: Vec<_> = [110; 10].into_iter().chain([120, 130]).map(ms).collect();
    assert_eq!(arrivals(&mut link), expected);
}

#[test]
fn reordering_is_real_when_asked() {
    let jitter = Jitter::Uniform { max: Duration::from_millis(30) };
    let order = |reorder| {
        let propagation = Propagation { base: BASE, jitter, reorder };
        let mut link = link(LinkConfig { propagation, ..config(MBIT) });
        (0..500).for_each(|n| link.enqueue(ms(n), packet(n, 125)).expect("no bound"));
        drain(&mut link).into_iter().map(|(tag, _)| tag).collect::<Vec<_>>()
    };
    assert!(order(false).is_sorted());
    let shuffled = order(true);
    assert!(!shuffled.is_sorted() && shuffled.len() == 500);
}

#[derive(Clone, Debug)]
enum Step {
    Enqueue(u64),
    Rate(u64),
    Loss(u8),
    Base(u64),
    Limit(u64),
    Poll,
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    let step = prop_oneof![
        8 => (29u64..1500).prop_map(Step::Enqueue),
        1 => prop_oneof![Just(0), Just(u64::MAX), 10_000u64..50_000_000].prop_map(Step::Rate),
        1 => (0u8..=100).prop_map(Step::Loss),
        1 => (0u64..50).prop_map(Step::Base),
        1 => (0u64..20_000).prop_map(Step::Limit),
        4 => Just(Step::Poll),
    ];
    (0u64..5_000_000, step)
}

fn propagation(base: u64, reorder: bool) -> Propagation {
    let jitter = Jitter::Gauss { std: Duration::from_millis(5), cut: 3.0 };
    Propagation { base: Duration::from_millis(base), jitter, reorder }
}

/// Runs steps, checks the invariants after each, and returns everything that came out and when.
fn run(steps: &[(u64, Step)], reorder: bool) -> Vec<(u32, u64)> {
    let mut link = link(LinkConfig { propagation: propagation(20, reorder), ..config(MBIT) });
    let (mut now, mut sent, mut log) = (Time::ZERO, 0, Vec::new());
    let mut last: Option<(u32, HopRecord)> = None;
    for (gap, step) in steps {
        now += Duration::from_nanos(*gap);
        match *step {
            Step::Enqueue(size) => {
                // A refused packet is dropped here and counted there.
                let _ = link.enqueue(now, packet(sent, size));
                sent += 1;
            }
            Step::Rate(bps) => link.set_rate(now, DataRate::from_bps(bps)),
            Step::Loss(percent) => {
                let probability = Probability::new(f64::from(percent) / 100.0).expect("a ratio");
                link.set_loss(now, Loss::Bernoulli(probability));
            }
            Step::Base(base) => link.set_propagation(now, propagation(base, reorder)),
            Step::Limit(bytes) => link.set_queue_limit(now, QueueLimit::Bytes(DataSize::from_bytes(bytes))),
            Step::Poll => {
                while let Some(exit) = link.poll(now) {
                    let Exit::Arrived(Delivered { datagram, record }) = exit else { continue };
                    let times =
                        [record.enqueued, record.transmission_start, record.transmission_end, record.arrived];
                    assert!(times.is_sorted() && record.arrived <= now, "{record:?}");
                    if let Some((tag, before)) = last.filter(|_| !reorder) {
                        assert!(datagram.tag > tag && record.arrived >= before.arrived, "overtaken");
                        assert!(record.transmission_start >= before.transmission_end, "two at once");
                    }
                    last = Some((datagram.tag, record));
                    log.push((datagram.tag, record.arrived.as_nanos()));
                }
            }
        }
        let counters = link.counters(now);
        let stages = [counters.queue, counters.serialiser, counters.loss, counters.propagation];
        assert!(stages.iter().all(StageCounters::balances), "{counters:?}");
        let flows = stages.windows(2).all(|pair| pair[0].left == pair[1].entered);
        assert!(flows && counters.queue.entered.packets == sent, "{counters:?}");
        assert!(counters.serialiser.held.packets <= 1);
        assert!(link.next_event().is_none_or(|at| at > now || link.clone().poll(now).is_some()));
    }
    log
}

proptest! {
    #[test]
    fn in_is_out_plus_dropped_plus_held(steps in proptest::collection::vec(step(), 0..200), reorder: bool) {
        let log = run(&steps, reorder);
        prop_assert_eq!(log, run(&steps, reorder), "the same seed gives the same everything");
    }
}
