//! What was sent and lost, in pieces of a quarter of a second.

use std::time::Duration;

use super::LossBasedConfig;
use crate::congestion::PacketResult;
use crate::{DataRate, DataSize, Time};

/// The greatest window.
pub(super) const CAPACITY: usize = 32;

/// Beyond so many pieces' length without a packet nothing is observed, and what was grows old (ours; libwebrtc counts
/// pieces however long ago they were, and bounds a line that has just come back by what it lost before).
const SILENT_PIECES: u32 = 4;

/// One piece: packets that count, and the rate at which they were sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Observation {
    pub(super) packets: f64,
    pub(super) lost: f64,
    pub(super) sending_kbps: f64,
}

/// The last pieces, with weights that fall with age, and the one being gathered.
#[derive(Clone, Debug)]
pub(super) struct Observations {
    ring: [Observation; CAPACITY],
    weights: [f64; CAPACITY],
    instant_weights: [f64; CAPACITY],
    window: usize,
    count: u64,
    /// Those of them in which anything was sent.
    observed: u64,
    begun: Option<Time>,
    last_sent: Time,
    packets: i64,
    lost: i64,
    size: DataSize,
    mean_loss: f64,
}

impl Observations {
    pub(super) fn new(config: &LossBasedConfig) -> Self {
        Observations {
            ring: [Observation::default(); CAPACITY],
            weights: powers(config.temporal_weight),
            instant_weights: powers(config.instant_temporal_weight),
            window: config.window.clamp(1, CAPACITY),
            count: 0,
            observed: 0,
            begun: None,
            last_sent: Time::ZERO,
            packets: 0,
            lost: 0,
            size: DataSize::ZERO,
            mean_loss: 0.0,
        }
    }

    /// Adds results; true if they completed a piece.
    pub(super) fn push(&mut self, results: &[PacketResult], config: &LossBasedConfig) -> bool {
        let Some(first) = results.iter().map(|result| result.sent.at).min() else { return false };
        self.pass_silence(first, config.observation.max(Duration::from_nanos(1)));
        for result in results {
            self.last_sent = self.last_sent.max(result.sent.at);
            match (result.received, result.was_lost) {
                // Told as lost in a report before: it arrived late, and was counted as sent then.
                (Some(_), true) => self.lost -= 1,
                (received, _) => {
                    self.packets += 1;
                    self.size += result.sent.size;
                    self.lost += i64::from(received.is_none());
                }
            }
        }
        let begun = *self.begun.get_or_insert(first);
        let span = self.last_sent.since(begun);
        if span < config.observation.max(Duration::from_nanos(1)) {
            return false;
        }
        self.finish(span);
        true
    }

    /// Nothing was sent from the last packet until `until`: pieces without packets stand for that.
    fn pass_silence(&mut self, until: Time, piece: Duration) {
        let Some(begun) = self.begun else { return };
        let silent = until.since(self.last_sent);
        if silent <= piece * SILENT_PIECES {
            return;
        }
        if self.packets > 0 {
            self.finish(self.last_sent.since(begun).max(piece));
        }
        let missed = (silent.as_nanos() / piece.as_nanos()).min(self.window as u128);
        (0..missed).for_each(|_| self.add(Observation::default()));
        self.begun = Some(until);
        self.weigh_loss();
    }

    fn finish(&mut self, span: Duration) {
        let packets = self.packets.max(0);
        self.add(Observation {
            packets: packets as f64,
            lost: self.lost.clamp(0, packets) as f64,
            sending_kbps: DataRate::of(self.size, span).as_bps() as f64 / 1e3,
        });
        self.observed += 1;
        self.begun = Some(self.last_sent);
        (self.packets, self.lost, self.size) = (0, 0, DataSize::ZERO);
        self.weigh_loss();
    }

    fn add(&mut self, observation: Observation) {
        self.ring[(self.count % self.window as u64) as usize] = observation;
        self.count += 1;
    }

    fn weigh_loss(&mut self) {
        let (mut packets, mut lost) = (0.0, 0.0);
        for (age, observation) in self.by_age() {
            packets += self.instant_weights[age] * observation.packets;
            lost += self.instant_weights[age] * observation.lost;
        }
        self.mean_loss = if packets > 0.0 { lost / packets } else { 0.0 };
    }

    /// The pieces with their weights.
    pub(super) fn weighted(&self) -> impl Iterator<Item = (f64, &Observation)> {
        self.by_age().map(|(age, observation)| (self.weights[age], observation))
    }

    fn by_age(&self) -> impl Iterator<Item = (usize, &Observation)> {
        let filled = self.count.min(self.window as u64);
        (0..filled).map(|age| {
            let index = ((self.count - 1 - age) % self.window as u64) as usize;
            (age as usize, &self.ring[index])
        })
    }

    /// How many pieces with packets there have been.
    pub(super) fn count(&self) -> u64 {
        self.observed
    }

    pub(super) fn last_sent(&self) -> Time {
        self.last_sent
    }

    pub(super) fn mean_loss(&self) -> f64 {
        self.mean_loss
    }

    /// The bound that the mean loss sets at once.
    pub(super) fn instant_bound(&self, config: &LossBasedConfig) -> DataRate {
        let excess = self.mean_loss - config.instant_bound_offset;
        if excess <= 0.0 { DataRate::INFINITE } else { config.instant_bound_balance.scale(1.0 / excess) }
    }
}

fn powers(base: f64) -> [f64; CAPACITY] {
    let mut weight = 1.0;
    std::array::from_fn(|_| {
        let this = weight;
        weight *= base;
        this
    })
}
