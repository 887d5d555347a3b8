//! A synthetic participant of a conference.

pub mod media;
pub mod transport;
