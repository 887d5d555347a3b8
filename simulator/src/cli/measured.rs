//! A run of which only the numbers are kept: its recording is gone when it ends, so that a thousand of them take the
//! memory of one.

use reports::recording::Recording;
use reports::summary::{RunHeader, Summary};
use reports::verdict::{Check, ExitCode as Code};
use scenarios::Scenario;

use super::progress::{Progress, advance};
use super::run_directory::judge;
use crate::world::{Settings, World};

/// The numbers of a run.
pub(super) struct Measured {
    /// All metrics.
    pub(super) summary: Summary,
    /// What must not happen and did: contradictions and faults of participants or of the SFU.
    pub(super) broken: Vec<String>,
    /// Expectations that failed, in words.
    pub(super) failed: Vec<String>,
}

/// Runs `scenario` with `seed`.
///
/// # Errors
/// A scenario that can't be built.
pub(super) fn measure(
    scenario: &Scenario,
    seed: u64,
    null_crypto: bool,
    progress: &Progress,
) -> Result<Measured, (Code, String)> {
    measure_and(scenario, seed, null_crypto, progress, |_| ()).map(|(measured, ())| measured)
}

/// The same, and what `keep` makes of the recording before it goes.
///
/// # Errors
/// A scenario that can't be built.
pub(super) fn measure_and<T>(
    scenario: &Scenario,
    seed: u64,
    null_crypto: bool,
    progress: &Progress,
    keep: impl FnOnce(&Recording) -> T,
) -> Result<(Measured, T), (Code, String)> {
    let settings = Settings { seed, null_crypto, trace: None, pcap: None, sfu_state: false };
    let invalid = |error: String| (Code::Invalid, format!("{}, seed {seed}: {error}", scenario.name));
    let world = World::new(scenario, settings).map_err(|error| invalid(error.to_string()))?;
    let bar = progress.bar(&format!("{} seed {seed}", scenario.name), scenario.duration);
    let outcome = world.run(|now| advance(&bar, now)).map_err(|error| invalid(error.to_string()))?;
    bar.finish_and_clear();
    let header = RunHeader { scenario: scenario.name.clone(), seeds: vec![seed], digest: outcome.digest };
    let mut broken = outcome.failures;
    broken.extend(outcome.recording.broken().first.clone());
    let summary = Summary::of(&outcome.recording, header);
    let verdict = judge(scenario, &outcome.recording, &summary)?;
    let failed = verdict.checks.iter().filter(|check| !check.passed).map(Check::line).collect();
    Ok((Measured { summary, broken, failed }, keep(&outcome.recording)))
}

impl Measured {
    /// The numbers, unless the run is worth nothing.
    ///
    /// # Errors
    /// What must not have happened.
    pub(super) fn sound(self, seed: u64) -> Result<Summary, (Code, String)> {
        match self.broken.first() {
            None => Ok(self.summary),
            Some(first) => {
                Err((Code::Broken, format!("{}, seed {seed}: {first}", self.summary.header.scenario)))
            }
        }
    }
}
