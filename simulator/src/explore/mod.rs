//! Swarm testing: whole scenarios are drawn, run, watched, and, when one breaks something, shrunk.
//!
//! A [`Plan`] is a scenario as a few small numbers. It is drawn from the ranges of a scenario's `[explore]` by a seed
//! alone, is written out as a scenario file, and can be made simpler in many small ways: so a failure ends as a file
//! that a person can read, and that fails by itself.

mod draw;
mod plan;
mod shrink;
#[cfg(test)]
mod tests;
mod trial;

pub use draw::draw;
pub use plan::{Camera, Event, Line, Person, Plan, Span, What};
pub use shrink::{Shrunk, shrink};
pub use trial::{Failure, NotAScenario, try_plan};
