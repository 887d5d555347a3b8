//! Packets from other implementations, round trips, and hostile input.

use proptest::prelude::*;

use super::congestion_feedback::{Ecn, Metric, write_congestion_feedback};
use super::*;
use crate::DataRate;
use crate::transport::srtp::hex;

/// The only packet of a compound given in hexadecimal, which has to live as long as the packet.
fn only(compound: &[u8]) -> Packet<'_> {
    let mut packets = packets(compound).unwrap_or_else(|e| panic!("{e}: {compound:02x?}"));
    let packet = packets.next().expect("one packet");
    assert!(packets.next().is_none(), "one packet only");
    packet
}

macro_rules! expect_packet {
    ($bytes:expr, $variant:ident) => {
        match only($bytes) {
            Packet::$variant(packet) => packet,
            other => panic!("{other:?} is no {}", stringify!($variant)),
        }
    };
}

#[test]
fn t5_001_sender_report() {
    let bytes = hex("80c800065d931534dd3ac1b4765471710008cf0000000e180008cf00");
    let report = expect_packet!(&bytes, SenderReport);
    let info = SenderInfo {
        ssrc: 0x5d93_1534,
        ntp: NtpTime(3_711_615_412 << 32 | 1_985_245_553),
        rtp_timestamp: 577_280,
        packet_count: 3_608,
        octet_count: 577_280,
    };
    assert_eq!((report.info, report.blocks.iter().count()), (info, 0));
    let mut out = Vec::new();
    write_sender_report(&mut out, &info, &[]).unwrap();
    assert_eq!(out, bytes);
}

#[test]
fn t5_002_receiver_report() {
    let bytes = hex("81c900075d93153401932db40000000100000000000000000000000000000005");
    let report = expect_packet!(&bytes, ReceiverReport);
    let block = ReportBlock {
        ssrc: 0x0193_2db4,
        cumulative_lost: 1,
        delay_since_last_sr: 5,
        ..ReportBlock::default()
    };
    assert_eq!(report.sender_ssrc, 0x5d93_1534);
    assert_eq!(report.blocks.iter().collect::<Vec<_>>(), [block]);
    let mut out = Vec::new();
    write_receiver_report(&mut out, 0x5d93_1534, &[block]).unwrap();
    assert_eq!(out, bytes);
}

#[test]
fn t5_010_and_t5_011_report_blocks() {
    let block = ReportBlock {
        ssrc: 12_345,
        fraction_lost: 42,
        cumulative_lost: 4_242,
        highest_sequence: 65_578,
        jitter: 4_242,
        last_sr: 23_456,
        delay_since_last_sr: 34_567,
    };
    let mut out = Vec::new();
    write_receiver_report(&mut out, 1, &[block]).unwrap();
    assert_eq!(out[8..], hex("00003039 2a001092 0001002a 00001092 00005ba0 00008707"));
    let too_many = vec![block; 32];
    let before = out.clone();
    assert!(write_receiver_report(&mut out, 1, &too_many).is_err());
    assert!(write_sender_report(&mut out, &SenderInfo::default(), &too_many).is_err());
    assert_eq!(out, before, "nothing of a refused report is written");
    write_receiver_report(&mut out, 1, &too_many[..31]).unwrap();
}

#[test]
fn negative_loss_keeps_its_sign() {
    for lost in [-1, -(1 << 23), (1 << 23) - 1, 0] {
        let mut out = Vec::new();
        write_receiver_report(&mut out, 1, &[ReportBlock { cumulative_lost: lost, ..Default::default() }])
            .unwrap();
        let report = expect_packet!(&out, ReceiverReport);
        assert_eq!(report.blocks.iter().next().unwrap().cumulative_lost, lost);
    }
}

#[test]
fn t5_003_and_t5_004_extended_reports() {
    let padded = hex("a0cf00095d9315340500000611121314001100111100110021222324002200222200220000000004");
    let report = expect_packet!(&padded, ExtendedReport);
    let XrBlock::Delays(delays) = report.blocks().next().unwrap() else { panic!("a DLRR block") };
    let delays: Vec<_> = delays.iter().collect();
    let item = |ssrc, last_reference, delay| DelaySinceLastReference { ssrc, last_reference, delay };
    assert_eq!(
        delays,
        [item(0x1112_1314, 0x0011_0011, 0x1100_1100), item(0x2122_2324, 0x0022_0022, 0x2200_2200)]
    );
    let mut out = Vec::new();
    write_delays_since_last_reference(&mut out, report.sender_ssrc, &delays);
    assert_eq!((out.len(), out[0], out[3]), (36, 0x80, 8));
    assert_eq!(out[4..], padded[4..36]);

    let mut out = Vec::new();
    let time = NtpTime(11_111_111 << 32 | 22_222_222);
    write_reference_times(&mut out, 2222, &[time, time]);
    assert_eq!(out.len(), 32);
    let report = expect_packet!(&out, ExtendedReport);
    assert_eq!(report.sender_ssrc, 2222);
    assert_eq!(report.blocks().collect::<Vec<_>>(), [XrBlock::ReferenceTime(time); 2]);
}

#[test]
fn t5_012_bye() {
    let bytes = hex("81cb000100003039");
    let bye = expect_packet!(&bytes, Bye);
    assert_eq!((bye.ssrcs().collect::<Vec<_>>(), bye.reason), (vec![12_345], None));
    let mut out = Vec::new();
    write_bye(&mut out, &[12_345]).unwrap();
    assert_eq!(out, bytes);
    let with_reason = hex("81cb0002 00003039 03627965");
    assert_eq!(expect_packet!(&with_reason, Bye).reason, Some(b"bye".as_slice()));
}

#[test]
fn t5_016_unknown_types_pass() {
    let bytes = hex("80c300020000000000000000");
    assert_eq!(only(&bytes), Packet::Unknown { packet_type: 195, count: 0 });
    // T5.025: RPSI is nobody's business here.
    let rpsi = hex("83ce0004fa17fa17000000000802000000000100");
    assert_eq!(only(&rpsi), Packet::Unknown { packet_type: 206, count: 3 });
}

#[test]
fn t5_018_packets_are_spread_over_datagrams() {
    let mut out = Vec::new();
    for ssrc in 0..200 {
        write_receiver_report(&mut out, ssrc, &[]).unwrap();
    }
    let sizes: Vec<usize> = datagrams(&out, 1_500).map(<[u8]>::len).collect();
    assert_eq!(sizes, [1_496, 104]);
    assert_eq!(datagrams(&out, 4).count(), 200, "a packet that is too long comes alone");
    assert_eq!(datagrams(&[], 1_500).count(), 0);
}

#[test]
fn t5_020_pli_and_t5_021_fir() {
    let bytes = hex("81ce0002000000010330bdee");
    let pli = expect_packet!(&bytes, Pli);
    assert_eq!(pli, Pli { sender_ssrc: 1, media_ssrc: 0x0330_bdee });
    let mut out = Vec::new();
    write_pli(&mut out, pli);
    assert_eq!(out, bytes);

    let bytes = hex("84ce0004fa17fa170000000002d0370204000000");
    let fir = expect_packet!(&bytes, Fir);
    let entries: Vec<_> = fir.entries().collect();
    assert_eq!(entries, [FirEntry { ssrc: 0x02d0_3702, sequence: 4 }]);
    let mut out = Vec::new();
    write_fir(&mut out, fir.sender_ssrc, &entries).unwrap();
    assert_eq!(out, bytes);
}

#[test]
fn remb_rows() {
    let rows: &[(&str, &str, DataRate, &[u32])] = &[
        (
            "T5.022",
            "8fce0006fa17fa170000000052454d420201df8202d0370204a76747",
            DataRate::from_bps(122_754),
            &[0x02d0_3702, 0x04a7_6747],
        ),
        (
            "T5.030",
            "8fce0006fe9323030000000052454d42020bb45a9e7201c19e2354a3",
            DataRate::from_bps(971_112),
            &[0x9e72_01c1, 0x9e23_54a3],
        ),
        (
            "T5.036",
            "8fce0005000000010000000052454d42011a20de4874ed16",
            DataRate::from_bps(8_927_104),
            &[1_215_622_422],
        ),
    ];
    for (id, bytes, bitrate, ssrcs) in rows {
        let bytes = hex(bytes);
        let remb = expect_packet!(&bytes, Remb);
        assert_eq!((remb.bitrate, remb.ssrcs().collect::<Vec<_>>()), (*bitrate, ssrcs.to_vec()), "{id}");
        let mut out = Vec::new();
        write_remb(&mut out, remb.sender_ssrc, *bitrate, ssrcs).unwrap();
        assert_eq!(out, bytes, "{id}");
    }
    let unbounded = hex("8fce0006fe9323030000000052454d4202ffffff9e7201c19e2354a3");
    assert_eq!(expect_packet!(&unbounded, Remb).bitrate, DataRate::INFINITE, "T5.031");
    for (id, bps, read_back) in [("T5.032", 1_000_000, 1_000_000), ("T5.036", 8_927_167, 8_927_104)] {
        let mut out = Vec::new();
        write_remb(&mut out, 1, DataRate::from_bps(bps), &[1_215_622_422]).unwrap();
        assert_eq!(expect_packet!(&out, Remb).bitrate.as_bps(), read_back, "{id}");
    }
}

#[test]
fn t5_026_and_t5_028_nack() {
    let bytes = hex("81cd0004a278eb188450496caf208020af320028");
    let nack = expect_packet!(&bytes, Nack);
    assert_eq!((nack.sender_ssrc, nack.media_ssrc), (0xa278_eb18, 0x8450_496c));
    let missing: Vec<u16> = nack.missing().collect();
    assert_eq!(missing, [44_832, 44_838, 44_848, 44_850, 44_854, 44_856]);
    let mut out = Vec::new();
    write_nack(&mut out, nack.sender_ssrc, nack.media_ssrc, &missing);
    assert_eq!(out, bytes);

    let even: Vec<u16> = (0..=14).step_by(2).collect();
    let mut out = Vec::new();
    write_nack(&mut out, 4567, 12_345, &even);
    assert_eq!(expect_packet!(&out, Nack).missing().collect::<Vec<_>>(), even);

    let mut out = Vec::new();
    write_nack(&mut out, 1, 2, &[]);
    assert!(out.is_empty());
}

#[test]
fn long_nacks_are_spread_over_packets() {
    let missing: Vec<u16> = (0..60_000u16).step_by(40).collect();
    let mut out = Vec::new();
    write_nack(&mut out, 1, 2, &missing);
    let mut read = Vec::new();
    for packet in packets(&out).unwrap() {
        let Packet::Nack(nack) = packet else { panic!("a NACK") };
        read.extend(nack.missing());
    }
    assert_eq!(read, missing);
    assert!(datagrams(&out, 1_200).all(|datagram| datagram.len() <= 1_200));
}

#[test]
fn t5_098_and_t5_099_congestion_feedback() {
    for (first, last) in [(Ecn::NotEct, Ecn::NotEct), (Ecn::Ect1, Ecn::Ce)] {
        let metric = |ecn, arrival_offset| Some(Metric { ecn, arrival_offset });
        let metrics = [metric(first, 1), None, None, metric(last, 2)];
        let mut out = Vec::new();
        write_congestion_feedback(&mut out, 9, 77, &[(1, 1, &metrics)]).unwrap();
        assert_eq!(out.len(), 28);
        let feedback = expect_packet!(&out, CongestionFeedback);
        assert_eq!((feedback.sender_ssrc, feedback.timestamp), (9, 77));
        let streams: Vec<_> = feedback.streams().collect();
        assert_eq!((streams.len(), streams[0].ssrc), (1, 1));
        let expected: Vec<_> = (1..=4u16).zip(metrics).collect();
        assert_eq!(streams[0].metrics().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn names_end_with_a_zero_within_whole_words() {
    for len in 0..9 {
        let name = "abcdefgh".get(..len).unwrap();
        let mut out = Vec::new();
        write_sdes_cname(&mut out, 5, name).unwrap();
        assert_eq!(only(&out), Packet::SourceDescription);
        assert_eq!(&out[10..10 + len], name.as_bytes());
        assert_eq!((out[9] as usize, out[10 + len], out.len() % 4), (len, 0, 0));
    }
    assert!(write_sdes_cname(&mut Vec::new(), 5, &"x".repeat(256)).is_err());
}

#[test]
fn broken_compounds_are_refused_whole() {
    let rows = [
        "",
        "80",
        "80c90001000000",
        "00c9000100000001",
        "80c9000200000001",
        "81c9000100000001",
        "80c9000100000001 81",
        "80c9000100000001 81cd000100000001",
        "a0c9000100000000",
        "a0c9000100000005",
        "a0c90000",
        "82cb000100000001",
        "81cb00020000000105616263",
        "80cf0002000000010400000200",
        "80cf000200000001 04000000",
        "8fce0003000000010000000052454d42",
    ];
    for row in rows {
        assert!(packets(&hex(row)).is_err(), "{row}");
    }
}

#[test]
fn a_compound_gives_its_packets_in_order() {
    let mut out = Vec::new();
    write_sender_report(&mut out, &SenderInfo::default(), &[ReportBlock::default(); 3]).unwrap();
    write_sdes_cname(&mut out, 1, "room").unwrap();
    write_pli(&mut out, Pli { sender_ssrc: 1, media_ssrc: 2 });
    let kinds: Vec<_> = packets(&out).unwrap().collect();
    assert!(matches!(kinds[..], [Packet::SenderReport(_), Packet::SourceDescription, Packet::Pli(_)]));
}

#[test]
fn ntp_times_and_round_trips() {
    let half = NtpTime::from_time(crate::Time::from_millis(2_500));
    assert_eq!(half, NtpTime(2 << 32 | 1 << 31));
    assert_eq!(half.middle(), 2 << 16 | 1 << 15);
    // RFC 3550 section 6.4.1, figure 2.
    let rtt = report::round_trip(NtpTime(0xb710_8000 << 16), 0xb705_2000, 0x0005_4000);
    assert_eq!(rtt, Some(std::time::Duration::from_millis(6_125)));
    assert_eq!(report::round_trip(half, 0, 0), None);
    assert_eq!(report::round_trip(half, half.middle(), 1), Some(std::time::Duration::ZERO));
}

/// Walks everything that a peer can make us walk.
fn walk(bytes: &[u8]) {
    let Ok(packets) = packets(bytes) else { return };
    for packet in packets {
        match packet {
            Packet::SenderReport(report) => report.blocks.iter().for_each(drop),
            Packet::ReceiverReport(report) => report.blocks.iter().for_each(drop),
            Packet::Bye(bye) => bye.ssrcs().for_each(drop),
            Packet::Nack(nack) => assert!(nack.missing().count() <= 17 * bytes.len() / 4),
            Packet::Fir(fir) => fir.entries().for_each(drop),
            Packet::Remb(remb) => remb.ssrcs().for_each(drop),
            Packet::TransportFeedback(feedback) => {
                assert_eq!(feedback.statuses().count(), usize::from(feedback.status_count));
                let received = feedback.statuses().filter(|(_, ticks)| ticks.is_some()).count();
                assert_eq!(feedback.arrivals().count(), received);
                assert!(received <= bytes.len());
            }
            Packet::CongestionFeedback(feedback) => {
                feedback.streams().for_each(|stream| stream.metrics().for_each(drop));
            }
            Packet::ExtendedReport(report) => report.blocks().for_each(|block| {
                if let XrBlock::Delays(delays) = block {
                    delays.iter().for_each(drop);
                }
            }),
            Packet::Pli(_) | Packet::SourceDescription | Packet::Unknown { .. } => {}
        }
    }
    datagrams(bytes, 60).for_each(drop);
}

proptest! {
    #[test]
    fn noise_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        walk(&bytes);
        datagrams(&bytes, 10).for_each(drop);
    }

    #[test]
    fn plausible_noise_does_not_panic(
        first in 0x80u8..0xc0, packet_type in 192u8..215, body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = vec![first, packet_type, 0, (body.len() / 4) as u8];
        bytes.extend(&body[..body.len() / 4 * 4]);
        walk(&bytes);
    }

    #[test]
    fn nacks_round_trip(start in any::<u16>(), steps in prop::collection::vec(1u16..40, 1..200)) {
        let missing: Vec<u16> =
            steps.iter().scan(start, |at, step| { *at = at.wrapping_add(*step); Some(*at) }).collect();
        let mut out = Vec::new();
        write_nack(&mut out, 1, 2, &missing);
        prop_assert_eq!(expect_packet!(&out, Nack).missing().collect::<Vec<_>>(), missing);
    }
}
