//! What is kept of each incoming stream: what is missing, and how fast it comes.

pub mod nack;
pub mod rate;

pub use nack::{Arrival, NackGenerator};
pub use rate::RateMeter;
