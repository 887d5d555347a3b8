use super::*;
use crate::congestion::PacketClass;
use crate::congestion::bench::{Bench, Link};

pub(super) fn kbps(n: u64) -> DataRate {
    DataRate::from_kbps(n)
}

fn controller(ecn: EcnUse) -> Scream {
    Scream::new(ScreamConfig { min: kbps(10), start: kbps(800), max: kbps(20_000), ecn })
}

pub(super) fn result(millis: u64, arrival: Option<u64>, ecn: Ecn) -> PacketResult {
    let sent = SentPacket {
        sequence: millis as u16,
        size: DataSize::from_bytes(1_000),
        at: Time::from_millis(millis),
        class: PacketClass::Media,
        cluster: None,
    };
    PacketResult { sent, received: arrival.map(Time::from_millis), was_lost: false, ecn }
}

/// Twelve packets in flight, 50 ms of round trip.
fn warm(ecn: EcnUse) -> Scream {
    let mut scream = controller(ecn);
    for index in 0..24 {
        scream.on_sent(&result(1_000 + index * 5, None, Ecn::NotEct).sent);
    }
    let first: Vec<_> =
        (0..12).map(|index| result(1_000 + index * 5, Some(1_025 + index * 5), Ecn::Ect1)).collect();
    scream.on_feedback(Time::from_millis(1_105), &first);
    scream
}

#[test]
fn the_window_begins_with_the_start_rate() {
    let scream = controller(EcnUse::Classic);
    assert_eq!(scream.window, 12_000.0, "800 kbps for 100 ms, times 1.2");
    assert_eq!(scream.target().as_kbps(), 800);
    assert_eq!(scream.send_window(), DataSize::from_bytes(36_000), "three times the window");
}

#[test]
fn what_is_told_of_is_not_in_flight() {
    let mut scream = warm(EcnUse::Classic);
    assert_eq!(scream.flight.bytes(), 12_000.0);
    assert_eq!(scream.send_window().as_bytes(), (3.0 * scream.window - 12_000.0) as u64);
    scream.on_feedback(Time::from_millis(1_150), &[result(1_100, Some(1_125), Ecn::Ect1)]);
    assert_eq!(scream.flight.bytes(), 3_000.0);
    scream.on_tick(Time::from_millis(3_200));
    assert_eq!(scream.flight.bytes(), 0.0, "given up after two seconds");
}

/// (L4S, what comes at 1,200 ms, the part of the window that is left before it grows again)
#[test]
fn a_loss_leaves_seven_tenths_and_a_classic_mark_eight() {
    let rows = [
        (EcnUse::Classic, None, Ecn::NotEct, 0.7),
        (EcnUse::L4s, None, Ecn::NotEct, 0.7),
        (EcnUse::Classic, Some(1_145), Ecn::Ce, 0.8),
    ];
    for (mode, arrival, ecn, part) in rows {
        let mut scream = warm(mode);
        let before = scream.window;
        scream.on_feedback(Time::from_millis(1_170), &[result(1_120, arrival, ecn)]);
        assert!((scream.window / before - part).abs() < 1e-9, "{ecn:?}: {}", scream.window / before);
    }
}

/// An L4S mark is answered in proportion: alpha is 1/8 after one fully marked update, half of that is taken off, less
/// for a round trip beyond 25 ms, and a quarter of it close to the inflection point while there is no queue.
#[test]
fn an_l4s_mark_is_answered_in_proportion() {
    let mut scream = warm(EcnUse::L4s);
    scream.reacted = Some(Time::from_millis(1_105));
    let before = scream.window;
    scream.on_feedback(Time::from_millis(1_170), &[result(1_120, Some(1_145), Ecn::Ce)]);
    assert!((scream.marks.alpha() - 0.125).abs() < 1e-12);
    let rtt = scream.rtt().as_secs_f64();
    let expected = 1.0 - 0.125 / 2.0 / (rtt / 0.025) * 0.25;
    assert!((scream.window / before - expected).abs() < 1e-4, "{} {expected}", scream.window / before);
}

/// Draft, section 4.2.1.2: up by an eighth, down by a hundred and twenty-eighth.
#[test]
fn the_marks_average_rises_fast_and_falls_slowly() {
    let mut marks = Marks::default();
    for (step, part, expected) in [(0, 1.0, 0.125), (1, 1.0, 0.234_375), (2, 0.0, 0.232_543_945_312_5)] {
        let now = Time::from_millis(1_000 + step * 10);
        marks.on_feedback(now, Duration::from_millis(50), 1_000.0, part * 1_000.0);
        assert!((marks.alpha() - expected).abs() < 1e-12, "{step}: {}", marks.alpha());
    }
    marks.on_feedback(Time::from_millis(1_025), Duration::from_millis(50), 1_000.0, 1_000.0);
    assert!((marks.alpha() - 0.232_543_945_312_5).abs() < 1e-12, "too early");
}

/// Draft, section 4.2.1.3: with a target of 60 ms, marks begin at 30 ms; the average rises by a quarter and falls at
/// once.
#[test]
fn a_queue_above_half_of_the_target_is_congestion() {
    let mut queue = QueueDelay::default();
    let rtt = Duration::from_millis(100);
    let mut at = |millis: u64, delay: u64| {
        let sent = 1_000 + millis;
        queue.on_feedback(
            Time::from_millis(sent + 50),
            rtt,
            0.1,
            &[result(sent, Some(sent + delay), Ecn::Ect1)],
            false,
        );
        (queue.average(), queue.virtual_marks())
    };
    assert_eq!(at(0, 10), (0.0, 0.0));
    let (average, marks) = at(30, 90);
    assert!((average - 0.02).abs() < 1e-9 && marks == 0.0);
    let (average, marks) = at(60, 90);
    assert!((average - 0.035).abs() < 1e-9 && marks > 0.0, "{average} {marks}");
    let (average, marks) = at(90, 15);
    assert!((average - 0.005).abs() < 1e-9 && marks == 0.0);
}

#[test]
fn settles_on_a_line_and_follows_it() {
    for seed in 0..5 {
        let link = Link::new(1_000, 50).with_max_wait(300);
        let config = ScreamConfig { min: kbps(10), start: kbps(300), max: kbps(2_500), ecn: EcnUse::Off };
        let mut b = Bench::new(Scream::new(config), link).with_seed(seed);
        b.controller.set_wanted(b.now, kbps(2_500));
        b.run(30);
        assert!((600..=1_150).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
        b.link.rate = kbps(400);
        b.run(20);
        assert!((220..=480).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
        b.link.rate = kbps(2_000);
        b.run(30);
        assert!((1_100..=2_300).contains(&b.target_kbps()), "{seed}: {:?}", b.controller.state());
    }
}

#[test]
fn a_remb_bounds_the_rate() {
    let mut scream = controller(EcnUse::Classic);
    scream.on_remb(Time::from_secs(1), kbps(100));
    assert_eq!(scream.target(), kbps(100));
    scream.on_remb(Time::from_secs(2), DataRate::INFINITE);
    assert_eq!(scream.target(), kbps(800));
}

#[test]
fn hostile_feedback_keeps_the_target_within_its_bounds() {
    let mut scream = controller(EcnUse::L4s);
    for (step, received) in
        [Some(Time::NEVER), Some(Time::ZERO), None, Some(Time::NEVER)].into_iter().enumerate()
    {
        let result = PacketResult { received, ..result(1_000 + step as u64, Some(0), Ecn::Ce) };
        scream.on_sent(&result.sent);
        scream.on_feedback(Time::from_secs(2 + step as u64), &[result]);
        scream.on_tick(Time::from_secs(2 + step as u64));
        assert!(scream.target() >= kbps(10) && scream.target() <= kbps(20_000));
    }
}
