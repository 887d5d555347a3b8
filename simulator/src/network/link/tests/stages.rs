//! The stages that a link has only when asked: policer, managed queue, bursts of loss, impairments.

use super::*;
use crate::network::impairment::HoldBack;
use crate::network::loss::gilbert_elliott::GilbertElliott;
use crate::network::queue::codel::CodelConfig;
use crate::network::queue::dual_pi2::DualPi2Config;
use crate::network::queue::fq_codel::FqCodelConfig;
use crate::network::queue::pie::PieConfig;

fn codel(target: u64) -> CodelConfig {
    let (target, interval) = (Duration::from_millis(target), Duration::from_millis(100));
    CodelConfig { target, interval, limit: DataSize::from_bytes(30_000), ecn: false }
}

fn managements() -> [Management; 4] {
    let limit = DataSize::from_bytes(30_000);
    let target = Duration::from_millis(15);
    [
        Management::Codel(codel(5)),
        Management::FqCodel(FqCodelConfig {
            codel: codel(5),
            quantum: DataSize::from_bytes(1_514),
            queues: 1_024,
        }),
        Management::Pie(PieConfig { target, limit, ecn: true }),
        Management::DualPi2(DualPi2Config { target, limit }),
    ]
}

fn probability(ratio: f64) -> Probability {
    Probability::new(ratio).expect("a ratio")
}

/// Management that never acts is a plain queue, to the nanosecond, whatever the rate does meanwhile.
#[test]
fn an_idle_management_is_a_plain_queue() {
    let fates = |management| {
        let mut link = link(LinkConfig { management, ..config(DataRate::from_bps(1_234_567)) });
        for n in 0..10 {
            link.enqueue(ms(n), packet(n, 100 + 100 * n)).expect("no bound");
        }
        // In the middle of a packet, into an outage, and out of it.
        link.set_rate(ms(20), DataRate::ZERO);
        link.set_rate(ms(40), DataRate::from_bps(765_432));
        link.enqueue(ms(45), packet(10, 1_250)).expect("no bound");
        link.enqueue(ms(500), packet(11, 1_250)).expect("no bound");
        assert_eq!(
            link.queue_delay(ms(500)),
            Some(DataRate::from_bps(765_432).time_for(DataSize::from_bytes(1_250)))
        );
        drain(&mut link)
    };
    let patient = codel(10_000);
    assert_eq!(fates(Some(Management::Codel(patient))), fates(None));
}

/// An AQM chooses when the serialiser is free, not when somebody looks.
#[test]
fn drops_happen_at_departures_however_late_they_are_looked_at() {
    let run = |polled_every: u64| {
        let mut link = link(LinkConfig { management: Some(managements()[0]), ..config(MBIT) });
        let (mut drops, mut arrivals) = (Vec::new(), Vec::new());
        let mut sent = 0;
        for now in (0..3_000u64).filter(|now| now % 8 == 0 || now % polled_every == 0) {
            if now % 8 == 0 {
                link.enqueue(ms(now), packet(sent, 1_250)).expect("managed queues report drops later");
                sent += 1;
            }
            while now % polled_every == 0
                && let Some(exit) = link.poll(ms(now))
            {
                match exit {
                    Exit::Lost(dropped) => drops.push((dropped.datagram.tag, dropped.at, dropped.cause)),
                    Exit::Arrived(delivered) => arrivals.push((delivered.datagram.tag, delivered.record)),
                }
            }
        }
        (drops, arrivals)
    };
    let (drops, arrivals) = run(1);
    assert!(drops.len() > 10 && drops.iter().all(|(_, _, cause)| *cause == DropCause::Managed));
    let (late_drops, late_arrivals) = run(500);
    assert!(drops.starts_with(&late_drops) && late_drops.len() > 10);
    assert!(arrivals.starts_with(&late_arrivals));
}

#[test]
fn the_policer_drops_before_the_queue() {
    let policer = PolicerConfig { rate: MBIT, burst: DataSize::from_bytes(2_500) };
    let mut link = link(LinkConfig { policer: Some(policer), ..config(DataRate::INFINITE) });
    let refused: Vec<u64> = (0..4).filter(|&n| link.enqueue(ms(0), packet(n, 1_250)).is_err()).collect();
    assert_eq!(refused, [2, 3]);
    let dropped = link.enqueue(ms(9), packet(4, 1_250)).expect_err("not before 10 ms");
    assert_eq!(dropped.cause, DropCause::Policer);
    link.enqueue(ms(10), packet(5, 1_250)).expect("1250 bytes in 10 ms");
    let counters = link.counters(ms(10));
    assert_eq!((counters.policer.dropped.packets, counters.queue.entered.packets), (3, 3));
}

#[test]
fn marks_travel_with_the_datagram() {
    let limit = DataSize::from_bytes(1_000_000);
    let marking = Management::Codel(CodelConfig { ecn: true, limit, ..codel(5) });
    let mut link = link(LinkConfig { management: Some(marking), ..config(MBIT) });
    for n in 0..100 {
        link.enqueue(ms(0), Datagram { ecn: Ecn::Ect0, ..packet(n, 1_250) }).expect("a managed queue");
    }
    let (mut marked, mut arrived) = (0, 0);
    while let Some(at) = link.next_event() {
        while let Some(exit) = link.poll(at) {
            let Exit::Arrived(delivered) = exit else { panic!("dropped") };
            arrived += 1;
            marked += u32::from(delivered.datagram.ecn == Ecn::Ce);
        }
    }
    assert_eq!(arrived, 100);
    assert!(marked > 20, "{marked} marked");
}

#[test]
fn who_is_held_back_arrives_when_it_is_due() {
    let reorder = HoldBack { rate: probability(0.2), by: Duration::from_millis(7) };
    let impairments =
        ImpairmentConfig { duplicate: probability(0.1), reorder: Some(reorder), ..<_>::default() };
    let mut link = link(LinkConfig { impairments, ..config(MBIT) });
    (0..500).for_each(|n| link.enqueue(ms(n), packet(n + 1, 125)).expect("no bound"));
    // `drain` checks that each comes out at its own time.
    let out = drain(&mut link);
    let counters = link.counters(link.now);
    assert_eq!(out.len() as u64, 500 + counters.impaired.duplicated.packets);
    assert!(counters.impaired.held_back.packets > 50 && counters.impaired.duplicated.packets > 20);
    assert!(!out.iter().map(|(tag, _)| tag).filter(|tag| **tag != 0).is_sorted());
}

#[derive(Clone, Debug)]
enum Action {
    Send(u64, u8),
    Rate(u64),
    Poll,
}

fn action() -> impl Strategy<Value = (u64, Action)> {
    let action = prop_oneof![
        8 => (29u64..1500, 0u8..4).prop_map(|(size, ecn)| Action::Send(size, ecn)),
        1 => prop_oneof![Just(0), Just(u64::MAX), 10_000u64..50_000_000].prop_map(Action::Rate),
        3 => Just(Action::Poll),
    ];
    (0u64..5_000_000, action)
}

/// A link with everything.
fn everything(management: Management) -> Link {
    link(LinkConfig {
        policer: Some(PolicerConfig {
            rate: DataRate::from_kbps(3_000),
            burst: DataSize::from_bytes(15_000),
        }),
        management: Some(management),
        loss: Loss::GilbertElliott(GilbertElliott::simple(0.1, 2.0).expect("parameters")),
        propagation: propagation(20, false),
        impairments: ImpairmentConfig {
            corrupt: probability(0.1),
            duplicate: probability(0.1),
            reorder: Some(HoldBack { rate: probability(0.1), by: Duration::from_millis(5) }),
        },
        ..config(MBIT)
    })
}

/// In = out + dropped + held in every stage, and what leaves one enters the next.
fn check(link: &mut Link, now: Time, sent: u64) {
    let counters = link.counters(now);
    assert_eq!(counters.imbalance(), None);
    let chain = [counters.policer, counters.queue, counters.serialiser, counters.loss, counters.propagation];
    assert!(chain.windows(2).all(|pair| pair[0].left == pair[1].entered), "{counters:?}");
    let mut impaired = counters.propagation.left;
    impaired += counters.impaired.duplicated;
    assert_eq!(counters.impairment.entered, impaired);
    assert_eq!(counters.policer.entered.packets, sent);
    assert_eq!(counters.impairment.left, link.delivered().total());
}

proptest! {
    #[test]
    fn every_stage_conserves(which in 0usize..4, steps in proptest::collection::vec(action(), 0..200)) {
        let mut link = everything(managements()[which]);
        let (mut now, mut sent) = (Time::ZERO, 0);
        for (gap, action) in steps {
            now += Duration::from_nanos(gap);
            match action {
                Action::Send(size, ecn) => {
                    let ecn = [Ecn::NotEct, Ecn::Ect1, Ecn::Ect0, Ecn::Ce][usize::from(ecn)];
                    // A refused packet is dropped here and counted there.
                    let _ = link.enqueue(now, Datagram { ecn, ..packet(sent, size) });
                    sent += 1;
                }
                Action::Rate(bps) => link.set_rate(now, DataRate::from_bps(bps)),
                Action::Poll => while link.poll(now).is_some() {},
            }
            check(&mut link, now, sent);
        }
        link.set_rate(now, MBIT);
        while let Some(at) = link.next_event() {
            while link.poll(at.max(link.now)).is_some() {}
        }
        let now = link.now;
        check(&mut link, now, sent);
        let counters = link.counters(now);
        let held = [counters.queue, counters.serialiser, counters.propagation, counters.impairment];
        prop_assert!(held.iter().all(|stage| stage.held.packets == 0), "nothing is stranded");
    }
}
