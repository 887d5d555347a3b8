//! Levels, loss, and what blocks make good.

mod blocks;
mod loss;
mod policy;
mod rig;
