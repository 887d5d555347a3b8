//! simulator

pub mod digest;
pub mod event_queue;
pub mod network;
pub mod participant;
pub mod random;
