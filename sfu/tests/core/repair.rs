//! NACK and RTX, both ways, and packets that overtake their key frame.

use std::time::Duration;

use sfu::PacketClass;
use sfu::codec::Vp8Descriptor;
use sfu::rtcp::{self, Packet};

use super::forwarding::{body, film};
use crate::common::call::{Call, config};
use crate::common::media::{RTX, VideoEncoding};

/// A receiver of the smallest encoding, with its stream's SSRCs.
fn viewer(call: &mut Call) -> (u32, u32) {
    let mut wish = call.wish(0, "cam");
    wish.max_height = 180;
    let streams = call.subscribe(1, &[wish]).unwrap();
    (streams[0].ssrc, streams[0].rtx_ssrc.unwrap())
}

fn nack(call: &mut Call, ssrc: u32, missing: &[u16]) {
    let mut compound = Vec::new();
    rtcp::write_nack(&mut compound, 1, ssrc, missing);
    call.send_rtcp(1, &compound).unwrap();
}

#[test]
fn a_receivers_nack_is_answered_by_the_same_payload_on_its_own_stream() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let (ssrc, rtx_ssrc) = viewer(&mut call);
    film(&mut call, &mut encodings, 30, true);
    let originals: Vec<_> = call.peers[1].of(PacketClass::Video).cloned().collect();
    let lost = &originals[20];
    let sequence = lost.header().sequence;
    nack(&mut call, ssrc, &[sequence, sequence.wrapping_add(2)]);
    nack(&mut call, ssrc, &[sequence]);
    let answers: Vec<_> = call.peers[1].of(PacketClass::Retransmission).cloned().collect();
    assert_eq!(answers.len(), 2, "the same request again within the round trip is not answered twice");
    let header = answers[0].header();
    assert_eq!((header.ssrc, header.payload_type), (rtx_ssrc, RTX));
    assert_eq!(header.timestamp, lost.header().timestamp);
    assert_eq!(header.marker, lost.header().marker);
    let (osn, payload) = sfu::send::rtx::unwrap(answers[0].payload()).unwrap();
    assert_eq!((osn, payload), (sequence, lost.payload()));
    assert_eq!(answers[0].forwarded.unwrap().first_sent, lost.at);
    let next = answers[1].header();
    assert_eq!(next.sequence, header.sequence.wrapping_add(1));
    // What is too old, or was never sent, or concerns another stream, is not answered.
    nack(&mut call, ssrc, &[sequence.wrapping_add(5_000)]);
    nack(&mut call, rtx_ssrc, &[header.sequence]);
    call.run(Duration::from_secs(2));
    nack(&mut call, ssrc, &[sequence]);
    assert_eq!(call.peers[1].of(PacketClass::Retransmission).count(), 2);
    assert_eq!(call.sfu.unrepaired().total(), 3);
}

#[test]
fn loss_on_the_uplink_is_asked_for_and_fills_its_hole() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    viewer(&mut call);
    film(&mut call, &mut encodings, 30, true);
    // One packet is lost; the next tells.
    let lost = encodings[0].frame(false, 1, 250);
    call.run(Duration::from_millis(33));
    let next = encodings[0].frame(false, 1, 250);
    call.send_all(0, &next);
    call.run(Duration::from_millis(6));
    let asked = |call: &Call| {
        let mut asked = Vec::new();
        for received in call.peers[0].of(PacketClass::Rtcp) {
            for packet in rtcp::packets(&received.packet).unwrap() {
                if let Packet::Nack(nack) = packet {
                    asked.extend(nack.missing().map(|sequence| (nack.media_ssrc, sequence)));
                }
            }
        }
        asked
    };
    let sequence = lost[0].sequence as u16;
    assert_eq!(asked(&call), [(encodings[0].ssrc, sequence)]);
    let before = call.peers[1].of(PacketClass::Video).count();
    let rtx = encodings[0].rtx(sequence);
    call.send(0, &rtx).unwrap();
    let received: Vec<_> = call.peers[1].of(PacketClass::Video).collect();
    assert_eq!(received.len(), before + 1);
    let (late, on_time) = (received[before], received[before - 1]);
    assert_eq!(late.header().sequence.wrapping_add(1), on_time.header().sequence);
    assert_eq!(body(late.payload()), body(&lost[0].payload));
    // The original comes after all: SRTP knows nothing against it, but it is here already.
    assert_eq!(call.send(0, &lost[0]), Err(sfu::DropReason::Duplicate));
    call.run(Duration::from_secs(1));
    assert_eq!(asked(&call).len(), 1, "asked once");
    // The receiver saw a hole for a while; its report of it says nothing of its own line.
    assert_eq!(call.sfu.census().streams, 4, "three encodings and one retransmission stream");
}

#[test]
fn a_hole_that_a_receiver_reports_is_filled_when_the_packet_is_here() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let (ssrc, _) = viewer(&mut call);
    film(&mut call, &mut encodings, 30, true);
    let lost = encodings[0].frame(false, 1, 250);
    let next = encodings[0].frame(false, 1, 250);
    call.send_all(0, &next);
    let hole = call.peers[1].of(PacketClass::Video).last().unwrap().header().sequence.wrapping_sub(1);
    nack(&mut call, ssrc, &[hole]);
    assert_eq!(call.sfu.unrepaired().total(), 1, "not here yet");
    call.send_all(0, &lost);
    let last = call.peers[1].of(PacketClass::Video).last().unwrap();
    assert_eq!(last.header().sequence, hole);
}

#[test]
fn packets_that_overtook_their_key_frames_first_one_are_not_lost() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    viewer(&mut call);
    film(&mut call, &mut encodings, 5, false);
    assert_eq!(call.peers[1].of(PacketClass::Video).count(), 0);
    let frame = encodings[0].frame(true, 5, 300);
    for at in [1, 2, 4, 0, 3] {
        call.send(0, &frame[at]).unwrap();
    }
    let received: Vec<_> = call.peers[1].of(PacketClass::Video).collect();
    assert_eq!(received.len(), 5);
    assert!(Vp8Descriptor::parse(received[0].payload()).unwrap().key_frame_start);
    let numbers: Vec<u16> =
        received.iter().map(|r| r.header().sequence - received[0].header().sequence).collect();
    assert_eq!(numbers, [0, 1, 2, 4, 3]);
}

#[test]
fn a_lost_key_frame_request_is_repeated_at_a_falling_rate() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    viewer(&mut call);
    film(&mut call, &mut encodings, 300, false);
    let plis: Vec<_> =
        call.peers[0].of(PacketClass::Rtcp).filter(|r| r.packet[1] == 206).map(|r| r.at).collect();
    assert!((4..=8).contains(&plis.len()), "{} in ten seconds", plis.len());
    let gaps: Vec<Duration> = plis.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert!(gaps.windows(2).all(|pair| pair[1] >= pair[0]), "{gaps:?}");
}

#[test]
fn without_rtx_nothing_is_repaired() {
    let mut config = config();
    config.rtx = false;
    let mut call = Call::connected(config, 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let (ssrc, _) = viewer(&mut call);
    film(&mut call, &mut encodings, 30, true);
    let sequence = call.peers[1].of(PacketClass::Video).last().unwrap().header().sequence;
    nack(&mut call, ssrc, &[sequence]);
    assert_eq!(call.peers[1].of(PacketClass::Retransmission).count(), 0);
}
