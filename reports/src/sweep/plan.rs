//! What a sweep consists of, and which part of it a shard does.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of `sweep.json`'s structure.
const SCHEMA: u32 = 1;

/// All runs of a sweep, in order: the last path of the grid and then the seed vary fastest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    schema: u32,
    /// The version of the tool that runs it.
    pub tool_version: String,
    /// The scenario's name.
    pub scenario: String,
    /// "real" or "null".
    pub crypto: String,
    /// The seeds of every point.
    pub seeds: Vec<u64>,
    /// Path to values, each as TOML.
    pub grid: IndexMap<String, Vec<String>>,
    /// The effective scenario, before the grid changes it.
    pub effective: Value,
}

/// Why a plan can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It isn't what `plenum sweep` writes.
    #[error("this is no sweep.json: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version of the format.
    #[error("schema {0} of sweep.json is unknown; this version reads schema 1")]
    Schema(u32),
}

impl Plan {
    /// The plan of a scenario's sweep.
    pub fn new(
        tool_version: &str,
        scenario: &scenarios::Scenario,
        sweep: &scenarios::model::Sweep,
        crypto: &str,
    ) -> Self {
        let texts =
            |values: &Vec<scenarios::model::Setting>| values.iter().map(ToString::to_string).collect();
        let seeds = (0..u64::from(sweep.seeds)).map(|step| scenario.seed.wrapping_add(step));
        Plan {
            schema: SCHEMA,
            tool_version: tool_version.to_owned(),
            scenario: scenario.name.clone(),
            crypto: crypto.to_owned(),
            seeds: seeds.collect(),
            grid: sweep.grid.iter().map(|(path, values)| (path.clone(), texts(values))).collect(),
            effective: scenario.to_json(),
        }
    }

    /// Reads `sweep.json`.
    ///
    /// # Errors
    /// When it isn't a plan of this schema.
    pub fn read(text: &str) -> Result<Self, PlanError> {
        let plan: Plan = serde_json::from_str(text)?;
        if plan.schema == SCHEMA { Ok(plan) } else { Err(PlanError::Schema(plan.schema)) }
    }

    /// `sweep.json`.
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        format!("{}\n", text.expect("plain data with string keys always serialises"))
    }

    /// How many points the grid has; 1 without a grid.
    pub fn points(&self) -> usize {
        self.grid.values().map(Vec::len).product()
    }

    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.points() * self.seeds.len()
    }

    /// The point of the grid and the seed of run `run`, which is below [`Plan::runs`].
    pub fn run(&self, run: usize) -> (usize, u64) {
        (run / self.seeds.len(), self.seeds[run % self.seeds.len()])
    }

    /// The values of point `point`, in the order of the grid's paths.
    pub fn point(&self, point: usize) -> Vec<&str> {
        let mut rest = point;
        let mut values: Vec<&str> = Vec::with_capacity(self.grid.len());
        for of_path in self.grid.values().rev() {
            values.push(&of_path[rest % of_path.len()]);
            rest /= of_path.len();
        }
        values.reverse();
        values
    }

    /// Path and value of point `point`, as `--set` takes them.
    pub fn overrides(&self, point: usize) -> Vec<String> {
        self.grid.keys().zip(self.point(point)).map(|(path, value)| format!("{path}={value}")).collect()
    }

    /// The name of a run's file: as many digits as the last one needs, so that names sort like runs.
    pub fn file(&self, run: usize) -> String {
        let digits = (self.runs().max(1) - 1).to_string().len();
        format!("runs/{run:0digits$}.json")
    }
}

/// A part of a sweep: every `of`-th run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts there are.
    pub of: usize,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Shard = Shard { index: 1, of: 1 };

    /// Part `index` of `of`; `None` when there is no such part.
    pub fn new(index: usize, of: usize) -> Option<Self> {
        (1..=of).contains(&index).then_some(Shard { index, of })
    }

    /// Whether run `run` belongs to it. Points that take long lie side by side, so parts take runs in turn.
    pub fn has(&self, run: usize) -> bool {
        run % self.of == self.index - 1
    }
}
