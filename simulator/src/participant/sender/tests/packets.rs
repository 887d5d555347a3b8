//! The packets themselves.

use std::time::Duration;

use rustc_hash::FxHashMap;
use sfu::participant::{Codec, MediaKind};
use sfu::rtcp::{self, Packet};
use sfu::rtp::sequence::distance32;
use sfu::{DataRate, Time};

use super::rig::{MEDIA, Rig, config};
use crate::network::TrafficClass;
use crate::participant::media::opus::OpusContent;
use crate::participant::sender::SourceConfig;
use crate::random::Seed;

#[test]
fn sources_are_described_as_the_protocol_wants_them() {
    let rig = Rig::new(config(), &[(0, 1_000)]);
    let [camera, microphone] = &rig.sender.descriptions()[..] else { panic!("two sources") };
    assert_eq!((camera.name.as_str(), camera.kind(), camera.mid.as_str()), ("cam", MediaKind::Video, "v"));
    let encodings = camera.encodings.iter().map(|e| (e.rid.as_str(), e.height, e.fps, e.max_kbps));
    assert_eq!(
        encodings.collect::<Vec<_>>(),
        [("l", 180, 30, 150), ("m", 360, 30, 500), ("h", 720, 30, 1_500)]
    );
    assert!(camera.encodings.iter().all(|e| e.temporal_layers == 3));
    assert_eq!((microphone.kind(), microphone.encodings.len()), (MediaKind::Audio, 0));
}

#[test]
fn every_packet_parses_and_carries_what_was_negotiated() {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.run_until(Time::from_secs(6));
    let mut transport = None;
    for sent in &rig.log.packets {
        let (header, extensions) = (sent.header(), sent.extensions());
        let sequence = extensions.transport_cc.expect("on every packet");
        assert_eq!(sequence, transport.map_or(sequence, |last: u16| last.wrapping_add(1)));
        transport = Some(sequence);
        let expected = (u128::from(sent.at.as_nanos()) << 18) / 1_000_000_000;
        assert_eq!(extensions.abs_send_time, Some(expected as u32 & 0xff_ffff));
        assert_eq!(extensions.audio_level.is_some(), sent.class == TrafficClass::Audio);
        match sent.class {
            TrafficClass::Audio => {
                assert_eq!(header.payload_type, MEDIA.payload_types.opus);
                let content = OpusContent::read(sent.payload());
                let Ok(OpusContent::Sound { stamp, copy: None }) = content else { panic!("{content:?}") };
                assert_eq!((stamp.publisher, stamp.source), (3, 1));
                assert_eq!(stamp.encoded(), sent.at, "audio isn't paced");
                assert_eq!(sent.tag.map(|tag| tag.ordinal), Some(stamp.ordinal));
            }
            TrafficClass::Video => {
                assert_eq!(Some(header.payload_type), MEDIA.payload_types.media(Codec::Vp8));
                let stamp = sent.stamp();
                let tag = sent.tag.expect("video is tagged");
                assert_eq!((tag.source, tag.encoding, tag.ordinal), (0, stamp.encoding, stamp.ordinal));
                assert_eq!(header.marker, stamp.index + 1 == stamp.count);
                assert!(sent.at >= stamp.encoded());
            }
            TrafficClass::Padding => {
                assert!(header.is_padding_only());
                assert_eq!(Some(header.payload_type), MEDIA.payload_types.rtx(Codec::Vp8));
            }
            class => panic!("{class:?} without anybody asking"),
        }
    }
}

#[test]
fn numbers_are_contiguous_per_ssrc_and_each_encoding_has_its_own() {
    let mut rig = Rig::new(config(), &[(0, 1_500), (5, 500), (10, 1_500)]);
    rig.run_until(Time::from_secs(20));
    let mut last: FxHashMap<u32, u16> = FxHashMap::default();
    for header in rig.log.packets.iter().map(|sent| sent.header()) {
        if let Some(before) = last.insert(header.ssrc, header.sequence) {
            assert_eq!(header.sequence, before.wrapping_add(1), "ssrc {:x}", header.ssrc);
        } else {
            assert!(header.sequence < 0x8000, "a first number leaves room before the wrap");
        }
    }
    assert!(last.len() >= 4, "audio, three encodings; padding on some RTX stream");
    let mut next = [0; 3];
    for tag in rig.log.packets.iter().filter(|s| s.class == TrafficClass::Video).filter_map(|s| s.tag) {
        assert_eq!(tag.ordinal, next[usize::from(tag.encoding)]);
        next[usize::from(tag.encoding)] += 1;
    }
}

#[test]
fn names_are_sent_until_the_receiver_reports() {
    for reporting in [true, false] {
        let mut rig = Rig::new(config(), &[(0, 10_000)]);
        rig.reporting = reporting;
        rig.run_until(Time::from_secs(5));
        let video = |from: u64, to: u64| {
            let range = Time::from_millis(from)..Time::from_millis(to);
            rig.log.packets.iter().filter(move |s| s.class == TrafficClass::Video && range.contains(&s.at))
        };
        for sent in video(0, 2_000) {
            let rid = ["l", "m", "h"][usize::from(sent.encoding().expect("video"))];
            assert_eq!((sent.extensions().mid, sent.extensions().rid), (Some("v"), Some(rid)));
        }
        for sent in video(4_000, 5_000) {
            assert_eq!(sent.extensions().mid.is_none(), reporting);
            assert_eq!(sent.extensions().rid.is_none(), reporting);
        }
        let audio = rig.log.packets.iter().rfind(|sent| sent.class == TrafficClass::Audio).expect("audio");
        assert_eq!(audio.extensions().mid, (!reporting).then_some("a"));
        for sent in rig.log.packets.iter().filter(|sent| sent.class == TrafficClass::Padding) {
            let named = sent.extensions();
            assert_eq!(named.mid.is_some(), named.repaired_rid.is_some());
            assert_eq!(named.rid, None);
        }
    }
}

#[test]
fn sender_reports_agree_with_timestamps() {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.run_until(Time::from_secs(8));
    let mut first_packet: FxHashMap<u32, Time> = FxHashMap::default();
    for sent in rig.log.packets.iter().filter(|sent| sent.class != TrafficClass::Padding) {
        first_packet.entry(sent.header().ssrc).or_insert(sent.at);
    }
    let mut reports: FxHashMap<u32, Vec<(Time, rtcp::SenderInfo)>> = FxHashMap::default();
    for (at, bytes) in &rig.log.rtcp {
        for packet in rtcp::packets(bytes).expect("the sender writes RTCP") {
            if let Packet::SenderReport(report) = packet {
                reports.entry(report.info.ssrc).or_default().push((*at, report.info));
            }
        }
    }
    assert_eq!(reports.len(), 4);
    let wall = |at: Time, info: &rtcp::SenderInfo| info.ntp.0.wrapping_sub(rtcp::NtpTime::from_time(at).0);
    let offset = reports.values().next().map(|list| wall(list[0].0, &list[0].1)).expect("a report");
    for (ssrc, list) in &reports {
        let delay = list[0].0.since(first_packet[ssrc]);
        assert!(delay <= Duration::from_millis(200), "the first report after {delay:?}");
        assert!(list.windows(2).all(|w| {
            let gap = w[1].0.since(w[0].0);
            (Duration::from_millis(890)..Duration::from_millis(1_100)).contains(&gap)
        }));
        assert!(list.iter().all(|(at, info)| wall(*at, info) == offset), "one clock for all streams");
    }
    for sent in rig.log.packets.iter().filter(|sent| sent.class == TrafficClass::Video) {
        let header = sent.header();
        let captured = sent.stamp().captured;
        let (report_at, info) = &reports[&header.ssrc][0];
        let ticks = distance32(header.timestamp, info.rtp_timestamp);
        let expected = (captured.as_nanos() as i64 - report_at.as_nanos() as i64) * 90_000 / 1_000_000_000;
        assert!((i64::from(ticks) - expected).abs() <= 1, "{ticks} ticks, not {expected}");
    }
}

#[test]
fn counts_in_reports_are_those_of_the_packets() {
    let mut rig = Rig::new(config(), &[(0, 10_000)]);
    rig.run_until(Time::from_secs(5));
    let (at, bytes) = rig.log.rtcp.last().expect("reports");
    for packet in rtcp::packets(bytes).expect("the sender writes RTCP") {
        let Packet::SenderReport(report) = packet else { continue };
        let sent = rig.log.packets.iter().filter(|s| s.at <= *at && s.header().ssrc == report.info.ssrc);
        assert_eq!(report.info.packet_count as usize, sent.clone().count());
        assert_eq!(report.info.octet_count as usize, sent.map(|s| s.payload().len()).sum::<usize>());
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let run = |seed| {
        let mut rig = Rig::seeded(config(), &[(0, 1_200), (3, 600)], Seed(seed));
        rig.run_until(Time::from_secs(6));
        rig.log
    };
    assert_eq!(run(1), run(1));
    let (one, other) = (run(1), run(2));
    assert_ne!(one.packets[0].header().ssrc, other.packets[0].header().ssrc);
}

#[test]
fn two_cameras_share_the_line() {
    let mut config = config();
    let SourceConfig::Camera(mut second) = config.sources[0].clone() else { panic!("a camera comes first") };
    (second.name, second.mid) = ("share".into(), "s".into());
    config.sources.push(SourceConfig::Camera(second));
    let mut rig = Rig::new(config, &[(0, 1_200)]);
    rig.run_until(Time::from_secs(21));
    let rate = |source| {
        let sent = rig.log.packets.iter().filter(|s| s.at > Time::from_secs(6));
        let sent =
            sent.filter(|s| s.class == TrafficClass::Video && s.tag.is_some_and(|t| t.source == source));
        sent.map(|s| s.bytes.len()).sum::<usize>() as f64
    };
    let ratio = rate(0) / rate(2);
    assert!((0.8..=1.25).contains(&ratio), "{ratio}");
}

#[test]
fn a_microphone_alone_is_not_probed_for() {
    let mut config = config();
    config.sources.remove(0);
    let mut rig = Rig::new(config, &[(0, 1_000)]);
    rig.run_until(Time::from_secs(11));
    assert!(rig.log.packets.iter().all(|sent| sent.class == TrafficClass::Audio));
    assert_eq!(rig.sender.queued().as_bytes(), 0);
    assert!(rig.sender.estimate() >= DataRate::from_kbps(100));
}
