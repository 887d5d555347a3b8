//! Feedback and reports: what publishers and receivers are told, and what is learned from them.

use std::time::Duration;

use sfu::allocation::Reason;
use sfu::rtcp::{self, ArrivalRecorder, NtpTime, Packet, ReportBlock, SenderInfo};
use sfu::{Event, PacketClass, Time};

use super::forwarding::film;
use crate::common::call::{Call, config};
use crate::common::media::{Microphone, VideoEncoding};

#[test]
fn a_publisher_is_told_every_arrival_about_twenty_times_a_second() {
    let mut call = Call::connected(config(), 1);
    let mut microphone = Microphone::new(0);
    let begun = call.now;
    let mut sent = Vec::new();
    for n in 0..100 {
        let packet = microphone.packet(60);
        // Every tenth is lost.
        if n % 10 == 5 {
            call.peers[0].rtp(&packet);
        } else {
            sent.push((n as u16, call.now));
            call.send(0, &packet).unwrap();
        }
        call.run(Duration::from_millis(20));
    }
    call.run(Duration::from_millis(60));
    let mut told = Vec::new();
    let (mut reports, mut lost) = (0, 0);
    for received in call.peers[0].of(PacketClass::Rtcp) {
        for packet in rtcp::packets(&received.packet).unwrap() {
            let Packet::TransportFeedback(feedback) = packet else { continue };
            reports += 1;
            for (sequence, ticks) in feedback.statuses() {
                match ticks {
                    Some(ticks) => told.push((sequence, (feedback.reference_ticks() + ticks) * 250)),
                    None => lost += 1,
                }
            }
        }
    }
    let elapsed = call.now.since(begun).as_millis() as usize;
    assert!((elapsed / 75..=elapsed / 50).contains(&reports), "{reports} reports in {elapsed} ms");
    let expected: Vec<(u16, i64)> = sent.iter().map(|(n, at)| (*n, at.as_micros() as i64)).collect();
    let exact = told.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() <= 250);
    assert!(told.len() == expected.len() && exact, "{told:?} for {expected:?}");
    assert_eq!(lost, 10);
}

/// The publisher's sender report on one stream.
fn report(ssrc: u32, rtp_timestamp: u32, at: Time) -> Vec<u8> {
    let info =
        SenderInfo { ssrc, ntp: NtpTime::from_time(at), rtp_timestamp, packet_count: 1, octet_count: 1 };
    let mut out = Vec::new();
    rtcp::write_sender_report(&mut out, &info, &[]).unwrap();
    out
}

#[test]
fn receivers_get_sender_reports_with_the_right_numbers_and_prove_a_round_trip() {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let wish = call.wish(0, "cam");
    film(&mut call, &mut encodings, 3, true);
    // The report comes before the subscription, which is to know of it all the same.
    for encoding in &encodings {
        let compound = report(encoding.ssrc, encoding.timestamp.wrapping_add(3_000), call.now);
        call.send_rtcp(0, &compound).unwrap();
    }
    let streams = call.subscribe(1, &[wish]).unwrap();
    film(&mut call, &mut encodings, 30, true);
    call.run(Duration::from_millis(1_100));
    let media: Vec<_> = call.peers[1].of(PacketClass::Video).cloned().collect();
    let mut reports = Vec::new();
    let mut names = 0;
    for received in call.peers[1].of(PacketClass::Rtcp) {
        for packet in rtcp::packets(&received.packet).unwrap() {
            match packet {
                Packet::SenderReport(report) => reports.push((received.at, report.info)),
                Packet::SourceDescription => names += 1,
                _ => {}
            }
        }
    }
    assert!(reports.len() >= 2, "one a second in 2.1 s, got {}", reports.len());
    assert_eq!(names, reports.len(), "each with the source's name");
    let (at, info) = *reports.last().unwrap();
    assert_eq!(info.ssrc, streams[0].ssrc);
    assert_eq!(info.packet_count as usize, media.len());
    assert_eq!(info.octet_count as usize, media.iter().map(|r| r.payload().len()).sum::<usize>());
    // The stream's clock, carried on from its last frame.
    let last = media.last().unwrap();
    let ticks = (at.since(last.at).as_nanos() * 90_000 / 1_000_000_000) as u32;
    let off = info.rtp_timestamp.wrapping_sub(last.header().timestamp).wrapping_sub(ticks) as i32;
    assert!(off.abs() <= 90 * 10, "{off} ticks off");
    // A report block that quotes it 30 ms after it left, and says it waited 10 ms, proves 20 ms.
    let mut compound = Vec::new();
    let block = ReportBlock {
        ssrc: info.ssrc,
        last_sr: info.ntp.middle(),
        delay_since_last_sr: 65_536 / 100,
        cumulative_lost: 1_000,
        ..ReportBlock::default()
    };
    rtcp::write_receiver_report(&mut compound, 1, &[block]).unwrap();
    call.now = at + Duration::from_millis(30);
    let named = call.peers[1].of(PacketClass::Video).all(|r| r.extensions().mid == Some("r0"));
    assert!(named, "the mid is written until a report names the stream");
    call.send_rtcp(1, &compound).unwrap();
    let rtt = call.sfu.round_trip(call.peers[1].id).unwrap();
    assert!(rtt.abs_diff(Duration::from_millis(20)) < Duration::from_micros(100), "{rtt:?}");
    film(&mut call, &mut encodings, 1, true);
    let last = call.peers[1].of(PacketClass::Video).last().unwrap();
    assert_eq!(last.extensions().mid, None);
}

#[test]
fn publishers_get_receiver_reports_with_what_was_lost() {
    let mut call = Call::connected(config(), 1);
    let mut microphone = Microphone::new(0);
    for n in 0..150 {
        let packet = microphone.packet(60);
        if n % 5 != 4 {
            call.send(0, &packet).unwrap();
        }
        call.run(Duration::from_millis(20));
    }
    let mut blocks = Vec::new();
    for received in call.peers[0].of(PacketClass::Rtcp) {
        for packet in rtcp::packets(&received.packet).unwrap() {
            if let Packet::ReceiverReport(report) = packet {
                blocks.extend(report.blocks.iter().map(|block| (received.at, block)));
            }
        }
    }
    assert!((2..=4).contains(&blocks.len()), "one a second in three, got {}", blocks.len());
    assert!(blocks.windows(2).all(|pair| pair[1].0.since(pair[0].0) == Duration::from_secs(1)));
    let (_, last) = blocks.last().unwrap();
    assert_eq!(last.ssrc, microphone.ssrc);
    assert!((45..=56).contains(&last.fraction_lost), "a fifth of 256, got {}", last.fraction_lost);
    assert!((15..=30).contains(&last.cumulative_lost));
}

#[test]
fn feedback_lifts_the_estimate_and_with_it_the_layer() {
    let mut config = config();
    config.start_rate = sfu::DataRate::from_kbps(100);
    let mut call = Call::connected(config, 2);
    call.peers[1].arrivals = Some(ArrivalRecorder::new());
    let mut encodings = VideoEncoding::simulcast(0);
    let wish = call.wish(0, "cam");
    call.subscribe(1, &[wish]).unwrap();
    let mut best = None;
    for _ in 0..20 {
        film(&mut call, &mut encodings, 30, true);
        for event in call.take_events() {
            if let Event::LayerForwarded { layer, .. } = event {
                best = best.max(layer);
            }
        }
    }
    assert_eq!(best.map(|layer| layer.encoding), Some(2), "a line without limits carries the top layer");
    assert!(call.peers[1].of(PacketClass::Padding).count() > 0, "found by probing");
    for padding in call.peers[1].of(PacketClass::Padding) {
        assert!(padding.header().is_padding_only());
    }
}

#[test]
fn idle_participants_wake_the_core_a_few_times_a_second() {
    let mut call = Call::connected(config(), 3);
    call.run(Duration::from_secs(1));
    call.wakes = 0;
    call.run(Duration::from_secs(10));
    // Layers every 200 ms, the controller every 100 ms, reports every second, for three participants.
    assert!(call.wakes <= 10 * 3 * 17, "{} times in ten seconds", call.wakes);
}

/// Ten seconds of film for one receiver with feedback; `uplink_loses` one packet in five before it reaches the core,
/// `downlink_loses` as many behind it. The last estimate and layer, and the reason for it.
fn lossy(uplink_loses: bool, downlink_loses: bool) -> (sfu::DataRate, Option<u8>, Option<Reason>) {
    let mut config = config();
    config.start_rate = sfu::DataRate::from_kbps(2_000);
    config.max_rate = sfu::DataRate::from_kbps(2_000);
    let mut call = Call::connected(config, 2);
    call.peers[1].arrivals = Some(ArrivalRecorder::new());
    let wish = call.wish(0, "cam");
    call.subscribe(1, &[wish]).unwrap();
    if downlink_loses {
        let mut count = 0;
        call.delivers = Box::new(move |peer, segment| {
            count += u32::from(peer == 1 && segment.class == PacketClass::Video);
            !(peer == 1 && segment.class == PacketClass::Video && count % 5 == 2)
        });
    }
    let mut encodings = VideoEncoding::simulcast(0);
    let (mut sent, mut layer, mut why) = (0, None, None);
    let mut estimate = sfu::DataRate::ZERO;
    for n in 0..300 {
        for (encoding, packets) in encodings.iter_mut().zip([1, 2, 4]) {
            for packet in encoding.frame(n % 30 == 0, packets, 1_000) {
                sent += 1;
                if !uplink_loses || sent % 5 != 2 {
                    call.send(0, &packet).unwrap();
                }
            }
        }
        call.run(Duration::from_nanos(33_333_333));
        for event in call.take_events() {
            match event {
                Event::Estimate { rate, participant } if participant == call.peers[1].id => estimate = rate,
                Event::LayerChosen { layer: chosen, reason, .. } => {
                    (layer, why) = (chosen.map(|layer| layer.encoding), Some(reason));
                }
                _ => {}
            }
        }
    }
    (estimate, layer, why)
}

#[test]
fn loss_on_the_downlink_lowers_the_layer_and_loss_on_the_uplink_does_not() {
    let (clean, layer, why) = lossy(false, false);
    assert_eq!((clean.as_kbps(), layer, why), (2_000, Some(2), Some(Reason::FitsWish)));
    assert_eq!(lossy(true, false), (clean, layer, why), "holes in the stream are the publisher's");
    let (estimate, layer, why) = lossy(false, true);
    assert!(estimate < clean.scale(0.8), "{estimate}");
    assert!(layer < Some(2), "{layer:?}");
    assert!(
        matches!(why, Some(Reason::CappedByBudget { .. } | Reason::NoBudgetForBase { .. })),
        "{why:?} explains it"
    );
}
