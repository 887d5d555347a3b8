//! A stream of frames, its repair packets, a lossy line, and a receiver that repairs what can be repaired.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Time;
use crate::rtp::flexfec::{FecHeader, Parity};
use crate::send::fec::policy::Need;
use crate::send::fec::{FecStream, Packet};

const SSRC: u32 = 7;

/// Drawn by SplitMix64.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

#[derive(Default)]
pub(super) struct Outcome {
    pub(super) sent: usize,
    pub(super) lost: usize,
    pub(super) missing: usize,
    pub(super) media_bytes: usize,
    pub(super) repair_bytes: usize,
    pub(super) repairs: usize,
    /// From a packet's sending to its recovery, the longest.
    pub(super) latest: Duration,
}

pub(super) struct Line {
    pub(super) stream: FecStream,
    pub(super) now: Time,
    pub(super) sequence: u64,
    sent: BTreeMap<u64, (Time, Vec<u8>)>,
    received: BTreeMap<u16, Vec<u8>>,
    repairs: Vec<Vec<u8>>,
    pub(super) outcome: Outcome,
}

impl Line {
    /// A line of which `need` is known; numbers wrap after a few packets.
    pub(super) fn new(need: Need) -> Self {
        let mut stream = FecStream::new(9, 49, 1, true);
        stream.follow(Time::ZERO, &need);
        Line {
            stream,
            now: Time::from_secs(1),
            sequence: (1 << 16) - 20,
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
            repairs: Vec::new(),
            outcome: Outcome::default(),
        }
    }

    /// Sends a frame of `sizes` and lets `span` pass; `lost` is asked for each packet, repair packets included.
    pub(super) fn frame(
        &mut self,
        (key, temporal): (bool, u8),
        sizes: &[usize],
        span: Duration,
        lost: &mut dyn FnMut() -> bool,
    ) {
        let timestamp = (self.now.as_nanos() / 11_111) as u32;
        for (index, size) in sizes.iter().enumerate() {
            let last = index + 1 == sizes.len();
            let mut bytes = vec![0x80, 96 | u8::from(last) << 7];
            bytes.extend_from_slice(&(self.sequence as u16).to_be_bytes());
            bytes.extend_from_slice(&timestamp.to_be_bytes());
            bytes.extend_from_slice(&SSRC.to_be_bytes());
            bytes.extend((0..size - 12).map(|n| (self.sequence.wrapping_mul(31) as usize + n) as u8));
            let starts_key_frame = key && index == 0;
            let (sequence, bytes_ref) = (self.sequence, &bytes);
            let packet = Packet {
                sequence,
                timestamp,
                starts_key_frame,
                temporal,
                ends_frame: last,
                bytes: bytes_ref,
            };
            self.stream.protect(self.now, &packet);
            self.outcome.sent += 1;
            self.outcome.media_bytes += size;
            if lost() {
                self.outcome.lost += 1;
            } else {
                self.received.insert(sequence as u16, bytes.clone());
            }
            self.sent.insert(sequence, (self.now, bytes));
            self.sequence += 1;
            self.drain(lost);
        }
        let end = self.now + span;
        if self.stream.deadline() <= end {
            self.now = self.stream.deadline();
            self.drain(lost);
        }
        self.now = end;
    }

    fn drain(&mut self, lost: &mut dyn FnMut() -> bool) {
        while let Some((group, _, _)) = self.stream.next(self.now) {
            assert!(!group.is_empty());
            let mut repair = Vec::new();
            group.write(&mut repair);
            self.outcome.repairs += 1;
            // RTP header, CSRC, eight bytes of extensions.
            self.outcome.repair_bytes += 12 + 4 + 8 + repair.len();
            if !lost() {
                self.repairs.push(repair);
            }
        }
        while self.repair_one() {}
        let old = self.now;
        self.sent.retain(|sequence, (at, bytes)| {
            let keep = old.since(*at) < Duration::from_secs(1);
            if !keep {
                let received = self.received.remove(&(*sequence as u16));
                self.outcome.missing += usize::from(received.is_none());
                assert!(received.is_none_or(|received| received == *bytes), "recovered as it was sent");
            }
            keep
        });
        let surplus = self.repairs.len().saturating_sub(40);
        self.repairs.drain(..surplus);
    }

    fn repair_one(&mut self) -> bool {
        for repair in &self.repairs {
            let header = FecHeader::parse(repair, 1).expect("a proper header");
            let sequences = header.protections[0].sequences();
            let missing: Vec<u16> = sequences.filter(|s| !self.received.contains_key(s)).collect();
            let [missing] = missing[..] else { continue };
            let Some((_, (at, _))) = self.sent.iter().find(|(sequence, _)| **sequence as u16 == missing)
            else {
                continue;
            };
            let mut left = Parity::default();
            left.load(&header, repair);
            let others = header.protections[0].sequences().filter(|other| *other != missing);
            others.for_each(|other| left.toggle(&self.received[&other]));
            let mut recovered = Vec::new();
            left.recover(missing, SSRC, &mut recovered).expect("all others are there");
            self.outcome.latest = self.outcome.latest.max(self.now.since(*at));
            self.received.insert(missing, recovered);
            return true;
        }
        false
    }

    /// What came of it, when all is settled.
    pub(super) fn finish(mut self) -> Outcome {
        self.now += Duration::from_secs(5);
        self.drain(&mut || false);
        self.outcome
    }
}
