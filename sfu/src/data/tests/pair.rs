//! Two associations with a path between them that loses, delays and reorders.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use crate::Time;
use crate::data::{Association, AssociationEvent, AssociationSeed, Payload, Side};

/// A path's faults.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    /// Of 1,000 packets, how many are lost.
    pub(super) loss: u64,
    /// One way, least.
    pub(super) delay: Duration,
    /// Added to it at random.
    pub(super) jitter: Duration,
}

impl Path {
    pub(super) const GOOD: Path = Path { loss: 0, delay: Duration::from_millis(20), jitter: Duration::ZERO };
    pub(super) const BAD: Path =
        Path { loss: 80, delay: Duration::from_millis(20), jitter: Duration::from_millis(15) };
}

/// What stands at either end: 0 opens, 1 accepts.
pub(super) struct Pair {
    pub(super) ends: [Association; 2],
    pub(super) now: Time,
    path: Path,
    random: u64,
    /// In flight, by arrival; the second number keeps the order of what arrives together.
    flying: BTreeMap<(Time, u64), (usize, Bytes)>,
    sent: u64,
    /// Every packet that went out: when, from whom, what.
    pub(super) trace: Vec<(Time, usize, Bytes)>,
    pub(super) events: [Vec<AssociationEvent>; 2],
}

pub(super) fn seed(of: u8) -> AssociationSeed {
    let mut bytes = [of; AssociationSeed::LEN];
    // The numbers wrap soon.
    bytes[4..8].copy_from_slice(&(u32::MAX - 40).to_be_bytes());
    AssociationSeed::from_bytes(&bytes)
}

impl Pair {
    pub(super) fn new(path: Path, random: u64) -> Self {
        Pair {
            ends: [Association::new(Side::Open, seed(1)), Association::new(Side::Accept, seed(2))],
            now: Time::from_secs(1),
            path,
            random,
            flying: BTreeMap::new(),
            sent: 0,
            trace: Vec::new(),
            events: [Vec::new(), Vec::new()],
        }
    }

    /// A pair whose association stands.
    pub(super) fn established(path: Path, random: u64) -> Self {
        let mut pair = Pair::new(path, random);
        pair.ends[0].open(pair.now);
        pair.run(Duration::from_secs(20));
        assert!(pair.ends.iter().all(Association::is_established));
        pair
    }

    /// Sends a message and lets what is to go out go out.
    pub(super) fn send(&mut self, from: usize, stream: u16, data: &Bytes) -> bool {
        let taken = self.ends[from].send(self.now, stream, Payload::Binary, data);
        self.collect();
        taken
    }

    /// Runs for `span`.
    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            self.collect();
            let arrival = self.flying.first_key_value().map(|((at, _), _)| *at);
            let timers = self.ends.iter().filter_map(Association::deadline);
            let Some(next) = timers.chain(arrival).min().filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let (to, packet) = entry.remove();
                self.ends[to].handle(self.now, &packet).expect("honest packets are taken");
            }
            let now = self.now;
            self.ends.iter_mut().for_each(|end| end.handle_timeout(now));
        }
        self.now = end;
    }

    pub(super) fn messages(&self, at: usize) -> Vec<Bytes> {
        let events = self.events[at].iter().filter_map(|event| match event {
            AssociationEvent::Message { data, .. } => Some(data.clone()),
            _ => None,
        });
        events.collect()
    }

    fn collect(&mut self) {
        for from in 0..2 {
            while let Some(packet) = self.ends[from].poll_transmit() {
                self.trace.push((self.now, from, packet.clone()));
                if self.draw() % 1_000 < self.path.loss {
                    continue;
                }
                let jitter = self.path.jitter.mul_f64((self.draw() % 1_000) as f64 / 1_000.0);
                self.sent += 1;
                self.flying.insert((self.now + self.path.delay + jitter, self.sent), (1 - from, packet));
            }
            while let Some(event) = self.ends[from].poll_event() {
                self.events[from].push(event);
            }
        }
    }

    /// SplitMix64.
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
