//! Topic 3: what is kept for sending again, and when it is sent. Rows of LiveKit's sequencer, of Galène's packet cache,
//! of str0m's RTX caches and of mediasoup's retransmission buffer.

use std::time::Duration;

use crate::Time;
use crate::send::cache::{CacheLimits, CachedPacket, PacketCache};
use crate::send::sent_log::{SentLog, SentPacket};

/// Half of it is the hold-off after the first sending, seven eighths after a repetition.
const RTT: Duration = Duration::from_millis(200);
/// Longer than either.
const WAIT: Duration = Duration::from_millis(200);
/// Outgoing numbers are the source's and this.
const SHIFT: u64 = 15;
const BASE: u64 = 1 << 16;

/// A log with its clock.
struct Sequencer {
    log: SentLog,
    now: Time,
}

impl Sequencer {
    fn new(pushed: impl IntoIterator<Item = u64>) -> Self {
        let mut sequencer = Sequencer { log: SentLog::new(500), now: Time::ZERO };
        pushed.into_iter().for_each(|source| sequencer.push(source));
        sequencer
    }

    fn push(&mut self, source: u64) {
        let packet = SentPacket {
            sequence: BASE + source + SHIFT,
            encoding: 0,
            source_sequence: source,
            timestamp: 0,
            picture_id: None,
            tl0_picture_index: None,
        };
        self.log.record(self.now, packet);
    }

    /// The source numbers of what is sent again for a NACK of `numbers`.
    fn nack(&mut self, numbers: &[u16]) -> Vec<u64> {
        let mut answer = |number| self.log.answer(self.now, RTT, number).ok();
        numbers.iter().filter_map(|number| answer(*number)).map(|packet| packet.source_sequence).collect()
    }

    fn wait(&mut self) {
        self.now += WAIT;
    }
}

#[test]
fn t3_049_to_t3_053_a_packet_is_sent_again_once_per_hold_off() {
    let mut sequencer = Sequencer::new((1..=517).chain([519, 518]));
    let asked = [57, 58, 62, 63, 513, 514, 515, 516, 517];
    let all: Vec<u64> = asked.iter().map(|number| u64::from(*number) - SHIFT).collect();
    assert!(sequencer.nack(&asked).is_empty(), "T3.049");
    sequencer.wait();
    assert_eq!(sequencer.nack(&asked), all, "T3.050");
    assert!(sequencer.nack(&asked).is_empty(), "T3.051 at once");
    sequencer.wait();
    assert_eq!(sequencer.nack(&asked), all, "T3.051 later");
    for (id, source, number) in [("T3.052", 521, 536), ("T3.053", 505, 520)] {
        sequencer.push(source);
        assert!(sequencer.nack(&[number]).is_empty(), "{id} at once");
        sequencer.wait();
        assert_eq!(sequencer.nack(&[number]), [source], "{id} later");
    }
}

#[test]
fn t3_054_and_t3_055_what_was_flushed_is_not_sent_again() {
    let mut sequencer = Sequencer::new(1..=99);
    sequencer.log.flush();
    sequencer.wait();
    assert!(sequencer.nack(&[72, 73]).is_empty(), "T3.054");
    (200..=209).for_each(|source| sequencer.push(source));
    assert!(sequencer.nack(&[220]).is_empty(), "T3.055 at once");
    sequencer.wait();
    assert_eq!(sequencer.nack(&[220]), [205], "T3.055 later");
    assert!(sequencer.nack(&[72, 73]).is_empty(), "T3.055 before the flush");
}

/// A cache that got packets of 8 bytes: (number, ms).
fn cache(packets: usize, age_ms: u64, stored: impl IntoIterator<Item = (u64, u64)>) -> PacketCache {
    let age = Duration::from_millis(age_ms);
    let mut cache = PacketCache::new(CacheLimits { packets, bytes: 1 << 16, age });
    for (sequence, ms) in stored {
        let arrived = Time::from_millis(ms);
        cache.insert(CachedPacket { sequence, timestamp: 0, marker: false, arrived, payload: &[7; 8] });
    }
    cache
}

#[test]
fn what_a_cache_still_has() {
    // Row, the cache, asked at ms, found, not found.
    type Row = (&'static str, PacketCache, u64, &'static [u64], &'static [u64]);
    let steady = (1..=200).map(|number| (number, number * 10));
    let rows: Vec<Row> = vec![
        ("T3.040", cache(4, 2_000, (10_001..=10_004).map(|number| (number, 0))), 0, &[10_001, 10_004], &[]),
        ("T3.048", cache(2_500, 2_000, [12_645, 33_998, 33_998].map(|n| (n, 0))), 0, &[12_645, 33_998], &[]),
        ("T3.058", cache(16, 2_000, [(13, 0), (17, 0)]), 0, &[13, 17], &[42]),
        ("T3.067", cache(1, 3_000, [(1, 0), (2, 0)]), 0, &[2], &[1]),
        ("T3.069", cache(400, 1_000, steady), 2_000, &[100, 200], &[99]),
        ("T3.073", cache(4, 10_000, [(5, 0), (7, 2_000), (8, 3_000)]), 13_000, &[8], &[5, 7]),
        ("T3.074", cache(4, 10_000, [(5, 0), (6, 1_000)]), 12_000, &[], &[5, 6]),
    ];
    for (id, cache, now, found, gone) in rows {
        let now = Time::from_millis(now);
        for number in found {
            assert_eq!(cache.get(now, *number).map(|packet| packet.sequence), Some(*number), "{id}");
        }
        for number in gone {
            assert_eq!(cache.get(now, *number), None, "{id}: {number}");
        }
    }
}
