//! The core as its peers see it: connected calls in memory, and everything that can go wrong with them.

#[path = "../common/mod.rs"]
mod common;

mod accounting;
mod connecting;
mod data;
mod described;
mod feedback;
mod forwarding;
mod hostile;
mod lip_sync;
mod parameter_sets;
mod protection;
mod redundant_audio;
mod repair;
mod reports;
mod round_trips;
mod signalling;
mod speakers;
mod statistics;
