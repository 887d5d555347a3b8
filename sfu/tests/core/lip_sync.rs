//! Sender reports by which a receiver finds out what was captured when, whatever happens on the way.

use std::time::Duration;

use sfu::rtcp::{self, NtpTime, Packet, SenderInfo};
use sfu::{PacketClass, Time};

use crate::common::call::{Call, config};
use crate::common::media::{Microphone, VideoEncoding};
use crate::common::peer::Received;

/// The publisher's wall clock at the core's time zero: nobody else's.
const EPOCH: u64 = 3_900_123_456 << 32 | 0x1234_5678;
const FRAME: Duration = Duration::from_nanos(33_333_333);

fn wall_clock(at: Time) -> u64 {
    EPOCH + NtpTime::from_time(at).0
}

/// The publisher's report on one stream: what is captured `now` has this timestamp.
fn report(call: &mut Call, ssrc: u32, rtp_timestamp: u32) {
    let ntp = NtpTime(wall_clock(call.now));
    let info = SenderInfo { ssrc, ntp, rtp_timestamp, packet_count: 1, octet_count: 1 };
    let mut out = Vec::new();
    rtcp::write_sender_report(&mut out, &info, &[]).unwrap();
    call.send_rtcp(0, &out).unwrap();
}

struct Publisher {
    encodings: [VideoEncoding; 3],
    microphone: Microphone,
    frames: usize,
}

impl Publisher {
    fn new() -> Self {
        Publisher { encodings: VideoEncoding::simulcast(0), microphone: Microphone::new(0), frames: 0 }
    }

    /// Sends `frames` frames, the first of them key frames if `key`, each with a packet of sound: both are captured
    /// when they are sent. Reports follow every second.
    fn film(&mut self, call: &mut Call, frames: usize, key: bool) {
        for n in 0..frames {
            for (encoding, packets) in self.encodings.iter_mut().zip([1, 2, 4]) {
                let frame = encoding.frame(key && n == 0, packets, 300);
                call.send_all(0, &frame);
            }
            let sound = self.microphone.packet(60);
            call.send(0, &sound).unwrap();
            if self.frames % 30 == 3 {
                for encoding in self.encodings.clone() {
                    report(call, encoding.ssrc, encoding.timestamp);
                }
                report(call, sound.ssrc, sound.timestamp);
            }
            self.frames += 1;
            // The microphone's clock counts 20 ms a packet, but the next one is captured a frame's time after this.
            self.microphone.timestamp = sound.timestamp.wrapping_add(1_600 - 960);
            call.run(FRAME);
        }
    }
}

/// What a receiver makes of one stream: how far the capture time that the last report gives each packet is from the
/// true one (that of its sending), in ms; nothing for packets before the first report.
fn errors(received: &[Received], class: PacketClass, ssrc: u32, clock_rate: u32) -> Vec<f64> {
    let mut last: Option<SenderInfo> = None;
    let mut errors = Vec::new();
    for one in received {
        if one.class == PacketClass::Rtcp {
            for packet in rtcp::packets(&one.packet).unwrap() {
                match packet {
                    Packet::SenderReport(report) if report.info.ssrc == ssrc => last = Some(report.info),
                    _ => {}
                }
            }
        } else if let (true, Some(info)) = (one.class == class, &last) {
            let ticks = one.header().timestamp.wrapping_sub(info.rtp_timestamp) as i32;
            let captured = info.ntp.0.wrapping_sub(wall_clock(one.at)) as i64 as f64 / 4_294_967_296.0;
            errors.push((captured + f64::from(ticks) / f64::from(clock_rate)) * 1e3);
        }
    }
    errors
}

fn worst(errors: &[f64]) -> f64 {
    errors.iter().fold(0.0, |worst, error| error.abs().max(worst))
}

/// When the first sender report on a stream came.
fn first_report(received: &[Received], ssrc: u32) -> Option<Time> {
    let about = |one: &&Received| {
        one.class == PacketClass::Rtcp
            && rtcp::packets(&one.packet)
                .unwrap()
                .any(|packet| matches!(packet, Packet::SenderReport(report) if report.info.ssrc == ssrc))
    };
    received.iter().find(about).map(|one| one.at)
}

#[test]
fn capture_times_hold_over_switches_pauses_and_restarts() {
    let mut call = Call::connected(config(), 2);
    let mut publisher = Publisher::new();
    let sound = call.wish(0, "mic");
    let mut picture = call.wish(0, "cam");
    let streams = call.subscribe(1, &[sound.clone(), picture.clone()]).unwrap();
    let of = |kind: &str| streams.iter().find(|stream| stream.source == kind).unwrap().ssrc;
    let (audio, video) = (of("mic"), of("cam"));
    publisher.film(&mut call, 60, true);
    // Down, up again by a key frame, then nothing for three seconds, then other SSRCs and other clocks.
    for height in [180, u16::MAX] {
        picture.max_height = height;
        call.subscribe(1, &[sound.clone(), picture.clone()]).unwrap();
        publisher.film(&mut call, 60, true);
    }
    call.run(Duration::from_secs(3));
    for encoding in &mut publisher.encodings {
        encoding.timestamp = encoding.timestamp.wrapping_add(3 * 90_000);
    }
    publisher.microphone.timestamp = publisher.microphone.timestamp.wrapping_add(3 * 48_000);
    publisher.film(&mut call, 60, true);
    publisher.encodings = VideoEncoding::simulcast(7);
    publisher.film(&mut call, 90, true);
    let received = &call.peers[1].received;
    let pictures = errors(received, PacketClass::Video, video, 90_000);
    let sounds = errors(received, PacketClass::Audio, audio, 48_000);
    assert!(pictures.len() > 500 && sounds.len() > 300, "{} and {}", pictures.len(), sounds.len());
    assert!(worst(&sounds) < 1.0, "sound {} ms off", worst(&sounds));
    assert!(worst(&pictures) < 1.0, "picture {} ms off", worst(&pictures));
}

#[test]
fn the_first_report_follows_the_first_packet_or_the_publishers_report() {
    let mut call = Call::connected(config(), 3);
    let mut publisher = Publisher::new();
    let begun = call.now;
    let wishes = |call: &Call| [call.wish(0, "mic"), call.wish(0, "cam")];
    let streams = call.subscribe(1, &wishes(&call)).unwrap();
    publisher.film(&mut call, 20, true);
    // The publisher's own first reports go out with its fourth frame.
    let known = begun + 3 * FRAME;
    for stream in &streams {
        let at = first_report(&call.peers[1].received, stream.ssrc).expect("a report within 0.67 s");
        assert!(
            at <= known + Duration::from_millis(21),
            "{} waited for {:?}",
            stream.source,
            at.since(known)
        );
    }
    // Who joins later gets reports with the first packets.
    call.run(Duration::from_millis(300));
    let joined = call.now;
    let streams = call.subscribe(2, &wishes(&call)).unwrap();
    publisher.film(&mut call, 6, true);
    for stream in &streams {
        let at = first_report(&call.peers[2].received, stream.ssrc).expect("a report within 0.2 s");
        assert!(
            at.since(joined) <= Duration::from_millis(60),
            "{} waited for {:?}",
            stream.source,
            at.since(joined)
        );
    }
}

#[test]
fn both_streams_carry_the_publishers_name_and_clock() {
    let mut call = Call::connected(config(), 2);
    let mut publisher = Publisher::new();
    let wishes = [call.wish(0, "mic"), call.wish(0, "cam")];
    call.subscribe(1, &wishes).unwrap();
    publisher.film(&mut call, 60, true);
    let mut names = std::collections::BTreeSet::new();
    let mut reports = 0;
    for one in call.peers[1].of(PacketClass::Rtcp) {
        // The SDES chunk of one CNAME item follows each report (RFC 3550 section 6.5).
        for packet in rtcp::packets(&one.packet).unwrap() {
            if let Packet::SenderReport(report) = packet {
                reports += 1;
                let off = report.info.ntp.0.wrapping_sub(wall_clock(one.at)) as i64 as f64 / 4_294_967_296.0;
                assert!(off.abs() < 1e-3, "{off} s from the publisher's clock");
            }
        }
        names.extend(cnames(&one.packet));
    }
    assert!(reports >= 4, "{reports}");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), [call.peers[0].id.to_string()]);
}

/// The CNAME items of a compound.
fn cnames(compound: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = compound;
    while rest.len() >= 4 {
        let len = 4 * (usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1);
        if rest[1] == 202 && rest[8] == 1 {
            let text = &rest[10..10 + usize::from(rest[9])];
            found.push(String::from_utf8(text.to_vec()).expect("plain text"));
        }
        rest = &rest[len..];
    }
    found
}
