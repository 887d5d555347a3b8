//! The core behind the port: two connected participants that send each other, and the core, whatever the input
//! says. Input: media, RTCP, messages and time, in any order.

use std::time::Duration;

use sfu::rtp::RtpHeader;

use super::input::Input;
use super::room::{Room, Stream};

const MOST_STEPS: usize = 256;

pub(super) fn run(data: &[u8]) {
    play(data).close();
}

fn play(data: &[u8]) -> Room {
    let mut room = Room::new();
    let mut input = Input::new(data);
    let mut streams = [Stream::default(); 8];
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            break;
        }
        step(&mut room, &mut streams, &mut input);
    }
    room.run_for(Duration::from_millis(500));
    room
}

fn step(room: &mut Room, streams: &mut [Stream; 8], input: &mut Input<'_>) {
    let op = input.u8();
    let who = usize::from(op >> 7);
    match op & 7 {
        0..=2 => media(room, &mut streams[usize::from(op >> 3 & 7)], op, input),
        3 => room.send_rtp(who, input.chunk().to_vec()),
        4 => {
            let mut compound = input.chunk().to_vec();
            if op & 0x08 != 0 && compound.len() >= 12 {
                // About a stream that the receiver gets, or the input would have to guess an SSRC.
                let at = if op & 0x10 != 0 { 4 } else { 8 };
                let ssrc = room.ssrc_for(who, usize::from(op >> 5 & 3));
                compound[at..at + 4].copy_from_slice(&ssrc.to_be_bytes());
            }
            room.send_rtcp(who, compound);
        }
        5 => room.run_for(Duration::from_millis(u64::from(input.u16() % 1_024))),
        6 => room.message(who, &String::from_utf8_lossy(input.chunk())),
        _ => room.forge(who, input.chunk().to_vec()),
    }
}

/// A packet of one of alice's streams: three encodings, their retransmissions, the microphone, and one more.
fn media(room: &mut Room, stream: &mut Stream, op: u8, input: &mut Input<'_>) {
    let place = op >> 3 & 7;
    let flags = input.u16();
    let bit = |bit: u16| flags & bit != 0;
    stream.sequence = stream.sequence.wrapping_add_signed(i16::from((flags >> 12) as i8 - 2));
    if bit(1) {
        stream.timestamp = stream.timestamp.wrapping_add(3_000);
        stream.picture = stream.picture.wrapping_add(1);
    }
    let (rid, repaired, payload_type) = match place {
        0..=2 => (["q", "h", "f"][usize::from(place)], "", 96),
        3..=5 => ("", ["q", "h", "f"][usize::from(place) - 3], 97),
        6 => ("", "", 111),
        _ => ("x", "", 96),
    };
    let temporal = (flags >> 10) as u8 & 3;
    let mut payload = vec![0x80 | u8::from(bit(2)) << 4, 0xe0];
    payload.extend((0x8000 | stream.picture).to_be_bytes());
    payload.extend([(stream.picture >> 2) as u8, temporal << 6 | u8::from(bit(4)) << 5]);
    payload.push(u8::from(!bit(8)));
    payload.resize(7 + usize::from(flags >> 4 & 63) * 16, place);
    if place >= 3 {
        payload.splice(0..0, input.u16().to_be_bytes());
    }
    let mid = if place == 6 { "a" } else { "v" };
    let packet =
        stream.packet(u32::from(place) + 1_000, payload_type, bit(1), [mid, rid, repaired], &payload);
    RtpHeader::parse(&packet).expect("a whole packet");
    room.send_rtp(0, packet);
}

/// A body whose seeds all bounced off would find nothing.
#[test]
fn seeds_get_media_across_and_feedback_in() {
    let media = play(include_bytes!("../../fuzz/seeds/sfu_connected/three-encodings"));
    assert!(media.forwarded() >= 15, "{} packets forwarded", media.forwarded());
    let repair = play(include_bytes!("../../fuzz/seeds/sfu_connected/gap-nack-rtx"));
    assert!(repair.forwarded() > 5, "{} packets forwarded", repair.forwarded());
    assert_eq!(repair.malformed(), 0, "the seed's own packets are sound");
}
