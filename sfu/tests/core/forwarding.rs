//! Who gets which packets, and what is in them.

use std::time::Duration;

use sfu::codec::Vp8Descriptor;
use sfu::forward::Layer;
use sfu::{Command, DropReason, Event, PacketClass};

use crate::common::call::{Call, config};
use crate::common::media::{Microphone, VP8, VideoEncoding};
use crate::common::peer::Received;

/// Sends `frames` frames of all three encodings, 33 ms apart; the first are key frames if `key`.
pub(crate) fn film(call: &mut Call, encodings: &mut [VideoEncoding; 3], frames: usize, key: bool) {
    for n in 0..frames {
        for (encoding, packets) in encodings.iter_mut().zip([1, 2, 4]) {
            let frame = encoding.frame(key && n == 0, packets, 200 * packets);
            call.send_all(0, &frame);
        }
        call.run(Duration::from_nanos(33_333_333));
    }
}

/// The payload without its descriptor: what must come through unchanged.
pub(crate) fn body(payload: &[u8]) -> &[u8] {
    &payload[Vp8Descriptor::parse(payload).expect("VP8").len..]
}

/// Numbers without a gap, timestamps that never fall, picture ids that follow one another.
fn assert_continuous(received: &[&Received]) {
    for pair in received.windows(2) {
        let (a, b) = (pair[0].header(), pair[1].header());
        assert_eq!(b.sequence, a.sequence.wrapping_add(1));
        assert_eq!(b.ssrc, a.ssrc);
        let (x, y) = (pair[0].payload(), pair[1].payload());
        let ids = [x, y].map(|payload| Vp8Descriptor::parse(payload).unwrap().picture_id.unwrap().value());
        let step = u16::from(b.timestamp != a.timestamp);
        assert_eq!(ids[1], (ids[0] + step) & 0x7fff);
        assert!(b.timestamp.wrapping_sub(a.timestamp) < 90_000);
    }
}

#[test]
fn each_receiver_gets_exactly_its_layer_from_the_first_key_frame_on() {
    let mut call = Call::connected(config(), 4);
    let mut encodings = VideoEncoding::simulcast(0);
    // 180, 360 and unlimited lines.
    for (index, max_height) in [(1, 180), (2, 360), (3, u16::MAX)] {
        let mut wish = call.wish(0, "cam");
        wish.max_height = max_height;
        let streams = call.subscribe(index, &[wish]).unwrap();
        assert_eq!(streams.len(), 1);
        assert_eq!((streams[0].mid.as_str(), streams[0].rtx_ssrc.is_some()), ("r0", true));
    }
    film(&mut call, &mut encodings, 60, true);
    let events = call.take_events();
    let asked = events.iter().any(|event| matches!(event, Event::KeyFrameRequested { .. }));
    assert!(!asked, "the first key frames served everybody");
    assert_eq!(call.sfu.drops().total(), 0);
    assert_eq!(call.sfu.census().streams, 3, "bound by mid and rid");
    for (index, wanted) in [(1, 0), (2, 1), (3, 2)] {
        let received: Vec<&Received> = call.peers[index].of(PacketClass::Video).collect();
        assert_continuous(&received);
        // The smallest encoding is the only one known when its first packet comes; the others follow at once.
        let last = received.last().unwrap();
        assert_eq!(last.header().payload_type, VP8);
        let from = |encoding: &VideoEncoding| {
            encoding.history.iter().any(|packet| body(&packet.payload) == body(last.payload()))
        };
        let which: Vec<bool> = encodings.iter().map(from).collect();
        assert_eq!(which, [0, 1, 2].map(|encoding| encoding == wanted), "receiver {index}");
        let first = Vp8Descriptor::parse(received[0].payload()).unwrap();
        assert!(first.key_frame_start);
        assert_eq!(received[0].forwarded.unwrap().received, received[0].at, "the very first packet went on");
    }
    let forwarded = call.sfu.forwarded();
    let withheld = call.sfu.withheld().total();
    assert_eq!(forwarded + withheld, 60 * 7 * 3, "each of 7 packets a frame to each of 3 subscribers");
    assert_eq!(forwarded, call.peers.iter().map(|p| p.of(PacketClass::Video).count() as u64).sum::<u64>());
}

#[test]
fn a_switch_waits_for_its_key_frame_and_is_asked_for_until_it_comes() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let mut wish = call.wish(0, "cam");
    wish.max_height = 180;
    call.subscribe(1, &[wish.clone()]).unwrap();
    film(&mut call, &mut encodings, 60, true);
    call.take_events();
    wish.max_height = 720;
    call.subscribe(1, &[wish]).unwrap();
    let publisher = call.peers[0].id;
    let source = sfu::SourceId(0);
    // Two seconds without the key frame: the same encoding goes on, and the request is repeated.
    let before = call.peers[1].of(PacketClass::Video).count();
    film(&mut call, &mut encodings, 60, false);
    assert_eq!(call.peers[1].of(PacketClass::Video).count(), before + 60);
    let events = call.take_events();
    let asked = Event::KeyFrameRequested { publisher, source, encoding: 2 };
    let times = events.iter().filter(|event| **event == asked).count();
    assert!((2..=6).contains(&times), "asked {times} times in 2 s");
    let plis = call.peers[0].of(PacketClass::Rtcp).filter(|r| r.packet[1] == 206).count();
    assert_eq!(plis, times);
    assert!(!events.iter().any(|event| matches!(event, Event::LayerForwarded { .. })));
    film(&mut call, &mut encodings, 10, true);
    let layer = Some(Layer { encoding: 2, spatial: 0, temporal: 0 });
    let events = call.take_events();
    let receiver = call.peers[1].id;
    assert!(events.contains(&Event::LayerForwarded { receiver, publisher, source, layer }), "{events:?}");
    assert!(!events.contains(&asked), "served");
    let received: Vec<&Received> = call.peers[1].of(PacketClass::Video).collect();
    assert_continuous(&received);
    // The small encoding's packet of that moment came before the key frame of the large one.
    assert_eq!(received.len(), before + 60 + 1 + 10 * 4);
}

#[test]
fn key_frame_requests_of_many_receivers_are_coalesced() {
    let mut call = Call::connected(config(), 6);
    let mut encodings = VideoEncoding::simulcast(0);
    for index in 1..6 {
        let wish = call.wish(0, "cam");
        call.subscribe(index, &[wish]).unwrap();
    }
    film(&mut call, &mut encodings, 60, true);
    // As receivers climbed they waited for key frames; serve them all.
    film(&mut call, &mut encodings, 30, true);
    call.take_events();
    let ssrcs: Vec<u32> =
        (1..6).map(|i| call.peers[i].of(PacketClass::Video).last().unwrap().header().ssrc).collect();
    for (index, ssrc) in (1..6).zip(&ssrcs) {
        let mut pli = Vec::new();
        sfu::rtcp::write_pli(&mut pli, sfu::rtcp::Pli { sender_ssrc: 1, media_ssrc: *ssrc });
        call.send_rtcp(index, &pli).unwrap();
    }
    let events = call.take_events();
    let wanted = events.iter().filter(|event| matches!(event, Event::KeyFrameWanted { .. })).count();
    let requested = events.iter().filter(|event| matches!(event, Event::KeyFrameRequested { .. })).count();
    assert_eq!((wanted, requested), (5, 1), "{events:?}");
}

#[test]
fn mute_stops_everything_and_unmute_starts_with_a_key_frame() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let mut microphone = Microphone::new(0);
    let wishes = [call.wish(0, "cam"), call.wish(0, "mic")];
    call.subscribe(1, &wishes).unwrap();
    film(&mut call, &mut encodings, 10, true);
    call.send(0, &microphone.packet(50)).unwrap();
    let participant = call.peers[0].id;
    for source in ["cam", "mic"] {
        let command = Command::Mute { participant, source: source.into(), muted: true };
        call.turn(|turn| turn.command(command)).unwrap();
    }
    let before = call.peers[1].received.len();
    film(&mut call, &mut encodings, 10, true);
    call.send(0, &microphone.packet(50)).unwrap();
    let media = |call: &Call| {
        let received = call.peers[1].received[before..].iter();
        received.filter(|r| r.class != PacketClass::Rtcp && r.class != PacketClass::Padding).count()
    };
    assert_eq!(media(&call), 0);
    assert_eq!(call.sfu.withheld().of(DropReason::Muted), 71);
    call.take_events();
    for source in ["cam", "mic"] {
        let command = Command::Mute { participant, source: source.into(), muted: false };
        call.turn(|turn| turn.command(command)).unwrap();
    }
    let events = call.take_events();
    assert!(events.iter().any(|event| matches!(event, Event::KeyFrameRequested { .. })), "{events:?}");
    film(&mut call, &mut encodings, 10, false);
    assert_eq!(media(&call), 0, "nothing to decode yet");
    film(&mut call, &mut encodings, 10, true);
    call.send(0, &microphone.packet(50)).unwrap();
    assert!(media(&call) > 10);
    let heard: Vec<u16> = call.peers[1].of(PacketClass::Audio).map(|r| r.header().sequence).collect();
    assert_eq!(heard, [heard[0], heard[0].wrapping_add(1)], "what was withheld doesn't look like loss");
    let nothing = Command::Mute { participant, source: "share".into(), muted: true };
    assert_eq!(call.turn(|turn| turn.command(nothing)).unwrap_err().code(), "no_such_source");
}

#[test]
fn a_source_that_goes_on_after_a_silence_needs_no_key_frame() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let wish = call.wish(0, "cam");
    call.subscribe(1, &[wish]).unwrap();
    film(&mut call, &mut encodings, 30, true);
    call.take_events();
    call.run(Duration::from_secs(3));
    let before = call.peers[1].of(PacketClass::Video).count();
    film(&mut call, &mut encodings, 3, false);
    let events = call.take_events();
    assert!(!events.iter().any(|event| matches!(event, Event::LayerForwarded { .. })), "{events:?}");
    let received: Vec<&Received> = call.peers[1].of(PacketClass::Video).collect();
    assert_eq!(received.len(), before + 3 * 4, "of the largest encoding, as before");
    assert_continuous(&received[before - 4..]);
}

#[test]
fn a_late_subscriber_asks_for_a_key_frame_and_an_early_one_need_not() {
    let mut call = Call::connected(config(), 3);
    let mut encodings = VideoEncoding::simulcast(0);
    let wish = call.wish(0, "cam");
    call.subscribe(1, std::slice::from_ref(&wish)).unwrap();
    call.take_events();
    let first = encodings[0].frame(true, 1, 200);
    call.send_all(0, &first);
    let events = call.take_events();
    assert!(!events.iter().any(|e| matches!(e, Event::KeyFrameRequested { .. })), "{events:?}");
    assert_eq!(call.peers[1].of(PacketClass::Video).count(), 1, "the first packet of all went on");
    film(&mut call, &mut encodings, 30, true);
    call.take_events();
    call.subscribe(2, &[wish]).unwrap();
    let events = call.take_events();
    assert!(events.iter().any(|e| matches!(e, Event::KeyFrameRequested { .. })), "{events:?}");
    film(&mut call, &mut encodings, 2, false);
    assert_eq!(call.peers[2].of(PacketClass::Video).count(), 0);
    film(&mut call, &mut encodings, 2, true);
    assert!(call.peers[2].of(PacketClass::Video).count() > 0);
}

#[test]
fn a_new_ssrc_continues_the_stream_and_its_stragglers_cannot_take_it_back() {
    let mut call = Call::connected(config(), 2);
    let mut wish = call.wish(0, "cam");
    wish.max_height = 180;
    call.subscribe(1, &[wish]).unwrap();
    let mut old = VideoEncoding::new(0x4000, "q");
    let mut recorded = Vec::new();
    for n in 0..30 {
        let frame = old.frame(n == 0, 1, 300);
        recorded = call.peers[0].rtp(&frame[0]);
        call.input_of(0, recorded.clone()).unwrap();
        call.run(Duration::from_millis(33));
    }
    let straggler = old.frame(false, 1, 300);
    let mut new = VideoEncoding::new(0x5550, "q");
    for n in 0..30 {
        let frame = new.frame(n == 0, 1, 300);
        call.send_all(0, &frame);
        call.run(Duration::from_millis(33));
    }
    assert_eq!(call.send(0, &straggler[0]), Err(DropReason::UnknownStream));
    assert_eq!(call.input_of(0, recorded), Err(DropReason::UnknownStream), "somebody plays it again");
    let frame = new.frame(false, 1, 300);
    call.send_all(0, &frame);
    let received: Vec<&Received> = call.peers[1].of(PacketClass::Video).collect();
    assert_continuous(&received);
    assert_eq!(received.len(), 61);
    assert_eq!(call.sfu.census().streams, 1);
    // However often it restarts, what is held does not grow, and none of it is refused.
    for n in 0..200 {
        let mut another = VideoEncoding::new(0x10_0000 + 16 * n, "q");
        let frame = another.frame(true, 1, 300);
        call.send_all(0, &frame);
    }
    assert_eq!(call.sfu.census().streams, 1);
    assert_eq!(call.peers[1].of(PacketClass::Video).count(), 261);
}

#[test]
fn audio_goes_to_all_with_its_level_and_padding_goes_to_nobody() {
    let mut call = Call::connected(config(), 3);
    let mut microphone = Microphone::new(0);
    for index in [1, 2] {
        let wish = call.wish(0, "mic");
        call.subscribe(index, &[wish]).unwrap();
    }
    let mut padded = microphone.packet(60);
    padded.padding = 12;
    call.send(0, &padded).unwrap();
    let mut padding = microphone.packet(0);
    padding.padding = 200;
    assert_eq!(call.send(0, &padding), Err(DropReason::PaddingOnly));
    call.send(0, &microphone.packet(60)).unwrap();
    for index in [1, 2] {
        let received: Vec<&Received> = call.peers[index].of(PacketClass::Audio).collect();
        assert_eq!(received.len(), 2);
        for packet in &received {
            assert_eq!(packet.payload(), [0xab; 60]);
            assert_eq!(packet.header().padding, 0, "stripped, and the P bit with it");
            assert_eq!(packet.extensions().audio_level, Some((30, true)));
        }
        let numbers: Vec<u16> = received.iter().map(|r| r.header().sequence).collect();
        assert_eq!(numbers[1], numbers[0] + 1, "the padding leaves no hole");
    }
    assert_eq!(call.sfu.withheld().total(), 0);
}
