//! What a run leaves behind: recording, metrics, verdicts, plots and pages.
//!
//! The simulator hands over [`Observation`]s as they happen, in order of virtual time; everything else in
//! here is computed from them.

pub mod observation;

pub use observation::{Observation, Observer};
