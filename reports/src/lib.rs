//! What a run leaves behind: recording, metrics, verdicts, plots and pages.
//!
//! The simulator hands over [`Observation`]s as they happen, in order of virtual time; everything else in
//! here is computed from them.

pub mod comparison;
pub mod distribution;
pub mod fair_share;
pub mod files;
pub mod gallery;
pub mod gate;
pub mod glob;
pub mod histogram;
pub mod html;
pub mod metric;
mod names;
pub mod number;
pub mod observation;
pub mod plot;
pub mod recording;
pub mod series;
pub mod summary;
pub mod sweep;
mod table;
pub mod terminal;
pub mod verdict;
pub mod views;

pub use distribution::{Distribution, Stats};
pub use files::{FilesError, HostInfo, Manifest, RunDirectory};
pub use histogram::Histogram;
pub use observation::*;
pub use recording::{Measure, Recorder, Recording, Span};
pub use summary::{RunHeader, Summary};
pub use verdict::{AppliedCheck, Check, CheckError, ExitCode, Expectation, Verdict};
