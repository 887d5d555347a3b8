//! A deterministic simulator of video conferences against the real SFU.

pub mod crypto;
pub mod digest;
pub mod event_queue;
pub mod network;
pub mod participant;
pub mod random;
