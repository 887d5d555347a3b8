//! What no peer of ours would send.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::pair::{Pair, Path, seed};
use crate::Time;
use crate::data::packet::{self, Header, Writer};
use crate::data::{Association, AssociationEvent, MAX_MESSAGE, MAX_STREAMS, Refusal, Side};

/// Where the honest side (1) of an established pair expects the other's numbers to go on.
struct Forger {
    pair: Pair,
    next: u32,
}

impl Forger {
    fn new() -> Self {
        let pair = Pair::established(Path::GOOD, 1);
        Forger { pair, next: seed(1).first }
    }

    fn packet(&self, chunks: &[(u8, u8, &[u8])]) -> Bytes {
        write(seed(2).tag, chunks)
    }

    fn give(&mut self, chunks: &[(u8, u8, &[u8])]) -> Result<(), Refusal> {
        let packet = self.packet(chunks);
        let handled = self.pair.ends[1].handle(self.pair.now, &packet);
        while self.pair.ends[1].poll_transmit().is_some() {}
        handled
    }

    /// The next DATA chunk of a stream.
    fn data(&mut self, flags: u8, stream: u16, sequence: u16, payload: &[u8]) -> Result<(), Refusal> {
        let value = data(self.next, stream, sequence, payload);
        self.next = self.next.wrapping_add(1);
        self.give(&[(packet::DATA, flags, &value)])
    }
}

fn write(tag: u32, chunks: &[(u8, u8, &[u8])]) -> Bytes {
    let mut writer = Writer::new(Header { source_port: 5000, destination_port: 5000, tag }, 64);
    for (kind, flags, value) in chunks {
        writer.chunk(*kind, *flags, value);
    }
    writer.finish()
}

fn data(tsn: u32, stream: u16, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut value = tsn.to_be_bytes().to_vec();
    value.extend_from_slice(&stream.to_be_bytes());
    value.extend_from_slice(&sequence.to_be_bytes());
    value.extend_from_slice(&53_u32.to_be_bytes());
    value.extend_from_slice(payload);
    value
}

fn init(tag: u32, first: u32) -> Vec<u8> {
    let mut value = tag.to_be_bytes().to_vec();
    value.extend_from_slice(&100_000_u32.to_be_bytes());
    value.extend_from_slice(&[1, 0, 1, 0]);
    value.extend_from_slice(&first.to_be_bytes());
    value
}

#[test]
fn forged_packets_are_refused_and_change_nothing() {
    let mut forger = Forger::new();
    let (first, now) = (forger.next, forger.pair.now);
    let chunk = data(first, 0, 0, b"x");
    let wrong_tag = write(seed(2).tag ^ 1, &[(packet::DATA, 3, &chunk)]);
    let zero_tag = write(0, &[(packet::ABORT, 0, &[])]);
    let mut broken = forger.packet(&[(packet::DATA, 3, &chunk)]).to_vec();
    broken[30] ^= 1;
    let no_port = {
        let header = Header { source_port: 0, destination_port: 5000, tag: seed(2).tag };
        let mut writer = Writer::new(header, 0);
        writer.chunk(packet::COOKIE_ACK, 0, &[]);
        writer.finish()
    };
    let rows = [
        ("another tag", wrong_tag, Refusal::Tag),
        ("an abort without a tag", zero_tag, Refusal::Tag),
        ("a broken checksum", broken.into(), Refusal::Malformed),
        ("port zero", no_port, Refusal::Malformed),
        ("nothing", Bytes::new(), Refusal::Malformed),
    ];
    for (what, packet, refusal) in rows {
        assert_eq!(forger.pair.ends[1].handle(now, &packet), Err(refusal), "{what}");
    }
    assert!(forger.pair.ends[1].is_established());
    assert_eq!(forger.data(3, 0, 0, b"x"), Ok(()), "the true packet still counts");
}

#[test]
fn chunks_that_mean_harm() {
    let mut forger = Forger::new();
    let far = forger.next.wrapping_add(20_000);
    let never_sent = |cumulative: u32, blocks: &[u16]| {
        let mut value = cumulative.to_be_bytes().to_vec();
        value.extend_from_slice(&100_000_u32.to_be_bytes());
        value.extend_from_slice(&((blocks.len() / 2) as u16).to_be_bytes());
        value.extend_from_slice(&[0, 0]);
        blocks.iter().for_each(|block| value.extend_from_slice(&block.to_be_bytes()));
        value
    };
    let own = seed(2).first;
    let reset = |stream: u16| {
        let mut value = vec![0, 13, 0, 18];
        for number in [far, 0, far] {
            value.extend_from_slice(&number.to_be_bytes());
        }
        value.extend_from_slice(&stream.to_be_bytes());
        value
    };
    let rows: [(&str, u8, Vec<u8>, Refusal); 12] = [
        ("a number far ahead", packet::DATA, data(far, 0, 0, b"x"), Refusal::Window),
        ("an empty chunk", packet::DATA, data(forger.next, 0, 0, b""), Refusal::Window),
        ("half a chunk", packet::DATA, vec![0; 11], Refusal::Malformed),
        ("a stream too many", packet::DATA, data(forger.next, MAX_STREAMS, 0, b"x"), Refusal::Stream),
        ("giving up half of all numbers", packet::FORWARD_TSN, far.to_be_bytes().to_vec(), Refusal::Window),
        ("an acknowledgement of the future", packet::SACK, never_sent(own, &[]), Refusal::Protocol),
        ("blocks of the future", packet::SACK, never_sent(own.wrapping_sub(1), &[1, 9]), Refusal::Protocol),
        ("blocks that turn round", packet::SACK, never_sent(own.wrapping_sub(1), &[3, 1]), Refusal::Protocol),
        (
            "more blocks than there are",
            packet::SACK,
            vec![0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0],
            Refusal::Malformed,
        ),
        ("a reset of no stream", packet::RE_CONFIG, reset(MAX_STREAMS), Refusal::Stream),
        ("an unknown request", packet::RE_CONFIG, vec![0, 14, 0, 8, 0, 0, 0, 0], Refusal::Protocol),
        ("an INIT again", packet::INIT, init(5, 5), Refusal::Protocol),
    ];
    for (what, kind, value, refusal) in rows {
        let outcome = forger.give(&[(kind, 3, &value)]);
        assert_eq!(outcome, Err(refusal), "{what}");
        assert!(forger.pair.ends[1].is_established(), "{what}");
    }
    for _ in 0..100 {
        // Error chunks end nothing, and unknown chunks are skipped.
        assert_eq!(forger.give(&[(9, 0, &[0, 13, 0, 4])]), Ok(()));
        assert_eq!(forger.give(&[(0xc9, 0, &[1]), (0x84, 0, &[0; 9])]), Ok(()));
    }
    assert_eq!(forger.data(3, 0, 0, b"x"), Ok(()));
}

#[test]
fn a_flood_of_resets_is_bounded() {
    let mut forger = Forger::new();
    let far = forger.next.wrapping_add(500);
    let mut refused = 0;
    for sequence in 0..1_000_u32 {
        let mut value = vec![0, 13, 0, 18];
        for number in [far.wrapping_add(sequence), 0, far] {
            value.extend_from_slice(&number.to_be_bytes());
        }
        value.extend_from_slice(&[0, 2]);
        refused += u32::from(forger.give(&[(packet::RE_CONFIG, 0, &value)]) == Err(Refusal::Flood));
    }
    assert_eq!(refused, 1_000 - 8);
    assert!(forger.pair.ends[1].is_established());
}

#[test]
fn a_flood_of_inits_is_answered_sixteen_times() {
    let mut association = Association::new(Side::Accept, seed(2));
    let mut answered = 0;
    for number in 1..1_000 {
        let packet = write(0, &[(packet::INIT, 0, &init(number, number))]);
        match association.handle(Time::from_secs(1), &packet) {
            Ok(()) => answered += 1,
            Err(refusal) => assert_eq!(refusal, Refusal::Flood),
        }
        let sent = std::iter::from_fn(|| association.poll_transmit()).count();
        assert!(sent <= 1);
    }
    assert_eq!(answered, 16);
    let bundled = write(0, &[(packet::INIT, 0, &init(1, 1)), (packet::COOKIE_ACK, 0, &[])]);
    assert_eq!(association.handle(Time::from_secs(1), &bundled), Err(Refusal::Protocol));
}

#[test]
fn a_message_without_an_end_ends_the_association() {
    let mut forger = Forger::new();
    let mut given = 0;
    let outcome = loop {
        let first = u8::from(given == 0) << 1;
        if let Err(refusal) = forger.data(first, 0, 0, &[7; 1_000]) {
            break refusal;
        }
        given += 1_000;
        assert!(given < 4 * MAX_MESSAGE, "bounded");
    };
    assert_eq!(outcome, Refusal::Exhausted);
    let end = &mut forger.pair.ends[1];
    assert!(end.is_over());
    let events: Vec<_> = std::iter::from_fn(|| end.poll_event()).collect();
    assert_eq!(events, [AssociationEvent::Closed]);
    assert_eq!(end.handle(forger.pair.now, &[]), Err(Refusal::Closed));
    assert_eq!(end.deadline(), None);
}

#[test]
fn one_byte_chunks_that_are_never_read_end_the_association() {
    let mut forger = Forger::new();
    // In order of their stream all wait for the first, which never comes.
    let mut given = 0_u16;
    while forger.data(3, 0, given.wrapping_add(1), b"x").is_ok() {
        given += 1;
        assert!(given < 5_000, "bounded");
    }
    assert!(forger.pair.ends[1].is_over());
}

#[test]
fn acknowledgements_stay_below_a_packet() {
    let mut forger = Forger::new();
    let mut largest = 0;
    for gap in 0..1_500_u32 {
        let value = data(forger.next.wrapping_add(1 + 2 * gap), 0, 0, &[1; 4]);
        let packet = forger.packet(&[(packet::DATA, 7, &value)]);
        assert_eq!(forger.pair.ends[1].handle(forger.pair.now, &packet), Ok(()));
        while let Some(packet) = forger.pair.ends[1].poll_transmit() {
            largest = largest.max(packet.len());
        }
    }
    assert!((900..=1_132).contains(&largest), "{largest}");
}

fn chunk() -> impl Strategy<Value = (u8, u8, Vec<u8>)> {
    let kind = prop_oneof![
        4 => prop::sample::select(vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 14, 130, 192]),
        1 => any::<u8>(),
    ];
    // Numbers near those that count are what opens the interesting doors.
    let near = (0_u32..64).prop_map(|at| seed(1).first.wrapping_add(at).to_be_bytes().to_vec());
    let own =
        (0_u32..64).prop_map(|at| seed(2).first.wrapping_add(at).wrapping_sub(2).to_be_bytes().to_vec());
    let head = prop_oneof![3 => near, 2 => own, 1 => prop::collection::vec(any::<u8>(), 0..8)];
    let tail = prop_oneof![prop::collection::vec(any::<u8>(), 0..48), prop::collection::vec(0_u8..4, 0..48),];
    (kind, 0_u8..8, head, tail).prop_map(|(kind, flags, head, tail)| (kind, flags, [head, tail].concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_packet_of_chunks_panics_or_grows(
        packets in prop::collection::vec((prop::collection::vec(chunk(), 1..5), 0_u64..400), 1..80),
        standing in any::<bool>(),
    ) {
        let mut pair = if standing { Pair::established(Path::GOOD, 1) } else { Pair::new(Path::GOOD, 1) };
        for (chunks, millis) in packets {
            let chunks: Vec<_> = chunks.iter().map(|(kind, flags, value)| (*kind, *flags, &value[..])).collect();
            let tag = if chunks[0].0 == packet::INIT { 0 } else { seed(2).tag };
            let end = &mut pair.ends[1];
            let _ = end.handle(pair.now, &write(tag, &chunks));
            pair.now += Duration::from_millis(millis);
            end.handle_timeout(pair.now);
            let sent: Vec<_> = std::iter::from_fn(|| end.poll_transmit()).collect();
            prop_assert!(sent.iter().all(|packet| packet.len() <= 1_132));
            while end.poll_event().is_some() {}
        }
    }

    #[test]
    fn no_bytes_panic(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..40)) {
        let mut pair = Pair::established(Path::GOOD, 1);
        for packet in packets {
            let _ = pair.ends[1].handle(pair.now, &packet);
        }
        prop_assert!(pair.ends[1].is_established());
    }
}
