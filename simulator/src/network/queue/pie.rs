//! PIE (RFC 8033): drops arrivals with a probability that a proportional-integral controller adjusts.

use std::time::Duration;

use sfu::{DataSize, Time};

use super::packet::{Ecn, Fifo, Packet, Waiting};
use crate::random::Stream;

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieConfig {
    /// The queueing delay to hold: `QDELAY_REF`, 15 ms by RFC 8033 section 5.1.
    pub target: Duration,
    /// The most that waits; what comes on top of it is dropped.
    pub limit: DataSize,
    /// Whether packets of ECN-capable senders are marked instead of dropped, while the probability is at most
    /// 10 % (RFC 8033 section 5.1).
    pub ecn: bool,
}

/// How often the probability is adjusted: `T_UPDATE` of RFC 8033 section 4.2.
const UPDATE: Duration = Duration::from_millis(15);
/// For how long a burst passes that comes after quiet times: `MAX_BURST` of RFC 8033 section 4.2.
const MAX_BURST: Duration = Duration::from_millis(150);
/// Gains per second of delay: `alpha` and `beta` of RFC 8033 section 4.2.
const ALPHA: f64 = 0.125;
const BETA: f64 = 1.25;
/// The queue below which nothing is dropped: twice `MEAN_PKTSIZE`, RFC 8033 section 4.1.
const FEW: DataSize = DataSize::from_bytes(2 * 1024);
/// Beyond this probability senders that take marks don't seem to heed them.
const MARK_LIMIT: f64 = 0.1;

/// The controller, without packets.
#[derive(Clone, Copy, Debug)]
struct Control {
    probability: f64,
    /// Sum of the probabilities since the last drop (RFC 8033 section 5.4, against drops in clusters).
    accumulated: f64,
    delay: f64,
    delay_before: f64,
    burst_allowance: Duration,
}

/// One queue under PIE. The delay is measured by time stamps (RFC 8033 section 5.2).
#[derive(Clone, Debug)]
pub struct Pie<P> {
    config: PieConfig,
    fifo: Fifo<P>,
    control: Control,
    stream: Stream,
    next_update: Time,
}

impl<P: Packet> Pie<P> {
    /// An empty queue.
    pub fn new(config: PieConfig, stream: Stream) -> Self {
        let control = Control {
            probability: 0.0,
            accumulated: 0.0,
            delay: 0.0,
            delay_before: 0.0,
            burst_allowance: MAX_BURST,
        };
        Pie { config, fifo: Fifo::new(), control, stream, next_update: Time::ZERO + UPDATE }
    }

    /// Takes a packet in, or drops it by chance.
    ///
    /// # Errors
    /// Gives it back, and says whether the queue was full.
    pub fn enqueue(&mut self, now: Time, mut packet: P) -> Result<(), (P, bool)> {
        self.update(now);
        if self.fifo.bytes() + packet.wire_size() > self.config.limit {
            self.control.accumulated = 0.0;
            return Err((packet, true));
        }
        if self.control.burst_allowance.is_zero()
            && self.control.chooses(&self.config, self.fifo.bytes(), &mut self.stream)
        {
            let takes_marks = self.config.ecn && packet.ecn() != Ecn::NotEct;
            if !takes_marks || self.control.probability > MARK_LIMIT {
                return Err((packet, false));
            }
            packet.mark();
        }
        self.fifo.push(now, packet);
        Ok(())
    }

    /// The next packet to send.
    pub fn dequeue(&mut self, now: Time) -> Option<Waiting<P>> {
        self.update(now);
        let head = self.fifo.pop();
        self.control.delay = head.as_ref().map_or(0.0, |head| now.since(head.since).as_secs_f64());
        head
    }

    /// The drop probability at the moment.
    pub fn probability(&self) -> f64 {
        self.control.probability
    }

    /// Bytes and packets that wait.
    pub fn held(&self) -> (DataSize, usize) {
        (self.fifo.bytes(), self.fifo.len())
    }

    /// Catches up with the updates that are due. Between two packets the measured delay doesn't change, so
    /// it makes no difference that they come late.
    fn update(&mut self, now: Time) {
        while self.next_update <= now {
            if self.fifo.len() == 0 {
                self.control.delay = 0.0;
            }
            self.control.update(self.config.target.as_secs_f64());
            self.next_update += UPDATE;
            if self.control.is_at_rest() {
                // Nothing changes until a packet comes.
                let behind = now.since(self.next_update.min(now)).as_nanos() / UPDATE.as_nanos();
                self.next_update += UPDATE * u32::try_from(behind).unwrap_or(u32::MAX);
            }
        }
    }
}

impl Control {
    /// RFC 8033 section 4.1 and 5.4.
    fn chooses(&mut self, config: &PieConfig, waiting: DataSize, stream: &mut Stream) -> bool {
        let half = config.target.as_secs_f64() / 2.0;
        if (self.delay_before < half && self.probability < 0.2) || waiting <= FEW {
            return false;
        }
        if self.probability == 0.0 {
            self.accumulated = 0.0;
        }
        self.accumulated += self.probability;
        let chosen =
            self.accumulated >= 8.5 || (self.accumulated >= 0.85 && stream.unit() < self.probability);
        if chosen {
            self.accumulated = 0.0;
        }
        chosen
    }

    /// RFC 8033 section 4.2, with the cap of section 5.5.
    fn update(&mut self, target: f64) {
        let mut change = ALPHA * (self.delay - target) + BETA * (self.delay - self.delay_before);
        let scale = [(1e-6, 2048.0), (1e-5, 512.0), (1e-4, 128.0), (1e-3, 32.0), (1e-2, 8.0), (0.1, 2.0)];
        let scale = scale.iter().find(|(below, _)| self.probability < *below);
        change /= scale.map_or(1.0, |(_, by)| *by);
        if self.probability >= 0.1 {
            change = change.min(0.02);
        }
        self.probability += change;
        if self.delay == 0.0 && self.delay_before == 0.0 {
            self.probability *= 0.98;
        }
        self.probability = self.probability.clamp(0.0, 1.0);
        self.burst_allowance = self.burst_allowance.saturating_sub(UPDATE);
        let half = target / 2.0;
        if self.probability == 0.0 && self.delay < half && self.delay_before < half {
            self.burst_allowance = MAX_BURST;
        }
        self.delay_before = self.delay;
    }

    fn is_at_rest(&self) -> bool {
        self.probability == 0.0 && self.delay == 0.0 && self.delay_before == 0.0
    }
}
