use proptest::prelude::*;

use super::*;
use crate::DataSize;
use crate::congestion::PacketClass;

fn packet(sequence: u16, millis: u64) -> SentPacket {
    SentPacket {
        sequence,
        size: DataSize::from_bytes(1_200),
        at: Time::from_millis(millis),
        class: PacketClass::Media,
        cluster: None,
    }
}

fn history(sequences: impl IntoIterator<Item = u16>) -> SentHistory {
    let mut history = SentHistory::new(1_024);
    for sequence in sequences {
        history.on_sent(packet(sequence, u64::from(sequence)));
    }
    history
}

fn feed(history: &mut SentHistory, reference: i32, entries: &[(u16, Option<i64>)]) -> Vec<PacketResult> {
    let mut results = Vec::new();
    history.on_feedback(Time::from_secs(1), reference, entries.iter().copied(), &mut results);
    results
}

/// The cases of jitsi-videobridge's `TransportCcEngineTest`.
#[test]
fn counts_unknown_lost_and_late_packets() {
    let mut h = history([4]);
    feed(&mut h, 0, &[(1, Some(0)), (2, Some(0)), (3, Some(0)), (4, Some(0))]);
    assert_eq!(h.counters(), FeedbackCounters { unknown: 3, received: 1, ..Default::default() });

    let mut h = history([4, 5]);
    assert_eq!(feed(&mut h, 0, &[(4, None), (5, Some(4))]).len(), 2);
    assert_eq!(h.counters(), FeedbackCounters { received: 1, lost: 1, ..Default::default() });
    let late = feed(&mut h, 0, &[(4, Some(8))]);
    assert!(late[0].was_lost && late[0].received.is_some());
    assert_eq!(h.counters(), FeedbackCounters { received: 2, lost: 1, after_lost: 1, ..Default::default() });
}

#[test]
fn repeated_reports_are_no_news() {
    let mut h = history([1, 2]);
    assert_eq!(feed(&mut h, 0, &[(1, Some(0)), (2, None)]).len(), 2);
    assert!(feed(&mut h, 0, &[(1, Some(9)), (1, None), (2, None)]).is_empty());
    assert_eq!(h.counters().duplicate, 3);
}

#[test]
fn arrival_times_continue_over_the_wrap_of_the_reference_and_across_signed_readings() {
    let mut h = history([65_535, 0, 1]);
    let last = feed(&mut h, 0x00FF_FFFF, &[(65_535, Some(200))])[0].received;
    let wrapped = feed(&mut h, 0, &[(0, Some(4))])[0].received;
    let signed = feed(&mut h, -1, &[(1, Some(208))])[0].received;
    let [last, wrapped, signed] = [last, wrapped, signed].map(|t| t.expect("reported as received"));
    assert_eq!(wrapped.since(last), Duration::from_millis(64 + 1 - 50));
    assert_eq!(signed.since(last), Duration::from_millis(2));
}

#[test]
fn the_round_trip_is_that_of_the_newest_packet() {
    let mut h = history([10, 20]);
    let mut results = Vec::new();
    let entries = [(10, Some(0)), (20, Some(4))];
    let rtt = h.on_feedback(Time::from_millis(120), 0, entries, &mut results);
    assert_eq!(rtt, Some(Duration::from_millis(100)));
    assert_eq!(h.on_feedback(Time::from_millis(130), 0, entries, &mut results), None);
}

#[test]
fn the_ring_forgets_and_says_so() {
    let mut h = SentHistory::new(4);
    (0..6).for_each(|sequence| h.on_sent(packet(sequence, 0)));
    assert_eq!(h.counters().unreported, 2);
    assert!(feed(&mut h, 0, &[(0, Some(0)), (1, None)]).is_empty());
    assert_eq!(h.counters().unknown, 2);
}

proptest! {
    #[test]
    fn any_feedback_is_harmless(
        reports in prop::collection::vec(
            (any::<i32>(), prop::collection::vec((any::<u16>(), any::<Option<i64>>()), 0..20)), 0..20)
    ) {
        let mut h = history(0..1_000);
        for (reference, entries) in &reports {
            feed(&mut h, *reference, entries);
        }
        let c = h.counters();
        prop_assert!(c.received <= 1_000 && c.lost <= 1_000 && c.after_lost <= c.lost);
        let total: u64 = reports.iter().map(|(_, entries)| entries.len() as u64).sum();
        prop_assert_eq!(c.received + c.lost + c.duplicate + c.unknown, total);
    }
}

#[test]
fn the_ring_grows_only_for_what_must_be_remembered() {
    let mut h = SentHistory::new(4_096);
    for n in 0..4_096 {
        h.on_sent(packet(n, u64::from(n) * 10));
        feed(&mut h, 0, &[(n, Some(0))]);
    }
    assert_eq!(h.slots.len(), FIRST_CAPACITY, "what was received long ago is displaced");
    let mut h = SentHistory::new(4_096);
    for n in 0..4_096 {
        h.on_sent(packet(n, u64::from(n) * 20));
    }
    assert_eq!(h.slots.len(), FIRST_CAPACITY, "nobody reports on what was sent five seconds ago");
    let mut h = SentHistory::new(1_000);
    for n in 0..1_024 {
        h.on_sent(packet(n, u64::from(n) * 3));
    }
    assert_eq!(h.slots.len(), 1_024);
    let all: Vec<_> = (0..1_024).map(|n| (n, Some(0))).collect();
    assert_eq!(feed(&mut h, 0, &all).len(), 1_024, "nothing in flight was forgotten, or moved");
    h.on_sent(packet(1_024, 3_072));
    assert_eq!(h.slots.len(), 1_024, "no larger than asked for");
}
