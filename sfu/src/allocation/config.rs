//! Policies, budgets and patience.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// In which order layers are granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Water-filling: always the step that leads to the lowest rate, base layers counting a quarter of theirs, by
    /// priority among equals. Each unit of priority makes a rate count a quarter.
    #[default]
    Fair,
    /// On-stage sources first, up to their preferred height; then everyone's base layer; then step by step in turns.
    /// As long as a source on stage lacks something below its preferred height, nobody else is given more.
    Stage,
    /// Always a step for the source that has the least of what its tile could show, in pixels per second; among equals
    /// the cheapest step.
    MaxMin,
}

/// Budgets and patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AllocationConfig {
    /// See [`Policy`].
    pub policy: Policy,
    /// Pictures larger than the smallest come at so many frames per second at least, or the most on offer. 30: a sharper
    /// picture isn't bought with motion, but the next step often takes three times what is shown, and a line carries 0.6
    /// of what it could.
    pub min_fps: f64,
    /// Larger pictures at fewer frames per second come last, for what no other step makes use of; and on the way up only:
    /// to lose motion first, and sharpness a moment later, is worse than to lose sharpness.
    pub slow_fps: f64,
    /// Part of what is dependable ([`super::Budget::to_raise`]), audio included, within which a layer may be raised. 0.92:
    /// probes and teeth even out to about 0.97 of the capacity, of which that is 0.89; the estimate's sawtooth goes
    /// down to 0.85 of the capacity (GCC's back-off), and 1.10 of that is 0.935, so that what was raised is kept at the
    /// foot of a tooth.
    pub raise: f64,
    /// Part of the estimate within which a layer is kept.
    pub keep: f64,
    /// Part of the estimate that kept layers may use for [`Self::grace`]; the guard beyond which no allocation
    /// goes. 1.3 lets one of three sources double for a moment, and covers a back-off to 0.77 of the capacity: GCC
    /// takes 0.85 of what was acknowledged, which is less than the line while its queue drains.
    pub guard: f64,
    /// The same for the lowest layer of a screen share that is shown, and of what is shown beside it: it is the share's
    /// own burst that filled the queue from which the estimate backs off, and the burst is over before the share
    /// would be back. 3.5: a share of 1.35 Mbit/s that goes to 3.7 on a line of 2.8 lets GCC back off to 0.55 once
    /// its losses count; a line that really fell so far lets the estimate fall on, and the share goes.
    pub burst: f64,
    /// How long a burst is borne: after its losses the estimate took up to 5.3 s to come back.
    pub burst_grace: Duration,
    /// How long the guard is borne: the tooth of an estimate that backed off to 0.77 has grown by then to where 1.1 of it
    /// is the capacity again, and what exceeds the line by 5 % has filled no more than a queue of 200 ms.
    pub grace: Duration,
    /// A higher layer must have fitted for so long. A second passes over key frames of others.
    pub raise_hold: Duration,
    /// Part of what is dependable up to which a higher layer that has fitted isn't taken not to any more, and up to which
    /// others keep what they have when one is raised: rates are measured, and sway by a twentieth.
    pub sway: f64,
    /// The estimate's teeth are evened out with this time constant; they are up to eight seconds long.
    pub evening: Duration,
    /// Part of the estimate from which on a higher layer must have fitted for [`Self::raise_hold_tight`], and a source
    /// that was given up for half as long, once the estimate has ever come down. 0.7: what is below it fits at the foot
    /// of a tooth as well.
    pub tight: f64,
    /// See [`Self::tight`]. GCC's teeth are up to eight seconds long; at their tips the estimate is up to 1.1 of what the
    /// line carries, and what fits there fills the queue.
    pub raise_hold_tight: Duration,
    /// … and for so long if it leads to a level that the line didn't carry before: two of GCC's probe intervals. Half as
    /// long for a source that was given up.
    pub raise_hold_after_lowering: Duration,
    /// For so long after the first estimate, nothing waits for [`Self::raise_hold_tight`]: a controller begins with an
    /// assumption, and that it comes down from it is no tooth.
    pub beginning: Duration,
    /// Whoever is lowered this soon after a raise has to wait four times as long as the last time, and
    /// [`Self::raise_hold_limit`] at most: the level is what the line carries at its best moments only.
    pub raise_proven: Duration,
    /// See [`Self::raise_proven`]. Four minutes: less than one switch a minute, even if each try fails.
    pub raise_hold_limit: Duration,
    /// An estimate that leaves so much more room than the level needs which failed is another line: nobody waits.
    pub recovered: f64,
}

impl Default for AllocationConfig {
    fn default() -> Self {
        AllocationConfig {
            policy: Policy::Fair,
            min_fps: 0.0,
            slow_fps: 15.0,
            raise: 0.92,
            keep: 1.1,
            guard: 1.3,
            burst: 3.5,
            burst_grace: Duration::from_secs(8),
            grace: Duration::from_secs(4),
            raise_hold: Duration::from_secs(1),
            sway: 0.97,
            evening: Duration::from_secs(8),
            tight: 0.7,
            raise_hold_tight: Duration::from_secs(8),
            raise_hold_after_lowering: Duration::from_secs(10),
            beginning: Duration::from_secs(10),
            raise_proven: Duration::from_secs(60),
            raise_hold_limit: Duration::from_secs(240),
            recovered: 1.2,
        }
    }
}

impl AllocationConfig {
    /// Without hysteresis: every layer that fits the budget is given at once, and none beyond it.
    pub fn immediate() -> Self {
        AllocationConfig {
            raise: 1.0,
            sway: 1.0,
            keep: 1.0,
            guard: 1.0,
            burst: 1.0,
            burst_grace: Duration::ZERO,
            grace: Duration::ZERO,
            raise_hold: Duration::ZERO,
            raise_hold_tight: Duration::ZERO,
            raise_hold_after_lowering: Duration::ZERO,
            raise_proven: Duration::ZERO,
            raise_hold_limit: Duration::ZERO,
            ..Self::default()
        }
    }

    /// The same with another policy; with [`Policy::Stage`], Jitsi Videobridge's, larger pictures come at its preferred 30
    /// frames per second.
    pub fn with_policy(self, policy: Policy) -> Self {
        let min_fps = if policy == Policy::Stage { 30.0 } else { 0.0 };
        AllocationConfig { policy, min_fps, ..self }
    }
}
