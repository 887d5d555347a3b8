//! Grid × seeds of a scenario: the plan, the result of each run, and what they come to together.
//!
//! Every run leaves one small file, and everything else is computed from those files in the order of the plan. So it
//! makes no difference in how many pieces, on how many machines or in which order the runs were done.

mod page;
mod parquet;
mod plan;
mod record;
mod rows;

pub use page::{figures, write};
pub use plan::{Plan, PlanError, Shard};
pub use record::{Record, RecordError};

#[cfg(test)]
mod tests;
