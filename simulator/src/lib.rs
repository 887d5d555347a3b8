//! A deterministic simulator of video conferences against the real SFU.

pub mod calibration;
pub mod capacity;
pub mod capture;
pub mod cli;
pub mod cost;
pub mod crypto;
pub mod digest;
pub mod event_queue;
pub mod explore;
pub mod host;
pub mod invariant;
pub mod network;
pub mod participant;
pub mod random;
pub mod traffic;
pub mod virtual_time;
pub mod world;
