//! Opus with redundancy (RFC 2198) and DTX through the core: stripped, passed on, added, and put to use.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use sfu::codec::red::{Block, Blocks, Red};
use sfu::debug_state::Personal;
use sfu::participant::MediaParameters;
use sfu::rtcp::ArrivalRecorder;
use sfu::{Command, DropReason, PacketClass};

use crate::common::call::{Call, config};
use crate::common::media::{OPUS, microphone, parameters};
use crate::common::peer::{Received, RtpOut};

const RED: u8 = 63;
/// The numbers of receivers are their own.
const THEIR_OPUS: u8 = 109;
const THEIR_RED: u8 = 121;
const STEP: u32 = 960;
const FRAME: Duration = Duration::from_millis(20);

fn speaking(opus: u8, red: Option<u8>) -> MediaParameters {
    let mut media = parameters();
    media.payload_types.opus = opus;
    media.payload_types.opus_red = red;
    media
}

/// A publisher (0), a receiver without RED (1), and one with it (2), whose numbers are others.
fn call() -> Call {
    let mut call = Call::new(config());
    for media in
        [speaking(OPUS, Some(RED)), speaking(THEIR_OPUS, None), speaking(THEIR_OPUS, Some(THEIR_RED))]
    {
        let index = call.join_with(media, vec![microphone()]);
        call.connect(index);
    }
    let wish = call.wish(0, "mic");
    for receiver in [1, 2] {
        call.subscribe(receiver, std::slice::from_ref(&wish)).expect("the source is there");
        call.peers[receiver].arrivals = Some(ArrivalRecorder::new());
    }
    call
}

/// A voice whose payloads say which packet they are, and how they were encoded: sound, or comfort noise.
#[derive(Default)]
struct Voice {
    /// Sequence number, place in time in packets, payload.
    sent: Vec<(u64, u32, Vec<u8>)>,
}

const FIRST: u64 = 40;

impl Voice {
    /// The next packet, `steps` packets of time after the last, with `distance` of those before it.
    fn packet(&mut self, steps: u32, silent: bool, distance: usize) -> RtpOut {
        let sequence = FIRST + self.sent.len() as u64;
        let place = self.sent.last().map_or(1_000, |(_, place, _)| place + steps);
        let payload = if silent { vec![0x78] } else { place.to_be_bytes().repeat(15) };
        let mut redundant = Blocks::default();
        for (_, before, payload) in &self.sent[self.sent.len().saturating_sub(distance)..] {
            let offset = u16::try_from((place - before) * STEP).unwrap_or(u16::MAX);
            if offset <= sfu::codec::red::MAX_OFFSET {
                assert!(redundant.push(Block { payload_type: OPUS, offset, payload }));
            }
        }
        let mut content = Vec::new();
        if distance > 0 {
            let red = Red { redundant, payload_type: OPUS, primary: &payload };
            red.write(&mut content).expect("it fits");
        } else {
            content.clone_from(&payload);
        }
        self.sent.push((sequence, place, payload));
        RtpOut {
            payload_type: if distance > 0 { RED } else { OPUS },
            sequence,
            timestamp: place.wrapping_mul(STEP),
            ssrc: 0x1080,
            mid: Some("1".into()),
            level: Some((30, true)),
            payload: content,
            ..RtpOut::default()
        }
    }

    fn next(&mut self, distance: usize) -> RtpOut {
        self.packet(1, false, distance)
    }
}

/// Which packet of [`Voice`] a payload is: none for comfort noise.
fn place_of(payload: &[u8]) -> Option<u32> {
    let (head, rest) = payload.split_first_chunk().filter(|(_, rest)| !rest.is_empty())?;
    let place = u32::from_be_bytes(*head);
    assert_eq!(rest, place.to_be_bytes().repeat(14), "damaged");
    Some(place)
}

/// A packet as a receiver got it: number, timestamp, the primary payload's place, and those of the redundant ones.
type Heard = (u16, u32, Option<u32>, Vec<u32>);

fn heard(call: &Call, receiver: usize) -> Vec<Heard> {
    let packets: Vec<&Received> = call.peers[receiver].of(PacketClass::Audio).collect();
    let read = |packet: &&Received| {
        let header = packet.header();
        let (sequence, timestamp, payload) = (header.sequence, header.timestamp, packet.payload());
        if header.payload_type == THEIR_OPUS {
            return (sequence, timestamp, place_of(payload), Vec::new());
        }
        assert_eq!((header.payload_type, receiver), (THEIR_RED, 2), "only a type that the receiver named");
        let red = Red::parse(payload).expect("the core writes proper RED");
        assert_eq!(red.payload_type, THEIR_OPUS);
        let place = place_of(red.primary);
        let blocks = red.redundant.as_slice().iter().map(|block| {
            assert_eq!(block.payload_type, THEIR_OPUS, "a publisher's number means nothing here");
            let redundant = place_of(block.payload).expect("comfort noise is not repeated");
            if let Some(place) = place {
                assert_eq!((place - redundant) * STEP, u32::from(block.offset), "its own time");
            }
            redundant
        });
        (sequence, timestamp, place, blocks.collect())
    };
    packets.iter().map(read).collect()
}

fn places(call: &Call, receiver: usize) -> Vec<u32> {
    heard(call, receiver).iter().filter_map(|packet| packet.2).collect()
}

/// Numbers one after the other, however the packets came to be.
fn assert_consecutive(call: &Call, receiver: usize) {
    let numbers: Vec<u16> = heard(call, receiver).iter().map(|packet| packet.0).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)), "{numbers:?}");
}

#[test]
fn redundancy_is_stripped_for_one_and_passed_on_to_the_other() {
    let (mut call, mut voice) = (call(), Voice::default());
    for _ in 0..20 {
        let packet = voice.next(2);
        call.send(0, &packet).expect("media");
        call.run(FRAME);
    }
    assert_eq!(places(&call, 1), (1_000..1_020).collect::<Vec<_>>());
    assert_consecutive(&call, 1);
    assert!(heard(&call, 1).iter().all(|packet| packet.3.is_empty()));
    assert_consecutive(&call, 2);
    for (n, (_, _, place, redundant)) in heard(&call, 2).into_iter().enumerate() {
        let place = place.expect("sound");
        // The first packets have nothing before them that was sent.
        let expected: Vec<_> = (place - n.min(2) as u32..place).collect();
        assert_eq!(redundant, expected, "packet {n}");
    }
    assert_eq!(call.sfu.forwarded(), 40);
}

#[test]
fn what_the_uplink_lost_takes_its_own_place() {
    let (mut call, mut voice) = (call(), Voice::default());
    for n in 0..30 {
        let packet = voice.next(2);
        // One, two in a row, and three in a row, of which two can be had.
        if ![5, 10, 11, 20, 21, 22].contains(&n) {
            call.send(0, &packet).expect("media");
        }
        call.run(FRAME);
    }
    let expected: Vec<u32> = (1_000..1_030).filter(|place| *place != 1_020).collect();
    for receiver in [1, 2] {
        assert_eq!(places(&call, receiver), expected, "in order, each once");
        let packets = heard(&call, receiver);
        for packet in &packets {
            let place = packet.2.expect("sound");
            assert_eq!(
                packet.0.wrapping_sub(packets[0].0),
                (place - 1_000) as u16,
                "the missing one leaves a hole"
            );
            assert_eq!(packet.1.wrapping_sub(packets[0].1), (place - 1_000) * STEP);
        }
        let recovered = packets.iter().find(|packet| packet.2 == Some(1_010)).expect("it was recovered");
        assert!(recovered.3.is_empty(), "it comes alone");
    }
    assert_eq!(call.sfu.recovered(), 5);
    let (forwarded, withheld) = (call.sfu.forwarded(), call.sfu.withheld().total());
    assert_eq!(forwarded + withheld, (24 + 5) * 2, "each of those taken in to each subscriber");
}

#[test]
fn an_original_that_comes_after_its_copy_is_a_duplicate() {
    let (mut call, mut voice) = (call(), Voice::default());
    let packets: Vec<RtpOut> = (0..4).map(|_| voice.next(1)).collect();
    for n in [0, 2, 1, 3] {
        call.send(0, &packets[n]).expect("media");
    }
    for receiver in [1, 2] {
        assert_eq!(places(&call, receiver), [1_000, 1_001, 1_002, 1_003]);
    }
    assert_eq!(call.sfu.withheld().of(DropReason::Duplicate), 2);
}

#[test]
fn malformed_redundancy_goes_no_further() {
    let (mut call, mut voice) = (call(), Voice::default());
    call.send(0, &voice.next(1)).expect("media");
    let rows: [&[u8]; 4] = [
        &[0xef, 0, 0],
        &[0xef, 0x0f, 0, 9, 0x6f, 1],
        &[0x6f],
        // Something else than Opus within.
        &[0x60, 1, 2, 3],
    ];
    for (n, payload) in rows.into_iter().enumerate() {
        let packet = RtpOut { payload: payload.to_vec(), ..voice.next(1) };
        assert_eq!(call.send(0, &packet), Err(DropReason::MalformedPayload), "row {n}");
    }
    // Nothing at all is as good as padding, and must not be wrapped as if it were something.
    let empty = RtpOut { payload_type: OPUS, payload: Vec::new(), ..voice.next(0) };
    assert_eq!(call.send(0, &empty), Err(DropReason::PaddingOnly));
    // Who never named a type for it can't send it.
    let stranger = RtpOut { ssrc: 0x2080, ..Voice::default().next(1) };
    assert_eq!(call.send(1, &stranger), Err(DropReason::UnknownPayloadType));
    assert_eq!(call.sfu.forwarded(), 2);
}

/// Runs so many packets of plain Opus while receivers lose every `loss`-th datagram, if any.
fn talk(call: &mut Call, voice: &mut Voice, packets: usize, loss: Option<u64>) {
    let mut count = 0;
    call.delivers = Box::new(move |_, segment| {
        count += u64::from(segment.class == PacketClass::Audio);
        segment.class != PacketClass::Audio || loss.is_none_or(|every| count % every != 0)
    });
    for _ in 0..packets {
        let packet = voice.next(0);
        call.send(0, &packet).expect("media");
        call.run(FRAME);
    }
}

#[test]
fn redundancy_is_added_as_loss_asks_for_it_and_given_up_when_it_ends() {
    let (mut call, mut voice) = (call(), Voice::default());
    // packets, every n-th lost, how many redundant blocks the last packet then has. (The two receivers' datagrams
    // alternate, so an odd number hits both.)
    let rows = [(500, None, 0), (500, Some(25), 1), (750, Some(9), 2), (1_500, None, 0)];
    for (n, (packets, loss, blocks)) in rows.into_iter().enumerate() {
        talk(&mut call, &mut voice, packets, loss);
        let last = heard(&call, 2).pop().expect("something was heard");
        assert_eq!(last.3.len(), blocks, "row {n}");
        let state = call.sfu.debug_state(call.now, Personal::Redacted);
        let receivers = [1, 2].map(|receiver| &state["participants"][receiver]);
        let distances = receivers.map(|receiver| &receiver["protection"]["red_distance"]);
        assert_eq!(
            distances,
            [&Value::from(blocks), &Value::from(blocks)],
            "row {n}: what the lines call for"
        );
        let sent = receivers.map(|receiver| &receiver["subscriptions"][0]["projection"]["redundancy"]);
        assert_eq!(sent, [&Value::from(0), &Value::from(blocks)], "row {n}: and what goes out");
    }
    assert!(heard(&call, 1).iter().all(|packet| packet.3.is_empty()), "who doesn't speak it gets none");
    let lost = 1_250_usize / 9 + 500 / 25;
    let packets = heard(&call, 2);
    let all: std::collections::BTreeSet<u32> =
        packets.iter().flat_map(|packet| packet.3.iter().chain(&packet.2)).copied().collect();
    let missing = voice.sent.len() - all.len();
    assert!(packets.len() < voice.sent.len() - 50, "the line did lose packets");
    assert!(missing < lost / 4, "{missing} of about {lost} lost packets were in no other one");
}

#[test]
fn of_a_pause_three_packets_go_on_and_the_numbers_close_up_behind_them() {
    let (mut call, mut voice) = (call(), Voice::default());
    let mut send = |call: &mut Call, steps, silent| {
        let packet = voice.packet(steps, silent, 1);
        call.run(FRAME * steps);
        call.send(0, &packet).expect("media");
    };
    for _ in 0..5 {
        send(&mut call, 1, false);
    }
    send(&mut call, 1, true);
    for _ in 0..9 {
        send(&mut call, 20, true);
    }
    send(&mut call, 7, false);
    send(&mut call, 1, false);
    for receiver in [1, 2] {
        let packets = heard(&call, receiver);
        assert_consecutive(&call, receiver);
        assert_eq!(packets.len(), 5 + 3 + 2);
        let times: Vec<u32> = packets.iter().map(|p| p.1.wrapping_sub(packets[0].1) / STEP).collect();
        assert_eq!(times, [0, 1, 2, 3, 4, 5, 25, 45, 192, 193], "timestamps keep the truth");
    }
    let redundant: Vec<usize> = heard(&call, 2).iter().map(|packet| packet.3.len()).collect();
    assert_eq!(redundant, [0, 1, 1, 1, 1, 1, 0, 0, 0, 1], "nothing reaches over a pause");
    assert_eq!(call.sfu.withheld().of(DropReason::Silence), 7 * 2);
}

#[test]
fn redundancy_holds_nothing_from_before_a_mute() {
    let (mut call, mut voice) = (call(), Voice::default());
    let say = |call: &mut Call, voice: &mut Voice, count: usize| {
        for _ in 0..count {
            let packet = voice.next(2);
            call.send(0, &packet).expect("media");
            call.run(FRAME);
        }
    };
    say(&mut call, &mut voice, 3);
    let id = call.peers[0].id;
    let mute = |call: &mut Call, muted| {
        let command = Command::Mute { participant: id, source: "mic".into(), muted };
        call.turn(|turn| turn.command(command)).expect("its own source");
    };
    mute(&mut call, true);
    say(&mut call, &mut voice, 5);
    mute(&mut call, false);
    say(&mut call, &mut voice, 3);
    let packets = heard(&call, 2);
    let muted = 1_003..1_008_u32;
    assert!(packets.iter().all(|p| p.3.iter().chain(&p.2).all(|place| !muted.contains(place))));
    assert_eq!(packets.iter().map(|p| p.3.len()).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
}

/// What happens to one packet of a publisher.
#[derive(Clone, Copy, Debug)]
struct Fate {
    steps: u32,
    silent: bool,
    lost: bool,
    /// It comes after so many later ones.
    late: usize,
}

fn fate() -> impl Strategy<Value = Fate> {
    let steps = prop::sample::select(vec![1_u32, 1, 1, 1, 1, 1, 20]);
    let lost = prop::bool::weighted(0.2);
    let late = prop::sample::select(vec![0_usize, 0, 0, 0, 0, 1, 3]);
    (steps, prop::bool::weighted(0.2), lost, late).prop_map(|(steps, silent, lost, late)| Fate {
        steps,
        silent,
        lost,
        late,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is lost, late, silent or redundant on both lines: no number goes out twice (the peers' SRTP refuses
    /// that), and under each number and time lies the one packet that belongs there.
    #[test]
    fn under_each_number_lies_the_right_packet(
        fates in prop::collection::vec(fate(), 20..150),
        distance in 0..4_usize,
        every in 3..30_u64,
    ) {
        let (mut call, mut voice) = (call(), Voice::default());
        talk(&mut call, &mut voice, 150, Some(every | 1));
        let mut queue: Vec<(usize, RtpOut)> = Vec::new();
        for (n, fate) in fates.iter().enumerate() {
            let packet = voice.packet(fate.steps, fate.silent, distance);
            call.run(FRAME * fate.steps);
            if !fate.lost {
                queue.push((n + fate.late, packet));
            }
            let (due, later): (Vec<_>, Vec<_>) = queue.into_iter().partition(|(at, _)| *at <= n);
            queue = later;
            for (_, packet) in due {
                // A late one may be refused: its place was closed up.
                let _ = call.send(0, &packet);
            }
        }
        for receiver in [1, 2] {
            let packets = heard(&call, receiver);
            let sound = packets.iter().filter_map(|p| p.2.map(|place| (p.0.wrapping_sub(packets[0].0), p.1, place)));
            let mut sound: Vec<_> = sound.collect();
            sound.sort_unstable();
            for pair in sound.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0 && pair[0].2 < pair[1].2, "{pair:?} are out of order");
                let steps = pair[1].2 - pair[0].2;
                prop_assert_eq!(pair[1].1.wrapping_sub(pair[0].1), steps * STEP, "time goes on as it did");
            }
            prop_assert!(packets[0].2.is_some());
        }
    }
}
