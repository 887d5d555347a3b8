//! What is kept of each incoming stream: what is missing, and how fast it comes.

pub(crate) mod audio_tail;
pub(crate) mod cadence;
pub mod nack;
pub mod rate;
pub(crate) mod silence;

pub use nack::{Arrival, NackGenerator};
pub use rate::RateMeter;
