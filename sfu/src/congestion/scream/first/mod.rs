//! SCReAM's first version (RFC 8298): a window held by a target for the queueing delay, as LEDBAT holds it, and a rate
//! for the encoder that follows with more patience. Marks are classic ones (RFC 3168).
//!
//! The media queue at the sender (RFC 8298, section 4.1.3: `rtp_queue_size`), which a controller doesn't know, is left
//! out; in its place the rate stays within what the window lets out in a round trip (ours), as otherwise that queue
//! would grow. An RFC 8298 sender fills what it is given; probes while it doesn't are those of the second version (ours).

mod queue;
#[cfg(test)]
mod tests;
mod throughput;

use std::time::Duration;

use serde::Serialize;

use super::flight::Flight;
use crate::congestion::probe::limited::{LimitedProbing, WISH_HEADROOM};
use crate::congestion::{
    CongestionController, ControllerState, EcnUse, PacketResult, ProbeCluster, SentPacket,
};
use crate::rtcp::Ecn;
use crate::{DataRate, DataSize, Time};
use queue::Queue;
use throughput::{ADJUST_INTERVAL, MostInFlight, Throughput};

/// The least window (RFC 8298, section 4.1.1.1: `MIN_CWND`), bytes.
const MIN_WINDOW: f64 = 3_000.0;
/// The window exceeds the bytes in flight by this factor at most (`MAX_BYTES_IN_FLIGHT_HEAD_ROOM`).
const HEAD_ROOM: f64 = 1.1;
/// How much the window follows the delay's distance from its target (`GAIN`).
const GAIN: f64 = 1.0;
/// What a loss leaves of the window, and a mark (`BETA_LOSS`, `BETA_ECN`).
const BETA_LOSS: f64 = 0.8;
const BETA_ECN: f64 = 0.9;
/// What a loss leaves of the rate (`BETA_R`); a mark leaves `BETA_ECN`.
const BETA_R: f64 = 0.9;
/// The largest packet (`MSS`), bytes.
const MSS: f64 = 1_000.0;
/// The rate rises by so much in a second at most, bit/s (`RAMP_UP_SPEED`).
const RAMP_UP: f64 = 200_000.0;
/// How much of a rise a delay that begins to rise holds back (`PRE_CONGESTION_GUARD`).
const GUARD: f64 = 0.1;
/// A trend of the delay above this ends the fast increase (`QDELAY_TREND_TH`); below this for so long, it comes back
/// (`QDELAY_TREND_LO`, `T_RESUME_FAST_INCREASE`).
const TREND_HIGH: f64 = 0.2;
const TREND_LOW: f64 = 0.2;
const RESUME: Duration = Duration::from_secs(5);
/// The least pacing rate (`RATE_PACE_MIN`).
const PACE_MIN: DataRate = DataRate::from_kbps(50);
/// The round trip until one is measured (ours).
const DEFAULT_RTT: Duration = Duration::from_millis(100);
/// Between looks at probes and at packets that nobody tells of (ours).
const TICK: Duration = Duration::from_millis(100);

/// Bounds and mode of the controller.
#[derive(Clone, Debug)]
pub struct ScreamV1Config {
    /// The least rate.
    pub min: DataRate,
    /// Assumed before anything is known.
    pub start: DataRate,
    /// The greatest rate.
    pub max: DataRate,
    /// Whether packets leave ECN-capable. Marks are answered in either case.
    pub ecn: EcnUse,
}

/// What the controller thinks, for people. Rates in bit/s, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScreamV1State {
    /// The rate, within what the receiver allows.
    pub target_bps: u64,
    /// The window.
    pub window_bytes: u64,
    /// What no feedback has told of.
    pub in_flight_bytes: u64,
    /// The queueing delay.
    pub queue_millis: f64,
    /// Its target.
    pub queue_target_millis: f64,
    /// How much the delay rises, 0 to 1.
    pub trend: f64,
    /// Whether the window grows by all that is acknowledged.
    pub fast_increase: bool,
    /// The smoothed round-trip time.
    pub rtt_millis: f64,
}

/// The controller.
#[derive(Clone, Debug)]
pub struct ScreamV1 {
    config: ScreamV1Config,
    wanted: DataRate,
    allowed: DataRate,
    window: f64,
    /// The encoder's rate, bit/s.
    rate: f64,
    /// The rate at the last congestion, bit/s.
    inflection: f64,
    fast_increase: bool,
    /// Since when the trend has been low.
    calm: Option<Time>,
    reacted: Option<Time>,
    adjusted: Option<Time>,
    rtt: Option<Duration>,
    flight: Flight,
    most: MostInFlight,
    queue: Queue,
    throughput: Throughput,
    probing: LimitedProbing,
    next_tick: Time,
}

impl ScreamV1 {
    /// A controller that knows nothing of its path yet.
    pub fn new(config: ScreamV1Config) -> Self {
        let window = config.start.size_in(DEFAULT_RTT).as_bytes() as f64;
        ScreamV1 {
            wanted: DataRate::ZERO,
            allowed: DataRate::INFINITE,
            window: window.max(MIN_WINDOW),
            rate: config.start.as_bps() as f64,
            inflection: 1.0,
            fast_increase: true,
            calm: None,
            reacted: None,
            adjusted: None,
            rtt: None,
            flight: Flight::default(),
            most: MostInFlight::default(),
            queue: Queue::default(),
            throughput: Throughput::default(),
            probing: LimitedProbing::new(config.start, config.max),
            next_tick: Time::ZERO,
            config,
        }
    }

    fn rtt(&self) -> Duration {
        self.rtt.unwrap_or(DEFAULT_RTT)
    }

    fn most_wanted(&self) -> DataRate {
        match self.wanted {
            DataRate::ZERO => self.config.max,
            wanted => self.config.max.min(wanted.scale(WISH_HEADROOM)).max(self.config.min),
        }
    }

    /// A loss or a mark, at most once per round trip (RFC 8298, section 4.1.2.1).
    fn react(&mut self, now: Time, lost: bool) {
        if self.reacted.is_some_and(|at| now.since(at) < self.rtt()) {
            return;
        }
        self.reacted = Some(now);
        self.leave_fast_increase();
        let (window, rate) = if lost { (BETA_LOSS, BETA_R) } else { (BETA_ECN, BETA_ECN) };
        self.window = (self.window * window).max(MIN_WINDOW);
        self.rate = (self.rate * rate).max(self.config.min.as_bps() as f64);
        // The procedure that adjusts the rate is left (section 4.1.3).
        self.adjusted = Some(now);
    }

    fn leave_fast_increase(&mut self) {
        self.fast_increase = false;
        self.inflection = self.rate.max(1.0);
    }

    /// RFC 8298, section 4.1.2.2.
    fn update_window(&mut self, acknowledged: f64) {
        if self.fast_increase {
            if self.queue.trend() < TREND_HIGH {
                if self.flight.bytes() * 1.5 + acknowledged > self.window {
                    self.window += acknowledged;
                }
                return;
            }
            self.leave_fast_increase();
        }
        let off_target = self.queue.off_target();
        let underused = self.flight.bytes() * 1.25 + acknowledged <= self.window;
        if off_target < 0.0 || !underused {
            self.window += GAIN * off_target * acknowledged * MSS / self.window;
        }
        self.window = self.window.min(self.most.bytes() * HEAD_ROOM).max(MIN_WINDOW);
    }

    /// RFC 8298, section 4.1.2.6.
    fn resume_fast_increase(&mut self, now: Time) {
        if self.queue.trend() >= TREND_LOW {
            self.calm = None;
        } else if now.since(*self.calm.get_or_insert(now)) >= RESUME {
            self.fast_increase = true;
        }
    }

    /// RFC 8298, section 4.1.3.
    fn adjust_rate(&mut self, now: Time) {
        if self.adjusted.is_some_and(|at| now.since(at) < ADJUST_INTERVAL) {
            return;
        }
        self.adjusted = Some(now);
        let step = RAMP_UP.min(self.rate / 2.0) * ADJUST_INTERVAL.as_secs_f64();
        let distance = (self.rate - self.inflection) / self.inflection * 4.0;
        let scale = (distance * distance).clamp(0.2, 1.0);
        let current = self.throughput.rate();
        self.rate += if self.fast_increase {
            step * scale
        } else {
            (current * (1.0 - GUARD * self.queue.trend()) * scale).min(step)
        };
        if current > 0.0 {
            self.rate = self.rate.min(current * (2.0 - self.queue.trend_memory()));
        }
    }

    /// The rate within the window and the bounds.
    fn target_rate(&self) -> DataRate {
        if self.rtt.is_none() {
            return self.config.start;
        }
        let by_window = 8.0 * self.window / self.rtt().as_secs_f64().max(1e-3);
        DataRate::from_bps(self.rate.min(by_window) as u64).clamp(self.config.min, self.most_wanted())
    }

    fn measure(&mut self, now: Time, results: &[PacketResult]) {
        let newest =
            results.iter().filter(|result| result.received.is_some()).map(|result| result.sent.at).max();
        let Some(sample) = newest.map(|sent| now.since(sent)) else { return };
        let known = self.rtt.filter(|_| !self.probing.is_stale(now));
        self.rtt = Some(known.map_or(sample, |rtt| (rtt * 7 + sample) / 8));
    }

    fn follow(&mut self, now: Time) {
        let blocked = self.queue.trend() >= TREND_HIGH || self.queue.off_target() < 0.0;
        self.probing.update(now, self.target(), blocked);
    }
}

impl CongestionController for ScreamV1 {
    fn on_sent(&mut self, packet: &SentPacket) {
        self.flight.on_sent(packet);
        self.most.note(packet.at, self.flight.bytes());
        self.throughput.on_sent(packet.at, packet.size);
        self.probing.on_sent(packet);
    }

    fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        let results = self.probing.recent(now, results);
        if results.is_empty() {
            return;
        }
        self.measure(now, results);
        let probed = self.probing.on_feedback(now, results);
        let before = self.flight.bytes();
        self.flight.on_feedback(now, self.rtt(), results);
        let acknowledged = before - self.flight.bytes();
        let received: DataSize = results.iter().filter(|r| r.received.is_some()).map(|r| r.sent.size).sum();
        self.throughput.on_acknowledged(now, received);
        let lost = results.iter().any(|result| result.received.is_none() && !result.was_lost);
        let marked = results.iter().any(|result| result.received.is_some() && result.ecn == Ecn::Ce);
        self.queue.on_feedback(now, self.rtt(), results, lost);
        if lost || marked {
            self.react(now, lost);
        } else {
            self.update_window(acknowledged);
        }
        self.resume_fast_increase(now);
        self.adjust_rate(now);
        if let Some(found) = probed.filter(|_| self.fast_increase && self.queue.trend() < TREND_LOW) {
            let found = found.min(self.most_wanted());
            self.rate = self.rate.max(found.as_bps() as f64);
            self.window = self.window.max(found.size_in(self.rtt()).as_bytes() as f64);
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
            // Nobody told of packets for a long time: as a time-out in TCP (RFC 8298 leaves it open).
            self.window = (self.window * 0.5).max(MIN_WINDOW);
            self.leave_fast_increase();
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
        self.target_rate().min(self.allowed).max(self.config.min)
    }

    /// RFC 8298, section 4.1.2.5.
    fn pacing_rate(&self) -> DataRate {
        let by_window = 8.0 * self.window / self.rtt().as_secs_f64().max(1e-3);
        DataRate::from_bps(by_window as u64).max(PACE_MIN).max(self.target())
    }

    /// RFC 8298, section 4.1.2.4.
    fn send_window(&self) -> DataSize {
        let slack = if self.queue.off_target() >= 0.0 { MSS } else { 0.0 };
        DataSize::from_bytes((self.window + slack - self.flight.bytes()).max(0.0) as u64)
    }

    /// ECT(0) in any case: the answer to marks is not in proportion, as ECT(1) promises (RFC 9331, section 4.3).
    fn ecn(&self) -> Ecn {
        if self.config.ecn == EcnUse::Off { Ecn::NotEct } else { Ecn::Ect0 }
    }

    fn state(&self) -> ControllerState {
        ControllerState::ScreamV1(ScreamV1State {
            target_bps: self.target().as_bps(),
            window_bytes: self.window as u64,
            in_flight_bytes: self.flight.bytes() as u64,
            queue_millis: self.queue.delay() * 1e3,
            queue_target_millis: self.queue.target() * 1e3,
            trend: self.queue.trend(),
            fast_increase: self.fast_increase,
            rtt_millis: self.rtt().as_secs_f64() * 1e3,
        })
    }
}
