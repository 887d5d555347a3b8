//! What is sent on lines of all kinds.

use std::time::Duration;

use sfu::{DataRate, Time};

use super::rig::{MAX_KBPS, Rig, config};
use crate::network::TrafficClass;

#[test]
fn a_good_line_carries_all_encodings_within_two_seconds_at_their_targets() {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.run_until(Time::from_secs(3));
    let top = rig.log.frames.iter().find(|frame| frame.layer.spatial == 2).expect("the top encoding is on");
    assert!(top.at < Time::from_millis(2_500), "on at {}", top.at);
    rig.run_until(Time::from_secs(21));
    for (encoding, kbps) in MAX_KBPS.iter().enumerate() {
        let (rate, target) = (rig.log.rate(encoding as u8, 6, 21), *kbps as f64 * 1e3);
        assert!((rate / target - 1.0).abs() < 0.1, "encoding {encoding}: {rate} of {target}");
    }
    let audio = rig.log.packets.iter().filter(|sent| sent.class == TrafficClass::Audio).count();
    assert!((998..=1_000).contains(&audio), "50 packets a second for 20 s: {audio}");
    assert!(rig.sender.estimate() >= DataRate::from_kbps(2_300));
    let rtt = rig.sender.rtt().expect("reports tell it");
    assert!((38..=45).contains(&rtt.as_millis()), "{rtt:?} on a path of 40 ms");
}

#[test]
fn the_first_second_probes_and_a_steady_state_does_not_pad() {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.run_until(Time::from_secs(31));
    let padding = |from: u64, to: u64| {
        let range = Time::from_secs(from)..Time::from_secs(to);
        rig.log.packets.iter().filter(|s| s.class == TrafficClass::Padding && range.contains(&s.at)).count()
    };
    assert!(padding(1, 2) >= 5, "{}", padding(1, 2));
    assert!(padding(10, 31) < 200, "{}", padding(10, 31));
}

#[test]
fn a_thin_line_carries_what_fits_without_a_standing_queue() {
    let mut rig = Rig::new(config(), &[(0, 600)]);
    rig.run_until(Time::from_secs(41));
    let top = rig.log.frames.iter().filter(|frame| frame.layer.spatial == 2).count();
    assert!(top < 60, "the top encoding needs 600 kbit/s of its own: {top} frames");
    let total = rig.log.wire_rate(Time::from_secs(11), Time::from_secs(41));
    assert!((400e3..=600e3).contains(&total), "{total}");
    let target = rig.sender.estimate();
    assert!(target >= DataRate::from_kbps(400) && target <= DataRate::from_kbps(700), "{target}");
    assert!(rig.sender.queued().as_bytes() < 20_000, "{:?}", rig.sender.queued());
    let late = rig.log.packets.iter().filter(|sent| sent.at > Time::from_secs(6));
    let mut waits: Vec<_> = late.map(|sent| sent.queued.unwrap_or(Duration::from_secs(1))).collect();
    waits.sort_unstable();
    let p95 = waits[waits.len() * 95 / 100];
    assert!(p95 < Duration::from_millis(100), "95 % of queueing delays: {p95:?}");
}

/// RFC 8867 section 5.1's capacities, at half the times.
#[test]
fn the_rate_follows_a_line_that_rises_dips_and_recovers() {
    let mut rig = Rig::new(config(), &[(0, 1_000), (20, 2_500), (40, 600), (60, 1_000)]);
    rig.run_until(Time::from_secs(80));
    // Seconds, least and greatest mean rate on the wire, kbit/s.
    for (from, to, least, most) in
        [(5, 20, 550, 1_000), (30, 40, 1_300, 2_500), (45, 60, 300, 600), (70, 80, 550, 1_000)]
    {
        let rate = rig.log.wire_rate(Time::from_secs(from), Time::from_secs(to)) / 1e3;
        assert!((f64::from(least)..=f64::from(most)).contains(&rate), "{from} to {to} s: {rate} kbit/s");
    }
    let top = rig.log.frames.iter().filter(|frame| frame.layer.spatial == 2);
    let on =
        |from, to| top.clone().filter(move |f| (Time::from_secs(from)..Time::from_secs(to)).contains(&f.at));
    assert!(on(32, 40).count() > 200, "on while the line is wide");
    assert_eq!(on(43, 60).count(), 0, "off while it is thin");
}

#[test]
fn an_encoding_that_comes_back_starts_with_a_key_frame() {
    let mut rig = Rig::new(config(), &[(0, 10_000), (10, 500), (20, 10_000)]);
    rig.run_until(Time::from_secs(35));
    let frames: Vec<_> = rig.log.frames.iter().filter(|frame| frame.layer.spatial == 2).collect();
    let gap = frames.windows(2).find(|pair| pair[1].at.since(pair[0].at) > Duration::from_secs(2));
    let pair = gap.expect("it was off while the line was thin");
    assert!(pair[1].key && frames[0].key);
}

#[test]
fn estimates_are_told_when_they_change_and_not_too_often() {
    let mut rig = Rig::new(config(), &[(0, 2_000), (10, 500)]);
    rig.run_until(Time::from_secs(20));
    let told = &rig.log.estimates;
    assert_eq!(told[0].1, DataRate::from_kbps(300), "libwebrtc's start");
    assert!(told.len() > 5);
    for pair in told.windows(2) {
        let ratio = pair[1].1.as_bps() as f64 / pair[0].1.as_bps() as f64;
        assert!(!(0.98..=1.02).contains(&ratio), "{pair:?}");
        assert!(pair[1].0.since(pair[0].0) >= Duration::from_millis(100), "{pair:?}");
    }
    let (last, now) = (told[told.len() - 1].1.as_bps() as f64, rig.sender.estimate().as_bps() as f64);
    assert!((last / now - 1.0).abs() <= 0.03, "{last} was told, {now} is true");
}

#[test]
fn audio_never_waits_and_video_waits_within_bounds() {
    let mut rig = Rig::new(config(), &[(0, 300)]);
    rig.run_until(Time::from_secs(20));
    let audio = rig.log.packets.iter().filter(|sent| sent.class == TrafficClass::Audio);
    for (n, pair) in audio.collect::<Vec<_>>().windows(2).enumerate() {
        assert_eq!(pair[1].at.since(pair[0].at), Duration::from_millis(20), "packet {n}");
    }
    for sent in rig.log.packets.iter().filter(|sent| sent.class == TrafficClass::Video) {
        let wait = sent.at.since(sent.stamp().encoded());
        assert!(wait < Duration::from_secs(2), "{wait:?}");
    }
}
