//! Google congestion control as in libwebrtc (`goog_cc_network_control.cc`): the delay-based and the
//! loss-based estimate, the lesser of which is the target, and probes to find more.

use std::time::Duration;

use serde::Serialize;

use super::acknowledged_rate::AcknowledgedRate;
use super::alr::AlrDetector;
use super::delay_based::DelayBased;
use super::loss_based::{LossBased, LossBasedConfig, LossState};
use super::probe::controller::{ProbeConfig, ProbeController};
use super::probe::estimator::ProbeEstimator;
use super::report_loss::ReportLoss;
use super::stable_target::StableTarget;
use super::trendline::Usage;
use super::{CongestionController, ControllerState, LossReport, PacketResult, ProbeCluster, SentPacket};
use crate::{DataRate, DataSize, Time};

/// Bursts leave at this factor of the target (libwebrtc, `pacing_factor`).
const PACING_FACTOR: f64 = 2.5;
/// A probe lowers the estimate to this part of the acknowledged rate at most (libwebrtc,
/// `kProbeDropThroughputFraction`).
const PROBE_FLOOR: f64 = 0.85;
/// A probe's result stands for the acknowledged rate so long: a few of the latter's windows of 150 ms after a
/// round trip (ours; libwebrtc has none).
const PROBE_VALIDITY: Duration = Duration::from_secs(1);
/// Probing and application-limited detection are looked at this often (libwebrtc does every 25 ms; probes
/// are due after seconds, so a quarter of the wake-ups does).
const TICK: Duration = Duration::from_millis(100);

/// Bounds and parts of the controller.
#[derive(Clone, Debug)]
pub struct GccConfig {
    /// The target is never lower; 10 kbps keeps reports and some audio alive.
    pub min: DataRate,
    /// Assumed before anything is known.
    pub start: DataRate,
    /// The target is never higher.
    pub max: DataRate,
    /// See [`LossBasedConfig`].
    pub loss_based: LossBasedConfig,
    /// See [`ProbeConfig`].
    pub probe: ProbeConfig,
}

impl GccConfig {
    /// For a publisher's uplink: libwebrtc's start of 300 kbps, enough for a base layer and audio; the most
    /// that one camera or screen in three encodings asks for is well within 10 Mbps.
    pub fn uplink() -> Self {
        Self::within(DataRate::from_kbps(10), DataRate::from_kbps(300), DataRate::from_kbps(10_000))
    }

    /// For an SFU's downlink: 600 kbps at first (as mediasoup assumes), about base layers and audio of eight
    /// others at 75 kbps each; up to 50 Mbps, fifty times a good 720p.
    pub fn downlink() -> Self {
        Self::within(DataRate::from_kbps(10), DataRate::from_kbps(600), DataRate::from_kbps(50_000))
    }

    /// With the given bounds and the defaults of every part. `start` is clamped to the bounds, and a `max`
    /// below `min` counts as `min`.
    pub fn within(min: DataRate, start: DataRate, max: DataRate) -> Self {
        let max = max.max(min);
        GccConfig {
            min,
            start: start.clamp(min, max),
            max,
            loss_based: LossBasedConfig::default(),
            probe: ProbeConfig::default(),
        }
    }
}

/// What the controller thinks, for people. Rates in bit/s.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GccState {
    /// The lesser of the two estimates, and no more than the receiver allows.
    pub target_bps: u64,
    /// What the delay allows.
    pub delay_based_bps: u64,
    /// What the loss allows; absent while it is not known.
    pub loss_based_bps: Option<u64>,
    /// What arrives, if known.
    pub acknowledged_bps: Option<u64>,
    /// What the delay says.
    pub usage: Usage,
    /// Slope of the delay, and the threshold that it is held against.
    pub trend: f64,
    /// See [`Self::trend`].
    pub threshold: f64,
    /// Whether loss is the limit.
    pub loss_state: LossState,
    /// Mean loss of late, 0 to 1.
    pub mean_loss: f64,
    /// The part of it that comes with the path rather than with the rate.
    pub inherent_loss: f64,
    /// The sender uses markedly less than the target.
    pub application_limited: bool,
    /// The last valid result of a probe.
    pub last_probe_bps: Option<u64>,
    /// The last round-trip time.
    pub rtt_millis: Option<f64>,
}

/// The controller. It begins with the first packet or tick: don't call either before the path is usable.
#[derive(Clone, Debug)]
pub struct Gcc {
    config: GccConfig,
    delay: DelayBased,
    loss: LossBased,
    acknowledged: AcknowledgedRate,
    alr: AlrDetector,
    probes: ProbeController,
    probe_results: ProbeEstimator,
    last_probe: Option<DataRate>,
    /// The last result above the target, and when.
    probed: Option<(Time, DataRate)>,
    rtt: Option<Duration>,
    /// Until feedback tells of single packets.
    reports: Option<ReportLoss>,
    /// What the receiver allows.
    allowed: DataRate,
    target: DataRate,
    stable: StableTarget,
    next_tick: Time,
    started: bool,
    by_arrival: Vec<PacketResult>,
}

impl Gcc {
    /// A controller that knows nothing of its path yet.
    pub fn new(config: GccConfig) -> Self {
        Gcc {
            delay: DelayBased::new(config.min, config.start, config.max),
            loss: LossBased::new(config.loss_based.clone(), config.min, config.max),
            acknowledged: AcknowledgedRate::default(),
            alr: AlrDetector::new(config.start),
            probes: ProbeController::new(config.probe.clone(), config.max),
            probe_results: ProbeEstimator::default(),
            last_probe: None,
            probed: None,
            rtt: None,
            reports: Some(ReportLoss::new(config.min, config.start, config.max)),
            allowed: DataRate::INFINITE,
            target: config.start,
            stable: StableTarget::new(config.start),
            next_tick: Time::ZERO,
            started: false,
            by_arrival: Vec::new(),
            config,
        }
    }

    fn start(&mut self, now: Time) {
        if !self.started {
            self.started = true;
            self.probes.start(now, self.config.start);
        }
    }

    /// Received packets in the order in which they arrived.
    fn sort_by_arrival(&mut self, results: &[PacketResult]) {
        self.by_arrival.clear();
        self.by_arrival.extend(results.iter().filter(|result| result.received.is_some()));
        self.by_arrival
            .sort_unstable_by_key(|result| (result.received, result.sent.at, result.sent.sequence));
    }

    fn update_alr(&mut self, now: Time, size: DataSize) {
        let before = self.alr.since().is_some();
        self.alr.on_sent(now, size);
        if before && self.alr.since().is_none() {
            self.acknowledged.expect_fast_change();
        }
        self.probes.set_alr(self.alr.since(), self.alr.last_end());
    }

    fn set_target(&mut self, now: Time) {
        let estimate = match &self.reports {
            Some(reports) => reports.rate(),
            None => self.delay.rate().min(self.loss.estimate()),
        };
        let target = estimate.min(self.allowed).clamp(self.config.min, self.config.max);
        if target != self.target {
            self.target = target;
            self.alr.set_estimate(target);
        }
        self.stable.update(now, self.delay.rate(), self.acknowledged.rate(), target);
        self.probes.on_estimate(now, target);
    }

    /// What the path has shown to deliver: what arrives, or the result of a probe until the media that it
    /// made room for has shown in what arrives. Without that, the queue that a probe leaves behind would back
    /// the estimate off to a part of the rate from before the probe.
    fn delivered(&self, now: Time, acknowledged: Option<DataRate>) -> Option<DataRate> {
        let probed = self.probed.filter(|(at, _)| now.since(*at) < PROBE_VALIDITY).map(|(_, rate)| rate);
        acknowledged.max(probed.filter(|_| acknowledged.is_some()))
    }

    /// A probe that met a queue tells less than what has been arriving all along.
    fn no_lower_than_delivered(&self, probe: DataRate, acknowledged: Option<DataRate>) -> DataRate {
        let delivered = acknowledged.map_or(DataRate::ZERO, |rate| rate.scale(PROBE_FLOOR));
        probe.max(delivered.min(self.delay.rate()))
    }

    /// Queue or loss forbid to send more. Where nothing is sent, and so nothing heard, both are what they were when the
    /// last packet came: only a probe can tell whether that still holds.
    fn probing_is_blocked(&self, now: Time) -> bool {
        let congested = self.delay.usage() == Usage::Overuse || self.loss.state() == LossState::Decreasing;
        congested && !self.delay.is_stale(now)
    }
}

impl CongestionController for Gcc {
    fn on_sent(&mut self, packet: &SentPacket) {
        self.start(packet.at);
        self.update_alr(packet.at, packet.size);
    }

    fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        if results.is_empty() {
            return;
        }
        self.reports = None;
        self.sort_by_arrival(results);
        let in_alr = self.alr.since().is_some();
        let mut probe = None;
        for packet in &self.by_arrival {
            if let Some(arrival) = packet.received {
                self.acknowledged.on_packet(arrival, packet.sent.size, in_alr);
            }
            probe = self.probe_results.on_packet(packet).or(probe);
        }
        if probe.is_some() {
            self.probes.on_result();
        }
        if let Some(result) = probe {
            self.delay.set_probed(result.limit.unwrap_or(result.rate), result.limit.is_some());
        }
        let probe = probe.map(|result| result.rate);
        self.last_probe = probe.or(self.last_probe);
        let acknowledged = self.acknowledged.rate();
        let probe = probe.map(|rate| self.no_lower_than_delivered(rate, acknowledged));
        if let Some(rate) = probe.filter(|rate| *rate > self.target) {
            self.probed = Some((now, rate));
            self.acknowledged.expect_fast_change();
        }
        let delivered = self.delivered(now, acknowledged);
        let update = self.delay.on_feedback(now, &self.by_arrival, delivered, probe, in_alr);
        if let Some(rate) = probe.filter(|rate| *rate > self.loss.estimate()) {
            // What got through at a higher rate ends a bound that loss once set, which would else rise by 30 %
            // a second at most; and without one the answer need not wait until a piece of a quarter of a second ends.
            self.loss.set_estimate(rate);
        }
        self.loss.update(results, self.delay.rate(), acknowledged.filter(|_| !in_alr));
        self.set_target(now);
        if update.recovered {
            self.probes.on_recovered(now);
        }
    }

    fn on_rtt(&mut self, _now: Time, rtt: Duration) {
        self.rtt = Some(rtt);
        self.delay.set_rtt(rtt);
        if let Some(reports) = &mut self.reports {
            reports.set_rtt(rtt);
        }
    }

    fn on_loss_report(&mut self, now: Time, report: &LossReport) {
        if let Some(reports) = &mut self.reports {
            reports.on_report(now, report);
            self.set_target(now);
        }
    }

    fn on_remb(&mut self, now: Time, limit: DataRate) {
        self.allowed = limit;
        self.probes.set_allowed(limit);
        self.set_target(now);
    }

    fn on_tick(&mut self, now: Time) {
        self.start(now);
        self.update_alr(now, DataSize::ZERO);
        if let Some(reports) = &mut self.reports {
            reports.update(now);
            self.set_target(now);
        }
        self.probes.process(now, self.probing_is_blocked(now));
        self.next_tick = now + TICK;
    }

    fn deadline(&self) -> Time {
        self.next_tick
    }

    fn set_wanted(&mut self, now: Time, wanted: DataRate) {
        self.probes.set_wanted(now, wanted);
    }

    fn probe(&mut self, _now: Time) -> Option<ProbeCluster> {
        let cluster = self.probes.take()?;
        self.probe_results.announce(cluster);
        Some(cluster)
    }

    fn target(&self) -> DataRate {
        self.target
    }

    fn stable_target(&self) -> DataRate {
        self.stable.rate().min(self.target)
    }

    fn pacing_rate(&self) -> DataRate {
        self.target.scale(PACING_FACTOR)
    }

    fn state(&self) -> ControllerState {
        let (trend, threshold) = self.delay.trend_and_threshold();
        ControllerState::Gcc(GccState {
            target_bps: self.target.as_bps(),
            delay_based_bps: self.delay.rate().as_bps(),
            loss_based_bps: self.loss.is_ready().then(|| self.loss.estimate().as_bps()),
            acknowledged_bps: self.acknowledged.rate().map(DataRate::as_bps),
            usage: self.delay.usage(),
            trend,
            threshold,
            loss_state: self.loss.state(),
            mean_loss: self.loss.mean_loss(),
            inherent_loss: self.loss.inherent_loss(),
            application_limited: self.alr.since().is_some(),
            last_probe_bps: self.last_probe.map(DataRate::as_bps),
            rtt_millis: self.rtt.map(|rtt| rtt.as_secs_f64() * 1e3),
        })
    }
}

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod tests;
