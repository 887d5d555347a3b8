//! Messages between honest ends.

use std::time::Duration;

use bytes::Bytes;

use super::pair::{Pair, Path};
use crate::data::dcep::{Delivery, Reliability};
use crate::data::{AssociationEvent, MAX_MESSAGE, MAX_PACKET};

fn numbered(count: u32, len: usize) -> Vec<Bytes> {
    let message = |number: u32| [&number.to_be_bytes()[..], &vec![number as u8; len - 4]].concat().into();
    (0..count).map(message).collect()
}

#[test]
fn reliable_messages_arrive_whole_and_in_order_over_a_bad_path() {
    for random in 0..4 {
        let mut pair = Pair::established(Path::BAD, random);
        let sent = numbered(60, 3_000);
        pair.ends[0].open_stream(0);
        for message in &sent {
            assert!(pair.send(0, 0, message));
        }
        pair.run(Duration::from_secs(120));
        assert_eq!(pair.messages(1), sent, "seed {random}");
        assert_eq!(pair.ends[0].outstanding(), 0);
        let largest = pair.trace.iter().map(|(_, _, packet)| packet.len()).max();
        assert!(largest <= Some(MAX_PACKET as usize), "{largest:?}");
    }
}

#[test]
fn unordered_messages_arrive_once_each() {
    let mut pair = Pair::established(Path::BAD, 7);
    let delivery = Delivery { ordered: false, reliability: Reliability::Reliable };
    pair.ends[0].open_stream(0);
    pair.ends[0].set_delivery(0, delivery);
    let sent = numbered(200, 400);
    for message in &sent {
        assert!(pair.send(0, 0, message));
    }
    pair.run(Duration::from_secs(120));
    let mut got = pair.messages(1);
    assert_ne!(got, sent, "some overtook others, or this shows nothing");
    got.sort();
    assert_eq!(got, sent);
}

#[test]
fn partly_reliable_messages_are_given_up_and_hold_nothing_up() {
    for reliability in [Reliability::Retransmits(0), Reliability::Lifetime(100)] {
        let mut pair = Pair::established(Path { loss: 200, ..Path::GOOD }, 3);
        for end in &mut pair.ends {
            end.open_stream(0);
            end.set_delivery(0, Delivery { ordered: true, reliability });
        }
        let sent = numbered(100, 1_000);
        for message in &sent {
            assert!(pair.send(0, 0, message));
            pair.run(Duration::from_millis(50));
        }
        pair.run(Duration::from_secs(60));
        let got = pair.messages(1);
        assert!((40..100).contains(&got.len()), "{reliability:?}: {} of 100", got.len());
        assert!(got.is_sorted(), "in order");
        assert_eq!(pair.ends[0].outstanding(), 0, "{reliability:?}");
    }
}

#[test]
fn an_outage_longer_than_any_count_of_repeats_is_survived() {
    let mut pair = Pair::established(Path::GOOD, 1);
    pair.ends[0].open_stream(0);
    let message = Bytes::from_static(b"still there");
    // A minute in which nothing gets through: T3 runs out six times at least.
    let mut held = Vec::new();
    assert!(pair.ends[0].send(pair.now, 0, crate::data::Payload::Text, &message));
    for second in 1..=200 {
        let now = pair.now + Duration::from_secs(second);
        pair.ends[0].handle_timeout(now);
        while let Some(packet) = pair.ends[0].poll_transmit() {
            held.push(packet);
        }
    }
    assert!(held.len() > 6, "{} repeats", held.len());
    pair.now += Duration::from_secs(200);
    pair.run(Duration::from_secs(120));
    assert_eq!(pair.messages(1), [message]);
}

#[test]
fn the_largest_message_passes_and_a_larger_one_is_reported() {
    let mut pair = Pair::established(Path::GOOD, 1);
    pair.ends[0].open_stream(2);
    assert!(pair.send(0, 2, &vec![1; MAX_MESSAGE].into()));
    assert!(pair.send(0, 2, &vec![2; MAX_MESSAGE + 1].into()));
    assert!(!pair.send(0, 2, &Bytes::new()), "nothing is no message");
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.messages(1).len(), 1);
    assert_eq!(pair.events[1].last(), Some(&AssociationEvent::Unusable { stream: 2, len: MAX_MESSAGE + 1 }));
}

#[test]
fn a_stream_closes_at_both_ends_and_opens_again() {
    let mut pair = Pair::established(Path::BAD, 5);
    for round in 0..20_u8 {
        pair.ends[0].open_stream(4);
        assert!(pair.send(0, 4, &vec![round; 2_000].into()), "round {round}");
        pair.run(Duration::from_secs(20));
        let (end, now) = (usize::from(round % 2), pair.now);
        pair.ends[end].reset(now, 4);
        pair.run(Duration::from_secs(20));
    }
    assert_eq!(pair.messages(1).len(), 20);
    for events in &pair.events {
        let resets = events.iter().filter(|event| matches!(event, AssociationEvent::Reset { stream: 4 }));
        assert_eq!(resets.count(), 20);
    }
}

#[test]
fn a_run_repeats_byte_for_byte() {
    let run = || {
        let mut pair = Pair::established(Path::BAD, 11);
        for end in 0..2 {
            pair.ends[end].open_stream(0);
            pair.ends[end]
                .set_delivery(0, Delivery { ordered: end == 0, reliability: Reliability::Retransmits(1) });
        }
        for message in numbered(40, 2_500) {
            pair.send(0, 0, &message);
            pair.send(1, 0, &message);
        }
        pair.run(Duration::from_secs(30));
        let now = pair.now;
        pair.ends[1].reset(now, 0);
        pair.run(Duration::from_secs(30));
        pair.trace
    };
    let first = run();
    assert!(first.len() > 200);
    assert!(run() == first, "rtc-sctp's own random numbers never reach the wire");
}
