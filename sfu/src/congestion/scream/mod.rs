//! SCReAM, self-clocked rate adaptation for multimedia, second version (draft-johansson-ccwg-rfc8298bis-screamv2,
//! which obsoletes RFC 8298).
//!
//! A window bounds the bytes in flight; the rate is the window over the round trip. Losses, marks and a queue
//! above a target shrink it, what is acknowledged makes it grow.
//!
//! Left out: the adjustments of the rate to a media queue and to frames that vary, which a controller doesn't
//! know (the draft has them as suggestions).

mod competing;
pub mod first;
mod flight;
mod marks;
mod queue_delay;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

use super::probe::limited::{LimitedProbing, WISH_HEADROOM};
use super::{CongestionController, ControllerState, EcnUse, PacketResult, ProbeCluster, SentPacket};
use crate::rtcp::Ecn;
use crate::{DataRate, DataSize, Time};
use flight::Flight;
use marks::Marks;
use queue_delay::QueueDelay;

/// The least window (draft, section 4.2.2: `MIN_REF_WND`), bytes.
const MIN_WINDOW: f64 = 3_000.0;
/// The window exceeds the bytes in flight by this factor at most (draft: `BYTES_IN_FLIGHT_HEAD_ROOM`).
const HEAD_ROOM: f64 = 1.5;
/// A loss leaves this part of the window (draft: `BETA_LOSS`).
const BETA_LOSS: f64 = 0.7;
/// A classic mark leaves this part (draft: `BETA_ECN`).
const BETA_ECN: f64 = 0.8;
/// The largest packet (draft: `MSS`), bytes.
const MSS: f64 = 1_000.0;
/// After congestion growth is cautious for so many round trips (draft: `POST_CONGESTION_DELAY_RTT`).
const POST_CONGESTION_RTTS: u32 = 100;
/// Growth per round trip, as a part of the window (draft: `MUL_INCREASE_FACTOR`).
const MUL_INCREASE: f64 = 0.02;
/// Flows with shorter round trips share as if they had this one (draft: `VIRTUAL_RTT`).
const VIRTUAL_RTT: Duration = Duration::from_millis(25);
/// Changes near the last inflection point are scaled by the square of this times the relative distance (draft).
const INFLECTION: f64 = 8.0;
/// The inflection point moves once in so many round trips (draft).
const INFLECTION_RTTS: u32 = 10;
/// How far bytes in flight may exceed the window (draft: `REF_WND_OVERHEAD_MIN`, `REF_WND_OVERHEAD_MAX`).
const OVERHEAD: (f64, f64) = (1.5, 3.0);
/// The least scaling for a delay that varies (draft: `MIN_QUEUE_DELAY_DEV_SCALE`).
const MIN_DEVIATION_SCALE: f64 = 0.1;
/// Pacing: least rate, headroom, how far it relaxes near the greatest rate, and from which part of it (draft:
/// `RATE_PACE_MIN`, `PACKET_PACING_HEADROOM`, `MAX_RELAXED_PACING_FACTOR`, `RELAXED_PACING_LIMIT_LOW`).
const PACE_MIN: DataRate = DataRate::from_kbps(50);
const PACE_HEADROOM: f64 = 1.5;
const PACE_RELAXED: f64 = 4.0;
const PACE_RELAXED_FROM: f64 = 0.8;
/// The rate keeps below what the window carries by this factor, so that no queue builds up at the sender (draft).
const RATE_MARGIN: f64 = 1.2;
/// The round trip until one is measured (ours).
const DEFAULT_RTT: Duration = Duration::from_millis(100);
/// Between looks at probes and at packets that nobody tells of (ours).
const TICK: Duration = Duration::from_millis(100);

/// Bounds and mode of the controller.
#[derive(Clone, Debug)]
pub struct ScreamConfig {
    /// The least rate.
    pub min: DataRate,
    /// Assumed before anything is known.
    pub start: DataRate,
    /// The greatest rate.
    pub max: DataRate,
    /// How marks are answered: those of L4S (RFC 9331) in proportion, classic ones (RFC 3168) like a loss, but less.
    pub ecn: EcnUse,
}

/// What the controller thinks, for people. Rates in bit/s, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScreamState {
    /// The rate, within what the receiver allows.
    pub target_bps: u64,
    /// The reference window.
    pub window_bytes: u64,
    /// The window at the last congestion.
    pub inflection_bytes: u64,
    /// What no feedback has told of.
    pub in_flight_bytes: u64,
    /// The averaged queueing delay.
    pub queue_millis: f64,
    /// Its target.
    pub queue_target_millis: f64,
    /// The averaged part of bytes with a mark, 0 to 1.
    pub l4s_alpha: f64,
    /// The smoothed round-trip time.
    pub rtt_millis: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Congestion {
    Loss,
    Mark,
    /// The queue, as if it marked this part of the packets.
    Queue(f64),
}

/// The controller.
#[derive(Clone, Debug)]
pub struct Scream {
    config: ScreamConfig,
    wanted: DataRate,
    allowed: DataRate,
    window: f64,
    inflection: f64,
    inflection_moved: Option<Time>,
    congested: Option<Time>,
    reacted: Option<Time>,
    /// Seen since the last reaction.
    loss_seen: bool,
    mark_seen: bool,
    rtt: Option<Duration>,
    flight: Flight,
    queue: QueueDelay,
    marks: Marks,
    probing: LimitedProbing,
    next_tick: Time,
}

impl Scream {
    /// A controller that knows nothing of its path yet.
    pub fn new(config: ScreamConfig) -> Self {
        let window = bytes(config.start, DEFAULT_RTT) * RATE_MARGIN;
        Scream {
            wanted: DataRate::ZERO,
            allowed: DataRate::INFINITE,
            window: window.max(MIN_WINDOW),
            inflection: 1.0,
            inflection_moved: None,
            congested: None,
            reacted: None,
            loss_seen: false,
            mark_seen: false,
            rtt: None,
            flight: Flight::default(),
            queue: QueueDelay::default(),
            marks: Marks::default(),
            probing: LimitedProbing::new(config.start, config.max),
            next_tick: Time::ZERO,
            config,
        }
    }

    fn rtt(&self) -> Duration {
        self.rtt.unwrap_or(DEFAULT_RTT)
    }

    fn most(&self) -> DataRate {
        match self.wanted {
            DataRate::ZERO => self.config.max,
            wanted => self.config.max.min(wanted.scale(WISH_HEADROOM)).max(self.config.min),
        }
    }

    /// Draft, section 4.2.2.1: near the window of the last congestion everything goes more slowly.
    fn inflection_scale(&self) -> f64 {
        let distance = (self.window - self.inflection) / self.inflection * INFLECTION;
        (distance * distance).clamp(0.1, 1.0)
    }

    fn deviation_scale(&self) -> f64 {
        self.queue.deviation_scale(MSS / self.window)
    }

    fn congestion(&self, now: Time) -> Option<Congestion> {
        if self.reacted.is_some_and(|at| now.since(at) < VIRTUAL_RTT.min(self.rtt())) {
            return None;
        }
        if self.loss_seen {
            return Some(Congestion::Loss);
        }
        if self.mark_seen {
            return Some(Congestion::Mark);
        }
        Some(self.queue.virtual_marks()).filter(|alpha| *alpha > 0.0).map(Congestion::Queue)
    }

    fn reduce(&mut self, now: Time, congestion: Congestion) {
        if self.inflection_moved.is_none_or(|at| now.since(at) > self.rtt() * INFLECTION_RTTS) {
            self.inflection_moved = Some(now);
            self.inflection = self.window;
        }
        let scale = self.inflection_scale();
        let slow = self.rtt().as_secs_f64() / VIRTUAL_RTT.as_secs_f64();
        match congestion {
            Congestion::Loss => self.window *= BETA_LOSS,
            Congestion::Mark if self.config.ecn != EcnUse::L4s => self.window *= BETA_ECN,
            Congestion::Mark => {
                let mut part = self.marks.alpha() / 2.0 / slow.max(1.0);
                if self.queue.is_short() {
                    part *= scale.max(0.25) * self.deviation_scale().max(MIN_DEVIATION_SCALE);
                }
                let calm = VIRTUAL_RTT.max(self.rtt()) * POST_CONGESTION_RTTS;
                if self.reacted.is_none_or(|at| now.since(at) > calm) {
                    self.window = self.window.min(self.flight.most().max(MSS));
                }
                self.window *= 1.0 - part;
            }
            Congestion::Queue(alpha) => self.window *= 1.0 - alpha / 2.0 / slow.max(1.0),
        }
        self.window = self.window.max(MIN_WINDOW);
        self.reacted = Some(now);
        (self.loss_seen, self.mark_seen) = (false, false);
    }

    /// Draft, section 4.2.2.2.
    fn grow(&mut self, now: Time, acknowledged_unmarked: f64) {
        let long = (VIRTUAL_RTT.max(self.rtt()) * POST_CONGESTION_RTTS).as_secs_f64();
        let calm = self.congested.map_or(1.0, |at| (now.since(at).as_secs_f64() / long).min(1.0));
        let scale = self.inflection_scale();
        let short = (self.rtt().as_secs_f64() / VIRTUAL_RTT.as_secs_f64()).min(1.0);
        let increment = acknowledged_unmarked
            * (MSS / self.window)
            * short
            * scale.max(0.25)
            * self.deviation_scale().max(MIN_DEVIATION_SCALE)
            * (1.0 + MUL_INCREASE * self.window / MSS * calm * scale);
        let grown = self.window + increment;
        let allowed = MSS + self.flight.most() * HEAD_ROOM;
        if grown <= allowed && self.rate() < self.most() {
            self.window = grown;
        }
    }

    /// Draft, section 4.4.
    fn rate(&self) -> DataRate {
        if self.rtt.is_none() {
            return self.config.start;
        }
        let small = 1.0 - (MSS / self.window - 0.1).clamp(0.0, 0.2);
        let seconds = self.rtt().as_secs_f64().max(1e-3);
        let halved = if self.queue.is_draining() { 0.5 } else { 1.0 };
        let bps = 8.0 * self.window / seconds * small / RATE_MARGIN * halved;
        DataRate::from_bps(bps as u64).clamp(self.config.min, self.most())
    }

    fn measure(&mut self, now: Time, results: &[PacketResult]) {
        let newest =
            results.iter().filter(|result| result.received.is_some()).map(|result| result.sent.at).max();
        let Some(sample) = newest.map(|sent| now.since(sent)) else { return };
        // As TCP smooths it (RFC 6298, section 2). It includes the wait for the report, as the bytes in flight do. One
        // from before a silence holds a queue that is gone: a window over it, and then over a lesser one, is too large.
        let known = self.rtt.filter(|_| !self.probing.is_stale(now));
        self.rtt = Some(known.map_or(sample, |rtt| (rtt * 7 + sample) / 8));
    }

    fn follow(&mut self, now: Time) {
        let blocked = self.queue.virtual_marks() > 0.0 || self.loss_seen || self.mark_seen;
        self.probing.update(now, self.target(), blocked);
    }
}

/// What leaves at `rate` in `span`.
fn bytes(rate: DataRate, span: Duration) -> f64 {
    rate.size_in(span).as_bytes() as f64
}

impl CongestionController for Scream {
    fn on_sent(&mut self, packet: &SentPacket) {
        self.flight.on_sent(packet);
        self.probing.on_sent(packet);
    }

    fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        let results = self.probing.recent(now, results);
        if results.is_empty() {
            return;
        }
        self.measure(now, results);
        let probed = self.probing.on_feedback(now, results);
        let rtt = self.rtt();
        self.flight.on_feedback(now, rtt, results);
        let lost = results.iter().any(|result| result.received.is_none() && !result.was_lost);
        let received = |marked: bool| {
            let one = |result: &&PacketResult| result.received.is_some() && (result.ecn == Ecn::Ce) == marked;
            results.iter().filter(one).map(|result| result.sent.size).sum::<DataSize>().as_bytes() as f64
        };
        let (unmarked, marked) = (received(false), received(true));
        self.marks.on_feedback(now, rtt, unmarked + marked, marked);
        self.queue.on_feedback(now, rtt, MSS / self.window, results, lost);
        if lost || marked > 0.0 {
            self.congested = Some(now);
        }
        self.loss_seen |= lost;
        self.mark_seen |= marked > 0.0;
        if let Some(congestion) = self.congestion(now) {
            self.reduce(now, congestion);
        }
        self.grow(now, unmarked);
        if let Some(found) = probed.filter(|found| *found > self.rate() && self.queue.virtual_marks() == 0.0)
        {
            self.window = self.window.max(bytes(found.min(self.most()), rtt) * RATE_MARGIN);
        }
        self.follow(now);
    }

    /// The controller measures its own, which has to include the wait for the report.
    fn on_rtt(&mut self, _now: Time, _rtt: Duration) {}

    fn on_remb(&mut self, _now: Time, limit: DataRate) {
        self.allowed = limit;
        self.probing.set_allowed(limit);
    }

    fn on_tick(&mut self, now: Time) {
        if self.flight.give_up(now) {
            // Nobody told of packets for a long time: as a time-out in TCP (RFC 8298, section 4.1.2 leaves it open).
            self.window = (self.window * 0.5).max(MIN_WINDOW);
        }
        self.follow(now);
        self.next_tick = now + TICK;
    }

    fn deadline(&self) -> Time {
        self.next_tick
    }

    fn set_wanted(&mut self, now: Time, wanted: DataRate) {
        self.wanted = wanted;
        self.probing.set_wanted(now, wanted);
    }

    fn probe(&mut self, _now: Time) -> Option<ProbeCluster> {
        self.probing.take()
    }

    fn target(&self) -> DataRate {
        self.rate().min(self.allowed).max(self.config.min)
    }

    /// Draft, section 4.3.2.
    fn pacing_rate(&self) -> DataRate {
        let nominal = self.target().as_bps() as f64 / self.most().as_bps().max(1) as f64;
        let relaxed = ((nominal - PACE_RELAXED_FROM) / (1.0 - PACE_RELAXED_FROM)).min(1.0);
        let scale = (1.0 - relaxed).clamp(1.0 / PACE_RELAXED, 1.0);
        self.target().max(PACE_MIN).scale(PACE_HEADROOM / scale)
    }

    /// Draft, section 4.3.1.
    fn send_window(&self) -> DataSize {
        let overhead = OVERHEAD.0 + (OVERHEAD.1 - OVERHEAD.0) * self.deviation_scale().max(0.0);
        let window = self.window * overhead;
        DataSize::from_bytes((window - self.flight.bytes()).max(0.0) as u64)
    }

    fn ecn(&self) -> Ecn {
        match self.config.ecn {
            EcnUse::Off => Ecn::NotEct,
            EcnUse::Classic => Ecn::Ect0,
            EcnUse::L4s => Ecn::Ect1,
        }
    }

    fn state(&self) -> ControllerState {
        ControllerState::Scream(ScreamState {
            target_bps: self.target().as_bps(),
            window_bytes: self.window as u64,
            inflection_bytes: self.inflection as u64,
            in_flight_bytes: self.flight.bytes() as u64,
            queue_millis: self.queue.average() * 1e3,
            queue_target_millis: self.queue.target() * 1e3,
            l4s_alpha: self.marks.alpha(),
            rtt_millis: self.rtt().as_secs_f64() * 1e3,
        })
    }
}
