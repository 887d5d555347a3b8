//! Synthetic participants.

pub mod media;
