//! What receivers say of their lines, besides transport-wide feedback: bounds, and RFC 8888.

use std::time::Duration;

use sfu::rtcp::{self, Ecn, FeedbackKind, Packet};
use sfu::{DataRate, PacketClass};

use crate::common::call::{Call, config};
use crate::common::media::{Microphone, VideoEncoding};

#[test]
fn a_remb_bounds_the_layers_until_it_is_lifted() {
    let mut call = Call::connected(config(), 2);
    let wish = call.wish(0, "cam");
    call.subscribe(1, &[wish]).unwrap();
    let mut encodings = VideoEncoding::simulcast(0);
    let mut film = |call: &mut Call, frames: u64| {
        for n in 0..frames {
            for (encoding, packets) in encodings.iter_mut().zip([1, 2, 4]) {
                call.send_all(0, &encoding.frame(n % 30 == 0, packets, 1_000));
            }
            call.run(Duration::from_nanos(33_333_333));
        }
    };
    film(&mut call, 300);
    let bytes = |call: &Call| call.peers[1].of(PacketClass::Video).map(|r| r.packet.len()).sum::<usize>();
    let before = bytes(&call);
    film(&mut call, 60);
    let unbounded = bytes(&call) - before;
    let remb = |call: &mut Call, limit: DataRate| {
        let mut compound = Vec::new();
        rtcp::write_remb(&mut compound, 1, limit, &[]).unwrap();
        call.send_rtcp(1, &compound).unwrap();
    };
    remb(&mut call, DataRate::from_kbps(400));
    film(&mut call, 60);
    let before = bytes(&call);
    film(&mut call, 60);
    let bounded = bytes(&call) - before;
    assert!(bounded * 2 < unbounded && bounded * 8 / 2 <= 400_000, "{bounded} {unbounded}");
    remb(&mut call, DataRate::INFINITE);
    film(&mut call, 300);
    let before = bytes(&call);
    film(&mut call, 60);
    let lifted = bytes(&call) - before;
    assert!(lifted * 10 >= unbounded * 9, "{lifted} {bounded} {unbounded}");
}

#[test]
fn arrivals_are_told_by_stream_where_that_is_chosen() {
    let mut config = config();
    config.feedback = FeedbackKind::ByStream;
    let mut call = Call::connected(config, 1);
    let mut microphone = Microphone::new(0);
    let mut lost = 0;
    for n in 0..100 {
        let packet = microphone.packet(60);
        if n % 10 == 5 {
            call.peers[0].rtp(&packet);
            lost += 1;
        } else {
            call.send(0, &packet).unwrap();
        }
        call.run(Duration::from_millis(20));
    }
    call.run(Duration::from_millis(60));
    let (mut received, mut missing, mut reports) = (0, 0, 0);
    for told in call.peers[0].of(PacketClass::Rtcp) {
        for packet in rtcp::packets(&told.packet).expect("well formed") {
            assert!(!matches!(packet, Packet::TransportFeedback(_)));
            let Packet::CongestionFeedback(feedback) = packet else { continue };
            reports += 1;
            for (_, metric) in feedback.streams().flat_map(|stream| stream.metrics()) {
                received += u32::from(metric.is_some_and(|metric| metric.ecn == Ecn::NotEct));
                missing += u32::from(metric.is_none());
            }
        }
    }
    assert_eq!((received, missing), (90, lost));
    assert!((30..=50).contains(&reports), "{reports} in two seconds");
}
