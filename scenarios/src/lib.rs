//! Scenario files: their model, units, diagnostics and expansion, and the scenarios that ship.

pub mod time;

pub use time::Time;
