//! Answers to requests.

use std::time::Duration;

use sfu::Time;
use sfu::participant::Codec;
use sfu::rtcp::{FirEntry, Pli, write_fir, write_nack, write_pli};
use sfu::send::rtx;

use super::log::Sent;
use super::rig::{MEDIA, Rig, config};
use crate::network::TrafficClass;

fn after(rig: &Rig, from: Time) -> Vec<Sent> {
    rig.log.packets.iter().filter(|sent| sent.at >= from).cloned().collect()
}

fn repairs(rig: &Rig, from: Time) -> Vec<Sent> {
    after(rig, from).into_iter().filter(|sent| sent.class == TrafficClass::Retransmission).collect()
}

fn running() -> Rig {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.run_until(Time::from_secs(4));
    rig
}

#[test]
fn a_nack_is_answered_with_the_original_payload() {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.reporting = false;
    rig.run_until(Time::from_secs(4));
    let video: Vec<Sent> = after(&rig, Time::from_millis(3_800));
    let lost: Vec<Sent> = video.into_iter().filter(|s| s.encoding() == Some(2)).take(4).collect();
    let numbers: Vec<u16> = lost.iter().map(|sent| sent.header().sequence).collect();
    let (from, ssrc) = (rig.now, lost[0].header().ssrc);
    rig.tell(|out| write_nack(out, 1, ssrc, &numbers));
    rig.run_for(50);
    let repairs = repairs(&rig, from);
    assert_eq!(repairs.len(), 4);
    for (repair, original) in repairs.iter().zip(&lost) {
        let (header, was) = (repair.header(), original.header());
        assert_eq!(Some(header.payload_type), MEDIA.payload_types.rtx(Codec::Vp8));
        assert_ne!(header.ssrc, was.ssrc);
        assert_eq!((header.timestamp, header.marker), (was.timestamp, was.marker));
        let (osn, payload) = rtx::unwrap(repair.payload()).expect("an original number");
        assert_eq!((osn, payload), (was.sequence, original.payload()));
        assert_eq!(repair.tag, original.tag);
    }
    let named = repairs[0].extensions();
    assert_eq!((named.mid, named.repaired_rid, named.rid), (Some("v"), Some("h"), None));
}

#[test]
fn a_packet_goes_again_once_per_round_trip() {
    let mut rig = running();
    let rtt = rig.sender.rtt().expect("known by now").as_millis() as u64;
    let (from, lost) = (rig.now, rig.last_of(0).header());
    let ask = |rig: &mut Rig| rig.tell(|out| write_nack(out, 1, lost.ssrc, &[lost.sequence]));
    for (wait, expected) in [(0, 1), (10, 1), (rtt, 2), (rtt / 2, 2), (2_000, 2)] {
        rig.run_for(wait);
        ask(&mut rig);
        ask(&mut rig);
        rig.run_for(5);
        assert_eq!(repairs(&rig, from).len(), expected, "{wait} ms later");
    }
}

#[test]
fn nothing_is_repaired_without_rtx_and_probes_work_all_the_same() {
    let mut config = config();
    config.rtx = false;
    let mut rig = Rig::new(config, &[(0, 10_000)]);
    rig.run_until(Time::from_secs(4));
    assert!(rig.log.frames.iter().any(|frame| frame.layer.spatial == 2), "the ramp-up doesn't need RTX");
    let lost = rig.last_of(2).header();
    let from = rig.now;
    rig.tell(|out| write_nack(out, 1, lost.ssrc, &[lost.sequence]));
    rig.run_for(200);
    assert_eq!(repairs(&rig, from), []);
    let padding = rig.log.packets.windows(2).filter(|pair| pair[1].class == TrafficClass::Padding);
    for pair in padding.clone() {
        assert_eq!(Some(pair[1].header().payload_type), MEDIA.payload_types.media(Codec::Vp8));
    }
    assert!(padding.count() > 0);
}

#[test]
fn repairs_stay_within_the_target() {
    let mut rig = running();
    let (from, before) = (rig.now, rig.sender.estimate());
    for _ in 0..100 {
        for encoding in 0..3 {
            let last = rig.last_of(encoding).header();
            let numbers: Vec<u16> =
                (0..200).map(|back: u16| last.sequence.wrapping_sub(200 - back)).collect();
            rig.tell(|out| write_nack(out, 1, last.ssrc, &numbers));
        }
        rig.run_for(20);
    }
    let sent = repairs(&rig, from);
    let bits: u64 = sent.iter().map(|sent| sent.payload().len() as u64 * 8).sum();
    let estimates = rig.log.estimates.iter().filter(|(at, _)| *at >= from).map(|(_, rate)| *rate);
    let highest = estimates.fold(before, Ord::max).as_bps();
    // Two seconds, half a second in advance, and the last packet.
    assert!(bits > highest && bits < highest * 26 / 10, "{bits} bits in 2 s at {highest} bit/s");
    let video = after(&rig, from).iter().filter(|sent| sent.class == TrafficClass::Video).count();
    assert!(video > 300, "video goes on: {video} packets");
}

#[test]
fn a_key_frame_of_that_encoding_follows_a_request() {
    for (encoding, by_fir) in [(0, false), (1, false), (2, false), (1, true)] {
        let mut rig = running();
        let (from, ssrc) = (rig.now, rig.last_of(encoding).header().ssrc);
        rig.tell(|out| match by_fir {
            true => write_fir(out, 1, &[FirEntry { ssrc, sequence: 9 }]).expect("one stream"),
            false => write_pli(out, Pli { sender_ssrc: 1, media_ssrc: ssrc }),
        });
        rig.run_for(500);
        let keys: Vec<_> = rig.log.frames.iter().filter(|frame| frame.key && frame.at >= from).collect();
        let [key] = keys[..] else { panic!("one key frame, not {keys:?}") };
        assert_eq!((key.layer.spatial, key.layer.temporal), (encoding, 0));
        // The longest frame interval of the encoder's model is 1.6 of 33 ms, and 720p takes 8.4 ms to encode.
        assert!(key.at.since(from) <= Duration::from_millis(54 + 9), "{:?}", key.at.since(from));
    }
}

#[test]
fn muted_sources_are_silent_and_a_camera_returns_with_key_frames() {
    let mut rig = running();
    assert!(rig.sender.set_muted(rig.now, "cam", true));
    assert!(rig.sender.set_muted(rig.now, "mic", true));
    assert!(!rig.sender.set_muted(rig.now, "no such source", true));
    rig.run_for(200);
    let silent = rig.now;
    rig.run_for(3_000);
    let sent = after(&rig, silent);
    assert!(sent.iter().all(|sent| sent.class == TrafficClass::Padding), "{:?}", sent.first());
    let (back, before) = (rig.now, rig.log.frames.len());
    rig.sender.set_muted(back, "cam", false);
    rig.sender.set_muted(back, "mic", false);
    rig.run_for(2_000);
    let frames = &rig.log.frames[before..];
    for encoding in 0..3 {
        let first = frames.iter().find(|frame| frame.layer.spatial == encoding).expect("it is back");
        assert!(first.key, "encoding {encoding}");
        assert!(
            first.at.since(back) < Duration::from_millis(70) || encoding > 0,
            "{:?}",
            first.at.since(back)
        );
    }
    let audio: Vec<Sent> =
        after(&rig, back).into_iter().filter(|sent| sent.class == TrafficClass::Audio).collect();
    assert!((97..=99).contains(&audio.len()), "{} in 2 s, the first after a frame", audio.len());
    let silence = rig.log.packets.iter().rfind(|s| s.class == TrafficClass::Audio && s.at < back);
    let (before, first) = (silence.expect("it was on").header(), audio[0].header());
    assert_eq!(first.sequence, before.sequence.wrapping_add(1), "no numbers are lost");
    let ticks = first.timestamp.wrapping_sub(before.timestamp);
    assert!(ticks >= 48_000 * 3, "time went on: {ticks}");
}

#[test]
fn a_muted_source_before_the_start_stays_muted() {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.sender.set_muted(rig.now, "cam", true);
    rig.run_for(1_000);
    assert_eq!(rig.log.frames, []);
    rig.sender.set_muted(rig.now, "cam", false);
    rig.run_for(1_000);
    assert!(rig.log.frames.iter().find(|frame| frame.layer.spatial == 0).is_some_and(|frame| frame.key));
}
