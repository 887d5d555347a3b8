//! Reports, names and ends.

use super::super::*;
use super::{expect_packet, only};
use crate::transport::srtp::hex;

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
