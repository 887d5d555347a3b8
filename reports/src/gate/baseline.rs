//! The committed file: per gate and seed one number, and why each update was made.

use indexmap::IndexMap;
use scenarios::model::Gate;
use serde::{Deserialize, Serialize};

use super::{GateError, SeedReadings, name, unit};
use crate::number::rounded;

/// The version of the file's structure.
const SCHEMA: u32 = 1;

/// A baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    schema: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Every update, the first first.
    pub updates: Vec<Update>,
    /// The seeds, ascending by how the scenario counts them.
    pub seeds: Vec<u64>,
    /// The gates, in the scenario's order.
    pub gates: Vec<Entry>,
}

/// Why the numbers are what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The version of the tool that measured.
    pub version: String,
    /// What changed on purpose.
    pub reason: String,
}

/// The numbers of one gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What it holds.
    pub of: String,
    /// The unit of the values.
    pub unit: String,
    /// Seed to value.
    pub values: IndexMap<String, f64>,
    /// Seed to the number of label sets without samples, where there are any.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub never_seen: IndexMap<String, usize>,
}

impl Baseline {
    /// A baseline of what was measured now. The history of `previous` goes on.
    ///
    /// # Errors
    /// A gate without a value with some seed.
    pub fn of(
        scenario: &str,
        gates: &[Gate],
        measured: &[SeedReadings],
        update: Update,
        previous: Option<&Baseline>,
    ) -> Result<Self, GateError> {
        let mut updates = previous.map_or(Vec::new(), |previous| previous.updates.clone());
        updates.push(update);
        let entry = |(at, gate): (usize, &Gate)| -> Result<Entry, GateError> {
            let (mut values, mut never_seen) = (IndexMap::new(), IndexMap::new());
            if measured.iter().all(|one| one.readings[at].label_sets + one.readings[at].never_seen == 0) {
                return Err(GateError::Empty { of: name(gate) });
            }
            for SeedReadings { seed, readings } in measured {
                let no_value = || GateError::NoValue { of: name(gate), seed: *seed };
                values.insert(seed.to_string(), rounded(readings[at].value.ok_or_else(no_value)?));
                if readings[at].never_seen > 0 {
                    never_seen.insert(seed.to_string(), readings[at].never_seen);
                }
            }
            Ok(Entry { of: name(gate), unit: unit(gate).to_owned(), values, never_seen })
        };
        Ok(Baseline {
            schema: SCHEMA,
            scenario: scenario.to_owned(),
            updates,
            seeds: measured.iter().map(|one| one.seed).collect(),
            gates: gates.iter().enumerate().map(entry).collect::<Result<_, _>>()?,
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When it isn't a baseline of this schema.
    pub fn read(text: &str) -> Result<Self, GateError> {
        let baseline: Baseline = serde_json::from_str(text)?;
        if baseline.schema == SCHEMA { Ok(baseline) } else { Err(GateError::Schema(baseline.schema)) }
    }

    /// The file: a line per gate and per update, so that a change of it reads well.
    pub fn text(&self) -> String {
        let list = |lines: Vec<String>| format!("[\n    {}\n  ]", lines.join(",\n    "));
        format!(
            "{{\n  \"schema\": {},\n  \"scenario\": {},\n  \"updates\": {},\n  \"seeds\": {},\n  \"gates\": {}\n}}\n",
            self.schema,
            line(&self.scenario),
            list(self.updates.iter().map(line).collect()),
            line(&self.seeds),
            list(self.gates.iter().map(line).collect()),
        )
    }

    /// Finds what doesn't fit before the first run: another scenario, seeds or gates that are missing on either side.
    ///
    /// # Errors
    /// What doesn't fit.
    pub fn check(&self, scenario: &str, gates: &[Gate], seeds: &[u64]) -> Result<(), GateError> {
        if self.scenario != scenario {
            let (expected, found) = (scenario.to_owned(), self.scenario.clone());
            return Err(GateError::OtherScenario { expected, found });
        }
        if let Some(seed) = seeds.iter().find(|seed| !self.seeds.contains(seed)) {
            return Err(GateError::MissingSeed { seed: *seed });
        }
        for gate in gates {
            let entry = self.entry(gate)?;
            if let Some(seed) = seeds.iter().find(|seed| !entry.values.contains_key(&seed.to_string())) {
                return Err(GateError::MissingValue { of: name(gate), seed: *seed });
            }
        }
        let names: Vec<String> = gates.iter().map(name).collect();
        match self.gates.iter().find(|entry| !names.contains(&entry.of)) {
            Some(entry) => Err(GateError::NotInScenario { of: entry.of.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn entry(&self, gate: &Gate) -> Result<&Entry, GateError> {
        let of = name(gate);
        self.gates.iter().find(|entry| entry.of == of).ok_or(GateError::NotInBaseline { of })
    }
}

impl Entry {
    pub(super) fn value(&self, seed: u64) -> Result<f64, GateError> {
        let missing = || GateError::MissingValue { of: self.of.clone(), seed };
        self.values.get(&seed.to_string()).copied().ok_or_else(missing)
    }

    pub(super) fn never_seen(&self, seed: u64) -> usize {
        self.never_seen.get(&seed.to_string()).copied().unwrap_or(0)
    }
}

/// Anything as a line of JSON.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data with string keys always serialises")
}
