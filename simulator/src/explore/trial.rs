//! Runs a plan and says what it broke.

use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;

use super::plan::Plan;
use crate::invariant::Breach;
use crate::world::{Settings, World};

/// What a run broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which check: an invariant's name, `participant` for what a participant complains of, `latency-parts`, or `crash`.
    pub check: &'static str,
    /// What happened, in words.
    pub what: String,
    /// When, ms of virtual time, if it is known.
    pub at: Option<u32>,
}

/// A plan that makes no scenario: a fault of the ranges, or of this program.
#[derive(Debug, Error)]
#[error("what was drawn is no scenario: {0}")]
pub struct NotAScenario(String);

/// Runs a plan; nothing if it broke nothing.
///
/// # Errors
/// When the plan makes no scenario.
pub fn try_plan(plan: &Plan, null_crypto: bool) -> Result<Option<Failure>, NotAScenario> {
    let scenario =
        scenarios::parse(&plan.name, &plan.toml(), &[]).map_err(|error| NotAScenario(error.to_string()))?;
    let settings = Settings { seed: plan.seed, null_crypto, ..Settings::default() };
    let world = World::new(&scenario, settings).map_err(|error| NotAScenario(error.to_string()))?;
    // What a panic leaves behind is dropped with the world.
    let outcome = match catch_unwind(AssertUnwindSafe(|| world.run(|_| ()))) {
        Ok(outcome) => outcome.map_err(|error| NotAScenario(error.to_string()))?,
        Err(panic) => {
            let formatted = || panic.downcast_ref::<String>().map(String::as_str);
            let what = panic.downcast_ref::<&str>().copied().or_else(formatted).unwrap_or("no message");
            return Ok(Some(Failure { check: "crash", what: what.to_owned(), at: None }));
        }
    };
    if let Some(breach) = outcome.breaches.first() {
        return Ok(Some(of_breach(breach)));
    }
    let complaint = outcome.failures.first().map(|what| ("participant", what.clone()));
    let contradiction = || outcome.recording.broken().first.clone().map(|what| ("latency-parts", what));
    Ok(complaint.or_else(contradiction).map(|(check, what)| Failure { check, what, at: None }))
}

fn of_breach(breach: &Breach) -> Failure {
    let at = (breach.moment.at.as_nanos() / 1_000_000) as u32;
    Failure { check: breach.invariant.name(), what: breach.to_string(), at: Some(at) }
}
