//! Extended reports: a round trip for who only receives, and to who only sends (RFC 3611 sections 4.4 and 4.5).

use std::time::Duration;

use sfu::PacketClass;
use sfu::rtcp::{self, DelaySinceLastReference, NtpTime, Packet, XrBlock};

use crate::common::call::{Call, config};
use crate::common::media::Microphone;

/// The extended-report blocks that a peer got: when, from whom, and what.
fn answers(call: &Call, peer: usize) -> Vec<DelaySinceLastReference> {
    let mut found = Vec::new();
    for one in call.peers[peer].of(PacketClass::Rtcp) {
        for packet in rtcp::packets(&one.packet).unwrap() {
            let Packet::ExtendedReport(report) = packet else { continue };
            for block in report.blocks() {
                let XrBlock::Delays(delays) = block else { continue };
                found.extend(delays.iter());
            }
        }
    }
    found
}

fn questions(call: &Call, peer: usize) -> Vec<(sfu::Time, u32, NtpTime)> {
    let mut found = Vec::new();
    for one in call.peers[peer].of(PacketClass::Rtcp) {
        for packet in rtcp::packets(&one.packet).unwrap() {
            let Packet::ExtendedReport(report) = packet else { continue };
            for block in report.blocks() {
                let XrBlock::ReferenceTime(time) = block else { continue };
                found.push((one.at, report.sender_ssrc, time));
            }
        }
    }
    found
}

#[test]
fn who_only_receives_gets_its_round_trip() {
    let mut call = Call::connected(config(), 1);
    let listener = call.join(Vec::new());
    call.connect(listener);
    let clock = NtpTime(0xdead_beef_0123_4567);
    let mut compound = Vec::new();
    rtcp::write_receiver_report(&mut compound, 9, &[]).unwrap();
    rtcp::write_reference_times(&mut compound, 9, &[clock]);
    let asked = call.now;
    call.send_rtcp(listener, &compound).unwrap();
    call.run(Duration::from_millis(1_100));
    let answers = answers(&call, listener);
    assert_eq!(answers.len(), 1, "answered once");
    assert_eq!((answers[0].ssrc, answers[0].last_reference), (9, clock.middle()));
    // The delay is exact: nothing but the wait for the report lies between.
    let at = call.peers[listener].of(PacketClass::Rtcp).last().unwrap().at;
    let waited = at.since(asked).as_nanos() * 65_536 / 1_000_000_000;
    assert_eq!(u128::from(answers[0].delay), waited);
    assert!(questions(&call, listener).is_empty(), "there is nothing of it to be asked about");
}

#[test]
fn a_publisher_that_gets_nothing_is_asked() {
    let mut call = Call::connected(config(), 1);
    let mut microphone = Microphone::new(0);
    for _ in 0..60 {
        let packet = microphone.packet(60);
        call.send(0, &packet).unwrap();
        call.run(Duration::from_millis(20));
    }
    let asked = questions(&call, 0);
    let (at, ssrc, time) = *asked.last().expect("one a second in 1.2 s");
    assert_eq!(call.sfu.round_trip(call.peers[0].id), None);
    let answer = |last_reference| {
        let item = DelaySinceLastReference { ssrc, last_reference, delay: 65_536 / 100 };
        let mut compound = Vec::new();
        rtcp::write_delays_since_last_reference(&mut compound, 5, &[item]);
        compound
    };
    call.now = call.now.max(at + Duration::from_millis(60));
    let spent = call.now.since(at);
    // Something that was never asked proves nothing.
    call.send_rtcp(0, &answer(time.middle() ^ 1)).unwrap();
    assert_eq!(call.sfu.round_trip(call.peers[0].id), None);
    call.send_rtcp(0, &answer(time.middle())).unwrap();
    let rtt = call.sfu.round_trip(call.peers[0].id).expect("proved");
    assert!(
        rtt.abs_diff(spent - Duration::from_millis(10)) < Duration::from_micros(100),
        "{rtt:?} of {spent:?}"
    );
}

#[test]
fn a_flood_of_reference_times_is_answered_with_a_few() {
    let mut call = Call::connected(config(), 1);
    for round in 0..50 {
        let mut compound = Vec::new();
        rtcp::write_receiver_report(&mut compound, 9, &[]).unwrap();
        for reporter in 0..20 {
            rtcp::write_reference_times(&mut compound, 20 * round + reporter, &[NtpTime(1 << 40); 4]);
        }
        call.send_rtcp(0, &compound).unwrap();
    }
    call.run(Duration::from_millis(1_100));
    assert_eq!(answers(&call, 0).len(), 4);
}
