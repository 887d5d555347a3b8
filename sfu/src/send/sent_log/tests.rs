//! The chain of LiveKit's sequencer tests: 100 ms hold-off there, half a round trip of 200 ms here.

use super::*;

const RTT: Duration = Duration::from_millis(200);

fn push(log: &mut SentLog, ms: u64, source: u64) {
    let packet = SentPacket {
        sequence: source + 15,
        encoding: 1,
        source_sequence: source,
        timestamp: source as u32 * 3000,
        marker: false,
        active_targets: None,
        numbers: PictureNumbers { picture_id: Some(source as u16), tl0_picture_index: None },
    };
    log.record(Time::from_millis(ms), packet);
}

/// The source numbers of those among `numbers` that are sent again.
fn answered(log: &mut SentLog, ms: u64, numbers: &[u16]) -> Vec<u64> {
    let now = Time::from_millis(ms);
    numbers
        .iter()
        .filter_map(|n| log.answer(now, RTT, *n).ok())
        .map(|packet| packet.source_sequence)
        .collect()
}

#[test]
fn answers_once_per_hold_off() {
    let mut log = SentLog::new(512);
    for source in (1..=517).chain([519, 518]) {
        push(&mut log, 0, source);
    }
    let numbers = [57, 58, 62, 63, 513, 514, 515, 516, 517];
    let sources = numbers.map(|n| u64::from(n) - 15);
    let nothing = [0u64; 0];
    assert_eq!(answered(&mut log, 0, &numbers), nothing);
    assert_eq!(answered(&mut log, 100, &numbers), sources);
    assert_eq!(answered(&mut log, 100, &numbers), nothing);
    assert_eq!(answered(&mut log, 300, &numbers), sources);
    push(&mut log, 300, 521);
    assert_eq!(answered(&mut log, 300, &[536]), nothing);
    assert_eq!(answered(&mut log, 400, &[536]), [521]);
    push(&mut log, 400, 505);
    assert_eq!(answered(&mut log, 400, &[520]), nothing);
    assert_eq!(answered(&mut log, 500, &[520]), [505]);
}

#[test]
fn forgets_on_flush() {
    let mut log = SentLog::new(512);
    for source in 1..=99 {
        push(&mut log, 0, source);
    }
    log.flush();
    assert_eq!(answered(&mut log, 200, &[72, 73]), [0u64; 0]);
    for source in 200..=209 {
        push(&mut log, 200, source);
    }
    assert_eq!(log.answer(Time::from_millis(200), RTT, 220), Err(Refusal::TooSoon));
    assert_eq!(answered(&mut log, 300, &[220, 72, 73]), [205]);
}

#[test]
fn says_why_not() {
    let mut log = SentLog::default();
    assert_eq!(log.answer(Time::ZERO, RTT, 0), Err(Refusal::Unknown));
    push(&mut log, 0, (1 << 16) + 65_000);
    let wire: u16 = 65_015;
    for unknown in [wire - 1, wire + 1, wire.wrapping_add(0x8000), 0] {
        assert_eq!(log.answer(Time::from_secs(1), RTT, unknown), Err(Refusal::Unknown), "{unknown}");
    }
    for i in 1..=10 {
        let now = Time::from_secs(i);
        assert!(log.answer(now, RTT, wire).is_ok());
        assert_eq!(
            log.answer(now + RTT * 6 / 8, RTT, wire).unwrap_err(),
            match i {
                10 => Refusal::TooOften,
                _ => Refusal::TooSoon,
            }
        );
    }
    let sequence = (1 << 16) + 65_015;
    assert_eq!(log.times(sequence), Some((Time::ZERO, Time::from_secs(10), 11)));
    assert_eq!(log.times(sequence + 1), None);
    // Numbers beyond the log's length push the old ones out.
    for source in 0..512 {
        push(&mut log, 0, (1 << 16) + 65_001 + source);
    }
    assert_eq!(log.answer(Time::from_secs(20), RTT, wire), Err(Refusal::Unknown));
    assert!(log.answer(Time::from_secs(20), RTT, wire.wrapping_add(512)).is_ok());
}
