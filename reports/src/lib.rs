//! What a run leaves behind: recording, metrics, verdicts, plots and pages.
//!
//! The simulator hands over [`Observation`]s as they happen, in order of virtual time; everything else in
//! here is computed from them.

pub mod distribution;
pub mod glob;
pub mod histogram;
pub mod metric;
pub mod number;
pub mod observation;
pub mod recording;

pub use distribution::{Distribution, Stats};
pub use histogram::Histogram;
pub use observation::*;
pub use recording::{Measure, Recorder, Recording, Span};
