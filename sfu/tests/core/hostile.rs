//! Bad input in the middle of a working call, from strangers and from peers that have keys.

use std::time::Duration;

use proptest::prelude::*;
use sfu::PacketClass;
use sfu::rtcp::{self, FirEntry, NtpTime, Pli, ReportBlock, SenderInfo};
use sfu::{DropReason, Event};

use super::forwarding::film;
use crate::common::call::{Call, config};
use crate::common::media::{Microphone, VideoEncoding};
use crate::common::peer::RtpOut;

/// A working call of three: the first publishes, the others receive.
struct Working {
    call: Call,
    cameras: [VideoEncoding; 3],
    microphone: Microphone,
    ssrc: u32,
}

impl Working {
    fn new() -> Self {
        let mut call = Call::connected(config(), 3);
        let (mut cameras, microphone) = (VideoEncoding::simulcast(0), Microphone::new(0));
        let mut ssrc = 0;
        for index in [1, 2] {
            let mut camera = call.wish(0, "cam");
            camera.max_height = 180;
            let wishes = [camera, call.wish(0, "mic")];
            ssrc = call.subscribe(index, &wishes).unwrap()[0].ssrc;
        }
        film(&mut call, &mut cameras, 10, true);
        Working { call, cameras, microphone, ssrc }
    }

    /// Shows that audio and, after a key frame at most, video still go through.
    fn assert_goes_on(&mut self) {
        let count = |call: &Call, class| call.peers[2].of(class).count();
        let before = [PacketClass::Audio, PacketClass::Video].map(|class| count(&self.call, class));
        self.call.run(Duration::from_millis(500));
        for n in 0..5 {
            self.call.send(0, &self.microphone.packet(60)).unwrap();
            let frame = self.cameras[0].frame(n == 0, 1, 200);
            self.call.send_all(0, &frame);
            self.call.run(Duration::from_millis(33));
        }
        assert_eq!(count(&self.call, PacketClass::Audio), before[0] + 5);
        assert_eq!(count(&self.call, PacketClass::Video), before[1] + 5);
    }

    /// RTCP from the second receiver, which has keys.
    fn say(&mut self, compound: &[u8]) {
        self.call.send_rtcp(2, compound).unwrap();
    }
}

/// What to do to a genuine datagram.
#[derive(Clone, Debug)]
enum Harm {
    Random(Vec<u8>),
    Truncate(usize),
    Flip(usize, u8),
    Replay,
    Append(Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Harm::Random),
        // Behind a first byte of each protocol, to get past the demultiplexer.
        (
            prop::sample::select(vec![0_u8, 20, 22, 0x80, 0x90, 0xb0]),
            prop::collection::vec(any::<u8>(), 1..200)
        )
            .prop_map(|(first, mut rest)| {
                rest[0] = first;
                Harm::Random(rest)
            }),
        (0_usize..200).prop_map(Harm::Truncate),
        (0_usize..200, 0_u8..8).prop_map(|(at, bit)| Harm::Flip(at, bit)),
        Just(Harm::Replay),
        prop::collection::vec(any::<u8>(), 1..20).prop_map(Harm::Append),
    ]
}

/// The genuine datagram that is harmed: STUN, DTLS, SRTP or SRTCP of the publisher.
fn genuine(working: &mut Working, kind: u8) -> Vec<u8> {
    let peer = &mut working.call.peers[0];
    match kind {
        0 => peer.check(working.call.now, false),
        1 => {
            // A record of the right form, protected by keys that nobody has.
            let mut record = vec![23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 40];
            record.resize(53, 0x5a);
            record
        }
        2 => peer.rtp(&working.microphone.packet(60)),
        3 => peer.rtp(&working.cameras[0].frame(false, 1, 150)[0]),
        _ => peer.rtcp(&[0x80, 201, 0, 1, 0, 0, 0, 1]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn harmed_datagrams_are_counted_and_change_nothing(
        attacks in prop::collection::vec((0_u8..5, harm(), 0_u8..3), 1..60)
    ) {
        let mut working = Working::new();
        let census = working.call.sfu.census();
        let mut refused = working.call.sfu.drops().total();
        let stranger = "203.0.113.66:9".parse().unwrap();
        for (kind, harm, source) in attacks {
            let mut datagram = genuine(&mut working, kind);
            match harm {
                Harm::Random(bytes) => datagram = bytes,
                Harm::Truncate(len) => datagram.truncate(len),
                Harm::Flip(at, bit) => {
                    let at = at % datagram.len();
                    datagram[at] ^= 1 << bit;
                }
                Harm::Replay => {
                    let genuine = datagram.clone();
                    refused += u64::from(working.call.input_of(0, genuine).is_err());
                }
                Harm::Append(bytes) => datagram.extend(bytes),
            }
            let from = match source {
                0 => stranger,
                other => working.call.peers[usize::from(other) - 1].address,
            };
            refused += u64::from(working.call.input(from, datagram).is_err());
            prop_assert_eq!(working.call.sfu.drops().total(), refused);
        }
        let now = working.call.sfu.census();
        prop_assert_eq!(now.participants, census.participants);
        // A genuine check, sent on from elsewhere before it was seen here, may open addresses: sixteen each.
        prop_assert!(now.addresses <= 3 * 16 && now.ufrags == census.ufrags);
        prop_assert!(now.streams <= 4 && now.timers <= census.timers + 100);
        // A replayed check may come out as a nomination only if it was one: none was.
        let moved = |event: &Event| matches!(event, Event::Disconnected { .. });
        prop_assert!(!working.call.take_events().iter().any(moved));
        working.assert_goes_on();
    }

    #[test]
    fn any_rtcp_from_a_peer_with_keys_is_survived(
        compounds in prop::collection::vec(prop::collection::vec(any::<u8>(), 4..150), 1..40),
        types in prop::collection::vec((200_u8..208, 0_u8..32), 40),
    ) {
        let mut working = Working::new();
        for (compound, (packet_type, count)) in compounds.iter().zip(types) {
            let mut compound = compound.clone();
            compound.resize(compound.len().next_multiple_of(4).max(8), 0);
            let words = (compound.len() / 4 - 1) as u16;
            (compound[0], compound[1]) = (0x80 | count, packet_type);
            compound[2..4].copy_from_slice(&words.to_be_bytes());
            // Well or badly formed, about streams that there are as often as not.
            if compound.len() >= 12 && count % 2 == 0 {
                compound[8..12].copy_from_slice(&working.ssrc.to_be_bytes());
            }
            let result = working.call.send_rtcp(2, &compound);
            prop_assert!(matches!(result, Ok(()) | Err(DropReason::MalformedRtcp)), "{result:?}");
        }
        working.assert_goes_on();
    }
}

/// One RTP packet of a publisher that has keys and no manners.
fn rude_packet() -> impl Strategy<Value = RtpOut> {
    let names = (prop::option::of(0_u8..3), prop::option::of(0_usize..4), prop::option::of(0_usize..4));
    let numbers = (any::<u32>(), 0_u32..8, prop_oneof![1_u64..2_000, any::<u16>().prop_map(u64::from)]);
    let kind = (prop::sample::select(vec![96_u8, 97, 111, 100]), any::<bool>(), 0_u8..255);
    (names, numbers, kind, prop::collection::vec(any::<u8>(), 0..60)).prop_map(
        |((mid, rid, repaired), (timestamp, stream, sequence), (payload_type, marker, padding), payload)| {
            let rids = ["q", "h", "f", "?"];
            RtpOut {
                payload_type,
                marker,
                sequence,
                timestamp,
                ssrc: 0x1000 + 0x10 * stream,
                mid: mid.map(|mid| mid.to_string()),
                rid: rid.map(|rid| rids[rid].into()),
                repaired_rid: repaired.map(|rid| rids[rid].into()),
                level: None,
                descriptor: Vec::new(),
                padding: padding.saturating_sub(200),
                payload,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_rtp_from_a_peer_with_keys_is_survived(packets in prop::collection::vec(rude_packet(), 1..120)) {
        let mut working = Working::new();
        let wishes = [working.call.wish(0, "cam"), working.call.wish(1, "mic")];
        working.call.subscribe(2, &wishes).unwrap();
        let mut microphone = Microphone::new(1);
        for packet in &packets {
            let before = working.call.sfu.drops().total();
            let refused = working.call.send(0, packet).is_err();
            prop_assert_eq!(working.call.sfu.drops().total(), before + u64::from(refused));
            working.call.run(Duration::from_millis(3));
        }
        // Three encodings with retransmissions, and the microphone.
        prop_assert!(working.call.sfu.census().streams <= 7);
        let before = working.call.peers[2].of(PacketClass::Audio).count();
        for _ in 0..5 {
            working.call.send(1, &microphone.packet(60)).unwrap();
        }
        prop_assert_eq!(working.call.peers[2].of(PacketClass::Audio).count(), before + 5);
    }
}

#[test]
fn a_nack_of_everything_costs_no_more_than_what_was_sent() {
    let mut working = Working::new();
    let sent = working.call.peers[2].of(PacketClass::Video).count();
    let everything: Vec<u16> = (0..=u16::MAX).collect();
    for part in everything.chunks(4_000) {
        let mut compound = Vec::new();
        rtcp::write_nack(&mut compound, 1, working.ssrc, part);
        working.say(&compound);
    }
    let answered = working.call.peers[2].of(PacketClass::Retransmission).count();
    assert!(answered <= sent, "{answered} for {sent} packets");
    // Again and again within the round trip: nothing.
    for _ in 0..10 {
        for part in everything.chunks(4_000) {
            let mut compound = Vec::new();
            rtcp::write_nack(&mut compound, 1, working.ssrc, part);
            working.say(&compound);
        }
    }
    assert_eq!(working.call.peers[2].of(PacketClass::Retransmission).count(), answered);
    working.assert_goes_on();
}

#[test]
fn feedback_on_packets_never_sent_is_ignored() {
    let mut working = Working::new();
    // Base 0x4000, 65,535 packets "received" by run length, then as many "lost", at an absurd reference time.
    for symbol in [0x2000_u16, 0x0000] {
        let mut compound = vec![0x8f, 205, 0, 0];
        compound.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x40, 0, 0xff, 0xff, 0x7f, 0xff, 0xff, 9]);
        for _ in 0..9 {
            compound.extend((symbol | 0x1fff).to_be_bytes());
        }
        let deltas = if symbol == 0 { 0 } else { 65_535 };
        compound.resize(compound.len() + deltas, 0xff);
        compound.resize(compound.len().next_multiple_of(4), 0);
        let words = compound.len() / 4 - 1;
        compound[2..4].copy_from_slice(&(words as u16).to_be_bytes());
        working.say(&compound);
    }
    working.assert_goes_on();
}

#[test]
fn floods_of_requests_for_key_frames_are_coalesced() {
    let mut working = Working::new();
    working.call.take_events();
    let mut compound = Vec::new();
    for n in 0..50 {
        rtcp::write_pli(&mut compound, Pli { sender_ssrc: 1, media_ssrc: working.ssrc });
        let entry = FirEntry { ssrc: working.ssrc, sequence: n };
        rtcp::write_fir(&mut compound, 1, &[entry]).unwrap();
    }
    for _ in 0..20 {
        working.say(&compound);
        working.call.run(Duration::from_millis(5));
    }
    let events = working.call.take_events();
    let sent = events.iter().filter(|event| matches!(event, Event::KeyFrameRequested { .. })).count();
    assert_eq!(sent, 1, "2,000 requests in 100 ms");
    working.assert_goes_on();
}

#[test]
fn absurd_clocks_and_full_reports_do_no_harm() {
    let mut working = Working::new();
    let ssrc = working.cameras[0].ssrc;
    for (ntp, rtp_timestamp) in [(0, 0), (u64::MAX, u32::MAX), (1, 5), (1 << 63, 1 << 31)] {
        let info = SenderInfo { ssrc, ntp: NtpTime(ntp), rtp_timestamp, ..SenderInfo::default() };
        let mut compound = Vec::new();
        rtcp::write_sender_report(&mut compound, &info, &[]).unwrap();
        working.call.send_rtcp(0, &compound).unwrap();
        working.call.run(Duration::from_millis(1_100));
        let frame = working.cameras[0].frame(true, 1, 200);
        working.call.send_all(0, &frame);
    }
    let block = |n: u32| ReportBlock {
        ssrc: if n.is_multiple_of(2) { working.ssrc } else { n },
        fraction_lost: 255,
        cumulative_lost: -(1 << 23),
        highest_sequence: u32::MAX - n,
        jitter: u32::MAX,
        last_sr: n.wrapping_mul(0x1234_5678),
        delay_since_last_sr: u32::MAX - n,
    };
    let blocks: Vec<ReportBlock> = (0..31).map(block).collect();
    let mut compound = Vec::new();
    rtcp::write_receiver_report(&mut compound, 1, &blocks).unwrap();
    working.say(&compound);
    assert_eq!(working.call.sfu.round_trip(working.call.peers[2].id), None, "none of them quotes a report");
    working.assert_goes_on();
    let video: Vec<u32> =
        working.call.peers[2].of(PacketClass::Video).map(|r| r.header().timestamp).collect();
    assert!(video.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) < 90_000 * 10), "{video:?}");
}

#[test]
fn more_streams_than_a_participant_may_use_are_refused() {
    let mut working = Working::new();
    for n in 0..500 {
        let mut packet = working.microphone.packet(60);
        packet.ssrc = 0x7000_0000 + n;
        packet.mid = Some("nothing".into());
        assert_eq!(working.call.send(0, &packet), Err(DropReason::UnknownStream));
    }
    assert_eq!(working.call.sfu.census().streams, 3);
    working.assert_goes_on();
}
