//! Rows of mediasoup's NackGenerator and RtpStreamRecv tests (requests at once), of Jitsi's
//! StreamPacketRequester and of str0m's NACK register. Numbers are extended, 65536 up.

use proptest::prelude::*;

use super::*;

const BASE: u64 = 1 << 16;
const RTT: Duration = Duration::from_millis(100);

/// Feeds `sequences` at 1 ms intervals; what was asked for after each.
fn asked(sequences: &[u64]) -> (Vec<Vec<u16>>, NackGenerator) {
    let mut nack = NackGenerator::default();
    let mut asked = Vec::new();
    for (ms, sequence) in sequences.iter().enumerate() {
        let now = Time::from_millis(ms as u64);
        nack.on_packet(now, BASE + sequence);
        asked.push(due(&mut nack, now));
    }
    (asked, nack)
}

fn due(nack: &mut NackGenerator, now: Time) -> Vec<u16> {
    let mut numbers = Vec::new();
    nack.collect_due(now, RTT, |number| numbers.push(number));
    numbers
}

#[test]
fn asks_at_once_for_what_a_gap_shows() {
    // sequence numbers, what is asked for after each
    let rows: [(&[u64], &[&[u16]]); 8] = [
        // Old packets, also before the first one, are never asked for.
        (&[2371, 2372, 2373, 2254, 2250], &[&[], &[], &[], &[], &[]]),
        (&[1, 3, 5, 7, 9], &[&[], &[2], &[4], &[6], &[8]]),
        (&[1, 3, 7, 9], &[&[], &[2], &[4, 5, 6], &[8]]),
        (&[1, 3, 2, 4], &[&[], &[2], &[], &[]]),
        (&[65534, 65537], &[&[], &[65535, 0]]),
        (&[1, 2], &[&[], &[]]),
        (&[1, 1], &[&[], &[]]),
        (&[1, 10], &[&[], &[2, 3, 4, 5, 6, 7, 8, 9]]),
    ];
    for (sequences, expected) in rows {
        assert_eq!(asked(sequences).0, expected, "{sequences:?}");
    }
}

#[test]
fn a_gap_beyond_the_list_asks_for_a_key_frame_instead() {
    let (numbers, mut nack) = asked(&[1, 3000]);
    assert_eq!(numbers, [[0u16; 0]; 2]);
    assert!(nack.take_key_frame_needed());
    assert!(!nack.take_key_frame_needed());
    assert_eq!((nack.missing(), nack.deadline()), (0, None));
    // Also when many small gaps add up.
    let mut nack = NackGenerator::default();
    for i in 0..=MAX_MISSING as u64 {
        assert!(!nack.take_key_frame_needed(), "{i}");
        nack.on_packet(Time::ZERO, BASE + 2 * i);
        assert!(nack.missing() <= MAX_MISSING);
    }
    nack.on_packet(Time::ZERO, BASE + 2 * MAX_MISSING as u64 + 2);
    assert!(nack.take_key_frame_needed());
}

#[test]
fn repeats_by_the_round_trip_and_gives_up() {
    // round trip, repeats expected at multiples of, requests in all (ten, or as many as a second holds)
    for (rtt, step, requests) in [(10, 20, 10), (16, 20, 10), (40, 50, 10), (200, 250, 5), (800, 1_000, 3)] {
        let mut nack = NackGenerator::default();
        let rtt = Duration::from_millis(rtt);
        nack.on_packet(Time::ZERO, BASE);
        nack.on_packet(Time::ZERO, BASE + 2);
        let mut times = Vec::new();
        while let Some(at) = nack.deadline() {
            nack.collect_due(at, rtt, |number| {
                assert_eq!(number, 1);
                times.push(at.as_millis());
            });
        }
        let expected: Vec<u64> = (0..requests).map(|i| i * step).collect();
        assert_eq!(times, expected, "{rtt:?}");
        assert!(nack.take_key_frame_needed());
        // Given up, but still welcome.
        assert_eq!(nack.on_packet(Time::from_secs(9), BASE + 1), Arrival::Recovered);
    }
}

#[test]
fn a_guard_lets_reordered_packets_in() {
    let mut nack = NackGenerator::new(Duration::from_millis(5));
    nack.on_packet(Time::ZERO, BASE);
    nack.on_packet(Time::ZERO, BASE + 2);
    assert_eq!(due(&mut nack, Time::from_millis(4)), [0u16; 0]);
    nack.on_packet(Time::from_millis(4), BASE + 1);
    assert_eq!(nack.deadline(), None);
    nack.on_packet(Time::from_millis(4), BASE + 4);
    assert_eq!(nack.deadline(), Some(Time::from_millis(9)));
    assert_eq!(due(&mut nack, Time::from_millis(9)), [3]);
}

#[test]
fn tells_arrivals_apart() {
    let mut nack = NackGenerator::default();
    let rows = [
        (20_100, Arrival::New),
        (20_102, Arrival::New),
        (20_101, Arrival::Recovered),
        (20_101, Arrival::Duplicate),
        (20_102, Arrival::Duplicate),
        (20_099, Arrival::New),
        (20_099, Arrival::Duplicate),
        (25_000, Arrival::New),
        (24_999, Arrival::Recovered),
        (20_103, Arrival::TooOld),
        (20_905, Arrival::Recovered),
        // Stragglers from before the jump are no restart.
        (20_104, Arrival::TooOld),
        // Two in a row somewhere else behind are.
        (103, Arrival::TooOld),
        (104, Arrival::New),
        (104, Arrival::Duplicate),
        (5_001, Arrival::New),
        (105, Arrival::TooOld),
        (106, Arrival::TooOld),
        (5_001, Arrival::Duplicate),
    ];
    for (i, (sequence, arrival)) in rows.into_iter().enumerate() {
        assert_eq!(nack.on_packet(Time::ZERO, BASE + sequence), arrival, "row {i}: {sequence}");
    }
}

#[test]
fn forgets_before_a_key_frame_and_when_switched_off() {
    let (_, mut nack) = asked(&[1, 5, 9]);
    nack.forget_before(BASE + 7);
    assert_eq!(due(&mut nack, Time::from_millis(900)), [7, 8]);
    nack.set_enabled(false);
    nack.on_packet(Time::from_secs(1), BASE + 20);
    assert_eq!((nack.missing(), nack.deadline()), (0, None));
    assert_eq!(nack.on_packet(Time::from_secs(1), BASE + 20), Arrival::Duplicate);
}

proptest! {
    #[test]
    fn asks_only_for_what_is_missing(steps in proptest::collection::vec((0u64..40, 0u64..60), 1..400)) {
        let mut nack = NackGenerator::default();
        let mut seen = std::collections::BTreeSet::new();
        let (mut now, mut first) = (Time::ZERO, None);
        let mut head = BASE + 65_400;
        for (ms, offset) in steps {
            now += Duration::from_millis(ms);
            let sequence = head + offset - 20;
            head = head.max(sequence) + 1;
            let known = seen.contains(&sequence);
            let arrival = nack.on_packet(now, sequence);
            prop_assert_eq!(arrival == Arrival::Duplicate, known);
            seen.insert(sequence);
            let first = *first.get_or_insert(sequence);
            let highest = *seen.last().expect("one was inserted");
            let mut asked = Vec::new();
            nack.collect_due(now, RTT, |number| asked.push(number));
            for number in asked {
                let behind = u64::from((highest as u16).wrapping_sub(number));
                let sequence = highest - behind;
                prop_assert!(sequence > first && !seen.contains(&sequence));
            }
            prop_assert!(nack.deadline().is_none_or(|at| at > now));
            prop_assert_eq!(nack.deadline().is_none(), nack.missing() == 0);
        }
    }
}
