//! Statistics with numbers that can be counted by hand, and the state of everything.

use std::time::Duration;

use sfu::PacketClass;
use sfu::debug_state::Personal;
use sfu::rtcp::{self, ReportBlock};
use sfu::statistics::{ParticipantStatistics, QualityLimitation};

use super::forwarding::film;
use crate::common::call::{Call, config};
use crate::common::media::VideoEncoding;

fn of(call: &Call, peer: usize) -> ParticipantStatistics {
    call.sfu.statistics(call.peers[peer].id, call.now).expect("it is there")
}

/// Two seconds of the smallest encoding, one packet of 200 bytes a frame, to one receiver.
fn filmed() -> (Call, u32) {
    let mut call = Call::connected(config(), 2);
    let mut encodings = VideoEncoding::simulcast(0);
    let mut wish = call.wish(0, "cam");
    wish.max_height = 180;
    let streams = call.subscribe(1, &[wish]).unwrap();
    film(&mut call, &mut encodings, 60, true);
    (call, streams[0].ssrc)
}

#[test]
fn a_stream_is_counted_on_its_way_in_and_out() {
    let (mut call, ssrc) = filmed();
    let mut compound = Vec::new();
    let block =
        ReportBlock { ssrc, fraction_lost: 64, cumulative_lost: 7, jitter: 450, ..Default::default() };
    rtcp::write_receiver_report(&mut compound, 1, &[block]).unwrap();
    let last = call.peers[1].of(PacketClass::Video).last().unwrap().header().sequence;
    rtcp::write_nack(&mut compound, 1, ssrc, &[last.wrapping_sub(20)]);
    rtcp::write_pli(&mut compound, rtcp::Pli { sender_ssrc: 1, media_ssrc: ssrc });
    call.send_rtcp(1, &compound).unwrap();
    let publisher = of(&call, 0);
    assert_eq!(publisher.inbound.len(), 3);
    let small = publisher.inbound.iter().find(|stream| stream.rid.as_deref() == Some("q")).unwrap();
    assert_eq!((small.packets_received, small.bytes_received, small.packets_lost), (60, 60 * 200, 0));
    assert_eq!((small.frames_received, small.sfu_key_frames_received), (Some(60), Some(1)));
    assert!(matches!(small.frames_per_second, Some(29..=31)), "{:?}", small.frames_per_second);
    // RTP header 12, extensions, tag 16: some 45 bytes a packet while mid and rid are named.
    assert!((60 * 30..60 * 60).contains(&small.header_bytes_received), "{}", small.header_bytes_received);
    assert_eq!((small.pli_count, small.nack_count), (1, 0));
    assert!(small.jitter < 0.001);
    let large = publisher.inbound.iter().find(|stream| stream.rid.as_deref() == Some("f")).unwrap();
    assert_eq!((large.packets_received, large.bytes_received), (60 * 4, 60 * 4 * 800));
    assert!(publisher.outbound.is_empty() && publisher.candidate_pair.available_outgoing_bitrate.is_none());

    let receiver = of(&call, 1);
    let [stream] = receiver.outbound.as_slice() else { panic!("{:?}", receiver.outbound) };
    assert!(stream.active && stream.ssrc == ssrc && stream.sfu_source == "cam");
    assert_eq!((stream.packets_sent, stream.bytes_sent), (61, 61 * 200));
    assert_eq!((stream.retransmitted_packets_sent, stream.retransmitted_bytes_sent), (1, 200));
    assert_eq!((stream.nack_count, stream.pli_count, stream.fir_count), (1, 1, 0));
    assert_eq!(
        (stream.frames_sent, stream.sfu_key_frames_sent, stream.sfu_layer_switches),
        (Some(60), Some(1), 1)
    );
    assert_eq!(stream.quality_limitation_reason, Some(QualityLimitation::None), "the tile is small");
    let [remote] = receiver.remote_inbound.as_slice() else { panic!("{:?}", receiver.remote_inbound) };
    assert_eq!((remote.fraction_lost, remote.packets_lost, remote.jitter), (0.25, 7, 0.005));
    assert_eq!(stream.remote_id.as_ref(), Some(&remote.id));
    assert_eq!(remote.round_trip_time, None, "it quoted no report");
    // Everything that the peer got but answers to its checks, which are sent at once.
    let got = call.peers[1].received.len() as u64;
    assert!((got..got + 10).contains(&receiver.transport.packets_sent), "{got} and the handshake");
    assert!(receiver.candidate_pair.available_outgoing_bitrate.is_some());
    let video: usize = call.peers[1].of(PacketClass::Video).map(|one| one.packet.len() + 16).sum();
    let again: usize = call.peers[1].of(PacketClass::Retransmission).map(|one| one.packet.len() + 16).sum();
    assert_eq!(stream.bytes_sent + stream.header_bytes_sent, (video + again) as u64, "to the byte");
}

#[test]
fn the_names_are_those_of_webrtc_stats() {
    let (call, _) = filmed();
    let json = serde_json::to_value(of(&call, 1)).unwrap();
    let stream = &json["outbound"][0];
    for (name, expected) in [
        ("type", "outbound-rtp".into()),
        ("kind", "video".into()),
        ("packetsSent", 60.into()),
        ("bytesSent", 12_000.into()),
        ("framesSent", 60.into()),
        ("qualityLimitationReason", serde_json::Value::from("none")),
        ("codecId", "codec-96".into()),
        ("sfuKeyFramesSent", 1.into()),
    ] {
        assert_eq!(stream[name], expected, "{name}");
    }
    assert_eq!(json["codecs"][1]["mimeType"], "video/VP8");
    assert_eq!(
        (&json["transport"]["type"], &json["candidatePair"]["state"]),
        (&"transport".into(), &"succeeded".into())
    );
    let json = serde_json::to_value(of(&call, 0)).unwrap();
    assert_eq!(json["inbound"][0]["type"], "inbound-rtp");
    assert!(json["inbound"][0]["headerBytesReceived"].as_u64() > Some(0));
}

#[test]
fn the_state_of_everything_shows_who_gets_what_and_why() {
    let (call, ssrc) = filmed();
    let state = call.sfu.debug_state(call.now, Personal::Redacted);
    assert_eq!(state["participants"].as_array().map(Vec::len), Some(2));
    let receiver = &state["participants"][1];
    assert_eq!(receiver["transport"]["ice"]["remote"], "redacted");
    assert_eq!(receiver["transport"]["dtls"]["state"], "connected");
    let stream = &receiver["subscriptions"][0];
    assert_eq!((&stream["ssrc"], &stream["source"]), (&ssrc.into(), &"cam".into()));
    assert_eq!(stream["projection"]["current"]["encoding"], 0);
    assert_eq!(stream["projection"]["reason"]["kind"], "capped_by_tile");
    assert_eq!(stream["projection"]["log_entries"], 60);
    assert_eq!(receiver["congestion"]["controller"]["controller"], "gcc");
    let encoding = &state["participants"][0]["sources"][0]["encodings"][0];
    assert!(encoding["cache"]["packets"].as_u64() > Some(10), "{encoding}");
    assert!(encoding["bps_by_layer"][0][0].as_u64() > Some(40_000), "30 packets of 200 bytes a second");
    let shown = call.sfu.debug_state(call.now, Personal::Shown);
    assert_eq!(shown["participants"][1]["name"], "peer 1");
    assert_eq!(shown["participants"][1]["transport"]["ice"]["remote"], "192.0.2.2:5000");
    let text = shown.to_string();
    for secret in [&call.peers[1].joined.pwd, &call.peers[1].joined.ufrag] {
        assert!(!text.contains(secret.as_str()), "a secret is in it");
    }
}

#[test]
fn who_left_has_no_statistics() {
    let (mut call, _) = filmed();
    let participant = call.peers[1].id;
    call.turn(|turn| turn.command(sfu::Command::Leave { participant })).unwrap();
    assert!(call.sfu.statistics(participant, call.now).is_none());
    call.run(Duration::from_secs(1));
    assert_eq!(call.sfu.all_statistics(call.now).count(), 1);
}
