//! When to probe, and how fast (libwebrtc, `probe_controller.cc`).
//!
//! Four occasions. At the start, exponentially, as long as each result warrants the next; and again every second for
//! five, as long as no result came at all. While the sender is
//! application-limited, every five seconds, since nothing else shows what the path carries. When the wishes
//! grow beyond the estimate. And, beyond libwebrtc, every five seconds while the estimate is below the wishes
//! although the sender uses it in full: a path that collapsed and came back is regained in one interval, where
//! 8 % a second would take a minute.

use std::time::Duration;

use super::{ClusterId, ProbeCluster};
use crate::{DataRate, Time};

/// When and how fast to probe; [`Default`] is libwebrtc's but for [`Self::wanted_interval`].
#[derive(Clone, Debug)]
pub struct ProbeConfig {
    /// The first two probes, as factors of the start rate.
    pub initial_scales: [f64; 2],
    /// They are repeated for so long while none of them had a result (libwebrtc's repeated initial probing, which doesn't
    /// ask for that, has 5 s).
    pub repeated_for: Duration,
    /// The next probe, as a factor of the estimate.
    pub further_scale: f64,
    /// The next probe follows if the estimate reaches this part of the one before.
    pub further_threshold: f64,
    /// Time between probes while application-limited.
    pub alr_interval: Duration,
    /// Such a probe, as a factor of the estimate.
    pub alr_scale: f64,
    /// Probes for new wishes, as factors of them.
    pub wanted_scales: [f64; 2],
    /// … and no faster than this factor of the estimate.
    pub wanted_limit: f64,
    /// Time between probes while the estimate is below the wishes and not application-limited.
    pub wanted_interval: Duration,
    /// A cluster lasts so long …
    pub duration: Duration,
    /// … and has so many packets at least.
    pub packets: u32,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        ProbeConfig {
            initial_scales: [3.0, 6.0],
            repeated_for: Duration::from_secs(5),
            further_scale: 2.0,
            further_threshold: 0.7,
            alr_interval: Duration::from_secs(5),
            alr_scale: 2.0,
            wanted_scales: [1.0, 2.0],
            wanted_limit: 2.0,
            wanted_interval: Duration::from_secs(5),
            duration: Duration::from_millis(15),
            packets: 5,
        }
    }
}

/// A probe's result is waited for so long (libwebrtc).
const RESULT_TIMEOUT: Duration = Duration::from_secs(1);
/// A fall below this part of the estimate is a large drop (libwebrtc).
const LARGE_DROP: f64 = 0.66;
/// After a large drop that was no congestion, probe at this part of the rate before it (libwebrtc), if that is
/// more than the estimate by the uncertainty of a probe.
const DROP_SCALE: f64 = 0.85;
const DROP_UNCERTAINTY: f64 = 0.05;
/// … within this time, and as often at most (libwebrtc).
const DROP_TIMEOUT: Duration = Duration::from_secs(5);
/// An application-limited region counts for that for so long after its end (libwebrtc).
const ALR_ENDED_TIMEOUT: Duration = Duration::from_secs(3);
/// Probes go no higher than this factor of what is wished for (libwebrtc).
const WANTED_CEILING: f64 = 2.0;
/// Clusters waiting to be sent.
const QUEUE: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Init,
    /// An estimate above this rate warrants a further probe.
    Waiting(DataRate),
    Complete,
}

/// Decides on probes. Clusters are drawn with [`Self::take`].
#[derive(Clone, Debug)]
pub struct ProbeController {
    config: ProbeConfig,
    max: DataRate,
    /// What the receiver allows.
    allowed: DataRate,
    state: State,
    estimate: DataRate,
    wanted: DataRate,
    alr_since: Option<Time>,
    alr_ended: Option<Time>,
    begun: Option<Time>,
    /// Some probe has had a result.
    answered: bool,
    initiated: Option<Time>,
    large_drop: Option<(Time, DataRate)>,
    drop_probed: Option<Time>,
    next_id: u32,
    queue: [Option<ProbeCluster>; QUEUE],
}

impl ProbeController {
    /// A controller that hasn't begun; it probes for no more than `max`.
    pub fn new(config: ProbeConfig, max: DataRate) -> Self {
        ProbeController {
            config,
            max,
            allowed: DataRate::INFINITE,
            state: State::Init,
            estimate: DataRate::ZERO,
            wanted: DataRate::ZERO,
            alr_since: None,
            alr_ended: None,
            begun: None,
            answered: false,
            initiated: None,
            large_drop: None,
            drop_probed: None,
            next_id: 0,
            queue: [None; QUEUE],
        }
    }

    /// The path can be sent on, and `start` is assumed of it: begin.
    pub fn start(&mut self, now: Time, start: DataRate) {
        if self.state != State::Init {
            return;
        }
        self.estimate = start;
        self.begun = Some(now);
        self.begin_exponentially(now);
    }

    fn begin_exponentially(&mut self, now: Time) {
        let rates = self.config.initial_scales.map(|scale| Some(self.estimate.scale(scale)));
        self.initiate(now, rates, true);
    }

    /// A probe had a result, whatever it was.
    pub fn on_result(&mut self) {
        self.answered = true;
    }

    /// The greatest rate changed.
    pub fn set_max(&mut self, now: Time, max: DataRate) {
        let old = std::mem::replace(&mut self.max, max);
        if self.state == State::Complete && old < max && self.estimate < max {
            self.initiate(now, [Some(max), None], false);
        }
    }

    /// The receiver allows no more than that. When it allows more again, the next periodic probe finds what there is.
    pub fn set_allowed(&mut self, allowed: DataRate) {
        self.allowed = allowed;
    }

    /// The estimate changed.
    pub fn on_estimate(&mut self, now: Time, estimate: DataRate) {
        if estimate < self.estimate.scale(LARGE_DROP) {
            self.large_drop = Some((now, self.estimate));
        }
        self.estimate = estimate;
        if let State::Waiting(threshold) = self.state
            && estimate > threshold
        {
            let further = estimate.scale(self.config.further_scale);
            self.initiate(now, [Some(further), None], true);
        }
    }

    /// The sender is application-limited since `since`, or isn't; `ended` is when it last stopped to be.
    pub fn set_alr(&mut self, since: Option<Time>, ended: Option<Time>) {
        self.alr_since = since;
        self.alr_ended = ended;
    }

    /// What is wished for changed. Probes at once if that is more than the estimate and the sender is
    /// application-limited, so that the answer is there when the allocation asks.
    pub fn set_wanted(&mut self, now: Time, wanted: DataRate) {
        let old = std::mem::replace(&mut self.wanted, wanted);
        let useful = self.state == State::Complete && wanted != old && self.estimate < wanted.min(self.max);
        if !useful || self.alr_since.is_none() {
            return;
        }
        let limit = self.estimate.scale(self.config.wanted_limit);
        let [first, second] = self.config.wanted_scales.map(|scale| wanted.scale(scale));
        let limited = second > limit;
        let second = second.min(limit);
        if first >= limit {
            self.initiate(now, [Some(limit), None], true);
        } else {
            self.initiate(now, [Some(first), Some(second).filter(|second| *second > first)], limited);
        }
    }

    /// An overuse is over: if the estimate fell far while the sender was application-limited, the path may
    /// carry what it carried before.
    pub fn on_recovered(&mut self, now: Time) {
        let within = |at: Option<Time>, span| at.is_some_and(|at| now.since(at) < span);
        let limited = self.alr_since.is_some() || within(self.alr_ended, ALR_ENDED_TIMEOUT);
        let Some((dropped, before)) = self.large_drop else { return };
        let suggested = before.scale(DROP_SCALE);
        if limited
            && self.state == State::Complete
            && suggested.scale(1.0 - DROP_UNCERTAINTY) > self.estimate
            && now.since(dropped) < DROP_TIMEOUT
            && !within(self.drop_probed, DROP_TIMEOUT)
        {
            self.drop_probed = Some(now);
            self.initiate(now, [Some(suggested), None], false);
        }
    }

    /// Lets time pass. `blocked`: the path is overused or loses too much, so no periodic probe now.
    pub fn process(&mut self, now: Time, blocked: bool) {
        let timed_out = self.initiated.is_some_and(|at| now.since(at) > RESULT_TIMEOUT);
        if timed_out && matches!(self.state, State::Waiting(_)) {
            self.state = State::Complete;
        }
        if !blocked && self.next_repeat().is_some_and(|at| now >= at) {
            self.begin_exponentially(now);
        } else if !blocked && self.next_periodic().is_some_and(|at| now >= at) {
            let scale = self.config.alr_scale;
            self.initiate(now, [Some(self.estimate.scale(scale)), None], true);
        }
    }

    /// When [`Self::process`] has something to do next.
    pub fn deadline(&self) -> Time {
        match self.state {
            State::Init => Time::NEVER,
            State::Waiting(_) => {
                self.initiated.map_or(Time::NEVER, |at| at + RESULT_TIMEOUT + Duration::from_nanos(1))
            }
            State::Complete => {
                let due = self.next_repeat().into_iter().chain(self.next_periodic());
                due.min().unwrap_or(Time::NEVER)
            }
        }
    }

    /// The next cluster to be sent.
    pub fn take(&mut self) -> Option<ProbeCluster> {
        self.queue.iter_mut().find_map(Option::take)
    }

    fn next_repeat(&self) -> Option<Time> {
        let (begun, initiated) = self.begun.zip(self.initiated).filter(|_| !self.answered)?;
        let at = initiated + RESULT_TIMEOUT + Duration::from_nanos(1);
        (at <= begun + self.config.repeated_for).then_some(at)
    }

    fn next_periodic(&self) -> Option<Time> {
        let initiated = self.initiated.filter(|_| self.state == State::Complete)?;
        if self.estimate >= self.ceiling() {
            return None;
        }
        match self.alr_since {
            Some(since) => Some(since.max(initiated) + self.config.alr_interval),
            None if self.estimate < self.wanted => Some(initiated + self.config.wanted_interval),
            None => None,
        }
    }

    /// No probe goes above this: what nobody wishes for needn't be known.
    fn ceiling(&self) -> DataRate {
        let most = self.max.min(self.allowed);
        match self.wanted {
            DataRate::ZERO => most,
            wanted => most.min(wanted.scale(WANTED_CEILING)),
        }
    }

    fn initiate(&mut self, now: Time, rates: [Option<DataRate>; 2], mut further: bool) {
        self.initiated = Some(now);
        let ceiling = self.ceiling();
        if self.estimate >= ceiling {
            self.state = State::Complete;
            return;
        }
        // An unsent cluster was meant for an estimate that has passed.
        self.queue = [None; QUEUE];
        let mut last = DataRate::ZERO;
        for (slot, rate) in rates.into_iter().flatten().enumerate() {
            further &= rate < ceiling;
            last = rate.min(ceiling);
            let id = ClusterId(self.next_id);
            self.next_id = self.next_id.wrapping_add(1);
            let cluster = ProbeCluster::lasting(id, last, self.config.duration, self.config.packets);
            self.queue[slot] = Some(cluster);
        }
        let threshold = last.scale(self.config.further_threshold);
        self.state = if further { State::Waiting(threshold) } else { State::Complete };
    }
}

#[cfg(test)]
#[path = "controller_tests.rs"]
mod tests;
