//! The result of one run.

use serde::{Deserialize, Serialize};

use crate::comparison::{Over, Quantity, RunValues};
use crate::number::rounded;

/// The version of a result's structure.
const SCHEMA: u32 = 1;

/// What came of a run: numbers, or why there are none.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the plan.
    pub run: usize,
    /// Its seed.
    pub seed: u64,
    /// The digest; empty of a crash.
    pub digest: String,
    /// What must not happen and did; its numbers are worth nothing.
    pub broken: Option<String>,
    /// Expectations that failed, in words.
    pub failed: Vec<String>,
    /// The numbers, in the order of the table of metrics; none of a broken run.
    pub values: Vec<(Quantity, f64)>,
}

/// Why a result can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It isn't what `plenum sweep` writes, or half of it.
    #[error("this is no result of a run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version of the format.
    #[error("schema {0} of a result is unknown; this version reads schema 1")]
    Schema(u32),
    /// It has a metric of another version.
    #[error("no metric is called `{0}`")]
    UnknownMetric(String),
}

#[derive(Serialize, Deserialize)]
struct Head {
    schema: u32,
    run: usize,
    seed: u64,
    digest: String,
    broken: Option<String>,
    failed: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(flatten)]
    head: Head,
    values: Vec<(String, Over, f64)>,
}

impl Record {
    /// The result of a run that went well.
    pub fn of(run: usize, values: RunValues, failed: Vec<String>) -> Self {
        let RunValues { seed, digest, values, .. } = values;
        Record { run, seed, digest, broken: None, failed, values }
    }

    /// The result of a run that is worth nothing.
    pub fn broken(run: usize, seed: u64, digest: String, why: String) -> Self {
        Record { run, seed, digest, broken: Some(why), failed: Vec::new(), values: Vec::new() }
    }

    /// The number of `quantity`, if the run has it.
    pub fn get(&self, quantity: &Quantity) -> Option<f64> {
        let place = self.values.binary_search_by(|(known, _)| known.cmp(quantity)).ok()?;
        Some(self.values[place].1)
    }

    /// The file, a number a line.
    pub fn text(&self) -> String {
        let head = Head {
            schema: SCHEMA,
            run: self.run,
            seed: self.seed,
            digest: self.digest.clone(),
            broken: self.broken.clone(),
            failed: self.failed.clone(),
        };
        let line = |(quantity, value): &(Quantity, f64)| {
            json(&(quantity.definition.id, quantity.over, rounded(*value)))
        };
        let lines: Vec<String> = self.values.iter().map(line).collect();
        let head = json(&head);
        format!("{},\"values\":[\n{}\n]}}\n", head.trim_end_matches('}'), lines.join(",\n"))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When it isn't a whole result of this version.
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let File { head, values } = serde_json::from_str(text)?;
        if head.schema != SCHEMA {
            return Err(RecordError::Schema(head.schema));
        }
        let quantity = |(id, over, value): (String, Over, f64)| -> Result<_, RecordError> {
            Ok((Quantity::new(&id, over).ok_or(RecordError::UnknownMetric(id))?, value))
        };
        Ok(Record {
            run: head.run,
            seed: head.seed,
            digest: head.digest,
            broken: head.broken,
            failed: head.failed,
            values: values.into_iter().map(quantity).collect::<Result<_, _>>()?,
        })
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data with string keys always serialises")
}
