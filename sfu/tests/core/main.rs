//! The core as its peers see it: connected calls in memory, and everything that can go wrong with them.

#[path = "../common/mod.rs"]
mod common;

mod connecting;
mod described;
mod forwarding;
mod hostile;
mod redundant_audio;
mod repair;
mod reports;
mod signalling;
