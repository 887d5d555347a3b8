//! NADA, a unified congestion control for real-time media (RFC 8698).
//!
//! Delay, loss and marks are one signal, in milliseconds; the rate follows it so that flows with a part of a
//! bottleneck each settle at shares by their priority. Without any queue the rate rises with what arrives.
//!
//! Sender-based: the feedback tells of packets, so the receiver's part of the algorithm runs here too.

mod signal;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

use super::probe::limited::{LimitedProbing, WISH_HEADROOM};
use super::{CongestionController, ControllerState, EcnUse, PacketResult, ProbeCluster, SentPacket};
use crate::rtcp::Ecn;
use crate::{DataRate, Time};
use signal::{LOGWIN, Signal};

/// Reference congestion level, milliseconds (RFC 8698, figure 3).
const XREF: f64 = 10.0;
/// Scaling of the gradual update (RFC 8698, figure 3).
const KAPPA: f64 = 0.5;
/// Scaling of its term on the signal's change (RFC 8698, figure 3).
const ETA: f64 = 2.0;
/// Upper bound of the round trip in the gradual update, milliseconds (RFC 8698, figure 3).
const TAU: f64 = 500.0;
/// Target interval between updates (RFC 8698, figure 3).
const DELTA: Duration = Duration::from_millis(100);
/// Upper bound of the increase in ramp-up (RFC 8698, figure 3).
const GAMMA_MAX: f64 = 0.5;
/// Upper bound of the queue that ramp-up makes, milliseconds (RFC 8698, figure 3).
const QBOUND: f64 = 50.0;
/// The filter's length (RFC 8698, figure 3: `DFILT`), milliseconds.
const DFILT: f64 = 120.0;
/// Bursts leave at this factor of the rate. RFC 8698, section 5.2.2 raises the sending rate by what waits in the
/// owner's buffer, which a controller doesn't know; half as much again empties it alike (ours).
const PACING_FACTOR: f64 = 1.5;
/// Between looks at probes and at feedback that fails to come (ours).
const TICK: Duration = Duration::from_millis(100);
/// Without feedback on what was sent for so long the rate halves, once per such time (ours; RFC 8083, section 4.3 is about it).
const SILENCE: Duration = Duration::from_secs(2);

/// Bounds of the controller.
#[derive(Clone, Debug)]
pub struct NadaConfig {
    /// RMIN; RFC 8698 proposes 150 kbps, for one video flow.
    pub min: DataRate,
    /// Assumed before anything is known.
    pub start: DataRate,
    /// RMAX, unless what is wished for, and a part beyond, is less: the queue that a flow keeps is in proportion to it, 10 ms times
    /// RMAX over the rate (RFC 8698, section 4.3).
    pub max: DataRate,
    /// PRIO: the flow's weight among those that share a bottleneck; above zero, 1 by itself (RFC 8698, section 4.3,
    /// figure 3).
    pub priority: f64,
    /// Whether packets leave ECN-capable. Marks are a part of the signal in either case.
    pub ecn: EcnUse,
}

/// What the controller thinks, for people. Rates in bit/s, delays in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NadaState {
    /// The reference rate, within what the receiver allows.
    pub target_bps: u64,
    /// What arrived over the last half second.
    pub received_bps: u64,
    /// No queue and no loss: the rate rises with what arrives.
    pub ramping_up: bool,
    /// The aggregate signal.
    pub congestion_millis: f64,
    /// The filtered queueing delay.
    pub queue_millis: f64,
    /// The smoothed loss, 0 to 1.
    pub loss: f64,
    /// The smoothed part of packets with a mark, 0 to 1.
    pub marked: f64,
    /// The last round-trip time.
    pub rtt_millis: f64,
}

/// The controller.
#[derive(Clone, Debug)]
pub struct Nada {
    config: NadaConfig,
    wanted: DataRate,
    allowed: DataRate,
    rate: DataRate,
    signal: Signal,
    probing: LimitedProbing,
    previous: f64,
    current: f64,
    ramping_up: bool,
    rtt: Duration,
    updated: Option<Time>,
    /// When the first packet since the last feedback left, or the rate was halved for want of one: no answer is no sign
    /// of anything while nothing is sent.
    unanswered: Option<Time>,
    next_tick: Time,
}

impl Nada {
    /// A controller that knows nothing of its path yet.
    pub fn new(config: NadaConfig) -> Self {
        Nada {
            wanted: DataRate::ZERO,
            allowed: DataRate::INFINITE,
            rate: config.start,
            signal: Signal::default(),
            probing: LimitedProbing::new(config.start, config.max),
            previous: 0.0,
            current: 0.0,
            ramping_up: true,
            rtt: Duration::ZERO,
            updated: None,
            unanswered: None,
            next_tick: Time::ZERO,
            config,
        }
    }

    /// RMAX.
    fn most(&self) -> DataRate {
        match self.wanted {
            DataRate::ZERO => self.config.max,
            wanted => self.config.max.min(wanted.scale(WISH_HEADROOM)).max(self.config.min),
        }
    }

    fn update(&mut self, now: Time) {
        let delta = now.since(self.updated.unwrap_or(now));
        if self.updated.is_some() && delta < DELTA {
            return;
        }
        self.updated = Some(now);
        self.previous = self.current;
        self.current = self.signal.update(now);
        self.ramping_up = self.signal.is_clear(now);
        let rate = if self.ramping_up {
            ramp_up(self.rate, self.signal.received(), self.rtt)
        } else {
            let level = XREF * self.config.priority;
            gradual(self.rate, (level, self.most()), (self.previous, self.current), delta.min(LOGWIN))
        };
        self.rate = rate.clamp(self.config.min, self.most());
    }
}

/// RFC 8698, section 4.3, equations 3 and 4.
fn ramp_up(rate: DataRate, received: DataRate, rtt: Duration) -> DataRate {
    let wait = rtt.as_secs_f64() * 1e3 + DELTA.as_secs_f64() * 1e3 + DFILT;
    let gamma = GAMMA_MAX.min(QBOUND / wait);
    rate.max(received.scale(1.0 + gamma))
}

/// RFC 8698, section 4.3, equations 5 to 7; `reference` is PRIO times XREF, in milliseconds, and RMAX; `signal` is the
/// one before and the present one, in milliseconds.
fn gradual(rate: DataRate, reference: (f64, DataRate), signal: (f64, f64), delta: Duration) -> DataRate {
    let (level, most) = reference;
    let (previous, current) = signal;
    let bps = rate.as_bps().max(1) as f64;
    let offset = current - level * most.as_bps() as f64 / bps;
    let change = current - previous;
    let delta = delta.as_secs_f64() * 1e3;
    let factor = 1.0 - KAPPA * (delta / TAU) * (offset / TAU) - KAPPA * ETA * (change / TAU);
    rate.scale(factor.max(0.0))
}

impl CongestionController for Nada {
    fn on_sent(&mut self, packet: &SentPacket) {
        self.unanswered.get_or_insert(packet.at);
        self.probing.on_sent(packet);
    }

    fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        let results = self.probing.recent(now, results);
        if results.is_empty() {
            return;
        }
        self.unanswered = None;
        let probed = self.probing.on_feedback(now, results);
        self.signal.on_feedback(now, results);
        self.update(now);
        if let Some(found) = probed.filter(|_| self.ramping_up) {
            self.rate = self.rate.max(found).clamp(self.config.min, self.most());
        }
        self.probing.update(now, self.target(), !self.ramping_up);
    }

    fn on_rtt(&mut self, _now: Time, rtt: Duration) {
        self.rtt = rtt;
    }

    fn on_remb(&mut self, _now: Time, limit: DataRate) {
        self.allowed = limit;
        self.probing.set_allowed(limit);
    }

    fn on_tick(&mut self, now: Time) {
        if self.unanswered.is_some_and(|since| now.since(since) >= SILENCE) {
            self.unanswered = Some(now);
            self.rate = self.rate.scale(0.5).max(self.config.min);
        }
        self.probing.update(now, self.target(), !self.ramping_up);
        self.next_tick = now + TICK;
    }

    fn deadline(&self) -> Time {
        self.next_tick
    }

    fn set_wanted(&mut self, now: Time, wanted: DataRate) {
        self.wanted = wanted;
        self.rate = self.rate.min(self.most());
        self.probing.set_wanted(now, wanted);
    }

    fn probe(&mut self, _now: Time) -> Option<ProbeCluster> {
        self.probing.take()
    }

    fn target(&self) -> DataRate {
        self.rate.min(self.allowed).max(self.config.min)
    }

    fn pacing_rate(&self) -> DataRate {
        self.target().scale(PACING_FACTOR)
    }

    /// ECT(0) in any case: the answer to marks is not in proportion, as ECT(1) promises (RFC 9331, section 4.3).
    fn ecn(&self) -> Ecn {
        if self.config.ecn == EcnUse::Off { Ecn::NotEct } else { Ecn::Ect0 }
    }

    fn state(&self) -> ControllerState {
        ControllerState::Nada(NadaState {
            target_bps: self.target().as_bps(),
            received_bps: self.signal.received().as_bps(),
            ramping_up: self.ramping_up,
            congestion_millis: self.current,
            queue_millis: self.signal.queue_millis(),
            loss: self.signal.loss(),
            marked: self.signal.marked(),
            rtt_millis: self.rtt.as_secs_f64() * 1e3,
        })
    }
}
