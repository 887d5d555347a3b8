//! Feedback by NACK, PLI, FIR, REMB and RFC 8888.

use super::super::congestion_feedback::{Ecn, Metric, write_congestion_feedback};
use super::super::*;
use super::{expect_packet, only};
use crate::DataRate;
use crate::transport::srtp::hex;

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
