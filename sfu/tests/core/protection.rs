//! FlexFEC towards receivers.

use std::time::Duration;

use sfu::debug_state::Personal;
use sfu::rtcp::ArrivalRecorder;
use sfu::rtp::flexfec::{FecHeader, Parity};
use sfu::{Config, DataRate, Event, PacketClass};

use crate::common::call::{Call, config};
use crate::common::media::{FLEXFEC, VideoEncoding, camera, fec_parameters, parameters};
use crate::common::peer::Received;

/// A publisher, and a viewer that speaks FlexFEC if `fec`; its feedback calls one packet in 30 lost, though all come.
fn call(config: Config, fec: bool) -> (Call, Option<u32>) {
    let mut call = Call::new(config);
    for index in 0..2 {
        let media = if index == 1 && fec { fec_parameters() } else { parameters() };
        call.join_with(media, vec![camera()]);
        call.connect(index);
    }
    let wish = call.wish(0, "cam");
    let streams = call.subscribe(1, &[wish]).unwrap();
    call.peers[1].arrivals = Some(ArrivalRecorder::new());
    call.peers[1].denies = Some(30);
    (call, streams[0].fec_ssrc)
}

/// Frames of 1.2 Mbit/s in the highest encoding.
fn film(call: &mut Call, encodings: &mut [VideoEncoding; 3], frames: usize) {
    for n in 0..frames {
        for (encoding, packets) in encodings.iter_mut().zip([1, 2, 5]) {
            let frame = encoding.frame(n % 150 == 0, packets, 1_000);
            call.send_all(0, &frame);
        }
        call.run(Duration::from_nanos(33_333_333));
    }
}

fn bytes<'a>(packets: impl Iterator<Item = &'a Received>) -> f64 {
    packets.map(|received| received.packet.len()).sum::<usize>() as f64
}

#[test]
fn any_protected_packet_can_be_put_together_as_it_was_sent() {
    let (mut call, fec_ssrc) = call(config(), true);
    let mut encodings = VideoEncoding::simulcast(0);
    film(&mut call, &mut encodings, 400);
    let peer = &call.peers[1];
    let media: Vec<_> = peer.of(PacketClass::Video).collect();
    let repairs: Vec<_> = peer.of(PacketClass::Fec).collect();
    assert!(repairs.len() > 300, "{} repair packets", repairs.len());
    let (mut checked, mut last) = (0, None);
    for repair in repairs {
        let header = repair.header();
        assert_eq!((Some(header.ssrc), header.payload_type, header.marker), (fec_ssrc, FLEXFEC, false));
        assert!(last.is_none_or(|last| header.sequence == last + 1_u16), "numbers of its own");
        last = Some(header.sequence);
        assert_eq!(repair.packet[0] & 0x0f, 1, "one stream in the CSRC list");
        let ssrc = u32::from_be_bytes(repair.packet[12..16].try_into().unwrap());
        let fec = FecHeader::parse(repair.payload(), 1).expect("a proper header");
        let sequences: Vec<u16> = fec.protections[0].sequences().collect();
        let found = sequences.iter().map(|sequence| {
            let same = |received: &&&Received| {
                let header = received.header();
                (header.ssrc, header.sequence) == (ssrc, *sequence)
            };
            &media.iter().find(same).expect("only what was sent is protected").packet
        });
        let found: Vec<&Vec<u8>> = found.collect();
        for (lost, sequence) in sequences.iter().enumerate() {
            let mut parity = Parity::default();
            parity.load(&fec, repair.payload());
            found
                .iter()
                .enumerate()
                .filter(|(n, _)| *n != lost)
                .for_each(|(_, packet)| parity.toggle(packet));
            let mut recovered = Vec::new();
            parity.recover(*sequence, ssrc, &mut recovered).expect("all others are there");
            assert_eq!(recovered, *found[lost]);
            checked += 1;
        }
    }
    assert!(checked > 1_500, "{checked} packets put together");
}

#[test]
fn repair_takes_half_of_the_stream_at_most() {
    let (mut call, _) = call(config(), true);
    let mut encodings = VideoEncoding::simulcast(0);
    film(&mut call, &mut encodings, 300);
    call.peers[1].received.clear();
    film(&mut call, &mut encodings, 300);
    let peer = &call.peers[1];
    let part = bytes(peer.of(PacketClass::Fec)) / bytes(peer.of(PacketClass::Video));
    assert!((0.35..=0.5).contains(&part), "{part} of the media");
}

#[test]
fn who_does_not_offer_it_or_loses_nothing_gets_none() {
    for (fec, denies) in [(false, Some(30)), (true, None), (true, Some(1_000))] {
        let (mut call, fec_ssrc) = call(config(), fec);
        call.peers[1].denies = denies;
        assert_eq!(fec_ssrc.is_some(), fec);
        let mut encodings = VideoEncoding::simulcast(0);
        film(&mut call, &mut encodings, 300);
        assert!(call.peers[1].of(PacketClass::Video).count() > 1_000);
        assert_eq!(call.peers[1].of(PacketClass::Fec).count(), 0, "fec {fec}, one in {denies:?}");
    }
}

#[test]
fn the_allocation_leaves_room_for_it() {
    // 1.3 Mbit/s with headers fit, and with half as much again they don't.
    let mut narrow = config();
    narrow.max_rate = DataRate::from_kbps(1_600);
    narrow.start_rate = narrow.max_rate;
    for (fec, encoding) in [(false, 2), (true, 1)] {
        let (mut call, _) = call(narrow.clone(), fec);
        let mut encodings = VideoEncoding::simulcast(0);
        film(&mut call, &mut encodings, 600);
        let layers = call.take_events().into_iter().filter_map(|event| match event {
            Event::LayerForwarded { layer: Some(layer), .. } => Some(layer.encoding),
            _ => None,
        });
        let layers: Vec<u8> = layers.collect();
        assert!(layers.contains(&2), "the highest fits at first: {layers:?}");
        assert_eq!(layers.last(), Some(&encoding), "fec {fec}: {layers:?}");
    }
}

#[test]
fn the_state_shows_what_is_protected_and_why() {
    let (mut call, fec_ssrc) = call(config(), true);
    let mut encodings = VideoEncoding::simulcast(0);
    let before = call.sfu.debug_state(call.now, Personal::Redacted);
    let fec = &before["participants"][1]["subscriptions"][0]["fec"];
    assert_eq!((&fec["level"], &fec["packets"]), (&"off".into(), &0.into()));
    film(&mut call, &mut encodings, 400);
    let state = call.sfu.debug_state(call.now, Personal::Redacted);
    let receiver = &state["participants"][1];
    let fec = &receiver["subscriptions"][0]["fec"];
    assert_eq!((fec["ssrc"].as_u64(), &fec["level"]), (fec_ssrc.map(u64::from), &"strong".into()));
    assert_eq!((&fec["share"], &fec["block_ms"]), (&0.5.into(), &100.0.into()));
    assert_eq!(fec["packets"], call.peers[1].of(PacketClass::Fec).count());
    let loss = receiver["protection"]["loss"].as_f64().unwrap();
    assert!((0.025..0.045).contains(&loss), "one in thirty: {loss}");
    assert_eq!(receiver["protection"]["bursty"], false);
    assert!(state["participants"][0]["subscriptions"].as_array().unwrap().is_empty());
}
