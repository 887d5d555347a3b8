//! A synthetic participant of a conference.

pub mod client;
pub mod data;
pub mod media;
pub mod receive;
pub mod sender;
pub mod transport;
