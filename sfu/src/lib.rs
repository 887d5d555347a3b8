//! A selective forwarding unit as one sans-IO state machine.
//!
//! Datagrams, commands and time come in; datagrams, events and the next deadline come out. Nothing in
//! here owns a socket, reads a clock, starts a thread or draws a random number of its own: the same code
//! runs under the simulator and on a real server.

pub mod allocation;
pub mod audio;
pub mod codec;
pub mod conference;
pub mod config;
#[cfg(test)]
mod conformance;
pub mod congestion;
pub mod core;
pub mod data;
pub mod debug_state;
pub mod drop_reason;
pub mod forward;
pub mod keyframe;
#[cfg(feature = "server")]
pub mod load;
pub mod participant;
pub mod planted;
pub mod receive;
pub mod rtcp;
pub mod rtp;
pub mod runs;
pub mod sdp;
pub mod send;
#[cfg(feature = "server")]
pub mod server;
pub mod signalling;
pub mod sink;
pub mod statistics;
pub mod time;
pub mod transport;
pub mod units;

pub use conference::{Command, CommandError, JoinRequest, Joined};
pub use config::Config;
pub use core::{Census, Occupancy, Sfu, Turn};
pub use drop_reason::{DropCounters, DropReason};
pub use participant::{ParticipantId, SourceId};
pub use sink::{Event, PacketClass, Segment, Sink, Transmit};
pub use time::Time;
pub use units::{DataRate, DataSize};
