//! The folder of a sweep: whose it is, and which results are there.

use std::fs;
use std::path::Path;

use reports::files::RunDirectory;
use reports::sweep::{Plan, Record, Shard};

/// Takes the folder for a sweep, or finds out that it is another's.
///
/// # Errors
/// The folder has another sweep or shard, or this one, which isn't to be resumed.
pub(super) fn claim(directory: &RunDirectory, plan: &Plan, shard: Shard, resume: bool) -> Result<(), String> {
    let path = directory.path().display();
    let there = |name: &str| fs::read_to_string(directory.path().join(name)).ok();
    let text = plan.text();
    if let Some(known) = there("sweep.json") {
        if known != text {
            return Err(format!(
                "{path} has another sweep: its sweep.json differs\n  hint: take another folder"
            ));
        }
        let whose = there("shard.json").map_or(Ok(Shard::WHOLE), |text| serde_json::from_str(&text));
        let whose = whose.map_err(|error| format!("{path}/shard.json: {error}"))?;
        if whose != shard {
            let Shard { index, of } = whose;
            return Err(format!(
                "{path} has shard {index}/{of} of this sweep\n  hint: give each shard a folder of its own"
            ));
        }
        if !resume {
            return Err(format!("{path} has this sweep already\n  hint: --resume goes on with it"));
        }
    }
    let written = if shard == Shard::WHOLE {
        Ok(())
    } else {
        let text = serde_json::to_string(&shard).expect("two numbers serialise");
        directory.write("shard.json", format!("{text}\n").as_bytes())
    };
    // The plan comes last: a folder that has one has all that says whose it is.
    written
        .and_then(|()| directory.write_durably("sweep.json", text.as_bytes()))
        .map_err(|error| error.to_string())
}

/// The plan of a folder.
pub(super) fn plan(folder: &Path) -> Result<Plan, String> {
    let path = folder.join("sweep.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Plan::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The result of run `run`, if it is there and whole.
pub(super) fn read(folder: &Path, plan: &Plan, run: usize) -> Option<Record> {
    let text = fs::read_to_string(folder.join(plan.file(run))).ok()?;
    Record::read(&text).ok().filter(|record| record.run == run && record.seed == plan.run(run).1)
}

/// The results of `runs`, all of which are to be there.
pub(super) fn all(folder: &Path, plan: &Plan, runs: &[usize]) -> Result<Vec<Record>, String> {
    let missing =
        |run: usize| format!("{}: gone, or not what was written", folder.join(plan.file(run)).display());
    runs.iter().map(|run| read(folder, plan, *run).ok_or_else(|| missing(*run))).collect()
}
