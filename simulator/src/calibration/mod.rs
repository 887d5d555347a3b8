//! What packets cost the SFU on this machine, for the processor model of `capacity`.
//!
//! Conferences of several sizes are simulated, without a cipher, and what the SFU is given in them is kept. Each tape
//! is then played to fresh SFUs with real encryption: to one in a tight loop and to nobody, which is what the core
//! costs; to one behind loopback sockets that are read and written as a worker of the server does that never rests;
//! and to one that sleeps until something comes. A server is between the last two, nearer to the one or the other as
//! it has more or less to do. Small conferences have about as many packets out as in, large ones many more out, which
//! tells the two costs apart.

pub mod fit;
mod people;
mod replay;
mod report;
pub mod tape;
mod wire;
mod woken;

use std::time::Duration;

use scenarios::Scenario;
use sfu::Time;

use crate::capacity::stage;
use crate::host;
use crate::participant::transport::CryptoMode;
use crate::random::Seed;
use crate::world::{Settings, World, build_sfu};
use fit::{Fit, Point, fit, median, spread};
use people::People;
pub use replay::Passed;
use replay::Replay;
use tape::Tape;
use wire::Wire;

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// People in each conference.
    pub sizes: Vec<u32>,
    /// Virtual time before anything is measured.
    pub before: Duration,
    /// Virtual time that is measured.
    pub span: Duration,
    /// How often.
    pub rounds: u32,
    /// The seed of the conferences.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Plan { sizes: vec![2, 3, 5, 10, 16], before: seconds(8), span: seconds(4), rounds: 9, seed: 7 }
    }
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The conference can't be simulated.
    #[error("the conference: {0}")]
    Conference(String),
    /// A tape and the SFU that it is played to don't belong together.
    #[error("the conference can't be played again: {0}")]
    Tape(&'static str),
    /// An SFU that was played a tape did something else than the one that the tape is of.
    #[error("played again, the SFU of {people} people sent {again} datagrams and not {once}")]
    Differs {
        /// People in the conference.
        people: u32,
        /// What it sent when the tape was made.
        once: u64,
        /// What it sent now.
        again: u64,
    },
    /// Encryption failed.
    #[error("encryption: {0}")]
    Refused(String),
    /// A socket.
    #[error("loopback: {0}")]
    Socket(#[from] std::io::Error),
    /// The system lost datagrams on its way from one socket to the other.
    #[error("loopback: the system has lost datagrams")]
    Lost,
    /// Costs that explain the measurements would be below nothing.
    #[error("the measurements don't tell what packets cost: repeat it when the machine has less to do")]
    Unclear,
}

/// One size of conference.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// People.
    pub people: u32,
    /// The counts of one pass, and the median of what they cost the core.
    pub core: Passed,
    /// The same with sockets.
    pub busy: Passed,
    /// The same with sockets and sleep.
    pub woken: Passed,
    /// The spread of each between rounds, as a share: the median distance from the median.
    pub spread: [f64; 3],
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The core without sockets.
    pub core: Fit,
    /// With sockets, a worker that never rests.
    pub busy: Fit,
    /// With sockets, a worker that sleeps until something comes.
    pub woken: Fit,
    /// Each size.
    pub sizes: Vec<Measured>,
    /// How often each was measured.
    pub rounds: u32,
    /// Processes that wanted a core before and after, as far as the system says.
    pub load_average: [Option<f64>; 2],
}

impl Calibration {
    /// The largest spread between rounds, with sockets.
    pub fn spread(&self) -> f64 {
        self.sizes.iter().map(|size| size.spread[1].max(size.spread[2])).fold(0.0, f64::max)
    }
}

/// One size with its tape.
pub(crate) struct Stage {
    people: u32,
    scenario: Scenario,
    tape: Tape,
    from: Time,
    wire: Wire,
    passes: [Vec<Passed>; 3],
}

/// Measures. `step` is called now and then; see [`steps`].
///
/// # Errors
/// When a conference can't be simulated or played, or when the costs can't be told.
pub fn calibrate(plan: &Plan, mut step: impl FnMut()) -> Result<Calibration, CalibrationError> {
    let before = host::load_average();
    let mut stages = Vec::new();
    for people in &plan.sizes {
        stages.push(Stage::record(*people, 0.0, plan.seed, plan.before, plan.span)?);
        step();
    }
    let clock = clock_costs();
    // Interleaved, so that what else the machine does meets all sizes alike. The first round warms up.
    for round in 0..=plan.rounds {
        for stage in &mut stages {
            let all = stage.pass(plan.seed, clock)?;
            if round > 0 {
                stage.passes.iter_mut().zip(all).for_each(|(passes, passed)| passes.push(passed));
            }
            step();
        }
    }
    let sizes: Vec<Measured> = stages.iter().map(Stage::measured).collect();
    let fitted = |of: fn(&Measured) -> &Passed| {
        let points: Vec<Point> = sizes.iter().map(|size| point(of(size))).collect();
        fit(&points).ok_or(CalibrationError::Unclear)
    };
    Ok(Calibration {
        core: fitted(|size| &size.core)?,
        busy: fitted(|size| &size.busy)?,
        woken: fitted(|size| &size.woken)?,
        rounds: plan.rounds,
        load_average: [before, host::load_average()],
        sizes,
    })
}

/// How often [`calibrate`] says that it has come a step further.
pub fn steps(plan: &Plan) -> usize {
    plan.sizes.len() * (plan.rounds as usize + 2)
}

fn point(passed: &Passed) -> Point {
    Point {
        packets_in: passed.packets_in as f64,
        packets_out: passed.packets_out as f64,
        cost: passed.spent.as_nanos() as f64,
    }
}

/// What looking at the clock twice costs.
fn clock_costs() -> Duration {
    let pairs: Vec<f64> = (0..1_001)
        .map(|_| {
            let begun = host::thread_cpu();
            host::thread_cpu().saturating_sub(begun).as_nanos() as f64
        })
        .collect();
    Duration::from_nanos(median(&pairs) as u64)
}

impl Stage {
    /// A conference of `people` whose lines lose this share of packets, with a stretch of `span` to be measured.
    ///
    /// # Errors
    /// When it can't be simulated.
    pub(crate) fn record(
        people: u32,
        loss: f64,
        seed: u64,
        before: Duration,
        span: Duration,
    ) -> Result<Stage, CalibrationError> {
        let told = CalibrationError::Conference;
        let text = stage::ample(people, loss, seed, before + span);
        let scenario = stage::scenario(&text).map_err(told)?;
        let settings = Settings { seed, null_crypto: true, ..Settings::default() };
        let world = World::new(&scenario, settings).map_err(|error| told(error.to_string()))?;
        let outcome = world.with_tape().run(|_| ())?;
        if let Some(failure) = outcome.failures.into_iter().next() {
            return Err(told(failure));
        }
        let tape = outcome.tape.ok_or(CalibrationError::Tape("there is none"))?;
        let cast = scenario.expand(&mut |_| 0.0);
        let wire = Wire::open(World::addresses(cast.members.len()))?;
        let from = Time::ZERO + before;
        Ok(Stage { people, scenario, tape, from, wire, passes: Default::default() })
    }

    /// A fresh SFU at the beginning of the stretch.
    ///
    /// # Errors
    /// When it can't be brought there.
    pub(crate) fn begin(&self, seed: u64, null_crypto: bool) -> Result<Replay, CalibrationError> {
        let seed = Seed(seed);
        let (_, server) = self.scenario.sfu();
        let sfu = build_sfu(server, seed, null_crypto)
            .map_err(|error| CalibrationError::Refused(error.to_string()))?;
        let cast = self.scenario.expand(&mut |path| seed.stream(path).unit());
        let keys = cast.members.iter().map(|member| World::crypto_key(seed, &member.name));
        let mode = if null_crypto { CryptoMode::Null } else { CryptoMode::Real };
        let people = People::new(World::addresses(cast.members.len()).zip(keys), sfu.fingerprint(), mode)?;
        Replay::begin(sfu, people, &self.tape, self.from)
    }

    /// One pass of the core alone, one of a busy worker, and one of a worker that sleeps.
    fn pass(&self, seed: u64, clock: Duration) -> Result<[Passed; 3], CalibrationError> {
        let (core, again) = self.begin(seed, false)?.core_alone(host::thread_cpu);
        if again != self.tape.sent {
            return Err(CalibrationError::Differs { people: self.people, once: self.tape.sent, again });
        }
        let busy = self.begin(seed, false)?.busy(&self.wire, clock)?;
        let woken = self.begin(seed, false)?.woken(&self.wire)?;
        Ok([core, busy, woken])
    }

    fn measured(&self) -> Measured {
        let spent = |which: usize| -> Vec<f64> {
            self.passes[which].iter().map(|passed| passed.spent.as_nanos() as f64).collect()
        };
        let middle = |which: usize| {
            let counts = self.passes[which].first().copied().unwrap_or_default();
            Passed { spent: Duration::from_nanos(median(&spent(which)) as u64), ..counts }
        };
        Measured {
            people: self.people,
            core: middle(0),
            busy: middle(1),
            woken: middle(2),
            spread: [spread(&spent(0)), spread(&spent(1)), spread(&spent(2))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_plan_tells_what_packets_cost() {
        let seconds = Duration::from_secs;
        let plan = Plan { sizes: vec![2, 10], before: seconds(3), span: seconds(1), rounds: 2, seed: 7 };
        let mut stepped = 0;
        let found = calibrate(&plan, || stepped += 1).expect("loopback is there");
        assert_eq!(stepped, steps(&plan));
        let [pair, ten] = found.sizes.as_slice() else { panic!("{found:?}") };
        // Sound and a camera of three layers, 350 packets a second each way, and feedback.
        assert!((600..1_000).contains(&pair.core.packets_in), "{pair:?}");
        assert!(ten.core.packets_out > 4 * ten.core.packets_in, "{ten:?}");
        for size in &found.sizes {
            assert!(size.core.packets_in == size.busy.packets_in && size.core.calls_out == 0, "{size:?}");
            assert!(size.busy.spent > size.core.spent, "system calls cost: {size:?}");
            assert!(size.busy.calls_out < size.busy.packets_out, "several go in one call: {size:?}");
        }
        assert!(found.busy.per_packet_out_ns > found.core.per_packet_out_ns, "{found:?}");
    }
}
