//! Compounds as a whole, and hostile input.

use proptest::prelude::*;

use super::super::*;
use super::{expect_packet, only};
use crate::transport::srtp::hex;

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
