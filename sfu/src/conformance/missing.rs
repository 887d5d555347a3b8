//! Topic 3: which packets are asked for again. Rows of mediasoup's NackGenerator and RtpStreamRecv (requests at
//! once), Jitsi's StreamPacketRequester and str0m's NACK register.

use std::time::Duration;

use crate::Time;
use crate::receive::nack::NackGenerator;
use crate::rtcp::{self, Packet};

/// One whole range up, so that numbers before the first stay positive.
const BASE: u64 = 1 << 16;
const RTT: Duration = Duration::from_millis(16);

fn due(nack: &mut NackGenerator, now: Time) -> Vec<u16> {
    let mut numbers = Vec::new();
    nack.collect_due(now, RTT, |number| numbers.push(number));
    numbers
}

/// Feeds `numbers` a millisecond apart; what is asked for after each.
fn asked(numbers: &[u64]) -> (Vec<Vec<u16>>, NackGenerator) {
    let mut nack = NackGenerator::default();
    let mut asked = Vec::new();
    for (ms, number) in numbers.iter().enumerate() {
        let now = Time::from_millis(ms as u64);
        nack.on_packet(now, BASE + number);
        asked.push(due(&mut nack, now));
    }
    (asked, nack)
}

#[test]
fn what_a_gap_asks_for() {
    type Row<'a> = (&'a str, &'a [u64], &'a [&'a [u16]]);
    let none: [&[u16]; 12] = [&[]; 12];
    let old: Vec<u64> = (2371..=2380).chain([2254, 2250]).collect();
    let rows: &[Row<'_>] = &[
        ("T3.001", &old, &none),
        ("T3.006", &[1, 3, 5, 7, 9], &[&[], &[2], &[4], &[6], &[8]]),
        ("T3.007", &[1, 3, 7, 9], &[&[], &[2], &[4, 5, 6], &[8]]),
        ("T3.010", &[1, 3, 2, 4], &[&[], &[2], &[], &[]]),
        ("T3.011", &[65_534, 65_537], &[&[], &[65_535, 0]]),
        ("T3.014", &[1, 2], &[&[], &[]]),
        ("T3.016", &[1, 1], &[&[], &[]]),
        ("T3.019", &[1, 10], &[&[], &[2, 3, 4, 5, 6, 7, 8, 9]]),
    ];
    for (id, numbers, expected) in rows {
        assert_eq!(asked(numbers).0, *expected, "{id}");
    }
}

#[test]
fn t3_009_a_gap_above_the_list_asks_for_a_key_frame() {
    let (asked, mut nack) = asked(&[1, 3_000]);
    assert!(asked.iter().all(Vec::is_empty));
    assert!(nack.take_key_frame_needed());
}

#[test]
fn requests_repeat_until_the_packet_comes_or_ten_were_made() {
    // Row, missing numbers, requests made before they arrive (none: they never do), requests in all.
    let rows = [("T3.018", 1..3, Some(3), 3), ("T3.020", 1..10, None, 10)];
    for (id, range, arrive_after, expected) in rows {
        let (_, mut nack) = asked(&[range.start]);
        nack.on_packet(Time::from_millis(1), BASE + range.end);
        let gap: Vec<u16> = (range.start + 1..range.end).map(|number| number as u16).collect();
        let mut requests = 0;
        while let Some(at) = nack.deadline() {
            let numbers = due(&mut nack, at);
            if numbers.is_empty() {
                continue;
            }
            assert_eq!(numbers, gap, "{id}");
            requests += 1;
            if arrive_after == Some(requests) {
                gap.iter().for_each(|number| {
                    nack.on_packet(at, BASE + u64::from(*number));
                });
            }
        }
        assert_eq!((requests, nack.missing()), (expected, 0), "{id}");
    }
}

/// The (PID, BLP) entries of the NACK for what is missing after `numbers`.
fn entries(numbers: impl IntoIterator<Item = u64>) -> Vec<(u16, u16)> {
    let mut nack = NackGenerator::default();
    for number in numbers {
        nack.on_packet(Time::ZERO, BASE + number);
    }
    let missing = due(&mut nack, Time::from_millis(1));
    if missing.is_empty() {
        return Vec::new();
    }
    let mut bytes = Vec::new();
    rtcp::write_nack(&mut bytes, 1, 2, &missing);
    let parsed = rtcp::packets(&bytes).expect("what was just written").next();
    let Some(Packet::Nack(read)) = parsed else { panic!("{parsed:?}") };
    assert_eq!(read.missing().collect::<Vec<_>>(), missing);
    let pairs = bytes[12..].chunks_exact(4);
    pairs.map(|c| (u16::from_be_bytes([c[0], c[1]]), u16::from_be_bytes([c[2], c[3]]))).collect()
}

#[test]
fn how_a_request_is_written() {
    let without = |range: std::ops::RangeInclusive<u64>, missing: &'static [u64]| {
        range.filter(|number| !missing.contains(number)).collect::<Vec<_>>()
    };
    /// What comes, and the pairs of number and mask that are asked for.
    type Row = (&'static str, Vec<u64>, Vec<(u16, u16)>);
    let rows: Vec<Row> = vec![
        ("T3.025", vec![110, 113], vec![(111, 0b1)]),
        ("T3.027", without(100..=125, &[102, 124]), vec![(102, 0), (124, 0)]),
        ("T3.028", without(100..=129, &[102, 118]), vec![(102, 0b1000_0000_0000_0000)]),
        ("T3.030", without(100..=115, &[107]), vec![(107, 0)]),
        ("T3.030 then 107", without(100..=115, &[107]).into_iter().chain([107]).collect(), vec![]),
        (
            "T3.031",
            without(100..=115, &[107])
                .into_iter()
                .chain([107])
                .chain(without(116..=3_115, &[3_107]))
                .collect(),
            vec![(3_107, 0)],
        ),
        ("T3.032", (0..=2_998).chain([3_003, 3_004, 3_000, 3_001]).collect(), vec![(2_999, 0b100)]),
        (
            "T3.033",
            [2_998, 2_999, 2_995].into_iter().chain(without(3_000..=5_997, &[5_995])).collect(),
            vec![(5_995, 0)],
        ),
        ("T3.037", without(0..=20, &[2, 19]), vec![(2, 0), (19, 0)]),
    ];
    for (id, numbers, expected) in rows {
        assert_eq!(entries(numbers), expected, "{id}");
    }
}
